// PostgreSQL, one or several registries on one database.
//
//   P1. Every writer locks the clock's row first: transactions end in the order of their revisions.
//   P2. A transaction that fails because the server is away is done again. Whether its COMMIT arrived does not matter,
//       because a commit that is repeated is recognised by its id.
//   P3. Statements that do not wait for one another are sent together.
//   P4. A program that is too old for what the schema has become writes nothing more: it sees that under the clock's lock.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { SlipwayError } from '@slipway/contracts';
import type { Clock, Sql, SqlDatabase, SqlReader, SqlRow, SqlValue, Table } from './database.js';
import { POSTGRES, numbered, postgresBulk } from './dialect.js';
import { CHANNEL, PgSession } from './postgres-session.js';
import { pgError } from './postgres-error.js';
import { migrate } from './migrate.js';
import { MIGRATIONS, newestOf, type Migration } from './migrations.js';

export interface PostgresOptions {
  /** Connections of the pool; one writes, the others read. */
  connections?: number;
  /** How long to go on while the server is away. Milliseconds. */
  patienceMs?: number;
  /** Those of this program; another program's in tests. */
  migrations?: readonly Migration[];
}

/** Of `pg_advisory_lock`; any number that nobody else uses. */
const MIGRATION_LOCK = 7_354_771;
const READ = 'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY';
const RETRY_MS = 100;
const PREPARED_LIMIT = 200;

/** How long a migration waits for a table that somebody reads, a backup for example; others wait behind it. */
const MIGRATION_LOCK_MS = 1_000;

const PATIENCE_MS = 15_000;

/** Connects and brings the schema up to date. */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<SqlDatabase> {
  const { patienceMs = PATIENCE_MS, migrations = MIGRATIONS, connections = 6 } = options;
  const known = newestOf(migrations);
  const config = clientConfig(url);
  const { pool, transaction } = poolOf(config, connections);
  const instance = randomUUID();
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((listener) => listener());
  const notifying = new WeakSet<Sql>();

  try {
    await patiently(patienceMs, () => transaction('BEGIN', (sql) => migrateAlone(sql, migrations)));
  } catch (thrown) {
    await pool.end();
    throw thrown;
  }
  const session = new PgSession(config, (payload) => {
    if (payload !== instance) tell();
  });

  return {
    kind: 'postgres',
    async write(work) {
      const done = await patiently(
        patienceMs,
        () => transaction('BEGIN', async (sql) => ({ sql, result: await work(sql, await lockClock(sql, known)) })), // P1
      );
      if (notifying.has(done.sql)) tell();
      return done.result;
    },
    read: (work) => patiently(patienceMs, () => transaction(READ, work)),
    async notify(sql) {
      notifying.add(sql);
      await sql.all(`SELECT pg_notify('${CHANNEL}', ?)`, instance);
    },
    onNotified(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    becomeSole: (role, signal) => session.becomeSole(role, signal),
    isReachable: () => session.isConnected,
    async close() {
      await session.close();
      await pool.end();
    },
  };
}

interface PgPool {
  pool: pg.Pool;
  transaction: <T>(begin: string, work: (sql: Sql) => Promise<T>) => Promise<T>;
}

function poolOf(config: pg.ClientConfig, connections: number): PgPool {
  const pool = new pg.Pool({ ...config, max: connections, idleTimeoutMillis: 30_000 });
  pool.on('error', () => undefined); // an idle connection was lost; the pool has forgotten it already
  pool.on('connect', (client) => client.on('error', () => undefined)); // one in use: its statements fail
  const transaction = async <T>(begin: string, work: (sql: Sql) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    const end = (how: 'COMMIT' | 'ROLLBACK'): Promise<void> => client.query(how).then(() => client.release());
    // A connection that fails is closed rather than used again: nobody knows what is still on its way.
    const discard = (): void => client.release(true);
    try {
      const begun = client.query(begin);
      begun.catch(() => undefined); // what follows fails with it
      const result = await work(new PgSql(client));
      const ended = end('COMMIT');
      // Nothing depends on the end of a read.
      if (begin === READ) ended.catch(discard);
      else await ended;
      return result;
    } catch (thrown) {
      if (thrown instanceof SlipwayError) end('ROLLBACK').catch(discard);
      else discard();
      throw thrown;
    }
  };
  return { pool, transaction };
}

/** Connects to a database as it is, with the first read. */
export function readPostgres(url: string): SqlReader {
  const { pool, transaction } = poolOf(clientConfig(url), 1);
  return {
    kind: 'postgres',
    read: (work) => patiently(PATIENCE_MS, () => transaction(READ, work)),
    close: () => pool.end(),
  };
}

function clientConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'slipway-registry',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    // A registry that hangs within a transaction must not keep the others from writing: less than a lease lasts.
    idle_in_transaction_session_timeout: 2_500,
    query_timeout: 15_000,
    types: { getTypeParser: parserFor },
    pipeline: true, // P3
  };
}

function parserFor(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === (pg.types.builtins.INT8 as number)) return Number; // revisions stay far below 2^53
  return pg.types.getTypeParser(oid, format) as (value: string) => unknown;
}

async function migrateAlone(sql: Sql, migrations: readonly Migration[]): Promise<void> {
  await sql.run(`SET LOCAL lock_timeout = ${MIGRATION_LOCK_MS}`);
  await sql.all('SELECT pg_advisory_xact_lock(?)', MIGRATION_LOCK); // of two that start at once, one makes the tables
  await migrate(sql, POSTGRES, migrations);
}

async function lockClock(sql: Sql, known: number): Promise<Clock> {
  const [row] = await sql.all(POSTGRES.lockClock);
  if (Number(row!['oldest']) > known) throw overtaken(); // P4
  return { revision: Number(row!['revision']), compacted: Number(row!['compacted']), nowMs: Number(row!['now_ms']) };
}

const OVERTAKEN = 'DatabaseTooNew';

function overtaken(): SlipwayError {
  return new SlipwayError('transient', OVERTAKEN, 'The database was upgraded for newer replicas than this one.', {
    hint: 'End this replica; the newer ones answer.',
    retryAfterMs: 200,
  });
}

/** P2 */
async function patiently<T>(patienceMs: number, work: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (thrown) {
      const error = pgError(thrown);
      if (error.kind !== 'transient' || error.reason === OVERTAKEN || performance.now() > endMs) throw error;
      await sleep(RETRY_MS);
    }
  }
}

class PgSql implements Sql {
  constructor(private readonly client: pg.ClientBase) {}

  async all(text: string, ...params: SqlValue[]): Promise<SqlRow[]> {
    const result = await this.client.query<SqlRow>({ ...statementOf(text), values: params });
    return result.rows;
  }

  async run(text: string, ...params: SqlValue[]): Promise<void> {
    await this.all(text, ...params);
  }

  async putRows(table: Table, rows: readonly SqlValue[][]): Promise<void> {
    await this.#bulk(postgresBulk.put(table), rows, table.columns.length);
  }

  async deleteRows(table: Table, keys: readonly SqlValue[][]): Promise<void> {
    await this.#bulk(postgresBulk.delete(table), keys, table.keyColumns);
  }

  rowsByKey(table: Table, keys: readonly SqlValue[][]): Promise<SqlRow[]> {
    return this.#bulk(postgresBulk.select(table), keys, table.keyColumns);
  }

  async #bulk(text: string, rows: readonly SqlValue[][], width: number): Promise<SqlRow[]> {
    if (rows.length === 0) return [];
    const columns = Array.from({ length: width }, (_, i) => rows.map((row) => row[i] ?? null));
    const result = await this.client.query<SqlRow>({ ...statementOf(text), values: columns });
    return result.rows;
  }
}

const prepared = new Map<string, { name?: string; text: string }>();

/** Statements are prepared on each connection once; those that come in too many shapes are not. */
function statementOf(text: string): { name?: string; text: string } {
  let statement = prepared.get(text);
  if (statement === undefined) {
    if (prepared.size >= PREPARED_LIMIT) return { text: numbered(text) };
    statement = { name: `slipway_${prepared.size}`, text: numbered(text) };
    prepared.set(text, statement);
  }
  return statement;
}
