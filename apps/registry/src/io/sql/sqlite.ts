// SQLite in one file, through libsql.
//
//   L1. One connection writes, one transaction at a time; others read, each a snapshot of what is committed.
//   L2. A commit that was answered survives the loss of power: synchronous=FULL. Commits in a group share the fsync.
//   L3. Statements are asked with `all` and `run` only: in libsql 0.5 a `get` after an `all` of the same statement
//       answers the row of the call before.

import Libsql from 'libsql';
import { SlipwayError } from '@slipway/contracts';
import type { Clock, Sql, SqlDatabase, SqlReader, SqlRow, SqlValue, Table } from './database.js';
import { SQLITE, sqliteBulk } from './dialect.js';
import { migrate } from './migrate.js';
import { MIGRATIONS, type Migration } from './migrations.js';

type Connection = Libsql.Database;

const READERS = 4;
/** Statements kept prepared; more are only met when list requests come in many shapes. */
const PREPARED_LIMIT = 200;

/** Opens the file, made when it is missing, and brings the schema up to date. The directory must exist. */
export async function openSqlite(path: string, migrations: readonly Migration[] = MIGRATIONS): Promise<SqlDatabase> {
  const writer = connect(path);
  try {
    writer.exec('PRAGMA journal_mode = WAL');
    // With what is prepared for the old schema kept apart.
    await inTransaction(writer, () => migrate(new SqliteSql(writer), SQLITE, migrations));
  } catch (thrown) {
    writer.close();
    throw thrown;
  }
  const sql = new SqliteSql(writer);
  const readers = new ReaderPool(path);
  const listeners = new Set<() => void>();
  let last: Promise<unknown> = Promise.resolve();
  let notified = false;

  return {
    kind: 'sqlite',
    write(work) {
      const turn = last.then(async () => {
        const result = await inTransaction(writer, async () => work(sql, await readClock(sql))); // L1
        if (notified) listeners.forEach((listener) => listener());
        notified = false;
        return result;
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    read: (work) => readers.use(work),
    notify: () => {
      notified = true;
      return Promise.resolve();
    },
    onNotified(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    // One process has the file, so it relays as soon as it asks.
    becomeSole: (_role, signal) => Promise.resolve(signal),
    isReachable: () => true,
    async close() {
      await last;
      readers.close();
      writer.close();
    },
  };
}

/** Opens the file as it is. It must be there. */
export function readSqlite(path: string): SqlReader {
  const readers = new ReaderPool(path, ['PRAGMA query_only = ON']);
  return {
    kind: 'sqlite',
    read: (work) => readers.use(work),
    close: () => Promise.resolve(readers.close()),
  };
}

function connect(path: string): Connection {
  const connection = new Libsql(path);
  connection.exec('PRAGMA busy_timeout = 5000'); // a second process that ends while this one starts
  connection.exec('PRAGMA synchronous = FULL'); // L2
  return connection;
}

async function inTransaction<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  try {
    connection.exec('BEGIN IMMEDIATE');
  } catch (thrown) {
    throw unavailable(thrown);
  }
  try {
    const result = await work();
    connection.exec('COMMIT');
    return result;
  } catch (thrown) {
    // A failed COMMIT (disk full) has already ended some transactions; a second end is no error worth hiding the first.
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw isSqliteError(thrown) ? unavailable(thrown) : thrown;
  }
}

async function readClock(sql: Sql): Promise<Clock> {
  const [row] = await sql.all(SQLITE.lockClock);
  return { revision: row!['revision'], compacted: row!['compacted'], nowMs: row!['now_ms'] } as Clock;
}

class SqliteSql implements Sql {
  readonly #prepared = new Map<string, Libsql.Statement<unknown[]>>();

  constructor(private readonly connection: Connection) {}

  all(text: string, ...params: SqlValue[]): Promise<SqlRow[]> {
    return attempt(() => this.#statement(text).all(...params) as SqlRow[]);
  }

  run(text: string, ...params: SqlValue[]): Promise<void> {
    return attempt(() => void this.#statement(text).run(...params));
  }

  putRows(table: Table, rows: readonly SqlValue[][]): Promise<void> {
    return attempt(() => {
      const statement = this.#statement(sqliteBulk.put(table));
      for (const row of rows) statement.run(...row);
    });
  }

  deleteRows(table: Table, keys: readonly SqlValue[][]): Promise<void> {
    return attempt(() => {
      const statement = this.#statement(sqliteBulk.delete(table));
      for (const key of keys) statement.run(...key);
    });
  }

  rowsByKey(table: Table, keys: readonly SqlValue[][]): Promise<SqlRow[]> {
    return attempt(() => {
      const statement = this.#statement(sqliteBulk.select(table));
      return keys.flatMap((key) => statement.all(...key) as SqlRow[]);
    });
  }

  #statement(text: string): Libsql.Statement<unknown[]> {
    let statement = this.#prepared.get(text);
    if (statement === undefined) {
      statement = this.connection.prepare(text);
      if (this.#prepared.size < PREPARED_LIMIT) this.#prepared.set(text, statement);
    }
    return statement;
  }
}

/** A few connections, each used by one reader at a time. */
class ReaderPool {
  readonly #free: { connection: Connection; sql: SqliteSql }[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = 0;

  constructor(
    private readonly path: string,
    private readonly settings: readonly string[] = [],
  ) {}

  async use<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    while (this.#free.length === 0 && this.#open >= READERS) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      const reader = this.#free.pop() ?? this.#connect();
      try {
        reader.connection.exec('BEGIN');
        return await work(reader.sql);
      } finally {
        if (reader.connection.inTransaction) reader.connection.exec('COMMIT');
        this.#free.push(reader);
        this.#waiting.shift()?.();
      }
    } catch (thrown) {
      throw isSqliteError(thrown) ? unavailable(thrown) : thrown;
    }
  }

  close(): void {
    for (const reader of this.#free) reader.connection.close();
  }

  #connect(): { connection: Connection; sql: SqliteSql } {
    const connection = connect(this.path);
    for (const setting of this.settings) connection.exec(setting);
    this.#open++;
    return { connection, sql: new SqliteSql(connection) };
  }
}

function attempt<T>(action: () => T): Promise<T> {
  return new Promise((resolve) => resolve(action()));
}

function isSqliteError(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'SqliteError';
}

function unavailable(thrown: unknown): SlipwayError {
  const code = (thrown as { code?: string }).code ?? '';
  if (/^SQLITE_(BUSY|FULL|IOERR|CANTOPEN|NOMEM|LOCKED|READONLY)/.test(code)) {
    return new SlipwayError('transient', 'DatabaseUnavailable', `The database cannot be written now (${code}).`, {
      hint: code.startsWith('SQLITE_FULL') ? 'Free some disk space.' : 'Look at the disk that holds the data.',
      cause: thrown,
    });
  }
  return new SlipwayError('internal', 'DatabaseFailed', 'The database refused a statement.', { cause: thrown });
}
