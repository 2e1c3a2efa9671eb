import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connectBus, type Bus } from '@slipway/bus';
import { LOGS_RPC, type LogPositionReply } from '@slipway/contracts';
import { eventually, startTestNats, tempDir, type TestNats } from '@slipway/testing';
import { LogsProcess, Shipper, madeLines, readAll, retried } from './shipping.js';

const APP = resolve(import.meta.dirname, '..');

describe('the logs service', () => {
  let dir: { path: string; remove: () => Promise<void> };
  let nats: TestNats;
  let logs: LogsProcess;
  let bus: Bus;
  beforeAll(async () => {
    await promisify(execFile)(process.execPath, ['../../scripts/build.mjs'], { cwd: APP });
  }, 60_000);
  beforeEach(async () => {
    dir = await tempDir();
    nats = await startTestNats();
    const env = { NATS_URL: nats.url, LOGS_DATA: join(dir.path, 'logs'), PORT: '0', LOG_LEVEL: 'warn' };
    logs = new LogsProcess([join(APP, 'dist/main.js')], env);
    logs.start();
    bus = await connectBus({ url: nats.url, name: 'test' });
  }, 60_000);
  afterEach(async () => {
    await logs.end('SIGKILL');
    await bus.close();
    await nats.close();
    await dir.remove();
  }, 60_000);

  const made = (pod: number): ReturnType<typeof madeLines> => madeLines(pod, 3000);

  const disasters: [what: string, strike: () => Promise<void>][] = [
    ['nothing happens', () => Promise.resolve()],
    ['the service is killed', async () => void (await logs.end('SIGKILL'), logs.start())],
    ['the service is stopped', async () => void (await logs.end('SIGTERM'), logs.start())],
    ['nats-server is killed', async () => void (await nats.kill(), await nats.start())],
    ['nats-server loses its data', async () => void (await nats.kill(), await nats.wipe(), await nats.start())],
    [
      'both are killed and the data is lost',
      async () => {
        await Promise.all([nats.kill(), logs.end('SIGKILL')]);
        await nats.wipe();
        logs.start();
        await sleep(200);
        await nats.start();
      },
    ],
  ];

  test.each(disasters)(
    'loses, repeats and reorders no line when %s, three times, while lines are sent and read',
    async (_what, strike) => {
      const keys = [0, 1, 2].map((pod) => ({ namespace: 'ns', podUid: `pod-${pod}`, container: 'c' }));
      const reading = keys.map((key) => readAll(bus, key));
      const shipping = keys.map((key, pod) => new Shipper(bus, key, made(pod)).ship(3));
      for (let n = 0; n < 3; n++) {
        await sleep(100);
        await strike();
      }
      await Promise.all(shipping);
      for (const [pod, texts] of (await Promise.all(reading)).entries()) {
        expect(texts).toEqual(made(pod).map(({ text }) => text));
      }
    },
    120_000,
  );

  test('waits for a server that is not up yet, and exits 0 when it is told to stop', async () => {
    await logs.end('SIGKILL');
    await nats.stop();
    logs.start();
    await sleep(300);
    await nats.start();
    const key = { namespace: 'ns', podUid: 'u', container: 'c' };
    await eventually(() => bus.request<LogPositionReply>(LOGS_RPC.position, key));
    expect(await logs.end('SIGTERM')).toBe(0);
  }, 60_000);

  test('keeps a message that is no chunk as a dead letter, and goes on', async () => {
    const key = { namespace: 'ns', podUid: 'u', container: 'c' };
    await retried(() => bus.request(LOGS_RPC.position, key)); // before, nobody is there for whom the stream keeps it
    await bus.publish('log.1.ns.u.c', { nonsense: true }, { id: 'bad' });
    await new Shipper(bus, key, made(0).slice(0, 5)).ship(2);
    expect(await readAll(bus, key)).toHaveLength(5);
    expect(logs.errors).toContain('dead letter');
  }, 60_000);
});
