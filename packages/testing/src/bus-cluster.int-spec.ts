// Three servers with the configuration of the manifests: streams are kept by all of them, and outlive one.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import {
  BUS_SERVICES,
  CHANGES,
  connectBus,
  passwordVariable,
  streamsOf,
  type Bus,
  type BusService,
} from '@slipway/bus';
import { freePort } from '@slipway/service';
import { eventually } from './eventually.js';
import { tempDir } from './temp-dir.js';

const MANIFESTS = resolve(import.meta.dirname, '../../../deploy/kubernetes/nats');
const SERVERS = [0, 1, 2];
const passwordOf = (service: BusService): string => `p4ssword0f${service}`;

describe('a NATS cluster as the manifests make it', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let ports: number[];
  let start: (index: number) => ChildProcess;
  let servers: ChildProcess[];
  const buses: Bus[] = [];

  beforeAll(async () => {
    dir = await tempDir();
    ports = await Promise.all(SERVERS.map(() => freePort()));
    const routes = await Promise.all(SERVERS.map(() => freePort()));
    cpSync(join(MANIFESTS, 'users.conf'), join(dir.path, 'users.conf'));
    const config = readFileSync(join(MANIFESTS, 'nats.conf'), 'utf8');
    const env: Record<string, string> = { NATS_ROUTE_PASSWORD: 'r0ute' };
    for (const service of BUS_SERVICES) env[passwordVariable(service)] = passwordOf(service);
    for (const i of SERVERS) env[`NATS_ROUTE_${i}`] = `nats://route:r0ute@127.0.0.1:${routes[i]}`;
    start = (i) => {
      const own = config
        .replace('0.0.0.0:4222', `127.0.0.1:${ports[i]}`)
        .replace('0.0.0.0:6222', `127.0.0.1:${routes[i]}`)
        .replace('http: "0.0.0.0:8222"', '')
        .replace('"/data"', JSON.stringify(join(dir.path, `data-${i}`)));
      writeFileSync(join(dir.path, `server-${i}.conf`), own);
      return spawn('nats-server', ['-c', join(dir.path, `server-${i}.conf`)], {
        stdio: 'ignore',
        env: { ...process.env, ...env, POD_NAME: `slipway-nats-${i}` },
      });
    };
    servers = SERVERS.map(start);
  });
  afterEach(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => ended(server)));
    await dir.remove();
  });

  const urlOf = (service: BusService): string => ports.map((port) => `nats://${service}@127.0.0.1:${port}`).join(',');

  async function busOf(service: BusService, replicas = 3): Promise<Bus> {
    const bus = await connectBus({
      url: urlOf(service),
      password: passwordOf(service),
      name: service,
      service,
      replicas,
    });
    buses.push(bus);
    return bus;
  }

  async function replicasOf(stream: string): Promise<number> {
    const servers = ports.map((port) => `127.0.0.1:${port}`);
    const nc = await connect({
      servers,
      user: 'registry',
      pass: passwordOf('registry'),
      inboxPrefix: '_INBOX.registry',
    });
    try {
      const jsm = await jetstreamManager(nc, { checkAPI: false });
      return (await jsm.streams.info(stream)).config.num_replicas;
    } finally {
      await nc.close();
    }
  }

  test('services that start at once agree on streams which all servers keep', async () => {
    await Promise.all(BUS_SERVICES.map((service) => busOf(service)));
    for (const stream of streamsOf('registry')) expect([stream, await replicasOf(stream)]).toEqual([stream, 3]);
  });

  test('another number of servers is applied by the registry, and by nobody else', async () => {
    await busOf('registry', 1);
    expect(await replicasOf(CHANGES)).toBe(1);
    await busOf('scheduler', 3);
    expect(await replicasOf(CHANGES)).toBe(1);
    await busOf('registry', 3);
    expect(await replicasOf(CHANGES)).toBe(3);
  });

  test('a server that is killed takes no message with it, and those who follow go on', async () => {
    const [registry, scheduler] = await Promise.all([busOf('registry'), busOf('scheduler')]);
    const seen = new Set<string>();
    await scheduler.follow({
      stream: CHANGES,
      startAt: 'new',
      handle: (message) => void seen.add(message.subject),
      onBroken: () => undefined,
    });
    const subjects = Array.from({ length: 60 }, (_, i) => `change.1.pods.team.p${i}`);
    for (const [i, subject] of subjects.entries()) {
      if (i % 20 === 10) {
        const index = Math.floor(i / 20); // each of them once
        servers[index]!.kill('SIGKILL');
        await once(servers[index]!, 'exit');
        servers[index] = start(index);
      }
      await registry.publish(subject, {}, { id: `m${i}` });
    }
    await eventually(() => subjects.every((subject) => seen.has(subject)), { deadlineMs: 50_000 });
  }, 120_000);
});

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill('SIGTERM');
  await once(server, 'exit');
}
