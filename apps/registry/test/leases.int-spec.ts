import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '@slipway/bus';
import { SHARD_COUNT, TASK_RUNS, type Fence, type Write } from '@slipway/contracts';
import { Cache, ShardLeases, busStore, type LeaseBus } from '@slipway/store';
import { eventually, tempDir } from '@slipway/testing';
import { openObjectStore } from '../src/io/sql/open.js';
import { storeWorld, type StoreWorld } from './store-world.js';

const TTL_MS = 1_000;
/** The next sign of life comes after minutes: what happens before somebody was called for. */
const LONG_TTL_MS = 600_000;
const MINUTE_MS = 60_000;

function create(name: string, shard: number): Write {
  const metadata = { name, namespace: 'ns', labels: { 'slipway.dev/shard': String(shard) } };
  return { op: 'create', object: { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata } };
}

describe('leases of shards', () => {
  let world: StoreWorld;
  let replicas: ShardLeases[];
  let dir: Awaited<ReturnType<typeof tempDir>>;
  beforeEach(async () => {
    dir = await tempDir();
    replicas = [];
    world = await storeWorld(() => openObjectStore(`sqlite:${join(dir.path, 'store.db')}`));
  }, MINUTE_MS);
  afterEach(async () => {
    await Promise.all(replicas.map((leases) => leases.stop()));
    await world.close();
    await dir.remove();
  }, MINUTE_MS);

  const replica = async (
    holder: string,
    { bus = world.bus, ttlMs = TTL_MS }: { bus?: LeaseBus; ttlMs?: number } = {},
  ): Promise<ShardLeases> => {
    const leases = new ShardLeases(bus, { service: 'scheduler', holder, ttlMs });
    replicas.push(leases);
    await leases.start();
    return leases;
  };

  test(
    'are shared by two replicas, one owner each, and all go to the one that stays',
    async () => {
      const first = await replica('a');
      expect(first.shards().size).toBe(SHARD_COUNT);
      const second = await replica('b');
      await eventually(() => first.shards().size === SHARD_COUNT / 2 && second.shards().size === SHARD_COUNT / 2);
      for (const shard of first.shards()) expect(second.owns(shard)).toBeUndefined();
      await first.stop();
      expect(first.shards().size).toBe(0);
      await eventually(() => second.shards().size === SHARD_COUNT);
    },
    MINUTE_MS,
  );

  test(
    'move one rolling restart of two replicas long, by calls alone, and are never two replicas’',
    async () => {
      const owners = new Map<number, ShardLeases>();
      const twice: number[] = [];
      const watched = async (holder: string): Promise<ShardLeases> => {
        const one = new ShardLeases(world.bus, { service: 'scheduler', holder, ttlMs: LONG_TTL_MS });
        replicas.push(one);
        one.onGained((fences) => {
          for (const { shard } of fences) {
            if (owners.has(shard)) twice.push(shard);
            owners.set(shard, one);
          }
        });
        one.onLost((shards) => shards.forEach((shard) => owners.delete(shard)));
        await one.start();
        return one;
      };
      const halves = async (...two: ShardLeases[]): Promise<void> => {
        await eventually(() => two.every((one) => one.shards().size === SHARD_COUNT / 2), { what: 'half each' });
      };
      const before = [await watched('a'), await watched('b')];
      await halves(...before);
      const first = await watched('c');
      await eventually(() => first.shards().size >= Math.floor(SHARD_COUNT / 3), { what: 'a third' });
      await before[0]!.stop();
      await halves(first, before[1]!);
      const second = await watched('d');
      await eventually(() => second.shards().size >= Math.floor(SHARD_COUNT / 3), { what: 'a third' });
      await before[1]!.stop();
      await halves(first, second);
      expect(twice).toEqual([]);
      for (const [shard, owner] of owners) expect(owner.owns(shard)).toBeDefined();
      expect(owners.size).toBe(SHARD_COUNT);
    },
    MINUTE_MS,
  );

  test(
    'move by signs of life where calls are lost',
    async () => {
      const deaf = (): LeaseBus => ({
        request: (subject, data, options) => world.bus.request(subject, data, options),
        onReconnect: (told) => world.bus.onReconnect(told),
        onCall: () => ({ stop: () => Promise.resolve() }),
      });
      const [first, second] = [await replica('a', { bus: deaf() }), await replica('b', { bus: deaf() })];
      await eventually(() => second.shards().size === SHARD_COUNT / 2);
      await first.stop();
      await eventually(() => second.shards().size === SHARD_COUNT);
    },
    MINUTE_MS,
  );

  test(
    'are given to another only when the work in hand is done',
    async () => {
      const first = await replica('a');
      let isBusy = false;
      let isDone = false;
      first.onLost(async () => {
        isBusy = true;
        await sleep(300);
        isDone = true;
      });
      const second = await replica('b');
      let gainedEarly = false;
      second.onGained(() => (gainedEarly ||= !isDone));
      await eventually(() => second.shards().size === SHARD_COUNT / 2);
      expect({ isBusy, gainedEarly }).toEqual({ isBusy: true, gainedEarly: false });
    },
    MINUTE_MS,
  );

  test(
    'are back at once after a restart, and the commits of the killed process fail',
    async () => {
      const killed = await replica('a');
      const old = killed.owns(5)!;
      const gained: Fence[] = [];
      const restarted = new ShardLeases(world.bus, { service: 'scheduler', holder: 'a', ttlMs: TTL_MS });
      restarted.onGained((fences) => gained.push(...fences));
      replicas.unshift(restarted);
      await restarted.start();
      expect(gained).toHaveLength(SHARD_COUNT);
      expect(restarted.owns(5)!.token).toBe(old.token + 1);
      const stale = world.store.commit({ fence: old, writes: [create('x', 5)] });
      await expect(stale).rejects.toMatchObject({ kind: 'conflict', reason: 'FenceLost' });
      await world.store.commit({ fence: restarted.owns(5)!, writes: [create('x', 5)] });
    },
    MINUTE_MS,
  );

  test(
    'lapse while the registry is away, and come back with it',
    async () => {
      const leases = await replica('a');
      const lost: number[] = [];
      leases.onLost((shards) => void lost.push(...shards));
      await world.nats.kill();
      // A shard lapses by the clock; who listens is told by a timer, which may be later.
      await eventually(() => leases.shards().size === 0 && lost.length === SHARD_COUNT);
      await world.nats.start();
      await eventually(() => leases.shards().size === SHARD_COUNT, { deadlineMs: 20_000 });
    },
    MINUTE_MS,
  );

  test(
    'are given up by a replica that cannot do its work, until it can',
    async () => {
      const first = await replica('a');
      const second = await replica('b');
      await eventually(() => second.shards().size === SHARD_COUNT / 2);
      first.suspend();
      expect(first.shards().size).toBe(0);
      await eventually(() => second.shards().size === SHARD_COUNT);
      first.resume();
      await eventually(() => first.shards().size === SHARD_COUNT / 2 && second.shards().size === SHARD_COUNT / 2);
    },
    MINUTE_MS,
  );

  test(
    'are kept though a registry that was stopped gets every question but the fourth',
    async () => {
      let asked = 0;
      const request: Bus['request'] = (subject, data, options) =>
        ++asked % 4 === 0 ? world.bus.request(subject, data, options) : new Promise(() => {});
      const bus: LeaseBus = {
        request,
        onReconnect: (told) => world.bus.onReconnect(told),
        onCall: (subject, called) => world.bus.onCall(subject, called),
      };
      const leases = await replica('a', { bus });
      let lost = 0;
      leases.onLost(() => void lost++);
      await eventually(() => asked >= 32, { deadlineMs: 30_000 });
      expect(lost).toBe(0);
    },
    MINUTE_MS,
  );

  test(
    'say what a cache holds: it follows when shards come and go',
    async () => {
      const first = await replica('a');
      const cache = new Cache(world.bus, busStore(world.bus), { resources: [TASK_RUNS], shards: () => first.shards() });
      first.onGained(() => void cache.sync());
      first.onLost(() => cache.sync());
      await cache.start();
      const names = (): number[] =>
        cache
          .list(TASK_RUNS)
          .map((object) => Number(object.metadata.name.slice(1)))
          .sort((a, b) => a - b);
      await world.store.commit({ writes: Array.from({ length: SHARD_COUNT }, (_, i) => create(`t${i}`, i)) });
      await eventually(() => names().length === SHARD_COUNT);
      const second = await replica('b');
      await eventually(() => first.shards().size === SHARD_COUNT / 2);
      await eventually(() => JSON.stringify(names()) === JSON.stringify([...first.shards()].sort((a, b) => a - b)));
      await second.stop();
      await eventually(() => names().length === SHARD_COUNT);
      await cache.stop();
    },
    MINUTE_MS,
  );
});
