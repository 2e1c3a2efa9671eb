import {
  CONFIG_MAPS,
  SHARD_COUNT,
  SlipwayError,
  changeSubject,
  shardOf,
  type Change,
  type KubeObject,
  type ObjectKey,
} from '@slipway/contracts';
import type { Broken, Bus, BusMessage, FollowOptions } from '@slipway/bus';
import { Cache } from './cache.js';
import type { Store } from './store.js';

/** A store and its stream, where every message is delivered, lost, doubled or delayed by hand. */
class World {
  objects = new Map<string, KubeObject>();
  revision = 0;
  heads = new Array<number>(SHARD_COUNT).fill(0);
  sent: Change[] = [];
  lists = 0;
  isAway = false;
  #follow: FollowOptions | undefined;
  #reconnect: () => void = () => {};

  readonly store: Store = {
    get: async <T extends KubeObject>(_: string, __: string, name: string) => (
      await this.#answer(),
      this.objects.get(name) as T | undefined
    ),
    list: async <T extends KubeObject>() => {
      await this.#answer();
      this.lists++;
      return { items: [...this.objects.values()] as T[], revision: this.revision, heads: [...this.heads] };
    },
    commit: () => Promise.reject(new Error('not here')),
    heads: async () => {
      await this.#answer();
      return { revision: this.revision, heads: [...this.heads] };
    },
  };
  readonly bus = {
    follow: (options: FollowOptions) => {
      this.#follow = options;
      return Promise.resolve({ stop: () => Promise.resolve() });
    },
    onReconnect: (listener: () => void) => {
      this.#reconnect = listener;
      return () => {};
    },
  } as Pick<Bus, 'follow' | 'onReconnect'>;

  async #answer(): Promise<void> {
    await Promise.resolve();
    if (this.isAway) throw new SlipwayError('transient', 'Away', 'Away.');
  }

  /** Writes an object and keeps its change; `deliver` brings it to the cache. */
  put(name: string): Change {
    const before = this.objects.get(name);
    const revision = ++this.revision;
    const metadata = { name, namespace: 'ns', uid: `uid-${name}`, resourceVersion: String(revision) };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata } as KubeObject;
    this.objects.set(name, object);
    return this.#change(before === undefined ? 'ADDED' : 'MODIFIED', name, object);
  }

  remove(name: string): Change {
    const object = this.objects.get(name)!;
    this.objects.delete(name);
    this.revision++;
    return this.#change('DELETED', name, object);
  }

  #change(type: Change['type'], name: string, object: KubeObject): Change {
    const key: ObjectKey = { resource: CONFIG_MAPS, namespace: 'ns', name };
    const shard = shardOf('ns', name);
    const sequence = ++this.heads[shard]!;
    const change: Change = { type, revision: this.revision, shard, sequence, key, uid: `uid-${name}`, object };
    this.sent.push(change);
    return change;
  }

  async deliver(change: Change): Promise<void> {
    const data = Buffer.from(JSON.stringify(change));
    const subject = changeSubject(change.shard, change.key);
    const message = { subject, data, sequence: 0, timeMs: 0, delivery: 1, json: () => change } as unknown as BusMessage;
    await this.#follow!.handle(message);
  }

  broken(why: Broken): void {
    this.#follow!.onBroken(why);
  }

  reconnected(): void {
    this.#reconnect();
  }
}

async function started(world: World): Promise<Cache> {
  const cache = new Cache(world.bus, world.store, { resources: [CONFIG_MAPS], resyncMs: 1_000_000 });
  await cache.start();
  return cache;
}

function content(cache: Cache): string[] {
  return cache
    .list(CONFIG_MAPS)
    .map((object) => `${object.metadata.name}@${object.metadata.resourceVersion}`)
    .sort();
}

function wanted(world: World): string[] {
  return [...world.objects.values()]
    .map((object) => `${object.metadata.name}@${object.metadata.resourceVersion}`)
    .sort();
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('Cache', () => {
  test('takes the changes of the stream without listing again', async () => {
    const world = new World();
    const cache = await started(world);
    for (const change of [world.put('a'), world.put('b'), world.put('a'), world.remove('b')])
      await world.deliver(change);
    expect(content(cache)).toEqual(['a@3']);
    expect(world.lists).toBe(1);
  });

  test('tells of the lists that something went missing for, not of those that it was asked for', async () => {
    const world = new World();
    const told: string[] = [];
    let shards = new Set<number>();
    const cache = new Cache(world.bus, world.store, {
      resources: [CONFIG_MAPS],
      resyncMs: 1_000_000,
      shards: () => shards,
      onRelist: (why) => told.push(why),
    });
    await cache.start();
    const change = world.put('a');
    shards = new Set([change.shard]);
    await cache.sync();
    const before = world.lists;
    expect(told).toEqual([]);
    world.put('a');
    await world.deliver({ ...change, sequence: change.sequence + 2 });
    await until(() => world.lists > before);
    expect(told).toEqual([`a hole in shard ${change.shard}`]);
    await cache.stop();
  });

  test('lists again when a change of a shard is missing (C2)', async () => {
    const world = new World();
    const cache = await started(world);
    world.put('a'); // never delivered
    await world.deliver(world.put('a'));
    expect(content(cache)).toEqual(['a@2']);
    expect(world.lists).toBe(2);
  });

  test('lists again when the stream is broken, and tells what differs', async () => {
    const world = new World();
    world.put('old');
    const cache = await started(world);
    const told: string[] = [];
    cache.onChange(({ key, before, after }) =>
      told.push(`${key.name} ${String(before !== undefined)} ${String(after !== undefined)}`),
    );
    world.remove('old');
    world.put('new');
    world.broken({ kind: 'recreated' });
    await until(() => content(cache).join() === 'new@3');
    expect(told.sort()).toEqual(['new false true', 'old true false']);
  });

  test('takes a store that went back for what it says (C5)', async () => {
    const world = new World();
    const cache = await started(world);
    await world.deliver(world.put('a'));
    await world.deliver(world.put('a'));
    await world.deliver(world.put('b'));
    const restored = new World();
    restored.put('a');
    Object.assign(world, { objects: restored.objects, revision: restored.revision, heads: restored.heads });
    world.reconnected();
    await until(() => content(cache).join() === 'a@1');
    await world.deliver(world.put('a'));
    expect(content(cache)).toEqual(['a@2']);
  });

  test('fetches an object that the change does not carry', async () => {
    const world = new World();
    const cache = await started(world);
    const bare = world.put('a');
    delete bare.object;
    await world.deliver(bare);
    expect(content(cache)).toEqual(['a@1']);
  });

  test('waits for a registry that is away at the start', async () => {
    const world = new World();
    world.put('a');
    world.isAway = true;
    const starting = started(world);
    await new Promise((resolve) => setTimeout(resolve, 50));
    world.isAway = false;
    expect(content(await starting)).toEqual(['a@1']);
  });

  test('finds objects by owner, also after the owner has changed', async () => {
    const world = new World();
    const cache = await started(world);
    const owned = (uid: string): KubeObject => {
      const { object } = world.put('a');
      return {
        ...object!,
        metadata: { ...object!.metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid }] },
      };
    };
    cache.put(owned('u1'));
    expect(cache.byOwner('u1')).toHaveLength(1);
    cache.put(owned('u2'));
    expect(cache.byOwner('u1')).toHaveLength(0);
    expect(cache.byOwner('u2')).toHaveLength(1);
  });

  test('ends up with what is stored, whatever is lost, doubled, delayed or put on the way (C1-C3)', async () => {
    for (let seed = 1; seed <= 150; seed++) {
      const next = random(seed);
      const world = new World();
      for (let i = 0; i < 5; i++) world.put(`n${next(8)}`);
      const cache = await started(world);
      const revisions = new Map<string, number>();
      cache.onChange(({ key, after }) => {
        if (after === undefined) return;
        const revision = Number(after.metadata.resourceVersion);
        if (revision <= (revisions.get(key.name) ?? 0)) throw new Error(`seed ${seed}: ${key.name} went back (C1)`);
        revisions.set(key.name, revision);
      });
      const delayed: Change[] = [];
      for (let step = 0; step < 40; step++) {
        const name = `n${next(8)}`;
        const change = world.objects.has(name) && next(3) === 0 ? world.remove(name) : world.put(name);
        if (next(4) === 0 && change.type !== 'DELETED') cache.put(change.object!);
        const fate = next(10);
        if (fate < 6) await world.deliver(change);
        if (fate === 6) await Promise.all([world.deliver(change), world.deliver(change)]);
        if (fate === 7) delayed.push(change);
        if (fate === 8) world.broken({ kind: 'missed', count: 1 });
        if (next(5) === 0 && delayed.length > 0) await world.deliver(delayed.shift()!);
      }
      world.broken({ kind: 'missed', count: 1 });
      for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect([seed, content(cache)]).toEqual([seed, wanted(world)]);
      for (const change of delayed) await world.deliver(change);
      expect([seed, content(cache)]).toEqual([seed, wanted(world)]);
    }
  });
});

function random(seed: number): (n: number) => number {
  let state = seed * 2_654_435_761;
  return (n) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) % n;
  };
}
