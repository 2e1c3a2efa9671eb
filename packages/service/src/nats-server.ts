// nats-server as a child of this process, for `slipway up`, `slipway run` and tests.

import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SlipwayError } from '@slipway/contracts';
import { freePort } from './free-port.js';

export interface NatsServerOptions {
  /** Holds JetStream's data and the server's configuration. Made when missing. */
  storeDir: string;
  /** 0 or absent: a free one. */
  port?: number;
  /** Kept over restarts when given; otherwise a random password is made. */
  password?: string;
  /** Users beside ours, each as it stands in `authorization { users: [ … ] }` of the server's configuration. */
  users?: readonly string[];
  /** Path of the program; `nats-server` on the PATH when absent. */
  program?: string;
  /** Called when the server ends without having been asked to. */
  onExit?: (why: string) => void;
}

export interface NatsServer {
  /** With user and password; what `connectBus` takes. Never print it. */
  url: string;
  port: number;
  password: string;
  pid: number;
  /** SIGTERM, then SIGKILL after a while. Idempotent. */
  stop(): Promise<void>;
  /** SIGKILL, for tests. */
  kill(): Promise<void>;
}

const MAX_PAYLOAD = 8 * 1024 * 1024;
const READY_MS = 15_000;
const STOP_MS = 5000;
const USER = 'slipway';
/** Requests go to whoever is connected: one that was stopped or cut off must not count for long. */
const PINGS = ['ping_interval: "2s"', 'ping_max: 2'];

/** Starts a server on 127.0.0.1 that ends with this process; resolves when it takes connections. */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const port = options.port === undefined || options.port === 0 ? await freePort() : options.port;
  const password = options.password ?? randomBytes(24).toString('base64url');
  await mkdir(options.storeDir, { recursive: true, mode: 0o700 });
  const configFile = join(options.storeDir, 'nats-server.conf');
  // The password stands in a file that only we may read, not in arguments that everybody may.
  await writeFile(configFile, configText(options.storeDir, port, password, options.users ?? []), { mode: 0o600 });
  const child = spawnTied(options.program ?? 'nats-server', ['-c', configFile]);
  const running = watch(child, options.onExit);
  await accepting(port, running.ended);
  return {
    url: `nats://${USER}:${password}@127.0.0.1:${port}`,
    port,
    password,
    pid: child.pid ?? 0,
    stop: () => running.end('SIGTERM'),
    kill: () => running.end('SIGKILL'),
  };
}

function configText(storeDir: string, port: number, password: string, users: readonly string[]): string {
  const quoted = (text: string): string => JSON.stringify(text);
  return [
    `listen: "127.0.0.1:${port}"`,
    `max_payload: ${MAX_PAYLOAD}`,
    'write_deadline: "10s"',
    ...PINGS,
    `jetstream: { store_dir: ${quoted(join(storeDir, 'jetstream'))} }`,
    'authorization: { users: [',
    `{ user: ${quoted(USER)}, password: ${quoted(password)} }`,
    ...users,
    '] }',
    '',
  ].join('\n');
}

/**
 * A process group of its own, so that Ctrl-C in a terminal reaches us and not the server under us; and a watcher that
 * ends the server when our end of its pipe closes, however this process ends.
 */
function spawnTied(program: string, args: string[]): ChildProcess {
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  if (server.pid === undefined) return server;
  const script = 'read _; kill -TERM "$1" 2>/dev/null';
  const watcher = spawn('/bin/sh', ['-c', script, 'nats-server-watcher', String(server.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.once('error', () => {});
  watcher.unref();
  (watcher.stdin as Socket).unref();
  server.once('exit', () => watcher.kill('SIGKILL')); // the number may belong to another process soon
  return server;
}

function watch(
  child: ChildProcess,
  onExit: ((why: string) => void) | undefined,
): { ended: Promise<string>; end: (signal: NodeJS.Signals) => Promise<void> } {
  let isAsked = false;
  let tail = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    tail = (tail + bytes.toString()).slice(-2000);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ENOENT' ? 'nats-server is not installed' : error.message),
    );
    child.once('exit', (code, signal) => {
      const fatal = /\[FTL\] (.*)/.exec(tail)?.[1];
      resolve(fatal ?? (signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
  });
  void ended.then((why) => {
    if (!isAsked) onExit?.(why);
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    isAsked = true;
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(late);
  };
  return { ended, end };
}

async function accepting(port: number, ended: Promise<string>): Promise<void> {
  const deadlineMs = Date.now() + READY_MS;
  let why: string | undefined;
  void ended.then((reason) => {
    why = reason;
  });
  while (!(await accepts(port))) {
    if (why !== undefined || Date.now() > deadlineMs) {
      throw new SlipwayError('transient', 'NatsServerFailed', `nats-server did not start: ${why ?? 'no answer'}.`, {
        hint: 'Install it with "apt-get install nats-server", or point NATS_URL at a running one.',
      });
    }
    await sleep(10);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('data', () => {
      socket.destroy();
      resolve(true); // the server greets with INFO
    });
    socket.once('error', () => resolve(false));
    socket.setTimeout(1000, () => {
      socket.destroy();
      resolve(false);
    });
  });
}
