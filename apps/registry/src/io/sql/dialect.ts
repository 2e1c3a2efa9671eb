// Where the two databases need different words.

import type { Table } from './database.js';

export interface Dialect {
  types: { text: string; integer: string };
  /** Names of the columns of the clock; no rows where there is no clock. */
  clockColumns: string;
  lockClock: string;
}

export const SQLITE: Dialect = {
  types: { text: 'TEXT', integer: 'INTEGER' },
  clockColumns: "SELECT name FROM pragma_table_info('clock')",
  lockClock: "SELECT revision, compacted, oldest, CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now_ms FROM clock",
};

export const POSTGRES: Dialect = {
  // Byte order, as in SQLite: pages of a list continue where the last one ended.
  types: { text: 'TEXT COLLATE "C"', integer: 'BIGINT' },
  clockColumns: `SELECT attname AS name FROM pg_attribute
                 WHERE attrelid = to_regclass('clock') AND attnum > 0 AND NOT attisdropped`,
  lockClock: `SELECT revision, compacted, oldest, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms
              FROM clock WHERE id = 1 FOR UPDATE`,
};

/** SQLite runs these once for each row, prepared: there is no round trip to save. */
export const sqliteBulk = {
  put: (table: Table): string =>
    `INSERT INTO ${table.name} (${names(table).join(', ')}) VALUES (${names(table)
      .map(() => '?')
      .join(', ')}) ${onConflict(table)}`,
  delete: (table: Table): string => `DELETE FROM ${table.name} WHERE ${keyEquals(table)}`,
  select: (table: Table): string => `${selectFrom(table)} WHERE ${keyEquals(table)}`,
};

/** PostgreSQL takes all rows at once, as one array for each column. */
export const postgresBulk = {
  put: (table: Table): string =>
    `INSERT INTO ${table.name} (${names(table).join(', ')}) SELECT * FROM ${unnest(table, table.columns.length)} ${onConflict(table)}`,
  delete: (table: Table): string =>
    `DELETE FROM ${table.name} AS t USING ${unnest(table, table.keyColumns)} AS k(${keyNames(table).join(', ')}) WHERE ${keyJoin(table)}`,
  select: (table: Table): string =>
    `SELECT ${names(table)
      .map((name) => `t.${name}`)
      .join(
        ', ',
      )} FROM ${table.name} AS t JOIN ${unnest(table, table.keyColumns)} AS k(${keyNames(table).join(', ')}) ON ${keyJoin(table)}`,
};

/** Never by `*`: a statement that PostgreSQL has prepared fails once a newer program has added a column. */
export function selectFrom(table: Table): string {
  return `SELECT ${names(table).join(', ')} FROM ${table.name}`;
}

/** `?` to `$1`, `$2`, …; no statement here has a literal question mark. */
export function numbered(text: string): string {
  let n = 0;
  return text.replace(/\?/g, () => `$${++n}`);
}

function names(table: Table): string[] {
  return table.columns.map(([name]) => name);
}

function keyNames(table: Table): string[] {
  return names(table).slice(0, table.keyColumns);
}

function keyEquals(table: Table): string {
  return keyNames(table)
    .map((name) => `${name} = ?`)
    .join(' AND ');
}

function keyJoin(table: Table): string {
  return keyNames(table)
    .map((name) => `t.${name} = k.${name}`)
    .join(' AND ');
}

function onConflict(table: Table): string {
  const rest = names(table).slice(table.keyColumns);
  const then = rest.length === 0 ? 'NOTHING' : `UPDATE SET ${rest.map((n) => `${n} = excluded.${n}`).join(', ')}`;
  return `ON CONFLICT (${keyNames(table).join(', ')}) DO ${then}`;
}

function unnest(table: Table, columns: number): string {
  const arrays = table.columns.slice(0, columns).map(([, type]) => (type === 'text' ? '?::text[]' : '?::bigint[]'));
  return `unnest(${arrays.join(', ')})`;
}
