// Work by key: one at a time for each key, a bounded number at a time in all.
//
//   Q1. A key that is asked for while it is in hand is handled once more afterwards, however often it was asked for.
//   Q2. A handler that throws is not lost: `onError` says when to try that key again.
//   Q3. Keys of tenants that wait take turns, and no tenant has all places: what of one takes long holds up no other.

import { FairLimiter } from './fair-limiter.js';

export interface SerialQueueOptions {
  concurrency: number;
  /** Whose a key is, and how many keys of one tenant are in hand at a time; absent: all are one's. */
  tenants?: { of: (key: string) => string; concurrency: number };
  handle: (key: string) => Promise<void>;
  /** Milliseconds until the key is tried again; undefined: not before it is asked for. */
  onError: (key: string, thrown: unknown, attempt: number) => number | undefined;
}

interface Entry {
  state: 'waiting' | 'running';
  again: boolean;
}

export class SerialQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #limiter: FairLimiter;
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #running = 0;
  #isStopped = false;
  #onIdle: (() => void) | undefined;

  constructor(private readonly options: SerialQueueOptions) {
    const { concurrency, tenants } = options;
    this.#limiter = new FairLimiter(concurrency, tenants?.concurrency ?? concurrency);
  }

  add(key: string): void {
    if (this.#isStopped) return;
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      if (entry.state === 'running') entry.again = true; // Q1
      return;
    }
    this.#entries.set(key, { state: 'waiting', again: false });
    const tenant = this.options.tenants?.of(key) ?? '';
    void this.#limiter.run(tenant, () => this.#run(key)); // Q3
  }

  /** Adds the key at a time; an earlier alarm for it wins. Unix milliseconds. */
  addAt(key: string, atMs: number, nowMs: number): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timers.get(key));
    const delayMs = Math.min(Math.max(0, atMs - nowMs), 2 ** 31 - 1);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, delayMs);
    timer.unref();
    this.#timers.set(key, timer);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Takes nothing new and waits for what is in hand. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  async #run(key: string): Promise<void> {
    if (this.#isStopped) return;
    this.#entries.get(key)!.state = 'running';
    this.#running++;
    try {
      await this.options.handle(key);
      this.#failures.delete(key);
    } catch (thrown) {
      const attempt = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, attempt);
      const delayMs = this.options.onError(key, thrown, attempt); // Q2
      if (delayMs !== undefined) this.addAt(key, delayMs, 0);
    }
    const again = this.#entries.get(key)!.again;
    this.#entries.delete(key);
    this.#running--;
    if (again) this.add(key);
    if (this.#running === 0) this.#onIdle?.();
  }
}
