// Events: what nobody deletes and nobody needs for long.

import type { BusLogger } from '@slipway/bus';
import { EVENTS, msOf, type CoreEvent, type ObjectKey } from '@slipway/contracts';
import type { ObjectStore, StoredObject } from './object-store.js';
import type { WatchCache } from './watch-cache.js';

/** As in Kubernetes: an event is for whoever looks soon after. */
const EVENT_LIFE_MS = 60 * 60_000;
/** More events than this are shortened from the oldest, however young: a storm of them must not fill the disk. */
const MAX_EVENTS = 100_000;
const LOOK_MS = 60_000;
const BATCH = 500;

export class Expiry {
  /** By age, oldest first. */
  #queue: { key: ObjectKey; atMs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: ObjectStore,
    private readonly cache: WatchCache,
    private readonly logger: BusLogger,
    private readonly nowMs: () => number,
  ) {}

  /** Reads which events there are, and looks after them from then on. Does not wait for either. */
  start(): void {
    this.cache.onEntry((entry) => {
      if (entry.type === 'ADDED' && entry.key.resource === EVENTS)
        this.#queue.push({ key: entry.key, atMs: this.nowMs() });
    });
    this.#do(() => this.#readAll());
    this.#timer = setInterval(() => this.#do(() => this.look()), LOOK_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#work;
  }

  /** Removes what has had its time. */
  async look(): Promise<void> {
    while (this.#queue.length > 0) {
      const isDue = (at: number): boolean =>
        (this.#queue[at]?.atMs ?? Infinity) < this.nowMs() - EVENT_LIFE_MS || this.#queue.length - at > MAX_EVENTS;
      let count = 0;
      while (count < BATCH && isDue(count)) count++;
      if (count === 0) break;
      const due = this.#queue.splice(0, count);
      try {
        await this.#expire(due.map(({ key }) => key));
      } catch (error) {
        this.#queue.unshift(...due);
        throw error;
      }
    }
  }

  /** An event that was seen again lives on from then. */
  async #expire(keys: readonly ObjectKey[]): Promise<void> {
    const found = (await this.store.getMany(keys)).filter((stored) => stored !== undefined);
    const isSpared = (stored: StoredObject): boolean =>
      this.#queue.length < MAX_EVENTS && lastSeenMs(stored) >= this.nowMs() - EVENT_LIFE_MS;
    const gone = found.filter((stored) => !isSpared(stored));
    for (const stored of found.filter(isSpared)) this.#queue.push({ key: stored.key, atMs: this.nowMs() });
    if (gone.length === 0) return;
    await this.store.commit({ writes: gone.map(({ key, uid }) => ({ op: 'delete', key, uid })) });
  }

  async #readAll(): Promise<void> {
    const found: { key: ObjectKey; atMs: number }[] = [];
    let token: string | undefined;
    do {
      const page = await this.store.list({
        resource: EVENTS,
        limit: BATCH,
        ...(token === undefined ? {} : { continue: token }),
      });
      found.push(...page.items.map((stored) => ({ key: stored.key, atMs: lastSeenMs(stored) })));
      token = page.continue;
    } while (token !== undefined);
    found.push(...this.#queue);
    found.sort((a, b) => a.atMs - b.atMs);
    this.#queue = found;
  }

  #do(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.logger.warn({ err: error }, 'old events could not be removed; trying again later');
    });
  }
}

function lastSeenMs(stored: StoredObject): number {
  const event = JSON.parse(stored.text) as CoreEvent;
  return msOf(event.lastTimestamp) ?? msOf(event.metadata.creationTimestamp) ?? 0;
}
