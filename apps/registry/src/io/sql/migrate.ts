// Brings a database to the schema of this program.
//
//   M3. All missing migrations and the number they lead to are one transaction: a program that dies in between has done
//       nothing, and of several that start at once one does the work.
//   M4. A database that is as it should be is only read: a start takes no lock that others wait for.

import type { Sql } from './database.js';
import type { Dialect } from './dialect.js';
import { MIGRATIONS, missingMigrations, type Migration, type SchemaState } from './migrations.js';

/** The schema as it is; undefined for a database without tables. */
export async function schemaState(sql: Sql, dialect: Dialect): Promise<SchemaState | undefined> {
  const columns = (await sql.all(dialect.clockColumns)).map((row) => row['name']);
  if (columns.length === 0) return undefined;
  // Before schema 2 there was one, and nobody is too old for it.
  const oldest = columns.includes('oldest') ? 'oldest' : '1 AS oldest';
  const [row] = await sql.all(`SELECT version, ${oldest} FROM clock`);
  return row === undefined ? undefined : { version: Number(row['version']), oldest: Number(row['oldest']) };
}

/** Within a transaction that excludes all others which do the same. Errors: `invalid` as of `missingMigrations`. */
export async function migrate(
  sql: Sql,
  dialect: Dialect,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const missing = missingMigrations(await schemaState(sql, dialect), migrations);
  for (const { statements } of missing) {
    for (const statement of statements(dialect.types)) await sql.run(statement);
  }
  const last = missing.at(-1);
  if (last === undefined) return; // M4
  const hasOldest = last.version >= 2;
  await sql.run(
    `UPDATE clock SET version = ?${hasOldest ? ', oldest = ?' : ''}`,
    last.version,
    ...(hasOldest ? [last.oldest] : []),
  ); // M3
}
