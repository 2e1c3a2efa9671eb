import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONFIG_MAPS, type KubeObject, type Write } from '@slipway/contracts';
import type { Cache } from '@slipway/store';
import { eventually, tempDir } from '@slipway/testing';
import type { ObjectStore } from '../src/io/object-store.js';
import { openObjectStore } from '../src/io/sql/open.js';
import { storeWorld, type StoreWorld } from './store-world.js';

const MINUTE_MS = 60_000;

function create(name: string, n = 0): Write {
  return { op: 'create', object: configMap(name, n) };
}

function configMap(name: string, n: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'ns' },
    data: { n: String(n) },
  } as KubeObject;
}

/** What a cache holds, by name and version. */
function contentOf(cache: Cache): string[] {
  return cache
    .list(CONFIG_MAPS)
    .map((object) => `${object.metadata.name}@${object.metadata.resourceVersion}`)
    .sort();
}

async function stored(objects: ObjectStore): Promise<string[]> {
  const { items } = await objects.list({ resource: CONFIG_MAPS });
  return items.map((item) => `${item.key.name}@${item.revision}`).sort();
}

describe('changes reach a cache', () => {
  let world: StoreWorld;
  let cache: Cache;
  let dir: Awaited<ReturnType<typeof tempDir>>;
  beforeEach(async () => {
    dir = await tempDir();
    world = await storeWorld(() => openObjectStore(`sqlite:${join(dir.path, 'store.db')}`));
    await world.store.commit({ writes: [create('before')] });
    cache = await world.cache({ resources: [CONFIG_MAPS], resyncMs: 500 });
  }, MINUTE_MS);
  afterEach(async () => {
    await world.close();
    await dir.remove();
  }, MINUTE_MS);

  const settles = async (): Promise<void> => {
    const wanted = await stored(world.objects);
    await eventually(() => JSON.stringify(contentOf(cache)) === JSON.stringify(wanted), {
      deadlineMs: 30_000,
      what: 'the cache to hold what is stored',
    });
  };

  test('of what was there before it started and of what came after', async () => {
    expect(contentOf(cache)).toEqual(['before@1']);
    await world.store.commit({ writes: [create('a'), create('b')] });
    await world.store.commit({
      writes: [{ op: 'delete', key: { resource: CONFIG_MAPS, namespace: 'ns', name: 'a' } }],
    });
    await eventually(() => contentOf(cache).join() === 'b@3,before@1');
  });

  test('in the order of the commits, each once', async () => {
    const seen: string[] = [];
    cache.onChange(({ after }) => seen.push(after?.metadata.resourceVersion ?? 'gone'));
    await Promise.all(Array.from({ length: 200 }, (_, i) => world.store.commit({ writes: [create(`n${i}`)] })));
    await settles();
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => String(i + 2)));
  });

  test('without the content of secrets on the bus, which a cache asks for', async () => {
    const secrets = await world.cache({ resources: ['secrets'] });
    const secret = { ...configMap('s', 0), kind: 'Secret', data: { password: 'aHVudGVyMg==' } } as KubeObject;
    await world.store.commit({ writes: [{ op: 'create', object: secret }] });
    await eventually(() => secrets.get<KubeObject & { data?: unknown }>('secrets', 'ns', 's')?.data);
  });

  test('an own commit that is put is never taken back by the older states of the stream', async () => {
    const versions: number[] = [];
    cache.onChange(({ after }) => versions.push(Number(after?.metadata.resourceVersion)));
    let object = (await world.store.commit({ writes: [create('own')] })).objects[0]!;
    cache.put(object);
    for (let n = 1; n <= 30; n++) {
      object = (
        await world.store.commit({
          writes: [{ op: 'update', object: { ...object, data: { n: String(n) } } as KubeObject }],
        })
      ).objects[0]!;
      cache.put(object);
    }
    await settles();
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(new Set(versions).size).toBe(versions.length);
  });

  test('a put of an object that was deleted since does not bring it back', async () => {
    const object = (await world.store.commit({ writes: [create('x')] })).objects[0]!;
    await world.store.commit({
      writes: [{ op: 'delete', key: { resource: CONFIG_MAPS, namespace: 'ns', name: 'x' } }],
    });
    await eventually(() => cache.revision === 3);
    cache.put(object);
    expect(cache.get(CONFIG_MAPS, 'ns', 'x')).toBeUndefined();
  });

  test.each([
    ['killed', { wipe: false }],
    ['killed and its data wiped', { wipe: true }],
  ])(
    'also after nats-server was %s in the middle',
    async (_how, { wipe }) => {
      let n = 0;
      let isWriting = true;
      const writing = (async () => {
        while (isWriting) {
          await world.objects.commit({ writes: [create(`n${n++}`), ...(n % 5 === 0 ? [deletion(n - 3)] : [])] });
          if (n % 20 === 0) await sleep(2);
        }
      })();
      for (let round = 0; round < 3; round++) {
        await sleep(150);
        await world.nats.kill();
        if (wipe) await world.nats.wipe();
        await sleep(100);
        await world.nats.start();
        await sleep(150);
      }
      isWriting = false;
      await writing;
      await settles();
      await world.store.commit({ writes: [create('last')] }); // and the stream goes on
      await eventually(() => cache.get(CONFIG_MAPS, 'ns', 'last'));
      await eventually(async () => (await world.objects.outbox(0, 1)).length === 0);
    },
    MINUTE_MS,
  );

  test(
    'also after the registry was restarted with changes that were not sent',
    async () => {
      await world.nats.kill();
      await world.objects.commit({ writes: [create('unsent')] });
      const restarted = world.restartRegistry();
      await world.nats.start();
      await restarted;
      await eventually(() => cache.get(CONFIG_MAPS, 'ns', 'unsent'), { deadlineMs: 30_000 });
    },
    MINUTE_MS,
  );

  test(
    'a list after a hole tells the differences as changes',
    async () => {
      const seen: string[] = [];
      cache.onChange(({ key, before, after }) =>
        seen.push(`${key.name} ${before === undefined ? '-' : '+'}${after === undefined ? '-' : '+'}`),
      );
      await world.nats.kill();
      await world.nats.wipe();
      await world.objects.commit({ writes: [create('new'), deletion('before')] });
      world.objects.trimOutbox(99); // nobody will ever publish them
      await world.nats.start();
      await eventually(() => contentOf(cache).join() === 'new@2', { deadlineMs: 30_000 });
      expect(seen.sort()).toEqual(['before +-', 'new -+']);
    },
    MINUTE_MS,
  );
});

function deletion(name: string | number): Write {
  return {
    op: 'delete',
    key: { resource: CONFIG_MAPS, namespace: 'ns', name: typeof name === 'number' ? `n${name}` : name },
  };
}
