// Turns of work on objects that are looked at again whenever something about them changed.
//
//   T1. One object is worked on by one turn at a time; what changes meanwhile leads to one more turn, not to one each.
//   T2. The fault of one object stays with it: it is tried again ever more slowly, its neighbours go on.
//   T3. Timers only wake: what is due follows from stored timestamps.
//   T4. Tenants that wait take turns: many objects of one hold up no other's.

import { asSlipwayError } from '@slipway/contracts';
import { FairLimiter } from '@slipway/service';
import type { Cache, CacheChange, Store } from '@slipway/store';
import type { Leases } from './run-turn.js';

/** What a keeper of some kind of object needs. */
export interface KeeperOptions {
  cache: Pick<Cache, 'list' | 'onChange'>;
  store: Pick<Store, 'get' | 'commit'>;
  leases: Leases;
  now: () => number;
  logger: { warn(fields: object, message: string): void };
}

export interface TurnsOptions {
  /** Looks at what is stored and does what comes next. Answers when to look again untold, in Unix milliseconds. */
  turn: (namespace: string, name: string) => Promise<number | undefined>;
  now: () => number;
  logger: { warn(fields: object, message: string): void };
}

/** Turns at the same time: more would only wait for the registry's one writer. */
const PARALLEL_TURNS = 64;
const TENANT_TURNS = 48;
const FIRST_BACKOFF_MS = 20;
const MAX_BACKOFF_MS = 5_000;
/** setTimeout knows no longer delay. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** How often everything is looked at, in case a change was not told. */
const RESYNC_MS = 30_000;

interface Seat {
  isDirty: boolean;
  work: Promise<void> | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Turns in a row that failed. */
  tries: number;
}

export class Turns {
  readonly #seats = new Map<string, Seat>();
  readonly #limiter = new FairLimiter(PARALLEL_TURNS, TENANT_TURNS);
  #isStopped = false;
  #forget: () => void = () => {};
  #resync: NodeJS.Timeout | undefined;

  constructor(private readonly options: TurnsOptions) {}

  /** Asks for what the cache says has changed, where `concerns` says so, and now and then for everything. */
  follow(cache: Pick<Cache, 'onChange'>, concerns: (change: CacheChange) => boolean, lookAtAll: () => void): void {
    this.#forget = cache.onChange((change) => {
      if (concerns(change)) this.ask(change.key.namespace, change.key.name);
    });
    lookAtAll();
    this.#resync = setInterval(lookAtAll, RESYNC_MS).unref();
  }

  /** Objects that are being worked on or waited for. */
  get size(): number {
    return this.#seats.size;
  }

  ask(namespace: string, name: string): void {
    if (this.#isStopped) return;
    const key = `${namespace}/${name}`;
    const seat = this.#seats.get(key) ?? { isDirty: false, work: undefined, timer: undefined, tries: 0 };
    this.#seats.set(key, seat);
    seat.isDirty = true;
    seat.work ??= this.#limiter.run(namespace, () => this.#work(seat, namespace, name)); // T1, T4
  }

  /** Takes nothing new and waits for the turns in hand. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#forget();
    clearInterval(this.#resync);
    for (const { timer } of this.#seats.values()) clearTimeout(timer);
    await Promise.all([...this.#seats.values()].map(async ({ work }) => work));
  }

  async #work(seat: Seat, namespace: string, name: string): Promise<void> {
    let wakeAtMs: number | undefined;
    while (seat.isDirty && !this.#isStopped) {
      seat.isDirty = false;
      try {
        wakeAtMs = await this.options.turn(namespace, name);
        seat.tries = 0;
      } catch (thrown) {
        wakeAtMs = this.options.now() + this.#backoffMs(seat, `${namespace}/${name}`, thrown); // T2
      }
    }
    seat.work = undefined;
    clearTimeout(seat.timer);
    if (wakeAtMs === undefined || this.#isStopped) {
      this.#seats.delete(`${namespace}/${name}`);
      return;
    }
    const delayMs = Math.min(Math.max(wakeAtMs - this.options.now(), 0), MAX_TIMER_MS); // T3
    seat.timer = setTimeout(() => this.ask(namespace, name), delayMs).unref();
  }

  #backoffMs(seat: Seat, object: string, thrown: unknown): number {
    const error = asSlipwayError(thrown);
    const isRaced = ['conflict', 'exists', 'not-found'].includes(error.kind);
    if (!isRaced) this.options.logger.warn({ object, err: error, tries: seat.tries + 1 }, 'a turn failed');
    return Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(seat.tries++, 10), MAX_BACKOFF_MS);
  }
}
