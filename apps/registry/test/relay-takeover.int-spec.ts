// Two registries on one PostgreSQL, each a process of its own: the one that relays is stopped, or cannot reach NATS, and the
// other relays. A watch at the other registry follows the stream, so it sees a change only once somebody has relayed it.

import { spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CONFIG_MAPS, type Write } from '@slipway/contracts';
import { connectBus, type Bus } from '@slipway/bus';
import { Cache, busStore } from '@slipway/store';
import { eventually, findPostgres, startTestNats, startTestPostgres, tempDir } from '@slipway/testing';
import type { TestNats, TestPostgres } from '@slipway/testing';
import { openObjectStore } from '../src/io/sql/open.js';
import { startRelay } from '../src/io/relay.js';

const MINUTE_MS = 60_000;
const MOVE_MS = 10_000;
const bin = await findPostgres();
const describeWithPostgres = bin === undefined ? describe.skip : describe;

function create(name: string): Write {
  return {
    op: 'create',
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ns' } },
  };
}

describeWithPostgres('the relay moves to another registry', () => {
  let stopped: ChildProcess | undefined;
  let postgres: TestPostgres;
  let nats: TestNats;
  let bus: Bus;
  let url: string;
  beforeEach(async () => {
    [postgres, nats] = await Promise.all([startTestPostgres(bin!), startTestNats()]);
    bus = await connectBus({ url: nats.url, name: 'test' });
    url = await postgres.createDatabase();
  }, MINUTE_MS);
  afterEach(async () => {
    stopped?.kill('SIGKILL');
    await bus.close();
    await nats.close();
    await postgres.stop();
  }, MINUTE_MS);

  test(
    'when the one that relays is stopped in the middle',
    async () => {
      const dir = await tempDir();
      stopped = await registryProcess({ url, nats: nats.url, folder: dir.path });
      const store = await openObjectStore(url);
      await store.commit({ writes: [create('before')] });
      await eventually(async () => (await store.outbox(0, 1)).length === 0, { deadlineMs: MINUTE_MS });
      const cache = new Cache(bus, busStore(bus), { resources: [CONFIG_MAPS], resyncMs: MINUTE_MS });
      await cache.start();
      const relay = startRelay(store, bus);
      stopped.kill('SIGSTOP');
      await store.commit({ writes: [create('after')] });
      await eventually(() => cache.get(CONFIG_MAPS, 'ns', 'after'), { deadlineMs: MOVE_MS });
      await relay.stop();
      await cache.stop();
      await store.close();
      await dir.remove();
    },
    MINUTE_MS,
  );

  test(
    'when NATS confirms nothing to the one that relays',
    async () => {
      const [first, second] = await Promise.all([openObjectStore(url), openObjectStore(url)]);
      const mute = startRelay(first, { publish: () => new Promise<void>(() => {}) });
      await first.commit({ writes: [create('a')] });
      await eventually(() => mute.inFlight === 1);
      const relay = startRelay(second, bus);
      await eventually(async () => (await second.outbox(0, 1)).length === 0, { deadlineMs: MOVE_MS });
      await mute.stop();
      await relay.stop();
      await Promise.all([first.close(), second.close()]);
    },
    MINUTE_MS,
  );
});

async function registryProcess(o: { url: string; nats: string; folder: string }): Promise<ChildProcess> {
  const tokens = join(o.folder, 'tokens.json');
  await writeFile(tokens, '[]');
  const child = spawn(process.execPath, [resolve(import.meta.dirname, '../dist/main.js')], {
    env: { ...process.env, DATABASE: o.url, NATS_URL: o.nats, TOKENS_FILE: tokens, PORT: '0', HOST: '127.0.0.1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let printed = '';
  child.stderr.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  await eventually(() => printed.includes('the API answers'), {
    deadlineMs: MINUTE_MS,
    what: 'the registry to answer',
  });
  return child;
}
