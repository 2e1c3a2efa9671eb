// A real API server of Kubernetes for tests: kube-apiserver and etcd on ports of their own, with RBAC and tokens, without
// nodes; of the controllers the garbage collector and the one of namespaces. What it keeps is there again after a restart.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { freePort } from '@slipway/service';
import { eventually } from './eventually.js';
import { tempDir } from './temp-dir.js';

export interface ApiServerPrograms {
  apiServer: string;
  etcd: string;
  controllers: string;
}

export interface TestApiServer {
  /** Paths of kubeconfigs: of one who may do everything, and of each user that was asked for. */
  admin: string;
  of(user: string): string;
  /** SIGKILL to the API server; etcd goes on. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** What `kube-up` has built, by version (scripts/e2e-kubernetes.mjs). */
const CACHE = '/var/cache/kubernetes-from-debian';
/** Where others put them: of the tools for writing controllers, of a distribution. */
const FOLDERS = ['/usr/local/kubebuilder/bin', '/usr/local/bin', '/usr/bin'];
const READY_MS = 60_000;

/** Undefined where this machine has none. */
export function findApiServer(): ApiServerPrograms | undefined {
  const built = existsSync(CACHE) ? readdirSync(CACHE).map((version) => join(CACHE, version, 'bin')) : [];
  const folders = [...built, ...FOLDERS];
  const find = (name: string): string | undefined =>
    folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  const [apiServer, etcd, controllers] = [find('kube-apiserver'), find('etcd'), find('kube-controller-manager')];
  if (apiServer === undefined || etcd === undefined || controllers === undefined) return undefined;
  return { apiServer, etcd, controllers };
}

/** `users`: names as RBAC knows them, such as `system:serviceaccount:slipway:slipway-registry`. */
export async function startTestApiServer(programs: ApiServerPrograms, users: string[] = []): Promise<TestApiServer> {
  const dir = await tempDir();
  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()];
  const file = (name: string): string => join(dir.path, name);
  const tokens = new Map(['admin', ...users].map((user) => [user, randomBytes(16).toString('hex')]));
  const lines = [...tokens].map(
    ([user, token]) => `${token},${user},${user}${user === 'admin' ? ',system:masters' : ''}`,
  );
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await mkdir(file('certs'));
  await Promise.all([
    writeFile(file('tokens.csv'), lines.join('\n'), { mode: 0o600 }),
    writeFile(file('accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 }),
    writeFile(file('accounts.pub'), publicKey.export({ type: 'spki', format: 'pem' })),
  ]);
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const etcd = spawn(
    programs.etcd,
    [
      ...['--data-dir', file('etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
      ...['--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `default=${peerUrl}`],
    ],
    { stdio: 'ignore' },
  );
  const url = `https://127.0.0.1:${port}`;
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    server = spawn(
      programs.apiServer,
      [
        ...[`--etcd-servers=${etcdUrl}`, '--bind-address=127.0.0.1', `--secure-port=${port}`],
        ...[`--cert-dir=${file('certs')}`, `--token-auth-file=${file('tokens.csv')}`, '--authorization-mode=RBAC'],
        ...['--service-account-issuer=https://kubernetes.default.svc', '--service-cluster-ip-range=10.250.0.0/24'],
        ...[`--service-account-key-file=${file('accounts.pub')}`],
        ...[`--service-account-signing-key-file=${file('accounts.key')}`],
        '--profiling=false',
      ],
      { stdio: 'ignore' },
    );
    await eventually(() => isReady(url, tokens.get('admin')!), {
      deadlineMs: READY_MS,
      what: 'the API server is ready',
    });
  };
  await start();
  const ca = await readFile(file('certs/apiserver.crt'));
  for (const [user, token] of tokens) {
    const config = {
      clusters: [{ name: 'c', cluster: { server: url, 'certificate-authority-data': ca.toString('base64') } }],
      users: [{ name: user, user: { token } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user } }],
      'current-context': 'c',
    };
    await writeFile(file(`${encodeURIComponent(user)}.kubeconfig`), JSON.stringify(config), { mode: 0o600 });
  }
  const controllers = spawn(
    programs.controllers,
    [
      ...[
        `--kubeconfig=${file('admin.kubeconfig')}`,
        '--controllers=garbagecollector,namespace',
        '--leader-elect=false',
      ],
      ...silentPorts(programs.controllers),
    ],
    { stdio: 'ignore' },
  );
  return {
    admin: file('admin.kubeconfig'),
    of: (user) => file(`${encodeURIComponent(user)}.kubeconfig`),
    kill: () => end(server),
    start,
    close: async () => {
      await end(controllers);
      await end(server);
      await end(etcd);
      await dir.remove();
    },
  };
}

/** Nobody asks the controllers; those before 1.24 have a second port. */
function silentPorts(program: string): string[] {
  const help = spawnSync(program, ['--help'], { encoding: 'utf8' }).stdout;
  return ['--secure-port=0', ...(/^ *--port int/m.test(help) ? ['--port=0'] : [])];
}

function isReady(url: string, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` } }; // it is ours
    const request = get(`${url}/readyz`, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}

async function end(program: ChildProcess | undefined): Promise<void> {
  if (program === undefined || program.exitCode !== null || program.signalCode !== null) return;
  const ended = new Promise((resolve) => program.once('exit', resolve));
  program.kill('SIGKILL');
  await ended;
}
