// Who owns which shard: decided anew at every sign of life of a replica.
//
//   E1. A shard has one owner. It changes hands only when the owner let go, was restarted, or gave no sign for its time.
//   E2. Every change of hands has a higher token; commits carry it, so those of the owner before fail.
//   E3. Shards are spread evenly over the replicas that live; only as many move as must.
//   E4. A restarted replica (same holder, new incarnation) has its shards back at once.
//   E5. Whoever lets go, or comes and finds too few, has the others called. Nothing else does: calls bring signs of life.

import { SHARD_COUNT, type LeaseReply, type LeaseRequest } from '@slipway/contracts';

export interface Lease {
  shard: number;
  /** Empty: nobody's. */
  holder: string;
  incarnation: string;
  token: number;
  expiresMs: number;
}

export interface Member {
  holder: string;
  incarnation: string;
  expiresMs: number;
  leaving: boolean;
}

export interface Leasing {
  members: Member[];
  /** Shards that nobody has had yet are absent. */
  leases: Lease[];
}

export interface LeaseDecision {
  reply: LeaseReply;
  /** Absent: the member is gone. */
  member?: Member;
  /** Leases that differ from before. */
  changed: Lease[];
  /** E5: other replicas may have or must let go of shards now, and should not learn it by chance. */
  isMoving: boolean;
}

/** Decides what one replica owns from now on. `leasing` is all that is stored of its service, and is not modified. */
export function decideLeases(leasing: Leasing, request: LeaseRequest, nowMs: number): LeaseDecision {
  const { holder, incarnation } = request;
  const expiresMs = nowMs + request.ttlMs;
  const before = new Map(leasing.leases.map((lease) => [lease.shard, lease]));
  const leases = new Map<number, Lease>();
  for (let shard = 0; shard < SHARD_COUNT; shard++) {
    leases.set(shard, before.get(shard) ?? { shard, holder: '', incarnation: '', token: 0, expiresMs: 0 });
  }
  const set = (lease: Lease): void => void leases.set(lease.shard, lease);
  const released = new Set(request.released);
  for (const lease of leases.values()) {
    if (lease.holder !== holder) continue;
    const isSame = lease.incarnation === incarnation;
    if (isSame && released.has(lease.shard)) set({ ...lease, holder: '', incarnation: '' });
    else if (isSame) set({ ...lease, expiresMs });
    else set({ ...lease, incarnation, token: lease.token + 1, expiresMs }); // E4, E2
  }
  const members = othersAlive(leasing.members, holder, nowMs);
  const isLeaving = request.leaving === true;
  if (!isLeaving) members.push({ holder, incarnation, expiresMs, leaving: false });

  const quota = quotas(members);
  const mine = (): Lease[] => [...leases.values()].filter((lease) => lease.holder === holder);
  const own = quota.get(holder) ?? 0;
  const lacking = own - mine().length;
  const free = [...leases.values()].filter((lease) => isFree(lease, nowMs));
  for (const lease of free.slice(0, Math.max(lacking, 0))) {
    set({ ...lease, holder, incarnation, token: lease.token + 1, expiresMs }); // E1, E2
  }
  const owned = mine();
  const wanted = shortage(members, quota, leases, nowMs, holder);
  const surplus = isLeaving ? owned.length : Math.min(Math.max(owned.length - own, 0), wanted);
  const member: Member = { holder, incarnation, expiresMs, leaving: isLeaving };
  return {
    reply: {
      owned: owned.map(({ shard, token }) => ({ shard, token })),
      release: owned.slice(owned.length - surplus).map((lease) => lease.shard), // E3: the same ones at every answer
    },
    ...(isLeaving && owned.length === 0 ? {} : { member }),
    isMoving: isFreeing(leases, released, nowMs) || (isNew(leasing.members, request, nowMs) && owned.length < own),
    changed: [...leases.values()].filter((lease) => !isSameLease(lease, before.get(lease.shard))),
  };
}

function othersAlive(members: readonly Member[], holder: string, nowMs: number): Member[] {
  return members.filter((member) => member.holder !== holder && member.expiresMs > nowMs && !member.leaving);
}

/** How many shards each living member should have: as even as it gets, the same whoever asks. */
function quotas(members: readonly Member[]): Map<string, number> {
  const holders = members.map((member) => member.holder).sort();
  const each = Math.floor(SHARD_COUNT / Math.max(holders.length, 1));
  const rest = SHARD_COUNT - each * holders.length;
  return new Map(holders.map((holder, i) => [holder, each + (i < rest ? 1 : 0)]));
}

/** Shards that other members lack and that are not free for them to take. */
function shortage(
  members: readonly Member[],
  quota: ReadonlyMap<string, number>,
  leases: ReadonlyMap<number, Lease>,
  nowMs: number,
  holder: string,
): number {
  const all = [...leases.values()];
  const free = all.filter((lease) => isFree(lease, nowMs)).length;
  const lacking = members
    .filter((member) => member.holder !== holder)
    .map((member) => (quota.get(member.holder) ?? 0) - all.filter((lease) => lease.holder === member.holder).length);
  return lacking.filter((count) => count > 0).reduce((sum, count) => sum + count, 0) - free;
}

/** Some of what was let go is still nobody's. */
function isFreeing(leases: ReadonlyMap<number, Lease>, released: ReadonlySet<number>, nowMs: number): boolean {
  return [...leases.values()].some((lease) => released.has(lease.shard) && isFree(lease, nowMs));
}

/** The replica was not among those that live: it came just now, or comes back. */
function isNew(members: readonly Member[], { holder, leaving }: LeaseRequest, nowMs: number): boolean {
  const before = members.find((member) => member.holder === holder);
  return leaving !== true && (before === undefined || before.leaving || before.expiresMs <= nowMs);
}

function isFree(lease: Lease, nowMs: number): boolean {
  return lease.holder === '' || lease.expiresMs <= nowMs;
}

function isSameLease(a: Lease, b: Lease | undefined): boolean {
  if (b === undefined) return a.token === 0;
  return a.holder === b.holder && a.incarnation === b.incarnation && a.token === b.token && a.expiresMs === b.expiresMs;
}
