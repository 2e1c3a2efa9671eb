// What the store needs of a SQL database. SQLite and PostgreSQL implement it; everything above is written once.

import type { SoleRole } from '../object-store.js';

export type SqlValue = string | number | null;
export type SqlRow = Record<string, SqlValue>;

/** A table as the bulk statements need it. */
export interface Table {
  name: string;
  /** Column and type, the key columns first. */
  columns: readonly (readonly [name: string, type: 'text' | 'integer'])[];
  keyColumns: number;
}

/** Statements within one transaction, done in the order of the calls. Parameters stand as `?`. No rows: nothing is done. */
export interface Sql {
  all(text: string, ...params: SqlValue[]): Promise<SqlRow[]>;
  run(text: string, ...params: SqlValue[]): Promise<void>;
  /** Inserts whole rows, replacing those of the same key. */
  putRows(table: Table, rows: readonly SqlValue[][]): Promise<void>;
  deleteRows(table: Table, keys: readonly SqlValue[][]): Promise<void>;
  /** The rows that exist, in no order. */
  rowsByKey(table: Table, keys: readonly SqlValue[][]): Promise<SqlRow[]>;
}

/** The row that every writer locks: it gives commits their one order. */
export interface Clock {
  revision: number;
  /** Tombstones up to this revision are gone. */
  compacted: number;
  /** The database's time. Unix milliseconds. */
  nowMs: number;
}

/** A database that is read as it is: no statement of its can write, whatever schema it has. */
export interface SqlReader {
  readonly kind: 'sqlite' | 'postgres';
  /** One snapshot. */
  read<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface SqlDatabase extends SqlReader {
  /** One writer at a time, over all replicas. Rolls back when `work` throws. */
  write<T>(work: (sql: Sql, clock: Clock) => Promise<T>): Promise<T>;
  /** Within a write: tells the other replicas, once it is committed. */
  notify(sql: Sql): Promise<void>;
  onNotified(listener: () => void): () => void;
  becomeSole(role: SoleRole, signal: AbortSignal): Promise<AbortSignal>;
  /** Whether the server answers, as far as is known. */
  isReachable(): boolean;
}
