// Publishes the outbox to the stream of changes.
//
//   R1. Changes are sent in the order of their revisions, many on their way at once.
//   R2. A row is forgotten only when every row up to it is confirmed: a relay that was killed sends again what it must.
//   R3. The message id follows from the change, so a repeat is one message.
//   R4. One process relays. Two that both think so for a moment do no harm (R3).
//   R5. A process whose publications are not confirmed lets another try: it may be cut off from NATS, and the other not.

import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { changeSubject } from '@slipway/contracts';
import type { Bus } from '@slipway/bus';
import type { ObjectStore, OutboxRow } from './object-store.js';

export interface RelayOptions {
  /** Looks at the outbox without being woken, in case a waking was lost. Milliseconds. */
  pollMs?: number;
  /** Told about failures; the relay goes on. */
  onError?: (thrown: unknown) => void;
  /** Called when changes have been confirmed; for metrics. */
  onPublished?: (count: number, lastRevision: number) => void;
}

export interface Relay {
  /** Changes that are read and not confirmed. */
  readonly inFlight: number;
  stop(): Promise<void>;
}

/** Changes on their way at once. */
const WINDOW = 512;
const READ_ROWS = 256;
const RETRY_MS = 200;
/** NATS confirms within milliseconds; a server that restarts, and elects its leaders, within this time (R5). */
const STUCK_MS = 4_000;
/** Who has let the others try does not try at once: they look every half second. */
const STAND_BACK_MS = 2_000;

export function startRelay(
  store: Pick<ObjectStore, 'outbox' | 'trimOutbox' | 'onCommitted' | 'becomeSole'>,
  bus: Pick<Bus, 'publish'>,
  options: RelayOptions = {},
): Relay {
  return new OutboxRelay(store, bus, options);
}

class OutboxRelay implements Relay {
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;
  readonly #forget: () => void;
  readonly #poll: NodeJS.Timeout;
  #wake: () => void = () => {};
  #isWoken = false;
  /** Revisions on their way, ascending, with whether they are confirmed. */
  #window: { revision: number; isConfirmed: boolean }[] = [];
  /** Since when nothing has been confirmed of what is on its way. */
  #waitingSinceMs = 0;

  constructor(
    private readonly store: Pick<ObjectStore, 'outbox' | 'trimOutbox' | 'onCommitted' | 'becomeSole'>,
    private readonly bus: Pick<Bus, 'publish'>,
    private readonly options: RelayOptions,
  ) {
    this.#forget = store.onCommitted(() => this.#signal());
    this.#poll = setInterval(() => this.#signal(), options.pollMs ?? 2_000).unref();
    this.#done = this.#run();
  }

  get inFlight(): number {
    return this.#window.length;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#forget();
    clearInterval(this.#poll);
    this.#signal();
    await this.#done;
  }

  #signal(): void {
    this.#isWoken = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const turn = new AbortController();
      try {
        await this.#relayWhile(await this.store.becomeSole('relay', AbortSignal.any([signal, turn.signal])), turn);
        if (turn.signal.aborted) await sleep(STAND_BACK_MS, undefined, { signal, ref: false }).catch(() => undefined);
      } catch (thrown) {
        turn.abort();
        if (signal.aborted) return;
        this.options.onError?.(thrown);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
  }

  /** Relays from the first row that is there until the signal aborts or the store fails; `turn` gives it up (R5). */
  async #relayWhile(mine: AbortSignal, turn: AbortController): Promise<void> {
    // Publications of an earlier turn are given up; their rows are still there (R2).
    const ended = new AbortController();
    const signal = AbortSignal.any([mine, this.#stopping.signal, ended.signal]);
    setMaxListeners(0, signal); // each publication listens
    signal.addEventListener('abort', () => this.#signal());
    this.#window = [];
    let last = 0;
    const watch = setInterval(() => this.#giveUpIfStuck(turn), STUCK_MS / 8).unref();
    try {
      while (!signal.aborted) {
        this.#isWoken = false;
        const room = Math.min(WINDOW - this.#window.length, READ_ROWS);
        const rows = room > 0 ? await this.store.outbox(last, room) : [];
        for (const row of rows) this.#publish(row, signal);
        last = rows.at(-1)?.revision ?? last;
        if (rows.length < room || room === 0) await this.#woken();
      }
    } finally {
      clearInterval(watch);
      ended.abort();
    }
  }

  /** R5 */
  #giveUpIfStuck(turn: AbortController): void {
    if (this.#window.length === 0 || performance.now() - this.#waitingSinceMs < STUCK_MS || turn.signal.aborted) return;
    this.options.onError?.(new Error(`NATS has confirmed nothing for ${STUCK_MS} ms; another registry may try`));
    turn.abort();
  }

  #publish(row: OutboxRow, signal: AbortSignal): void {
    const entry = { revision: row.revision, isConfirmed: false };
    const window = this.#window;
    if (window.length === 0) this.#waitingSinceMs = performance.now();
    window.push(entry);
    const subject = changeSubject(row.shard, row.key);
    const id = `${row.uid}.${row.revision}`; // R3: with the uid, for revisions begin again in a new database
    this.bus.publish(subject, Buffer.from(row.text), { id, signal }).then(
      () => this.#confirmed(window, entry),
      (thrown: unknown) => {
        if (signal.aborted) return;
        // Only a message that no server would take is refused for good. Followers see the hole and list.
        this.options.onError?.(thrown);
        this.#confirmed(window, entry);
      },
    );
  }

  #confirmed(window: { revision: number; isConfirmed: boolean }[], entry: { isConfirmed: boolean }): void {
    entry.isConfirmed = true;
    this.#waitingSinceMs = performance.now();
    if (window !== this.#window) return;
    const open = window.findIndex((other) => !other.isConfirmed);
    const count = open === -1 ? window.length : open;
    if (count === 0) return;
    const wasFull = window.length >= WINDOW;
    const confirmed = window.splice(0, count);
    const last = confirmed.at(-1)!.revision;
    this.store.trimOutbox(last); // R2
    this.options.onPublished?.(count, last);
    if (wasFull) this.#signal();
  }

  async #woken(): Promise<void> {
    if (this.#isWoken) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = () => {};
  }
}
