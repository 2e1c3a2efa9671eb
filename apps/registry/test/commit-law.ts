// Writers that know nothing of each other, at random; what must hold of the history whatever they do.

import { CONFIG_MAPS, SlipwayError, type Change, type KubeObject, type Write } from '@slipway/contracts';
import type { ObjectStore } from '../src/io/object-store.js';

type Counter = KubeObject & { data: { n: string } };

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Runs `writers` on the stores (which share a database) and checks the outcome. The seed names a run that failed. */
export async function commitsKeepTheLaw(stores: readonly ObjectStore[], seed: number, steps: number): Promise<void> {
  const next = random(seed);
  const updates = new Map<string, number>();
  let isRunning = true;
  const watching = watchRevisions(stores, () => isRunning);
  const writer = async (store: ObjectStore): Promise<void> => {
    for (let step = 0; step < steps; step++) {
      const name = NAMES[next(NAMES.length)]!;
      const other = NAMES[next(NAMES.length)]!;
      const stored = await read(store, name);
      const writes = [
        writeFor(stored, name, next(10)),
        ...(next(3) === 0 ? [writeFor(await read(store, other), other, next(10))] : []),
      ];
      try {
        const { objects } = await store.commit({ id: `${seed}-${next(1e9)}-${step}`, writes });
        writes.forEach((write, i) => {
          const uid = objects[i]?.metadata.uid;
          if (write.op === 'update' && uid !== undefined) updates.set(uid, (updates.get(uid) ?? 0) + 1);
        });
      } catch (thrown) {
        if (!(thrown instanceof SlipwayError) || !['conflict', 'exists', 'not-found'].includes(thrown.kind))
          throw thrown;
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, i) => writer(stores[i % stores.length]!)));
  isRunning = false;
  await watching;
  await checkHistory(stores[0]!, updates, seed);
}

async function checkHistory(store: ObjectStore, updates: ReadonlyMap<string, number>, seed: number): Promise<void> {
  const label = `seed ${seed}`;
  const rows = await store.outbox(0, 1_000_000);
  const changes = rows.map((row) => JSON.parse(row.text) as Change);
  expect([label, changes.map((change) => change.revision)]).toEqual([label, changes.map((_, i) => i + 1)]);
  const state = new Map<string, KubeObject>();
  const sequences = new Map<number, number>();
  for (const { type, key, object, shard, sequence } of changes) {
    expect([label, sequence]).toEqual([label, (sequences.get(shard) ?? 0) + 1]);
    sequences.set(shard, sequence);
    expect([label, type]).toEqual([label, type === 'DELETED' || state.has(key.name) ? type : 'ADDED']);
    if (type === 'DELETED') state.delete(key.name);
    else state.set(key.name, object!);
  }
  const { items, revision } = await store.list({ resource: CONFIG_MAPS });
  expect([label, revision]).toEqual([label, changes.length]);
  expect([label, items.map((item) => JSON.parse(item.text) as KubeObject)]).toEqual([
    label,
    [...state.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
  ]);
  for (const object of state.values()) {
    const { uid } = object.metadata; // no lost update: each success has counted
    expect([label, Number((object as Counter).data.n)]).toEqual([label, updates.get(uid!) ?? 0]);
  }
}

/** At any moment, whoever looks sees every revision up to the last, on every store. */
async function watchRevisions(stores: readonly ObjectStore[], isRunning: () => boolean): Promise<void> {
  for (let i = 0; isRunning(); i++) {
    const store = stores[i % stores.length]!;
    const { revision } = await store.heads();
    const rows = await store.outbox(Math.max(revision - 50, 0), 1_000_000);
    expect(rows.length).toBeGreaterThanOrEqual(Math.min(revision, 50));
    rows.forEach((row, at) => expect(row.revision).toBe(rows[0]!.revision + at));
    await new Promise((resolve) => setImmediate(resolve)); // SQLite answers without giving way to the writers
  }
}

function writeFor(stored: Counter | undefined, name: string, dice: number): Write {
  if (stored === undefined) {
    const metadata = { name, namespace: 'ns' };
    return { op: 'create', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { n: '0' } } as KubeObject };
  }
  if (dice === 0) return { op: 'delete', key: { resource: CONFIG_MAPS, namespace: 'ns', name } };
  return { op: 'update', object: { ...stored, data: { n: String(Number(stored.data.n) + 1) } } as KubeObject };
}

async function read(store: ObjectStore, name: string): Promise<Counter | undefined> {
  const stored = await store.get({ resource: CONFIG_MAPS, namespace: 'ns', name });
  return stored === undefined ? undefined : (JSON.parse(stored.text) as Counter);
}

function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) % n;
  };
}
