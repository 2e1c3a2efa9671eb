import { SHARD_COUNT, type LeaseReply } from '@slipway/contracts';
import { decideLeases, type Leasing } from './leases.js';

const TTL_MS = 1000;

/** A registry's stored leases, with a clock that tests turn by hand. */
class World {
  leasing: Leasing = { members: [], leases: [] };
  nowMs = 1_000_000;
  /** Of the last sign of life: the others were called (E5). */
  isMoving = false;

  beat(holder: string, o: { incarnation?: string; released?: number[]; leaving?: boolean } = {}): LeaseReply {
    const request = {
      service: 'scheduler' as const,
      holder,
      incarnation: o.incarnation ?? `${holder}-1`,
      ttlMs: TTL_MS,
      released: o.released ?? [],
      ...(o.leaving === true ? { leaving: true } : {}),
    };
    const { reply, member, changed, isMoving } = decideLeases(this.leasing, request, this.nowMs);
    this.isMoving = isMoving;
    const leases = new Map(this.leasing.leases.map((lease) => [lease.shard, lease]));
    changed.forEach((lease) => leases.set(lease.shard, lease));
    const members = this.leasing.members.filter((other) => other.holder !== holder);
    this.leasing = { leases: [...leases.values()], members: member === undefined ? members : [...members, member] };
    return reply;
  }

  /** Beats of these replicas, each letting go what it is asked for, until nothing moves. */
  settle(...holders: string[]): Map<string, LeaseReply> {
    const replies = new Map<string, LeaseReply>();
    for (let round = 0; round < 10; round++) {
      for (const holder of holders) {
        replies.set(holder, this.beat(holder, { released: replies.get(holder)?.release ?? [] }));
      }
    }
    return replies;
  }

  tokenOf(shard: number): number {
    return this.leasing.leases.find((lease) => lease.shard === shard)?.token ?? 0;
  }
}

const shards = (reply: LeaseReply | undefined): number[] => (reply?.owned ?? []).map(({ shard }) => shard);

describe('decideLeases', () => {
  test('gives everything to the first replica', () => {
    const reply = new World().beat('a');
    expect(reply.owned).toHaveLength(SHARD_COUNT);
    expect(reply.release).toEqual([]);
    expect(reply.owned.every(({ token }) => token === 1)).toBe(true);
  });

  test('asks the owner for half when a second replica comes, and gives it only what was let go', () => {
    const world = new World();
    world.beat('a');
    expect(world.beat('b').owned).toEqual([]);
    const asked = world.beat('a');
    expect(asked.owned).toHaveLength(SHARD_COUNT);
    expect(asked.release).toHaveLength(SHARD_COUNT / 2);
    expect(world.beat('b').owned).toEqual([]); // E1: not before the owner let go
    world.beat('a', { released: asked.release.slice(0, 5) });
    expect(shards(world.beat('b')).sort()).toEqual(asked.release.slice(0, 5).sort());
  });

  test('asks for the same shards at every answer', () => {
    const world = new World();
    world.beat('a');
    world.beat('b');
    expect(world.beat('a').release).toEqual(world.beat('a').release);
  });

  test('gives a restarted replica its shards back at once, with higher tokens (E4)', () => {
    const world = new World();
    const before = world.beat('a');
    const after = world.beat('a', { incarnation: 'a-2' });
    expect(shards(after)).toEqual(shards(before));
    expect(after.owned.every(({ token }) => token === 2)).toBe(true);
  });

  test('does not listen to what a killed process still has to say about its shards', () => {
    const world = new World();
    world.beat('a');
    world.beat('a', { incarnation: 'a-2' });
    world.beat('a', { incarnation: 'a-3', released: [] });
    expect(world.beat('a', { incarnation: 'a-2', released: [1, 2] }).owned).toHaveLength(SHARD_COUNT);
  });

  test('gives the shards of a silent replica away when its time is over, not before', () => {
    const world = new World();
    world.settle('a', 'b');
    world.nowMs += TTL_MS - 1;
    expect(shards(world.beat('b'))).toHaveLength(SHARD_COUNT / 2);
    world.nowMs += 1;
    const reply = world.beat('b');
    expect(shards(reply)).toHaveLength(SHARD_COUNT);
    expect(reply.owned.some(({ token }) => token > 1)).toBe(true);
  });

  test('gives a leaving replica nothing, takes what it lets go, and forgets it', () => {
    const world = new World();
    world.settle('a', 'b');
    const leaving = world.beat('a', { leaving: true });
    expect(leaving.release).toEqual(shards(leaving));
    expect(world.beat('a', { leaving: true, released: leaving.release }).owned).toEqual([]);
    expect(world.leasing.members.map((member) => member.holder)).toEqual(['b']);
    expect(shards(world.beat('b'))).toHaveLength(SHARD_COUNT);
  });

  test.each([1, 2, 3, 5, 7, 64, 70])('spreads the shards evenly over %i replicas (E3)', (count) => {
    const holders = Array.from({ length: count }, (_, i) => `r${i}`);
    const replies = new World().settle(...holders);
    const sizes = holders.map((holder) => shards(replies.get(holder)).length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(SHARD_COUNT);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    expect([...replies.values()].every((reply) => reply.release.length === 0)).toBe(true);
  });

  test('at any order of beats, restarts, releases, silences and leavings, a shard has one owner and its token grows (E1, E2)', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      const world = new World();
      const asked = new Map<string, number[]>();
      const incarnation = new Map<string, number>();
      /** Who may believe to own a shard, by token; what was answered holds until its time is over. */
      const believes = new Map<string, { reply: LeaseReply; untilMs: number; life: number }>();
      for (let step = 0; step < 60; step++) {
        const holder = `r${next(4)}`;
        world.nowMs += next(400);
        if (next(8) === 0) {
          incarnation.set(holder, (incarnation.get(holder) ?? 1) + 1);
          asked.delete(holder);
        }
        const life = incarnation.get(holder) ?? 1;
        const released = next(2) === 0 ? (asked.get(holder) ?? []) : [];
        const leaving = next(10) === 0;
        const tokens = new Map(world.leasing.leases.map((lease) => [lease.shard, lease]));
        const reply = world.beat(holder, { incarnation: `${holder}-${life}`, released, leaving });
        asked.set(holder, reply.release);
        believes.set(holder, { reply, untilMs: world.nowMs + TTL_MS, life });
        for (const lease of world.leasing.leases) {
          const old = tokens.get(lease.shard);
          if (old === undefined || lease.holder === '') continue;
          const same = old.holder === lease.holder && old.incarnation === lease.incarnation;
          if (!same && lease.token <= old.token) throw new Error(`seed ${seed}: token of ${lease.shard} did not grow`);
        }
        const owners = new Map<number, string>();
        for (const [who, belief] of believes) {
          if (belief.untilMs <= world.nowMs) continue;
          for (const { shard, token } of belief.reply.owned) {
            if ((asked.get(who) ?? []).includes(shard) || world.tokenOf(shard) !== token) continue;
            if (owners.has(shard)) throw new Error(`seed ${seed}: ${shard} has two owners`);
            owners.set(shard, who);
          }
        }
      }
    }
  });

  test('calls the others when a replica comes, and when it lets go, and at no other sign of life (E5)', () => {
    const world = new World();
    const calls = (holder: string, o: Parameters<World['beat']>[1] = {}): boolean => {
      world.beat(holder, o);
      return world.isMoving;
    };
    expect(calls('a')).toBe(false); // it has everything
    expect(calls('b')).toBe(true);
    expect(calls('b')).toBe(false);
    expect(calls('a')).toBe(false);
    const { release } = world.beat('a');
    expect(calls('a', { released: release })).toBe(true);
    expect(calls('b')).toBe(false); // it takes them
    expect(calls('a')).toBe(false);
    expect(calls('a', { incarnation: 'a-2' })).toBe(false); // has its shards back
    const left = shards(world.beat('a', { incarnation: 'a-2' }));
    expect(calls('a', { incarnation: 'a-2', released: left, leaving: true })).toBe(true);
    expect(shards(world.beat('b'))).toHaveLength(SHARD_COUNT);
    expect(calls('a', { incarnation: 'a-3' })).toBe(true);
  });

  test.each([
    ['comes', ['a', 'b', 'c']],
    ['goes', ['a', 'b']],
  ])('calls alone spread the shards evenly when a third replica %s, and come to an end (E3, E5)', (how, stay) => {
    const world = new World();
    const asked = new Map<string, number[]>();
    const toBeat: string[] = [];
    const beat = (holder: string, o: { released?: number[]; leaving?: boolean } = {}): void => {
      const { release } = world.beat(holder, { released: asked.get(holder) ?? [], ...o });
      asked.set(holder, release);
      if (world.isMoving) toBeat.push(...stay);
      if (release.length > 0 && o.leaving !== true) toBeat.push(holder); // it lets go, and says so at once
    };
    world.settle('a', 'b', ...(how === 'goes' ? ['c'] : []));
    beat('c', how === 'goes' ? { released: shards(world.beat('c')), leaving: true } : {});
    let beats = 0;
    for (; toBeat.length > 0 && beats < 100; beats++) beat(toBeat.shift()!);
    expect(beats).toBeLessThan(100);
    const counts = stay.map((holder) => world.leasing.leases.filter((lease) => lease.holder === holder).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(SHARD_COUNT);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });
});

/** Whole numbers below `n`, the same for the same seed. */
function random(seed: number): (n: number) => number {
  let state = seed * 2_654_435_761;
  return (n) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) % n;
  };
}
