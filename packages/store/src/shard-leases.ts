// The shards that this replica owns.
//
//   H1. A shard counts as owned only until its time after the question was *sent*: the registry's clock started later,
//       so two replicas never both believe to own it.
//   H2. A shard that is to be let go is told to the listeners first; the registry hears of it when they are done.
//   H3. A registry that is away lets the leases lapse; when it is back they are asked for again.
//   H4. A replica that cannot do its work owns nothing until it can.
//   H5. When shards move the registry calls, and we ask at once. A call that is lost costs the time to the next sign of life.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  STORE_RPC,
  leasesSubject,
  type Fence,
  type LeaseReply,
  type LeaseRequest,
  type LeasedService,
} from '@slipway/contracts';
import type { Bus } from '@slipway/bus';
import { askAgain } from './ask-again.js';

export interface ShardLeasesOptions {
  service: LeasedService;
  /** Stable over restarts of this replica, unlike any other's. */
  holder: string;
  /** How long a shard stays owned without a sign of life. Milliseconds. */
  ttlMs?: number;
  /** Told when a sign of life failed. */
  onError?: (thrown: unknown) => void;
}

/** What leases need of a bus. */
export type LeaseBus = Pick<Bus, 'request' | 'onReconnect' | 'onCall'>;

type Gained = (shards: readonly Fence[]) => void;
type Lost = (shards: readonly number[]) => void | Promise<void>;

/**
 * Shards of a replica that is gone are another's after this time and one sign of life: ten seconds with room to spare.
 * Longer than a process stands still because of its own garbage or a busy machine.
 */
const DEFAULT_TTL_MS = 6_000;
/** Signs of life within one time: two may be lost. */
const BEATS = 4;
/** Of one time: how long one registry is waited for before another is asked beside it. */
const PATIENCE = 1 / 12;
const RETRY_MS = 250;

export class ShardLeases {
  readonly #incarnation = randomUUID();
  readonly #owned = new Map<number, { fence: Fence; untilMs: number }>();
  readonly #gained = new Set<Gained>();
  readonly #lost = new Set<Lost>();
  readonly #released = new Set<number>();
  readonly #leaving = new Set<number>();
  readonly #stopping = new AbortController();
  /** H4; `left` once the registry knows. */
  #suspended: 'no' | 'leaving' | 'left' = 'no';
  readonly #ttlMs: number;
  #loop: Promise<void> = Promise.resolve();
  #lapse: NodeJS.Timeout | undefined;
  #endPause: () => void = () => {};
  /** Somebody wants the next sign of life at once; one that is on its way may have left too early. */
  #isDue = false;

  constructor(
    private readonly bus: LeaseBus,
    private readonly options: ShardLeasesOptions,
  ) {
    this.#ttlMs = options.ttlMs ?? DEFAULT_TTL_MS;
  }

  /** Asks for shards from now on. Resolves after the first answer, whatever it holds. */
  async start(): Promise<void> {
    const forget = this.bus.onReconnect(() => this.#wake());
    const calls = this.bus.onCall(leasesSubject(this.options.service), () => this.#wake()); // H5
    await new Promise<void>((resolve) => {
      this.#loop = this.#run(resolve).finally(() => {
        forget();
        void calls.stop();
      });
    });
  }

  /** Proof of ownership for commits; undefined when the shard is not ours, or not any more. */
  owns(shard: number): Fence | undefined {
    const held = this.#owned.get(shard);
    return held !== undefined && held.untilMs > performance.now() ? held.fence : undefined;
  }

  /** Shards owned now; what a `Cache` takes as its `shards`. */
  shards(): ReadonlySet<number> {
    return new Set([...this.#owned.keys()].filter((shard) => this.owns(shard) !== undefined));
  }

  /** Called when shards became ours, also when one is ours again with a new token: look at everything in them. */
  onGained(listener: Gained): () => void {
    this.#gained.add(listener);
    return () => this.#gained.delete(listener);
  }

  /** Called when shards are no longer ours. What is returned is waited for before another replica may have them. */
  onLost(listener: Lost): () => void {
    this.#lost.add(listener);
    return () => this.#lost.delete(listener);
  }

  /** Lets everything go and asks for nothing until `resume` (H4). Idempotent. */
  suspend(): void {
    if (this.#suspended !== 'no') return;
    this.#suspended = 'leaving';
    const shards = [...this.#owned.keys()];
    if (shards.length > 0) void this.#letGo(shards);
    this.#wake();
  }

  /** Asks for shards again. Idempotent. */
  resume(): void {
    if (this.#suspended === 'no') return;
    this.#suspended = 'no';
    this.#wake();
  }

  /** Lets everything go, tells the registry, and asks no more. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return this.#loop;
    this.#stopping.abort();
    this.#wake();
    await this.#loop;
    clearTimeout(this.#lapse);
    const shards = [...this.#owned.keys()];
    this.#owned.clear();
    await this.#tellLost(shards);
    // Best effort: a registry that does not hear it lets the leases run out.
    await this.#ask({ released: [...shards, ...this.#released], leaving: true }).catch(() => undefined);
  }

  async #run(started: () => void): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#isDue = false;
      let delayMs = this.#ttlMs / BEATS;
      try {
        await this.#beat();
      } catch (thrown) {
        this.options.onError?.(thrown);
        delayMs = Math.min(RETRY_MS, delayMs);
      }
      started();
      if (this.#released.size > 0) delayMs = 0; // somebody waits for them
      await this.#pause(delayMs);
    }
    started();
  }

  async #beat(): Promise<void> {
    if (this.#suspended === 'left' && this.#released.size === 0) return;
    const released = [...this.#released];
    const isLeaving = this.#suspended !== 'no';
    const { reply, sentMs } = await this.#ask({ released, ...(isLeaving ? { leaving: true } : {}) });
    released.forEach((shard) => this.#released.delete(shard));
    if (this.#stopping.signal.aborted) return;
    if (isLeaving && this.#suspended === 'leaving') this.#suspended = 'left';
    // H4: what was asked before the replica was suspended, or in order to leave, is not taken.
    if (isLeaving || this.#suspended !== 'no') return this.#giveBack(reply);
    this.#take(reply, sentMs + this.#ttlMs);
    const release = reply.release.filter((shard) => this.#owned.has(shard));
    if (release.length > 0) void this.#letGo(release);
  }

  #giveBack(reply: LeaseReply): void {
    for (const { shard } of reply.owned) if (!this.#leaving.has(shard)) this.#released.add(shard);
  }

  #take(reply: LeaseReply, untilMs: number): void {
    const answered = new Map(reply.owned.map(({ shard, token }) => [shard, token]));
    const lost = [...this.#owned.keys()].filter((shard) => !answered.has(shard));
    const gained: Fence[] = [];
    for (const [shard, token] of answered) {
      if (this.#leaving.has(shard) || this.#released.has(shard)) continue; // H2: not ours any more, whatever the answer
      const held = this.#owned.get(shard);
      const isNew = held?.fence.token !== token || held.untilMs <= performance.now();
      const fence = isNew ? { service: this.options.service, shard, token } : held.fence;
      this.#owned.set(shard, { fence, untilMs }); // H1
      if (isNew) gained.push(fence);
    }
    lost.forEach((shard) => this.#owned.delete(shard));
    if (lost.length > 0) void this.#tellLost(lost);
    if (gained.length > 0) this.#gained.forEach((listener) => listener(gained));
    this.#watchLapse();
  }

  async #letGo(shards: readonly number[]): Promise<void> {
    for (const shard of shards) {
      this.#owned.delete(shard);
      this.#leaving.add(shard);
    }
    await this.#tellLost(shards); // H2
    for (const shard of shards) {
      this.#leaving.delete(shard);
      this.#released.add(shard);
    }
    this.#wake();
  }

  /** H1, H3: tells the listeners when the time is over, rather than at their next question. */
  #watchLapse(): void {
    clearTimeout(this.#lapse);
    const untilMs = Math.min(...[...this.#owned.values()].map((held) => held.untilMs));
    if (!Number.isFinite(untilMs)) return;
    this.#lapse = setTimeout(
      () => {
        const lapsed = [...this.#owned].filter(([, held]) => held.untilMs <= performance.now()).map(([shard]) => shard);
        lapsed.forEach((shard) => this.#owned.delete(shard));
        if (lapsed.length > 0) void this.#tellLost(lapsed);
        this.#watchLapse();
      },
      Math.max(untilMs - performance.now(), 0) + 1,
    ).unref();
  }

  async #tellLost(shards: readonly number[]): Promise<void> {
    if (shards.length === 0) return;
    const told = await Promise.allSettled([...this.#lost].map(async (listener) => listener(shards)));
    for (const one of told) if (one.status === 'rejected') this.options.onError?.(one.reason);
  }

  /** The answer, and when that question was sent (H1). */
  #ask(o: { released: number[]; leaving?: boolean }): Promise<{ reply: LeaseReply; sentMs: number }> {
    const { service, holder } = this.options;
    const ttlMs = this.#ttlMs;
    const request: LeaseRequest = { service, holder, incarnation: this.#incarnation, ttlMs, ...o };
    const ask = async (timeoutMs: number): Promise<{ reply: LeaseReply; sentMs: number }> => {
      const sentMs = performance.now();
      return { reply: await this.bus.request<LeaseReply>(STORE_RPC.lease, request, { timeoutMs }), sentMs };
    };
    // Steadily: of six questions within the deadline one is answered, though half of them go where nobody answers.
    const patienceMs = ttlMs * PATIENCE;
    return askAgain(ask, { deadlineMs: ttlMs / 2, patienceMs, lastPatienceMs: patienceMs });
  }

  #wake(): void {
    this.#isDue = true;
    this.#endPause();
  }

  async #pause(delayMs: number): Promise<void> {
    if (this.#isDue || this.#stopping.signal.aborted) return;
    const woken = new AbortController();
    this.#endPause = () => woken.abort();
    await sleep(delayMs, undefined, { signal: woken.signal, ref: false }).catch(() => undefined);
  }
}
