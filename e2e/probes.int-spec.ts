// What probes are told by every service: alive as long as the process answers, ready only while it can do its work.

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, type RunningService } from '@slipway/service';
import {
  eventually,
  findPostgres,
  startTestNats,
  startTestPostgres,
  tempDir,
  type TestNats,
  type TestPostgres,
} from '@slipway/testing';
import { startExecutor } from '../apps/executor/src/start.js';
import { startLogs } from '../apps/logs/src/start.js';
import { startRegistry } from '../apps/registry/src/start.js';
import { loadConfig } from '../apps/resources/src/config.js';
import { startResources } from '../apps/resources/src/start.js';
import { startScheduler } from '../apps/scheduler/src/start.js';
import { fakedExecutor } from './faked-executor.js';

const bin = await findPostgres();
const ALL = ['registry', 'scheduler', 'executor', 'resources', 'logs'];

let nats: TestNats;
let dir: Awaited<ReturnType<typeof tempDir>>;
let postgres: TestPostgres | undefined;
let access: { kind: 'tokens'; file: string };
const urls = new Map<string, string>();
const running: RunningService[] = [];

const common = (instance: string) =>
  ({ natsUrl: nats.url, host: '127.0.0.1', port: 0, logLevel: 'silent', logFormat: 'text', instance }) as const;

beforeAll(async () => {
  [nats, dir] = await Promise.all([startTestNats(), tempDir()]);
  postgres = bin === undefined ? undefined : await startTestPostgres(bin);
  const file = join(dir.path, 'tokens.yaml');
  const rules = [{ namespaces: ['*'], resources: ['*'], verbs: ['*'] }];
  const tokenSha256 = createHash('sha256').update('token').digest('hex');
  await writeFile(file, JSON.stringify([{ tokenSha256, user: 'test', rules }]));
  access = { kind: 'tokens', file };
  const database = (await postgres?.createDatabase()) ?? `sqlite:${join(dir.path, 'registry.db')}`;
  const registry = await startRegistry({ ...common('registry-0'), database, access });
  const scheduler = await startScheduler(common('scheduler-0'));
  const executor = await startExecutor({
    ...common('executor-0'),
    ...fakedExecutor(dir.path),
  });
  const ports = { resources: await freePort(), logs: await freePort() };
  const env = { NATS_URL: nats.url, PORT: String(ports.resources), LOG_LEVEL: 'silent' };
  const resources = await startResources(loadConfig(env));
  const logs = await startLogs({ ...common('logs-0'), port: ports.logs, dataDir: join(dir.path, 'logs') });
  running.push(registry, scheduler, executor, resources, logs);
  urls.set('registry', registry.url);
  for (const { name, port } of [scheduler, executor]) urls.set(name, `http://127.0.0.1:${port}`);
  for (const [name, port] of Object.entries(ports)) urls.set(name, `http://127.0.0.1:${port}`);
}, 120_000);

afterAll(async () => {
  for (const service of running.reverse()) await service.stop();
  await nats.close();
  await postgres?.stop();
  await dir.remove();
}, 60_000);

const probe = async (service: string, path: string): Promise<number> =>
  (await fetch(`${urls.get(service)}${path}`)).status;
const areAll = async (path: string, status: number, services: readonly string[]): Promise<void> => {
  for (const service of services) {
    await eventually(async () => (await probe(service, path)) === status, {
      deadlineMs: 60_000,
      what: `${path} of ${service} being ${status}`,
    });
  }
};

test('without NATS every service is alive and none is ready, until it is back', async () => {
  await areAll('/readyz', 200, ALL);
  await nats.kill();
  await areAll('/readyz', 503, ALL);
  for (const service of ALL) {
    expect([await probe(service, '/livez'), await probe(service, '/healthz')]).toEqual([200, 200]);
  }
  await nats.start();
  await areAll('/readyz', 200, ALL);
}, 180_000);

(bin === undefined ? test.skip : test)(
  'without PostgreSQL the registry is alive and not ready, until it is back',
  async () => {
    await areAll('/readyz', 200, ALL);
    await postgres!.kill();
    await areAll('/readyz', 503, ['registry']);
    expect(await probe('registry', '/livez')).toBe(200);
    await postgres!.restart();
    await areAll('/readyz', 200, ALL);
  },
  180_000,
);
