// What every object store does, whichever database it stands on.

import type { KubeObject } from '@slipway/contracts';
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
  type TaskRun,
} from './contract-objects.js';
import { listingCases } from './object-listing.contract.js';
import { snapshotCases } from './object-snapshot.contract.js';
import type { ObjectStore } from './object-store.js';

/** `open` makes a store on an empty database; the suite closes it. */
export function objectStoreContract(name: string, open: () => Promise<ObjectStore>): void {
  describe(`object store on ${name}`, () => {
    let store: ObjectStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const read = async (resource: string, objectName: string): Promise<KubeObject | undefined> => {
      const stored = await store.get({ resource, namespace: 'ns', name: objectName });
      return stored === undefined ? undefined : (JSON.parse(stored.text) as KubeObject);
    };

    describe('create', () => {
      test('fills in uid, time and version, and is read back as it was answered', async () => {
        const reply = await store.commit({ writes: [create(taskRun('a', { uid: 'mine', resourceVersion: '77' }))] });
        const object = only(reply);
        expect(object.metadata).toMatchObject({ name: 'a', namespace: 'ns', resourceVersion: '1', generation: 1 });
        expect(object.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
        expect(object.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(await read(TASK_RUNS, 'a')).toEqual(object);
        expect(reply.revision).toBe(1);
      });

      test('takes the uid that the write chooses, for what the same commit makes of it', async () => {
        const uid = '7f0c1e0e-0000-4000-8000-000000000001';
        const owner = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'a', uid };
        const { objects } = await store.commit({
          writes: [
            { op: 'create-as', uid, object: taskRun('a', { uid: 'mine', resourceVersion: '77' }) },
            create(configMap('a', {}, { ownerReferences: [owner] })),
          ],
        });
        expect(objects[0]!.metadata).toMatchObject({ uid, resourceVersion: '1', generation: 1 });
        expect((await store.listByOwner(uid)).map(({ key }) => key.resource)).toEqual([CONFIG_MAPS]);
        await expect(store.commit({ writes: [{ op: 'create-as', uid, object: taskRun('a') }] })).rejects.toMatchObject({
          kind: 'exists',
        });
      });

      test('refuses a name that is taken', async () => {
        await store.commit({ writes: [create(configMap('a'))] });
        await expect(store.commit({ writes: [create(configMap('a'))] })).rejects.toMatchObject({
          kind: 'exists',
          reason: 'AlreadyExists',
          message: 'configmaps "a" already exists',
        });
      });

      test('makes names from generateName', async () => {
        const made = await Promise.all(
          Array.from({ length: 50 }, () =>
            store.commit({ writes: [create(configMap('', {}, { generateName: 'run-' }))] }),
          ),
        );
        const all = made.map((reply) => only(reply).metadata.name);
        expect(new Set(all).size).toBe(50);
        for (const one of all) expect(one).toMatch(/^run-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      });

      test.each(['', 'a/b', 'a\u0000b', 'x'.repeat(254)])('refuses the impossible name %#', async (bad) => {
        await expect(store.commit({ writes: [create(configMap(bad))] })).rejects.toMatchObject({ kind: 'invalid' });
      });

      test('keeps keys like __proto__ as data', async () => {
        const data = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>;
        await store.commit({ writes: [create(configMap('a', data))] });
        const stored = await store.get({ resource: CONFIG_MAPS, namespace: 'ns', name: 'a' });
        expect(stored!.text).toContain('"data":{"__proto__":"x","constructor":"y"}');
        expect(({} as Record<string, unknown>)['x']).toBeUndefined();
      });

      test('keeps text of any kind', async () => {
        const data = { nul: 'a\u0000b', emoji: '\u{1F680}', half: '\ud800', quote: `'";--\\`, line: 'a\r\nb' };
        await store.commit({ writes: [create(configMap('a', data))] });
        expect(await read(CONFIG_MAPS, 'a')).toMatchObject({ data });
      });

      test('refuses an object over the size limit, and takes one just under it', async () => {
        const big = { writes: [create(configMap('big', { x: 'y'.repeat(1_500_001) }))] };
        await expect(store.commit(big)).rejects.toMatchObject({ kind: 'too-large' });
        await store.commit({ writes: [create(configMap('nearly', { x: 'y'.repeat(1_499_000) }))] });
      });
    });

    describe('update', () => {
      test('is compare-and-set', async () => {
        const first = only(await store.commit({ writes: [create(configMap('a', { n: '1' }))] }));
        const second = only(await store.commit({ writes: [update({ ...first, data: { n: '2' } } as KubeObject)] }));
        expect(second).toMatchObject({ data: { n: '2' }, metadata: { resourceVersion: '2', uid: first.metadata.uid } });
        await expect(
          store.commit({ writes: [update({ ...first, data: { n: '3' } } as KubeObject)] }),
        ).rejects.toMatchObject({
          kind: 'conflict',
          reason: 'Conflict',
        });
        expect(await read(CONFIG_MAPS, 'a')).toEqual(second);
      });

      test('of nothing is not found, without a version is invalid, of another uid is a conflict', async () => {
        const missing = configMap('a', {}, { resourceVersion: '1' });
        await expect(store.commit({ writes: [update(missing)] })).rejects.toMatchObject({ kind: 'not-found' });
        const first = only(await store.commit({ writes: [create(configMap('a'))] }));
        await expect(store.commit({ writes: [update(configMap('a'))] })).rejects.toMatchObject({ kind: 'invalid' });
        const other = { ...first, metadata: { ...first.metadata, uid: 'other' } };
        await expect(store.commit({ writes: [update(other)] })).rejects.toMatchObject({ kind: 'conflict' });
      });

      test('that changes nothing writes nothing, whatever the order of keys', async () => {
        const first = only(await store.commit({ writes: [create(configMap('a', { x: '1', y: '2' }))] }));
        const same = { ...first, data: { y: '2', x: '1' } } as KubeObject;
        const reply = await store.commit({ writes: [update(same)] });
        expect(reply.objects).toEqual([first]);
        expect((await store.heads()).revision).toBe(1);
      });

      test('makes a new generation when the spec changes, and only then', async () => {
        const first = only<TaskRun>(await store.commit({ writes: [create(taskRun('a'))] }));
        const second = only<TaskRun>(
          await store.commit({ writes: [update({ ...first, status: { b: 1 } } as TaskRun)] }),
        );
        expect(second.metadata.generation).toBe(1);
        const third = only<TaskRun>(await store.commit({ writes: [update({ ...second, spec: { a: 2 } } as TaskRun)] }));
        expect(third.metadata.generation).toBe(2);
      });

      test('of the status takes status, labels and annotations and nothing else', async () => {
        const first = only<TaskRun>(await store.commit({ writes: [create(taskRun('a', { labels: { keep: 'no' } }))] }));
        const wanted = {
          ...first,
          metadata: { ...first.metadata, labels: { new: 'yes' }, annotations: { c: 'd' }, finalizers: ['f'] },
          spec: { a: 99 },
          status: { phase: 'x' },
        };
        const second = only<TaskRun>(await store.commit({ writes: [{ op: 'update-status', object: wanted }] }));
        expect(second).toMatchObject({ spec: { a: 1 }, status: { phase: 'x' } });
        expect(second.metadata).toMatchObject({ labels: { new: 'yes' }, annotations: { c: 'd' }, generation: 1 });
        expect(second.metadata.finalizers).toBeUndefined();
      });

      test('cannot move an object to another shard', async () => {
        const first = only(
          await store.commit({ writes: [create(taskRun('a', { labels: { 'slipway.dev/shard': '7' } }))] }),
        );
        const moved = { ...first, metadata: { ...first.metadata, labels: { 'slipway.dev/shard': '8', x: 'y' } } };
        const second = only(await store.commit({ writes: [update(moved)] }));
        expect(second.metadata.labels).toEqual({ 'slipway.dev/shard': '7', x: 'y' });
        expect((await store.heads()).heads[7]).toBe(2);
      });
    });

    describe('delete', () => {
      test('of nothing is no error', async () => {
        expect(await store.commit({ writes: [remove(CONFIG_MAPS, 'a')] })).toEqual({ revision: 0, objects: [null] });
      });

      test('honours its preconditions', async () => {
        const { uid, resourceVersion } = only(await store.commit({ writes: [create(configMap('a'))] })).metadata;
        const key = { resource: CONFIG_MAPS, namespace: 'ns', name: 'a' };
        for (const wrong of [{ uid: 'other' }, { resourceVersion: '99' }]) {
          await expect(store.commit({ writes: [{ op: 'delete', key, ...wrong }] })).rejects.toMatchObject({
            kind: 'conflict',
          });
        }
        await store.commit({ writes: [{ op: 'delete', key, uid: uid!, resourceVersion: resourceVersion! }] });
        expect(await read(CONFIG_MAPS, 'a')).toBeUndefined();
      });

      test('only marks an object with finalizers; it goes with the last of them', async () => {
        await store.commit({ writes: [create(taskRun('a', { finalizers: ['x', 'y'] }))] });
        const marked = only(await store.commit({ writes: [remove(TASK_RUNS, 'a')] }));
        expect(marked.metadata.deletionTimestamp).toBeDefined();
        expect(marked.metadata.generation).toBe(2);
        const again = await store.commit({ writes: [remove(TASK_RUNS, 'a')] });
        expect(again.objects).toEqual([marked]);
        const unmarked = { ...marked.metadata };
        delete unmarked.deletionTimestamp;
        const one = only(
          await store.commit({ writes: [update({ ...marked, metadata: { ...unmarked, finalizers: ['y'] } })] }),
        );
        expect(one.metadata.deletionTimestamp).toBe(marked.metadata.deletionTimestamp);
        const last = await store.commit({
          writes: [update({ ...one, metadata: { ...one.metadata, finalizers: [] } })],
        });
        expect(last.objects).toEqual([null]);
        expect(await read(TASK_RUNS, 'a')).toBeUndefined();
        const types = (await store.outbox(0, 10)).map((row) => (JSON.parse(row.text) as { type: string }).type);
        expect(types).toEqual(['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED']);
      });
    });

    describe('a commit of several writes', () => {
      test('is done whole, with a revision for each write', async () => {
        const reply = await store.commit({
          writes: [create(configMap('a')), create(configMap('b')), remove(CONFIG_MAPS, 'a')],
        });
        expect(reply.objects.map((object) => object?.metadata.resourceVersion)).toEqual(['1', '2', undefined]);
        expect(reply.revision).toBe(3);
        expect(await namesOf(store)).toEqual(['b']);
      });

      test('is not done at all when one write cannot be', async () => {
        await store.commit({ writes: [create(configMap('taken'))] });
        const writes = [create(configMap('a')), create(configMap('b')), create(configMap('taken'))];
        await expect(store.commit({ writes })).rejects.toMatchObject({ kind: 'exists' });
        expect(await namesOf(store)).toEqual(['taken']);
        expect((await store.heads()).revision).toBe(1);
        expect(await store.outbox(0, 10)).toHaveLength(1);
      });

      test('that fails leaves those committed at the same time alone', async () => {
        await store.commit({ writes: [create(configMap('taken'))] });
        const settled = await Promise.allSettled(
          Array.from({ length: 40 }, (_, i) => {
            const writes = [create(configMap(`n${i}`)), ...(i % 4 === 0 ? [create(configMap('taken'))] : [])];
            return store.commit({ writes });
          }),
        );
        expect(settled.filter((one) => one.status === 'rejected')).toHaveLength(10);
        expect(await namesOf(store)).toHaveLength(31);
        expect((await store.heads()).revision).toBe(31);
      });

      test('sees its own writes', async () => {
        const writes = [create(configMap('a')), create(configMap('a'))];
        await expect(store.commit({ writes })).rejects.toMatchObject({ kind: 'exists' });
        await store.commit({ writes: [create(configMap('a')), remove(CONFIG_MAPS, 'a'), create(configMap('a'))] });
        expect(await namesOf(store)).toEqual(['a']);
      });
    });

    describe('a commit with an id', () => {
      test('is done once, however often it is asked', async () => {
        const request = {
          id: 'one',
          writes: [create(configMap('a')), create(configMap('', {}, { generateName: 'g-' }))],
        };
        const first = await store.commit(request);
        expect(await store.commit(request)).toEqual(first);
        expect(await namesOf(store)).toHaveLength(2);
        expect((await store.heads()).revision).toBe(2);
      });

      test('is done once when it comes twice at the same time', async () => {
        const request = { id: 'one', writes: [create(configMap('a'))] };
        const [first, second] = await Promise.all([store.commit(request), store.commit(request)]);
        expect(second).toEqual(first);
      });

      test('is answered with what has become of the objects since', async () => {
        const request = { id: 'one', writes: [create(configMap('a')), create(configMap('b'))] };
        const [a] = (await store.commit(request)).objects;
        const changed = only(await store.commit({ writes: [update({ ...a!, data: { n: '2' } } as KubeObject)] }));
        await store.commit({ writes: [remove(CONFIG_MAPS, 'b')] });
        expect(await store.commit(request)).toEqual({ revision: 2, objects: [changed, null] });
      });

      test('that failed is tried again', async () => {
        const first = only(await store.commit({ writes: [create(configMap('a'))] }));
        const request = { id: 'one', writes: [create(configMap('a'))] };
        await expect(store.commit(request)).rejects.toMatchObject({ kind: 'exists' });
        await store.commit({
          writes: [
            { op: 'delete', key: { resource: CONFIG_MAPS, namespace: 'ns', name: 'a' }, uid: first.metadata.uid! },
          ],
        });
        expect(only(await store.commit(request)).metadata.name).toBe('a');
      });
    });

    listingCases(() => store);
    snapshotCases(() => store, open);
  });
}
