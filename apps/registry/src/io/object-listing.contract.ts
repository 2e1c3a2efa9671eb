// What every object store gives back: lists, owners, and the outbox.

import { SHARD_COUNT, type KubeObject } from '@slipway/contracts';
import {
  CONFIG_MAPS,
  TASK_RUNS,
  configMap,
  create,
  namesOf,
  only,
  remove,
  taskRun,
  update,
} from './contract-objects.js';
import type { ObjectStore } from './object-store.js';

/** `opened` gives the store of the running test, on an empty database. */
export function listingCases(opened: () => ObjectStore): void {
  let store: ObjectStore;
  beforeEach(() => {
    store = opened();
  });

  describe('list', () => {
    test('pages through everything, each object once, in order', async () => {
      const all = Array.from({ length: 25 }, (_, i) => `n${String(i).padStart(2, '0')}`);
      await store.commit({ writes: all.map((one) => create(configMap(one))) });
      const seen: string[] = [];
      let from: string | undefined;
      do {
        const page = await store.list({
          resource: CONFIG_MAPS,
          limit: 10,
          ...(from === undefined ? {} : { continue: from }),
        });
        expect(page.revision).toBe(25);
        seen.push(...page.items.map((item) => item.key.name));
        from = page.continue;
      } while (from !== undefined);
      expect(seen).toEqual(all);
    });

    test('ends a page at the byte limit, but gives at least one object', async () => {
      await store.commit({ writes: ['a', 'b', 'c'].map((one) => create(configMap(one, { x: 'y'.repeat(1000) }))) });
      const page = await store.list({ resource: CONFIG_MAPS, limitBytes: 10 });
      expect(page.items).toHaveLength(1);
      expect(page.continue).toBeDefined();
      expect((await store.list({ resource: CONFIG_MAPS, limitBytes: 2000 })).items).toHaveLength(2);
    });

    test('ends a page of large objects before its limit, and goes on from there', async () => {
      const all = ['a', 'b', 'c', 'd', 'e', 'f'];
      for (const one of all) await store.commit({ writes: [create(configMap(one, { x: 'y'.repeat(1_200_000) }))] });
      const first = await store.list({ resource: CONFIG_MAPS, limit: 500 });
      expect(first.items.map((item) => item.key.name)).toEqual(['a', 'b', 'c', 'd']);
      const next = await store.list({ resource: CONFIG_MAPS, limit: 500, continue: first.continue! });
      expect([next.items.map((item) => item.key.name), next.continue]).toEqual([['e', 'f'], undefined]);
      expect(await namesOf(store)).toEqual(all);
    });

    test('finds by namespace, labels and shards', async () => {
      await store.commit({
        writes: [
          create(configMap('a', {}, { labels: { app: 'web', 'slipway.dev/shard': '3' } })),
          create(configMap('b', {}, { labels: { app: 'db', 'slipway.dev/shard': '4' } })),
          create(configMap('c', {}, { namespace: 'other', labels: { app: 'web', 'x_y%z': '1' } })),
        ],
      });
      expect(await namesOf(store, { namespace: 'ns' })).toEqual(['a', 'b']);
      expect(await namesOf(store, { labelSelector: 'app=web' })).toEqual(['a', 'c']);
      expect(await namesOf(store, { labelSelector: 'app in (db,x),!y' })).toEqual(['b']);
      expect(await namesOf(store, { labelSelector: 'app!=web' })).toEqual(['b']);
      expect(await namesOf(store, { shards: [3, 5] })).toEqual(['a']);
      expect(await namesOf(store, { shards: [] })).toEqual([]);
      expect(await namesOf(store, { labelSelector: 'app=web', limit: 1 })).toEqual(['a']);
    });

    test('orders by bytes, the same in every database', async () => {
      const all = ['a-b', 'a.b', 'a0', 'ab', 'b', 'a-c'];
      await store.commit({ writes: all.map((one) => create(configMap(one))) });
      expect(await namesOf(store)).toEqual([...all].sort());
    });

    test.each(['x', 'WzFd', Buffer.from('[1,"a","b","c"]').toString('base64url'), ''])(
      'refuses the continue token %j',
      async (token) => {
        await expect(store.list({ resource: CONFIG_MAPS, continue: token })).rejects.toMatchObject({
          kind: 'invalid',
        });
      },
    );

    test('refuses a token from before the last pruning as expired', async () => {
      await store.commit({ writes: ['a', 'b', 'c'].map((one) => create(configMap(one))) });
      const page = await store.list({ resource: CONFIG_MAPS, limit: 1 });
      await store.commit({ writes: [remove(CONFIG_MAPS, 'c')] });
      expect(await store.prune(-1000)).toBe(4);
      const next = store.list({ resource: CONFIG_MAPS, continue: page.continue! });
      await expect(next).rejects.toMatchObject({ kind: 'expired', reason: 'Expired' });
    });

    test('finds the objects of an owner', async () => {
      const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u1' };
      const a = only(await store.commit({ writes: [create(configMap('a', {}, { ownerReferences: [owner] }))] }));
      await store.commit({ writes: [create(taskRun('t', { ownerReferences: [owner, { ...owner, uid: 'u2' }] }))] });
      const owned = async (uid: string): Promise<string[]> => (await store.listByOwner(uid)).map((one) => one.key.name);
      expect(await owned('u1')).toEqual(['a', 't']);
      await store.commit({ writes: [update({ ...a, metadata: { ...a.metadata, ownerReferences: [] } })] });
      await store.commit({ writes: [remove(TASK_RUNS, 't')] });
      expect(await owned('u1')).toEqual([]);
      expect(await owned('u2')).toEqual([]);
    });

    test('gets many, in the order asked', async () => {
      await store.commit({ writes: [create(configMap('a')), create(configMap('b'))] });
      const key = (one: string): { resource: string; namespace: string; name: string } => ({
        resource: CONFIG_MAPS,
        namespace: 'ns',
        name: one,
      });
      const many = await store.getMany([key('b'), key('none'), key('a')]);
      expect(many.map((one) => one?.key.name)).toEqual(['b', undefined, 'a']);
    });
  });

  describe('the outbox', () => {
    test('has every change in order, with dense sequences for each shard', async () => {
      await Promise.all(Array.from({ length: 30 }, (_, i) => store.commit({ writes: [create(configMap(`n${i}`))] })));
      const rows = await store.outbox(0, 100);
      expect(rows.map((row) => row.revision)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
      const heads = new Array<number>(SHARD_COUNT).fill(0);
      for (const row of rows) {
        const change = JSON.parse(row.text) as { sequence: number; object: KubeObject };
        expect(change.sequence).toBe(++heads[row.shard]!);
        expect(change.object.metadata.resourceVersion).toBe(String(row.revision));
      }
      expect((await store.heads()).heads).toEqual(heads);
    });

    test('leaves out the content of secrets and of large objects', async () => {
      const secret = { ...configMap('s', { password: 'hunter2' }), kind: 'Secret' };
      await store.commit({ writes: [create(secret), create(configMap('big', { x: 'y'.repeat(210_000) }))] });
      for (const row of await store.outbox(0, 10)) expect(JSON.parse(row.text)).not.toHaveProperty('object');
    });

    test('forgets what it is told to, with the next commit', async () => {
      await store.commit({ writes: [create(configMap('a')), create(configMap('b'))] });
      store.trimOutbox(1);
      await store.commit({ writes: [create(configMap('c'))] });
      expect((await store.outbox(0, 10)).map((row) => row.revision)).toEqual([2, 3]);
    });

    test('tells its listeners after each commit', async () => {
      const seen: number[] = [];
      store.onCommitted(() => {
        void store.outbox(0, 10).then((rows) => seen.push(rows.length));
      });
      await store.commit({ writes: [create(configMap('a'))] });
      while (!seen.includes(1)) await new Promise((resolve) => setTimeout(resolve, 5));
    });
  });
}
