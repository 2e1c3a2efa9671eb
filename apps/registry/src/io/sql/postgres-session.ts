// One connection of its own, outside of the pool: it listens for the commits of other replicas, and holds the lock of
// the one that relays. When it is lost, the lock is.

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

export const CHANNEL = 'slipway_changes';
const RELAY_LOCK = 7_354_772;
const RETRY_MS = 500;

export class PgSession {
  readonly #closing = new AbortController();
  readonly #run: Promise<void>;
  #client: pg.Client | undefined;
  /** Aborts when the connection is lost. */
  #life = new AbortController();

  constructor(
    private readonly config: pg.ClientConfig,
    private readonly onNotified: (payload: string) => void,
  ) {
    this.#run = this.#stayConnected();
  }

  /** Resolves once this process is the one that relays, with a signal that aborts when that is over. */
  async becomeRelay(signal: AbortSignal): Promise<AbortSignal> {
    const until = AbortSignal.any([signal, this.#closing.signal]);
    while (!until.aborted) {
      const life = this.#life.signal;
      if (await this.#tryLock()) return AbortSignal.any([until, life]);
      await sleep(RETRY_MS, undefined, { signal: until, ref: false }).catch(() => undefined);
    }
    return until;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#run;
  }

  async #tryLock(): Promise<boolean> {
    try {
      const result = await this.#client?.query<{ locked: boolean }>(
        `SELECT pg_try_advisory_lock(${RELAY_LOCK}) AS locked`,
      );
      return result?.rows[0]?.locked === true;
    } catch {
      return false; // the connection is lost; it is made again
    }
  }

  async #stayConnected(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const client = new pg.Client(this.config);
      const turn = new AbortController(); // its listeners go with it: an outage is many turns
      const lost = new Promise<void>((resolve) => {
        client.on('end', resolve);
        client.on('error', () => resolve());
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { signal: turn.signal });
      });
      client.on('notification', (message) => this.onNotified(message.payload ?? ''));
      try {
        await client.connect();
        await client.query(`LISTEN ${CHANNEL}`);
        this.#life = new AbortController();
        this.#client = client;
        this.onNotified(''); // what was committed while nobody listened
        await lost;
      } catch {
        // the server is away: try again below
      }
      turn.abort();
      this.#client = undefined;
      this.#life.abort();
      await client.end().catch(() => undefined);
      await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
