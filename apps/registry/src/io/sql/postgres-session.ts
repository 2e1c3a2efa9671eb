// One connection of its own, outside of the pool: it listens for the commits of other replicas, and holds the locks
// of what one does for all.
//
//   S1. The lock goes with the connection, and PostgreSQL ends a connection that has given no sign of life for a while:
//       a process that stands still, or is cut off, does not keep its locks for ever.
//   S2. Who cannot reach PostgreSQL knows it as soon.

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { SoleRole } from '../object-store.js';

export const CHANNEL = 'slipway_changes';
const LOCKS: Readonly<Record<SoleRole, number>> = { relay: 7_354_772, bridge: 7_354_773 };
const RETRY_MS = 500;
const BEAT_MS = 1_000;
/** Without a sign of life (S1), and without an answer to one (S2). */
const SILENCE_MS = 4_000;

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

  /**
   * Resolves once this process is the one in this role, with a signal that aborts when that is over: the connection is
   * lost, or `signal` has aborted, which lets another have the lock.
   */
  async becomeSole(role: SoleRole, signal: AbortSignal): Promise<AbortSignal> {
    const until = AbortSignal.any([signal, this.#closing.signal]);
    while (!until.aborted) {
      const life = this.#life.signal;
      const client = this.#client;
      if (client !== undefined && (await tryLock(client, LOCKS[role]))) {
        const unlock = (): void =>
          void client.query(`SELECT pg_advisory_unlock(${LOCKS[role]})`).catch(() => undefined);
        if (signal.aborted) unlock();
        else signal.addEventListener('abort', unlock, { once: true });
        return AbortSignal.any([until, life]);
      }
      await sleep(RETRY_MS, undefined, { signal: until, ref: false }).catch(() => undefined);
    }
    return until;
  }

  get isConnected(): boolean {
    return this.#client !== undefined;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#run;
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
        // S1. Servers before 14 do not know it: there, a process that stands still keeps its locks until somebody ends it.
        await client.query(`SET idle_session_timeout = ${SILENCE_MS}`).catch(() => undefined);
        await client.query(`LISTEN ${CHANNEL}`);
        this.#life = new AbortController();
        this.#client = client;
        this.onNotified(''); // what was committed while nobody listened
        await Promise.race([lost, beatUntilSilent(client, turn.signal)]);
      } catch {
        // the server is away: try again below
      }
      turn.abort();
      this.#client = undefined;
      this.#life.abort();
      await endNow(client);
      await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}

async function tryLock(client: pg.Client, lock: number): Promise<boolean> {
  try {
    const { rows } = await client.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock(${lock}) AS locked`);
    return rows[0]?.locked === true;
  } catch {
    return false; // the connection is lost; it is made again
  }
}

/** Gives signs of life until one is not answered in time (S2), or the signal aborts. */
async function beatUntilSilent(client: pg.Client, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const silence = sleep(SILENCE_MS, true, { signal, ref: false }).catch(() => true);
    const isSilent = await Promise.race([
      client.query('SELECT 1').then(
        () => false,
        () => true,
      ),
      silence,
    ]);
    if (isSilent) return;
    await sleep(BEAT_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** Says goodbye; does not wait for what is on its way to a server that may be gone. */
async function endNow(client: pg.Client): Promise<void> {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
  const ended = client.end().catch(() => undefined);
  await Promise.race([ended, sleep(RETRY_MS, undefined, { ref: false })]);
  stream.destroy();
}
