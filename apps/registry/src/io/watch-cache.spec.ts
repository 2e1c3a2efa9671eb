import type { BusMessage, FollowOptions } from '@slipway/bus';
import { SHARD_COUNT, type Change, type KubeObject } from '@slipway/contracts';
import { without } from '../core/patch/json-value.js';
import type { ObjectStore, StoredObject } from './object-store.js';
import { WatchCache, type Entry } from './watch-cache.js';

const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A store of config maps that publishes its changes when it is told to, or loses them. */
class World {
  revision = 10;
  readonly heads = new Array<number>(SHARD_COUNT).fill(0);
  readonly objects = new Map<string, KubeObject>();
  follow: FollowOptions | undefined;
  readonly cache: WatchCache;

  constructor(window = { entries: 5, bytes: 1_000_000 }) {
    this.cache = this.#open(window);
  }

  #open(window: { entries: number; bytes: number }): WatchCache {
    return new WatchCache(
      {
        follow: (options: FollowOptions) => (
          (this.follow = options),
          Promise.resolve({ stop: () => Promise.resolve() })
        ),
      } as never,
      {
        heads: () => Promise.resolve({ revision: this.revision, heads: [...this.heads] }),
        get: ({ name }: { name: string }) => Promise.resolve(this.stored(name)),
        list: () =>
          Promise.resolve({
            items: [...this.objects.keys()].map((name) => this.stored(name)!),
            revision: this.revision,
            heads: [...this.heads],
          }),
      } as unknown as ObjectStore,
      logger,
      window,
    );
  }

  stored(name: string): StoredObject | undefined {
    const object = this.objects.get(name);
    if (object === undefined) return undefined;
    const key = { resource: 'configmaps', namespace: 'n', name };
    return {
      key,
      uid: name,
      revision: Number(object.metadata.resourceVersion),
      shard: 0,
      text: JSON.stringify(object),
    };
  }

  /** Commits a change of one shard and tells what the stream would carry. */
  commit(name: string, labels: Record<string, string> | undefined, shard = 0): Change {
    const known = this.objects.has(name);
    const object: KubeObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'n', uid: name, resourceVersion: String(++this.revision), labels: labels ?? {} },
    };
    if (labels === undefined) this.objects.delete(name);
    else this.objects.set(name, object);
    return {
      type: labels === undefined ? 'DELETED' : known ? 'MODIFIED' : 'ADDED',
      revision: this.revision,
      shard,
      sequence: ++this.heads[shard]!,
      key: { resource: 'configmaps', namespace: 'n', name },
      uid: name,
      object,
    };
  }

  async deliver(...changes: Change[]): Promise<void> {
    for (const change of changes) {
      const data = new TextEncoder().encode(JSON.stringify(change));
      await this.follow!.handle({ data, json: () => change } as unknown as BusMessage);
    }
  }

  seen(after: number): string[] {
    return this.cache
      .after('configmaps', after, 100)
      .map(({ type, key, revision }) => `${type} ${key.name} ${revision}`);
  }
}

describe('WatchCache', () => {
  let world: World;
  beforeEach(async () => {
    world = new World();
    await world.cache.start();
  });
  afterEach(() => world.cache.stop());

  test('holds every change above its floor, in order, once (C1)', async () => {
    const [a, b, c] = [world.commit('a', {}), world.commit('b', {}, 7), world.commit('a', { x: '1' })];
    await world.deliver(a, b, b, a, c);
    expect(world.cache.floor('configmaps')).toBe(10);
    expect(world.seen(10)).toEqual(['ADDED a 11', 'ADDED b 12', 'MODIFIED a 13']);
    expect(world.seen(12)).toEqual(['MODIFIED a 13']);
    expect(world.cache.head).toBe(13);
  });

  test('ignores what was committed before it started', async () => {
    await world.deliver({ ...world.commit('a', {}), revision: 9, sequence: 0 });
    expect(world.seen(0)).toEqual([]);
  });

  test.each<[what: string, spoil: (world: World) => Promise<void>]>([
    [
      'a change is missing',
      async (it) => {
        it.commit('lost', {});
        await it.deliver(it.commit('b', {}));
      },
    ],
    [
      'the stream was made anew',
      (it) => {
        it.commit('lost', {});
        it.follow!.onBroken({ kind: 'recreated' });
        return Promise.resolve();
      },
    ],
    [
      'a revision goes back',
      async (it) => {
        await it.deliver({ ...it.commit('b', {}, 3), revision: 11 });
      },
    ],
  ])('begins again, with watches behind it expired, when %s (C2)', async (_what, spoil) => {
    // prettier-ignore
    await world.deliver(world.commit('a', {}));
    await spoil(world);
    await new Promise((resolve) => setImmediate(resolve));
    expect(world.cache.floor('configmaps')).toBe(world.revision);
    expect(world.seen(world.cache.floor('configmaps'))).toEqual([]);
    await world.deliver(world.commit('c', {}));
    expect(world.seen(world.cache.floor('configmaps'))).toEqual([`ADDED c ${world.revision}`]);
  });

  test('forgets the oldest changes of a full window, and says so by its floor (C3)', async () => {
    for (let i = 0; i < 8; i++) await world.deliver(world.commit(`m${i}`, {}));
    expect(world.cache.floor('configmaps')).toBe(13);
    expect(world.seen(13)).toHaveLength(5);
  });

  test('knows the labels before a change once somebody asked for them', async () => {
    await world.deliver(world.commit('a', { x: '1' }));
    await world.cache.track('configmaps');
    await world.deliver(world.commit('a', { x: '2' }), world.commit('b', {}), world.commit('a', undefined));
    const before = world.cache
      .after('configmaps', 11, 9)
      .map((entry) => (typeof entry.before === 'object' ? entry.before.metadata.labels : entry.before));
    expect(before).toEqual([{ x: '1' }, 'none', { x: '2' }]);
  });

  test('reads an object that did not travel, unless another one has its name by now', async () => {
    const bare = without(world.commit('a', { x: '1' }), 'object');
    await world.deliver(bare);
    const [entry] = world.cache.after('configmaps', 10, 1);
    expect((await world.cache.load(entry!))?.metadata.labels).toEqual({ x: '1' });
    const replaced = without(world.commit('b', {}), 'object');
    await world.deliver({ ...replaced, uid: 'an-earlier-b' });
    expect(await world.cache.load(world.cache.after('configmaps', 11, 1)[0]!)).toBeUndefined();
  });

  test.each([
    ['for somebody', false],
    ['for selectors', true],
  ])('is no larger for what it has read %s of objects that did not travel (C4)', async (_for, isTracked) => {
    if (isTracked) await world.cache.track('configmaps');
    const large = (name: string): Change => {
      const change = without(world.commit(name, {}), 'object');
      world.objects.set(name, { ...world.objects.get(name)!, data: { text: 'x'.repeat(400_000) } } as KubeObject);
      return change;
    };
    const readAll = (): Promise<unknown> =>
      Promise.all([...entries(), ...entries()].map((entry) => world.cache.load(entry)));
    const entries = (): Entry[] => world.cache.after('configmaps', world.cache.floor('configmaps'), 9);
    await world.deliver(large('a'), large('b'));
    await readAll();
    expect(world.seen(10)).toEqual(['ADDED a 11', 'ADDED b 12']);
    await world.deliver(large('c'));
    await readAll();
    expect(world.cache.floor('configmaps')).toBe(11);
    expect(world.seen(11)).toEqual(['ADDED b 12', 'ADDED c 13']);
    await readAll();
    await world.deliver(world.commit('d', {}));
    expect(world.seen(11)).toEqual(['ADDED b 12', 'ADDED c 13', 'ADDED d 14']);
  });

  describe('wakes', () => {
    const scopes = {
      all: {},
      'a in n': { namespace: 'n', name: 'a' },
      'a anywhere': { name: 'a' },
      n: { namespace: 'n' },
      'b in n': { namespace: 'n', name: 'b' },
      m: { namespace: 'm' },
    };
    /** Which of them are awake now. */
    const waiting = (): (() => string[]) => {
      const awake: string[] = [];
      for (const [name, scope] of Object.entries(scopes))
        void world.cache.changed('configmaps', scope).then(() => awake.push(name));
      return () => awake;
    };
    beforeEach(async () => {
      world = new World({ entries: 320, bytes: 320_000 });
      await world.cache.start();
    });
    afterEach(() => world.cache.stop());

    test('those whose objects have changed, and nobody else (C5)', async () => {
      const awake = waiting();
      await world.deliver(world.commit('a', {}));
      expect(awake().sort()).toEqual(['a anywhere', 'a in n', 'all', 'n']);
    });

    test.each([
      ['changes', {}],
      ['bytes', { text: 'x'.repeat(5_000) }],
    ])('everybody, long before the window has moved past them by its %s (C5)', async (_by, labels) => {
      const awake = waiting();
      for (let i = 0; !awake().includes('m'); i++) await world.deliver(world.commit(`c${i}`, labels));
      expect(world.cache.floor('configmaps')).toBe(10);
      expect(world.revision - 10).toBeGreaterThan(1);
      expect(world.revision - 10).toBeLessThanOrEqual(10);
    });
  });
});
