// A real PostgreSQL for tests: Debian's programs, a data directory of its own, a free port.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { appendFile, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '@slipway/service';

const run = promisify(execFile);
const READY_MS = 20_000;

export interface TestPostgres {
  /** A new, empty database on the server. */
  createDatabase(): Promise<string>;
  /** SIGKILL to the server and its children; what is committed stays in the files. */
  kill(): Promise<void>;
  /** Starts it again on the same port and files. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The newest PostgreSQL of this machine; undefined where there is none. */
export async function findPostgres(): Promise<string | undefined> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  const newest = versions.map(Number).sort((a, b) => b - a)[0];
  return newest === undefined ? undefined : `/usr/lib/postgresql/${newest}/bin`;
}

/** Where it listens: on this machine alone, or for a network of the test's own, which it lets in without a password. */
export interface PostgresPlace {
  host: string;
  subnet?: string;
}

/** Starts a server that ends with `stop`. It refuses to run as root, so root runs it as `nobody`. */
export async function startTestPostgres(
  bin: string,
  { host, subnet }: PostgresPlace = { host: '127.0.0.1' },
): Promise<TestPostgres> {
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const dir = await mkdtemp(join(tmpdir(), 'slipway-pg-'));
  if (user.uid !== undefined) await chown(dir, user.uid, user.gid);
  const data = join(dir, 'data');
  const init = ['-D', data, '-U', 'slipway', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'];
  await run(join(bin, 'initdb'), init, { ...user, cwd: dir });
  if (subnet !== undefined) await appendFile(join(data, 'pg_hba.conf'), `host all all ${subnet} trust\n`);
  const port = await freePort();
  const start = (): Promise<ChildProcess> => launch(bin, { data, dir, host, port }, user);
  let server = await start();
  let databases = 0;
  return {
    async createDatabase() {
      const name = `test${++databases}`;
      await run(join(bin, 'createdb'), ['-h', host, '-p', String(port), '-U', 'slipway', name]);
      return `postgres://slipway@${host}:${port}/${name}`;
    },
    kill: () => end(server, 'SIGKILL'),
    async restart() {
      server = await start();
    },
    async stop() {
      await end(server, 'SIGINT');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function launch(
  bin: string,
  { data, dir, host, port }: { data: string; dir: string; host: string; port: number },
  user: { uid?: number; gid?: number },
): Promise<ChildProcess> {
  const settings = ['fsync=off', 'max_connections=50', 'shared_buffers=32MB', `unix_socket_directories=${dir}`];
  const args = ['-D', data, '-h', host, '-p', String(port), ...settings.flatMap((s) => ['-c', s])];
  const endMs = Date.now() + READY_MS;
  for (;;) {
    const server = spawn(join(bin, 'postgres'), args, { ...user, cwd: dir, stdio: 'ignore' });
    endWithUs(server);
    while (server.exitCode === null && Date.now() < endMs) {
      const ready = await run(join(bin, 'pg_isready'), ['-h', host, '-p', String(port)]).then(
        () => true,
        () => false,
      );
      if (ready) return server;
      await sleep(50);
    }
    // After a kill the old processes may hold the shared memory for a moment.
    if (Date.now() >= endMs) throw new Error('PostgreSQL did not start.');
    await sleep(100);
  }
}

/** A shell that reads from us, and ends the server when there is nobody left to write. */
function endWithUs(server: ChildProcess): void {
  const script = 'read _; kill -INT "$1" 2>/dev/null';
  const watcher = spawn('/bin/sh', ['-c', script, 'postgres-watcher', String(server.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.unref();
  (watcher.stdin as Socket).unref();
  server.once('exit', () => watcher.kill());
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill(signal);
  await ended;
}
