// NATS and each service as a process of its own on this machine: `npm run start:services`, and the tests that kill them.
// Nothing is restarted by itself. Ports stay the same over restarts, so a service finds what it talked to before.

import { spawn, execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { programPath } from './tools.mjs';

export const SERVICES = ['registry', 'scheduler', 'executor', 'resources', 'logs'];

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const NATS_USER = 'slipway';
// A machine on which much else runs takes its time.
const READY_MS = 120_000;

/**
 * Prepares a platform of separate processes; nothing runs until `start`.
 *
 * @param {{ dataDir: string, port?: number, host?: string, database?: string, images?: string, logLevel?: string,
 *   env?: Partial<Record<string, Record<string, string>>>, output?: 'inherit' | 'files',
 *   replicas?: Partial<Record<string, number>> }} options
 *   `port` of the API (0: a free one); `env` more variables by part; `output: 'files'` writes `<dataDir>/log/<name>.log`;
 *   of a service with replicas the parts are `scheduler`, `scheduler-1` and so on
 * @returns the platform: `server`, `kubeconfig`, `natsUrl`, and for `nats` and every part
 *   `start(name)`, `kill(name, signal)`, `restart(name)`, `pid(name)`, `isReady(name)`; `startAll()`, `stopAll()`.
 *   `start(name, { home })` starts what another checkout has built
 */
export async function prepareServices(options) {
  const { dataDir, host = '127.0.0.1', logLevel = 'info', output = 'inherit' } = options;
  await mkdir(join(dataDir, 'log'), { recursive: true, mode: 0o700 });
  const parts = SERVICES.flatMap((service) =>
    Array.from({ length: options.replicas?.[service] ?? 1 }, (_, i) => ({
      name: i === 0 ? service : `${service}-${i}`,
      service,
      instance: `${service}-${i}`,
    })),
  );
  const [apiPort, natsPort, ...free] = await freePorts(2 + parts.length);
  const port = options.port || apiPort;
  const password = Buffer.from(crypto.getRandomValues(new Uint8Array(18))).toString('base64url');
  const natsUrl = `nats://${NATS_USER}:${password}@127.0.0.1:${natsPort}`;
  const settings = { ...options, host, port, natsUrl, logLevel };
  const environments = new Map();
  const environmentOf = (home) => {
    if (!environments.has(home)) environments.set(home, environment(home, dataDir, settings));
    return environments.get(home);
  };
  const { server, kubeconfig } = await environmentOf(root);
  const natsFolder = join(dataDir, 'nats');
  await mkdir(natsFolder, { recursive: true, mode: 0o700 });
  const natsConfig = join(natsFolder, 'nats-server.conf');
  await writeFile(natsConfig, natsText(natsPort, password, join(natsFolder, 'jetstream')), { mode: 0o600 });

  const ports = Object.fromEntries(parts.map(({ name }, i) => [name, name === 'registry' ? port : free[i]]));
  const serverOf = (name) => server.replace(/\d+$/, ports[name]);
  const children = new Map();

  const commandOf = async (name, home) => {
    if (name === 'nats') return { args: ['nats-server', '-c', natsConfig], env: {} };
    const { service, instance } = parts.find((part) => part.name === name);
    const { services } = await environmentOf(home);
    const env = { ...services[service], PORT: String(ports[name]), INSTANCE: instance, ...options.env?.[name] };
    return { args: [process.execPath, join(home, 'apps', service, 'dist/main.js')], env };
  };

  const start = async (name, { home = root } = {}) => {
    if (children.has(name)) throw new Error(`${name} runs already`);
    const command = await commandOf(name, home);
    const [program, ...args] = command.args;
    const env = { ...process.env, PATH: programPath(), ...command.env };
    const child = spawn(program, args, { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const sink =
      output === 'files' ? createWriteStream(join(dataDir, 'log', `${name}.log`), { flags: 'a' }) : process.stderr;
    let lastWords = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        sink.write(chunk);
        lastWords = (lastWords + chunk).slice(-1000);
      });
    }
    const ended = new Promise((done) => child.once('exit', (code, signal) => done(signal ?? code)));
    children.set(name, { child, ended });
    void ended.then((how) => {
      if (children.get(name)?.child === child) children.delete(name);
      options.onExit?.(name, how);
    });
    await until(
      () => isReady(name),
      ended,
      () => `${name}: ${lastWords}`,
    );
  };
  const kill = async (name, signal = 'SIGKILL') => {
    const running = children.get(name);
    if (running === undefined) return;
    running.child.kill(signal);
    await running.ended;
  };
  const isReady = (name) =>
    name === 'nats'
      ? accepts(natsPort)
      : name.startsWith('registry')
        ? answersTls(serverOf(name))
        : answers(ports[name]);
  return {
    server,
    serverOf,
    parts: parts.map(({ name }) => name),
    kubeconfig,
    natsUrl,
    dataDir,
    start,
    kill,
    isReady,
    metrics: (name) =>
      textOf(name.startsWith('registry') ? serverOf(name) : `http://127.0.0.1:${ports[name]}`, '/metrics'),
    pid: (name) => children.get(name)?.child.pid,
    restart: async (name, signal) => {
      await kill(name, signal);
      await start(name);
    },
    /** JetStream's files are gone, as after the loss of a disk. nats-server must not run. */
    wipeNats: () => rm(join(natsFolder, 'jetstream'), { recursive: true, force: true }),
    startAll: async (how) => {
      await start('nats');
      await Promise.all(parts.map(({ name }) => start(name, how)));
    },
    stopAll: async () => {
      const isRegistry = ({ service }) => service === 'registry';
      await Promise.all(parts.filter((part) => !isRegistry(part)).map(({ name }) => kill(name, 'SIGTERM')));
      await Promise.all(parts.filter(isRegistry).map(({ name }) => kill(name, 'SIGTERM')));
      await kill('nats', 'SIGTERM');
    },
  };
}

/** Certificates, token, kubeconfig, and the environment of each service: as `slipway up` has them. */
async function environment(home, dataDir, { host, port, natsUrl, logLevel, database, images }) {
  const args = ['environment', '--data', dataDir, '--host', host, '--port', String(port), '--nats-url', natsUrl];
  if (database !== undefined) args.push('--database', database);
  if (images !== undefined) args.push('--images', images);
  const env = { ...process.env, LOG_LEVEL: logLevel };
  const { stdout } = await promisify(execFile)(process.execPath, [join(home, 'apps/cli/dist/main.cjs'), ...args], {
    env,
  });
  return JSON.parse(stdout);
}

function natsText(port, password, storeDir) {
  const quoted = JSON.stringify;
  return [
    `listen: "127.0.0.1:${port}"`,
    'max_payload: 8388608',
    'write_deadline: "10s"',
    'ping_interval: "2s"',
    'ping_max: 2',
    `jetstream: { store_dir: ${quoted(storeDir)} }`,
    `authorization: { user: ${quoted(NATS_USER)}, password: ${quoted(password)} }`,
    '',
  ].join('\n');
}

async function until(isReady, ended, lastWords) {
  let how;
  void ended.then((reason) => (how = reason));
  const deadline = Date.now() + READY_MS;
  while (!(await isReady())) {
    if (how !== undefined) throw new Error(`it ended at once (${how}); ${lastWords()}`);
    if (Date.now() > deadline) throw new Error(`it was not ready after ${READY_MS / 1000} s; ${lastWords()}`);
    await sleep(20);
  }
}

function accepts(port) {
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('data', () => (socket.destroy(), done(true)));
    socket.once('error', () => done(false));
  });
}

function answers(port) {
  return new Promise((done) => {
    const asked = request({ host: '127.0.0.1', port, path: '/readyz', timeout: 1000 }, (answer) => {
      answer.resume();
      done(answer.statusCode === 200);
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => done(false));
    asked.end();
  });
}

async function textOf(server, path) {
  const { request: requestTls } = await import('node:https');
  const send = server.startsWith('https:') ? requestTls : request;
  return new Promise((done, fail) => {
    const asked = send(`${server}${path}`, { rejectUnauthorized: false, timeout: 30_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => done(text));
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', fail);
    asked.end();
  });
}

async function answersTls(server) {
  const { request: requestTls } = await import('node:https');
  return new Promise((done) => {
    // Only asked whether it is up; whoever talks to it has the authority in the kubeconfig.
    const asked = requestTls(`${server}/readyz`, { rejectUnauthorized: false, timeout: 1000 }, (answer) => {
      answer.resume();
      done(answer.statusCode === 200);
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => done(false));
    asked.end();
  });
}

/**
 * Ports that are free and stay ours while nobody listens on them: below the range from which the kernel takes the ports of
 * outgoing connections. A client that knocks at a port of that range often enough ends up connected to itself.
 */
async function freePorts(count) {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '32768');
  const highest = Math.max(12_000, Number.parseInt(range, 10)) - 1;
  const ports = new Set();
  while (ports.size < count) {
    const port = 10_000 + Math.floor(Math.random() * (highest - 10_000));
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

async function isFree(port) {
  const server = createServer();
  const free = await new Promise((done) => {
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => done(true));
  });
  if (free) await new Promise((done) => server.close(done));
  return free;
}

async function main() {
  const { parseArgs } = await import('node:util');
  const { setUp, buildAll } = await import('./setup.mjs');
  const state = process.env.XDG_STATE_HOME || join(process.env.HOME ?? '/root', '.local/state');
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8443' },
      host: { type: 'string', default: '127.0.0.1' },
      data: { type: 'string', default: join(state, 'slipway-services') },
      database: { type: 'string' },
      images: { type: 'string' },
      'log-level': { type: 'string', default: 'info' },
    },
  });
  await setUp(root, { platform: true });
  await buildAll(root);
  const platform = await prepareServices({
    ...values,
    dataDir: resolve(values.data),
    port: Number(values.port),
    logLevel: values['log-level'],
    onExit: (name, how) => console.error(`services: ${name} ended (${how})`),
  });
  const stop = async () => {
    process.once('SIGINT', () => process.exit(130));
    await platform.stopAll();
    process.exit(0);
  };
  process.once('SIGINT', () => void stop());
  process.once('SIGTERM', () => void stop());
  await platform.startAll();
  console.log(`Slipway is running at ${platform.server}, every service a process of its own. Stop it with Ctrl-C.\n`);
  for (const name of ['nats', ...SERVICES]) console.log(`  ${name.padEnd(10)} process ${platform.pid(name)}`);
  console.log(`\n  export KUBECONFIG=${platform.kubeconfig}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
