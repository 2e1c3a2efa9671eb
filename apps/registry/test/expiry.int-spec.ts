import { join } from 'node:path';
import { EVENTS, timeOf, type CoreEvent, type KubeObject } from '@slipway/contracts';
import { tempDir } from '@slipway/testing';
import { Expiry } from '../src/io/expiry.js';
import type { ObjectStore } from '../src/io/object-store.js';
import { openObjectStore } from '../src/io/sql/open.js';
import type { Entry, WatchCache } from '../src/io/watch-cache.js';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 1);

describe('events', () => {
  let store: ObjectStore;
  let remove: () => Promise<void>;
  let nowMs = START;
  let see: (entry: Entry) => void = () => undefined;
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const cache = { onEntry: (listener: typeof see) => (see = listener) } as unknown as WatchCache;

  const event = (name: string, lastMs: number): KubeObject =>
    ({
      apiVersion: 'v1', kind: 'Event', metadata: { name, namespace: 'n' }, involvedObject: {}, lastTimestamp: timeOf(lastMs),
    }) as unknown as CoreEvent; // prettier-ignore
  const add = async (name: string, lastMs: number): Promise<void> => {
    await store.commit({ writes: [{ op: 'create', object: event(name, lastMs) }] });
    see({ type: 'ADDED', key: { resource: EVENTS, namespace: 'n', name } } as Entry);
  };
  const names = async (): Promise<string[]> =>
    (await store.list({ resource: EVENTS })).items.map(({ key }) => key.name);

  beforeEach(async () => {
    const dir = await tempDir();
    remove = dir.remove;
    nowMs = START;
    store = await openObjectStore(`sqlite:${join(dir.path, 'x.db')}`);
  });
  afterEach(async () => {
    await store.close();
    await remove();
  });

  test('that could not be removed go at the next look', async () => {
    const expiry = new Expiry(store, cache, logger, () => nowMs);
    expiry.start();
    await add('old', START);
    await expiry.stop();
    nowMs += HOUR_MS + 1000;
    const commit = store.commit.bind(store);
    store.commit = () => Promise.reject(new Error('the database is away'));
    await expect(expiry.look()).rejects.toThrow('away');
    store.commit = commit;
    await expiry.look();
    expect(await names()).toEqual([]);
  });

  test('go an hour after they were last seen, also those of an earlier process', async () => {
    await add('old', START - 2 * HOUR_MS);
    const expiry = new Expiry(store, cache, logger, () => nowMs);
    expiry.start();
    await add('new', START);
    await add('again', START);
    await expiry.stop();
    await expiry.look();
    expect(await names()).toEqual(['again', 'new']);
    nowMs = START + HOUR_MS + 1000;
    const again = JSON.parse((await store.get({ resource: EVENTS, namespace: 'n', name: 'again' }))!.text) as CoreEvent;
    await store.commit({
      writes: [{ op: 'update', object: { ...again, lastTimestamp: timeOf(nowMs) } as KubeObject }],
    });
    await expiry.look();
    expect(await names()).toEqual(['again']);
    nowMs += HOUR_MS + 1000;
    await expiry.look();
    expect(await names()).toEqual([]);
  });
});
