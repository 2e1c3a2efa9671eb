// Documents that were fetched a short time ago.
//
//   K1. A tenant gets from the cache only what the same tenant fetched with the same credentials: the key holds both.
//   K2. The cache is bounded in entries and bytes; what was not used for longest goes first.

import type { Fetched } from './resolver.js';

interface Entry {
  fetched: Fetched;
  untilMs: number;
}

const MAX_ENTRIES = 1000;
const MAX_BYTES = 64 << 20;
const TTL_MS = 5 * 60_000;

export class DocumentCache {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(private readonly now: () => number = Date.now) {}

  get(key: string): Fetched | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#drop(key, entry);
    if (entry.untilMs <= this.now()) return undefined;
    this.#keep(key, entry);
    return entry.fetched;
  }

  set(key: string, fetched: Fetched): void {
    const before = this.#entries.get(key);
    if (before !== undefined) this.#drop(key, before);
    this.#keep(key, { fetched, untilMs: this.now() + TTL_MS });
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= MAX_ENTRIES && this.#bytes <= MAX_BYTES) return; // K2
      this.#drop(oldest, entry);
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  #keep(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#bytes += entry.fetched.data.length;
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.fetched.data.length;
  }
}
