// The platform as it runs on a cluster: each service twice, each replica a process in a network of its own, with one
// nats-server and one PostgreSQL between them, and pods in a real cluster.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { parse } from 'yaml';
import { freePort } from '@slipway/service';
import { findPostgres, startTestPostgres, type TestPostgres } from '@slipway/testing';
import { ApiClient, type Call } from '../../apps/cli/src/api/client.js';
import { ensureCertificates } from '../../apps/cli/src/platform/certificates.js';
import { ensureCredentials } from '../../apps/cli/src/platform/credentials.js';
import { serviceEnvironments, type ServiceName } from '../../apps/cli/src/platform/layout.js';
import { Network, type Endpoint, type Segment } from './network.js';
import { TestProcess } from './process.js';

const ROOT = resolve(import.meta.dirname, '../..');
const API_PORT = 6443;
const HEALTH_PORT = 8080;
const CALL_MS = 60_000;
const ANSWER_MS = 3_000;

export interface Replica {
  name: string;
  service: ServiceName;
  process: TestProcess;
  segment: Segment;
}

/** One lease as the database has it. */
export interface LeaseRow {
  service: string;
  shard: number;
  holder: string;
  incarnation: string;
  isAlive: boolean;
}

export interface ReplicatedOptions {
  kubeconfig: string;
  entrypointImage: string;
  copies: Record<ServiceName, number>;
}

export class Replicated {
  readonly replicas: Replica[] = [];
  readonly #clients: ApiClient[] = [];
  #turn = 0;

  private constructor(
    readonly folder: string,
    readonly network: Network,
    readonly postgres: TestPostgres,
    readonly nats: TestProcess,
    /** Where the replicas find what they may be cut off from. */
    readonly endpoints: { nats: Endpoint; postgres: Endpoint; cluster: Endpoint },
    readonly installation: string,
    private readonly database: pg.Pool,
  ) {}

  static async start(options: ReplicatedOptions): Promise<Replicated> {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-chaos-'));
    const network = await Network.create();
    const { host } = network;
    const postgres = await startTestPostgres((await findPostgres())!, { host, subnet: network.subnet });
    const url = await postgres.createDatabase();
    const natsEnd = { host, port: await freePort() };
    const nats = natsServer(folder, natsEnd);
    const cluster = new URL(serverOf(options.kubeconfig));
    const endpoints = {
      nats: natsEnd,
      postgres: { host, port: Number(new URL(url).port) },
      cluster: { host: cluster.hostname, port: Number(cluster.port || 443) },
    };
    const database = new pg.Pool({ connectionString: url, max: 2 });
    database.on('error', () => undefined);
    const installation = `chaos-${process.pid}`;
    const world = new Replicated(folder, network, postgres, nats, endpoints, installation, database);
    try {
      await world.#startAll(url, options);
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  async #startAll(url: string, options: ReplicatedOptions): Promise<void> {
    await this.nats.start();
    const { token, tokensFile } = await ensureCredentials(this.folder);
    for (const [service, copies] of Object.entries(options.copies) as [ServiceName, number][]) {
      for (let copy = 0; copy < copies; copy++) {
        await this.#add(service, `${service}-${copy}`, { url, token, tokensFile, ...options });
      }
    }
    await Promise.all(this.replicas.map(({ process }) => process.start()));
  }

  async #add(
    service: ServiceName,
    name: string,
    o: ReplicatedOptions & { url: string; token: string; tokensFile: string },
  ): Promise<void> {
    const segment = await this.network.add();
    const { address } = segment;
    const own = join(this.folder, name);
    const tls = service === 'registry' ? await ensureCertificates(own, address, Date.now()) : undefined;
    const { nats } = this.endpoints;
    const environment = serviceEnvironments({
      dataDir: this.folder,
      binDir: join(ROOT, 'packages/entrypoint/build'),
      host: address,
      port: API_PORT,
      ...(tls === undefined ? {} : { tls }),
      tokensFile: o.tokensFile,
      database: o.url,
      podGraceMs: 600_000,
      runtime: 'kubernetes',
      logLevel: 'info',
      logFormat: 'json',
      natsUrl: () => `nats://slipway:chaos@${nats.host}:${nats.port}`,
      healthPorts: {},
      resources: {},
      executor: {
        KUBECONFIG: o.kubeconfig,
        ENTRYPOINT_IMAGE: o.entrypointImage,
        IMAGE_PULL_POLICY: 'IfNotPresent',
        INSTALLATION: this.installation,
      },
      limits: {},
    })[service];
    const isRegistry = service === 'registry';
    const port = isRegistry ? API_PORT : HEALTH_PORT;
    const env = {
      ...environment,
      INSTANCE: name,
      HOST: address,
      PORT: String(port),
      ...(service === 'logs' ? { LOGS_DATA: join(own, 'logs') } : {}),
    };
    const process_ = new TestProcess(name, {
      command: segment.command(process.execPath, ['--enable-source-maps', join(ROOT, 'apps', service, 'dist/main.js')]),
      env,
      logFile: join(this.folder, `${name}.log`),
      isReady: () => answers(isRegistry ? 'https:' : 'http:', address, port),
    });
    this.replicas.push({ name, service, process: process_, segment });
    if (isRegistry) {
      const server = `https://${address}:${API_PORT}`;
      this.#clients.push(new ApiClient({ server, token: o.token, insecure: true, namespace: 'default' }));
    }
  }

  replica(name: string): Replica {
    return this.replicas.find((replica) => replica.name === name)!;
  }

  /** Asks the registries in turn until one answers. */
  async call<T>(path: string, call: Call = {}): Promise<T> {
    const deadline = Date.now() + CALL_MS;
    for (;;) {
      const client = this.#clients[this.#turn++ % this.#clients.length]!;
      try {
        return await client.call<T>(path, { ...call, signal: AbortSignal.timeout(ANSWER_MS) });
      } catch (error) {
        const { kind } = error as { kind?: string };
        // Of a request that was repeated, the first may have been done.
        if (kind === 'exists' && call.method === 'POST') return undefined as T;
        if (kind === 'not-found' && call.method === 'DELETE') return undefined as T;
        if (Date.now() > deadline || ['invalid', 'not-found', 'unauthorized'].includes(kind ?? '')) throw error;
        await sleep(50);
      }
    }
  }

  /** The whole answer, where it is text. */
  async text(path: string, query: Record<string, string>): Promise<string> {
    const deadline = Date.now() + CALL_MS;
    for (;;) {
      const client = this.#clients[this.#turn++ % this.#clients.length]!;
      try {
        let text = '';
        const signal = AbortSignal.timeout(ANSWER_MS);
        for await (const chunk of await client.stream(path, { query, signal })) text += String(chunk);
        return text;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await sleep(50);
      }
    }
  }

  async leases(): Promise<LeaseRow[]> {
    const { rows } = await this.database.query<LeaseRow>(
      `SELECT service, shard::int, holder, incarnation,
              expires_ms > extract(epoch FROM clock_timestamp()) * 1000 AS "isAlive" FROM leases`,
    );
    return rows;
  }

  async stop(): Promise<void> {
    this.#clients.forEach((client) => client.close());
    await Promise.all(this.replicas.map(({ process }) => process.kill('SIGKILL')));
    await this.database.end();
    await this.nats.kill();
    await this.postgres.stop();
    await this.network.remove();
    if (process.env['CHAOS_KEEP'] === undefined) rmSync(this.folder, { recursive: true, force: true });
  }
}

function natsServer(folder: string, { host, port }: Endpoint): TestProcess {
  const config = join(folder, 'nats-server.conf');
  const text = [
    `listen: "${host}:${port}"`,
    'max_payload: 8388608',
    'write_deadline: "10s"',
    'ping_interval: "2s"',
    'ping_max: 2',
    `jetstream: { store_dir: ${JSON.stringify(join(folder, 'jetstream'))} }`,
    'authorization: { user: "slipway", password: "chaos" }',
    '',
  ];
  writeFileSync(config, text.join('\n'));
  return new TestProcess('nats', {
    command: ['nats-server', ['-c', config]],
    logFile: join(folder, 'nats.log'),
    isReady: () => greets(host, port),
  });
}

function serverOf(kubeconfig: string): string {
  const { clusters } = parse(readFileSync(kubeconfig, 'utf8')) as { clusters: { cluster: { server: string } }[] };
  return clusters[0]!.cluster.server;
}

function greets(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port });
    socket.once('data', () => (socket.destroy(), done(true)));
    socket.once('error', () => done(false));
  });
}

const insecure = new Agent({ rejectUnauthorized: false });

function answers(protocol: 'http:' | 'https:', host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const send = protocol === 'https:' ? httpsRequest : httpRequest;
    const agent = protocol === 'https:' ? { agent: insecure } : {};
    const asked = send({ protocol, host, port, path: '/readyz', timeout: 1000, ...agent }, (answer) => {
      answer.resume();
      done(answer.statusCode === 200);
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer')));
    asked.once('error', () => done(false));
    asked.end();
  });
}
