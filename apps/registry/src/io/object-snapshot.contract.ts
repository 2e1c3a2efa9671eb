// A store into another one, and what may not become of either.

import { CONFIG_MAPS, TASK_RUNS, type BackupPosition, type KubeObject } from '@slipway/contracts';
import { configMap, create, only, remove, taskRun, update } from './contract-objects.js';
import type { ObjectStore } from './object-store.js';

const NOWHERE: BackupPosition = { revision: 0, heads: [] };

/** `open` makes a store on an empty database; each case closes those that it opened itself. */
export function snapshotCases(current: () => ObjectStore, open: () => Promise<ObjectStore>): void {
  const objectsOf = async (store: ObjectStore): Promise<[BackupPosition, KubeObject[]]> => {
    const objects: KubeObject[] = [];
    const position = await store.snapshot((page) => {
      objects.push(...page.map(({ text }) => JSON.parse(text) as KubeObject));
      return Promise.resolve();
    });
    return [position, objects];
  };
  async function* each(objects: readonly KubeObject[]): AsyncGenerator<KubeObject> {
    for (const object of objects) yield await Promise.resolve(object);
  }
  const withoutVersion = (object: KubeObject): object => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: 'any' },
  });

  describe('a snapshot', () => {
    test('brought into another store is all there, with its owners and far beyond the versions that were', async () => {
      const store = current();
      const owner = only(await store.commit({ writes: [create(configMap('owner'))] }));
      const { apiVersion, kind, metadata } = owner;
      const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid! }];
      await store.commit({ writes: [create(taskRun('owned', { ownerReferences })), create(configMap('gone'))] });
      await store.commit({
        writes: [remove(CONFIG_MAPS, 'gone'), update({ ...owner, data: { a: '1' } } as KubeObject)],
      });
      const [position, objects] = await objectsOf(store);
      expect(objects.map((object) => object.metadata.name)).toEqual(['owner', 'owned']);
      expect(position).toMatchObject({ revision: 5, heads: (await store.heads()).heads });

      const other = await open();
      try {
        expect(await other.restore(position, each(objects))).toBe(2);
        const [after, restored] = await objectsOf(other);
        expect(restored.map(withoutVersion)).toEqual(objects.map(withoutVersion));
        expect(after.revision).toBeGreaterThan(position.revision + 2);
        expect(after.heads.every((head, shard) => head === 0 || head > position.heads[shard]!)).toBe(true);
        expect((await other.listByOwner(metadata.uid!)).map(({ key }) => key.name)).toEqual(['owned']);
        const changes = await other.outbox(0, 10);
        expect(changes.map(({ revision, key }) => [revision, key.name])).toEqual(
          restored.map((object) => [Number(object.metadata.resourceVersion), object.metadata.name]),
        );
        const changed = only(
          await other.commit({ writes: [update({ ...restored[0]!, data: { a: '2' } } as KubeObject)] }),
        );
        expect(Number(changed.metadata.resourceVersion)).toBe(after.revision + 1);
        expect(changed.metadata.generation).toBe(objects[0]!.metadata.generation);
      } finally {
        await other.close();
      }
    });

    test('that breaks off leaves the store as it was', async () => {
      const store = current();
      async function* broken(): AsyncGenerator<KubeObject> {
        for (let i = 0; i < 700; i++) yield await Promise.resolve(configMap(`c${i}`));
        throw new Error('no more');
      }
      await expect(store.restore(NOWHERE, broken())).rejects.toThrow();
      expect((await objectsOf(store))[1]).toEqual([]);
      expect((await store.heads()).revision).toBe(0);
    });

    test('is not put on top of other objects', async () => {
      const store = current();
      await store.commit({ writes: [create(configMap('mine'))] });
      await expect(store.restore(NOWHERE, each([configMap('theirs')]))).rejects.toMatchObject({
        reason: 'StoreNotEmpty',
      });
      expect((await objectsOf(store))[1]).toHaveLength(1);
    });

    test('is not put into a store that services use', async () => {
      const store = current();
      const lease = { service: 'scheduler', holder: 'scheduler-0', incarnation: 'i', ttlMs: 60_000 } as const;
      await store.lease({ ...lease, released: [] });
      await expect(store.restore(NOWHERE, each([]))).rejects.toMatchObject({ reason: 'StoreInUse' });
      await store.lease({ ...lease, released: [], leaving: true });
      expect(await store.restore(NOWHERE, each([]))).toBe(0);
    });

    test('of many objects comes in parts, each once', async () => {
      const store = current();
      for (let i = 0; i < 1_200; i += 400) {
        await store.commit({ writes: Array.from({ length: 400 }, (_, j) => create(configMap(`c${i + j}`))) });
      }
      const [position, objects] = await objectsOf(store);
      expect(new Set(objects.map(({ metadata }) => metadata.name)).size).toBe(1_200);
      expect(objects).toHaveLength(1_200);
      const other = await open();
      expect(await other.restore(position, each(objects))).toBe(1_200);
      expect((await other.list({ resource: CONFIG_MAPS })).items).toHaveLength(1_200);
      expect((await other.list({ resource: TASK_RUNS })).items).toEqual([]);
      await other.close();
    });
  });
}
