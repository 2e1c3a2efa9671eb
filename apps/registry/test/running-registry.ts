// A registry as a user meets it: TLS, tokens, a kubeconfig, the real kubectl; with a nats-server and SQLite of its own.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash, webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { connectBus, type Bus } from '@slipway/bus';
import { createLogger } from '@slipway/service';
import { busStore, type Store } from '@slipway/store';
import { startTestNats, tempDir, type TestNats } from '@slipway/testing';
import { startRegistry, type RunningRegistry } from '../src/start.js';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Answered {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json: <T = Record<string, never>>() => T;
}

export interface RequestOptions {
  method?: string;
  token?: string | undefined;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

export interface TestRegistry {
  url: string;
  nats: TestNats;
  /** The bus and the store as another service has them. */
  bus: Bus;
  store: Store;
  dir: string;
  kubectl(args: string | readonly string[], input?: string): Promise<Ran>;
  /** As `kubectl`, while it runs. */
  kubectlStart(args: string): { child: ChildProcess; output: () => string; ended: Promise<Ran> };
  fetch(path: string, options?: RequestOptions): Promise<Answered>;
  /** A response whose body is still coming. */
  open(path: string, options?: RequestOptions): Promise<IncomingMessage>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Users of every test: who may do everything, and who may see pipeline runs in `team-a`. */
const USERS = [
  { token: 'admin-token', user: 'admin', rules: [{ namespaces: ['*'], resources: ['*'], verbs: ['*'] }] },
  {
    token: 'tenant-token',
    user: 'tenant',
    rules: [
      { namespaces: ['team-a'], resources: ['pipelineruns.tekton.dev', 'pods'], verbs: ['get', 'list', 'watch'] },
    ],
  },
];

export function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write('kubectl is not installed: the tests that use it are skipped\n');
    return false;
  }
}

/** `shared`: database and nats-server of several replicas; both are the registry's own when absent. */
export async function startTestRegistry(shared?: { database: string; nats: TestNats }): Promise<TestRegistry> {
  const [{ path: dir, remove }, nats] = await Promise.all([tempDir(), shared?.nats ?? startTestNats()]);
  const cert = await writeCertificate(dir);
  const tokensFile = join(dir, 'tokens.yaml');
  const entries = USERS.map(({ token, user, rules }) => ({
    tokenSha256: createHash('sha256').update(token).digest('hex'),
    user,
    rules,
  }));
  await writeFile(tokensFile, JSON.stringify(entries));
  const logger = createLogger('registry', 'silent');
  const start = (port: number): Promise<RunningRegistry> =>
    startRegistry(
      {
        port,
        host: '127.0.0.1',
        tls: { certFile: join(dir, 'cert.pem'), keyFile: join(dir, 'key.pem') },
        database: shared?.database ?? `sqlite:${join(dir, 'registry.db')}`,
        natsUrl: nats.url,
        access: { kind: 'tokens', file: tokensFile },
        instance: 'registry-0',
        logLevel: 'silent',
      },
      { logger },
    );
  let registry = await start(0);
  const { url } = registry;
  const bus = await connectBus({ url: nats.url, name: 'test' });
  await writeFile(join(dir, 'kubeconfig'), kubeconfig(url, cert));
  const agent = new Agent({ ca: cert, keepAlive: false });

  const kubectlStart: TestRegistry['kubectlStart'] = (args) => run(dir, args.split(' '), undefined);
  const open: TestRegistry['open'] = (path, options = {}) => send(`${url}${path}`, agent, options);
  return {
    url,
    nats,
    bus,
    store: busStore(bus),
    dir,
    kubectl: (args, input) => run(dir, typeof args === 'string' ? args.split(' ') : args, input).ended,
    kubectlStart,
    open,
    fetch: async (path, options) => {
      const response = await open(path, options);
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      return { code: response.statusCode ?? 0, headers: response.headers, text, json: <T>() => JSON.parse(text) as T };
    },
    restart: async () => {
      await registry.stop();
      registry = await start(Number(new URL(url).port));
    },
    close: async () => {
      await registry.stop();
      await bus.close();
      if (shared === undefined) await nats.close();
      await remove();
    },
  };
}

function run(
  dir: string,
  args: readonly string[],
  input: string | undefined,
): ReturnType<TestRegistry['kubectlStart']> {
  // Through `env`, which adds to the environment what kubectl must have of its own.
  const own = { KUBECONFIG: join(dir, 'kubeconfig'), HOME: dir, KUBE_EDITOR: 'sed -i s/replaced/edited/' };
  const child = spawn('env', [...Object.entries(own).map(([name, value]) => `${name}=${value}`), 'kubectl', ...args], {
    cwd: dir,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
  child.stdin.end(input ?? '');
  const ended = new Promise<Ran>((resolve) => {
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
  return { child, output: () => stdout, ended };
}

function send(
  url: string,
  agent: Agent,
  { method = 'GET', token, headers = {}, body }: RequestOptions,
): Promise<IncomingMessage> {
  const bearer = token === undefined ? 'admin-token' : token;
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, {
      method,
      agent,
      headers: {
        ...(bearer === '' ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined || body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        ...headers,
      },
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(body);
  });
}

function kubeconfig(server: string, ca: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: USERS.map(({ token, user }) => ({ name: user, user: { token } })),
    contexts: USERS.map(({ user }) => ({ name: user, context: { cluster: 'c', user } })),
    'current-context': 'admin',
  });
}

async function writeCertificate(dir: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=registry',
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  await writeFile(join(dir, 'key.pem'), x509.PemConverter.encode(key, 'PRIVATE KEY'), { mode: 0o600 });
  await writeFile(join(dir, 'cert.pem'), certificate.toString('pem'));
  return certificate.toString('pem');
}
