import { connectBus, type Bus } from '@slipway/bus';
import { PODS, changeSubject, type Change, type KubeObject } from '@slipway/contracts';
import type { Listing } from '@slipway/store';
import { eventually, startTestNats, tempDir, type TestNats } from '@slipway/testing';
import { LogStore } from '../src/io/log-store.js';
import { PodConsumer } from '../src/io/pod.consumer.js';

const HOUR_MS = 3_600_000;
const logger = { info: () => undefined, warn: () => undefined };

describe('lines of pods that are deleted', () => {
  let dir: { path: string; remove: () => Promise<void> };
  let nats: TestNats;
  let bus: Bus;
  let logs: LogStore;
  let consumer: PodConsumer | undefined;
  /** What the registry answers; undefined: it does not. */
  let existing: string[] | undefined;
  let revision = 0;

  const store = (podUid: string, namespace = 'ns.1'): Promise<string> =>
    logs.append({ namespace, pod: 'p', podUid, container: 'c', first: 0, lines: [], end: true });
  const stored = async (): Promise<string[]> => [...(await logs.pods(Infinity)).values()].flat().sort();
  const change = (type: Change['type'], uid: string): Promise<void> => {
    const key = { resource: PODS, namespace: 'ns.1', name: `name-of-${uid}` };
    const payload: Change = { type, revision: ++revision, shard: 5, sequence: revision, key, uid };
    return bus.publish(changeSubject(5, key), payload, { id: String(revision) });
  };
  const begin = async (ageMs = HOUR_MS): Promise<PodConsumer> => {
    const list = <T extends KubeObject>(_resource: string, o?: { namespace?: string }): Promise<Listing<T>> => {
      if (existing === undefined || o?.namespace !== 'ns.1') return Promise.reject(new Error('no answer'));
      const items = existing.map((uid) => ({ kind: 'Pod', metadata: { name: uid, uid } }) as unknown as T);
      return Promise.resolve({ items, revision: 1, heads: [] });
    };
    consumer = new PodConsumer({
      bus,
      logs,
      objects: { list },
      logger,
      instance: 'logs-0',
      now: () => Date.now() + ageMs,
    });
    await consumer.onApplicationBootstrap();
    return consumer;
  };

  beforeEach(async () => {
    existing = undefined;
    dir = await tempDir();
    nats = await startTestNats();
    bus = await connectBus({ url: nats.url, name: 'test' });
    logs = await LogStore.open(dir.path);
  }, 60_000);
  afterEach(async () => {
    await consumer?.beforeApplicationShutdown();
    await logs.close();
    await bus.close();
    await nats.close();
    await dir.remove();
  }, 60_000);

  test('are forgotten when the deletion is on the bus, and only then', async () => {
    await Promise.all(['deleted', 'changed', 'made'].map((uid) => store(uid)));
    await begin();
    await change('ADDED', 'made');
    await change('MODIFIED', 'changed');
    await change('DELETED', 'deleted');
    await eventually(async () => (await stored()).join() === 'changed,made');
    expect(logs.isRemoved({ namespace: 'ns.1', podUid: 'deleted' })).toBe(true);
  }, 60_000);

  test('are forgotten when the pod was deleted while the service was away', async () => {
    await store('deleted');
    await (await begin()).beforeApplicationShutdown();
    await change('DELETED', 'deleted');
    await begin();
    await eventually(async () => (await stored()).join() === '');
  }, 60_000);

  test('are forgotten at the start when the deletion was lost, but for those of a moment ago (F1, F2)', async () => {
    await Promise.all(['gone', 'there'].map((uid) => store(uid)));
    existing = ['there'];
    const young = await begin(0);
    await young.sweep();
    expect(await stored()).toEqual(['gone', 'there']);
    await young.beforeApplicationShutdown();
    await begin();
    await eventually(async () => (await stored()).join() === 'there');
  }, 60_000);

  test('stay while the registry does not answer', async () => {
    await store('u');
    const running = await begin();
    await expect(running.sweep()).rejects.toThrow('no answer');
    expect(await stored()).toEqual(['u']);
  }, 60_000);
});
