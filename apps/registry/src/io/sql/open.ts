import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { SlipwayError } from '@slipway/contracts';
import type { CommitObserver, ObjectStore } from '../object-store.js';
import type { SqlReader } from './database.js';
import { openPostgres, readPostgres } from './postgres.js';
import { sqlObjectStore } from './sql-object-store.js';
import { openSqlite, readSqlite } from './sqlite.js';

const POSTGRES = /^postgres(ql)?:\/\//;

/** Opens the database that a configuration names: `sqlite:<path>` or `postgres://…`. */
export async function openObjectStore(database: string, observer?: CommitObserver): Promise<ObjectStore> {
  if (database.startsWith('sqlite:')) {
    const path = database.slice('sqlite:'.length);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return sqlObjectStore(await openSqlite(path), observer);
  }
  if (POSTGRES.test(database)) return sqlObjectStore(await openPostgres(database), observer);
  throw badDatabase(database);
}

/** The same database as it is, for what must change nothing. An SQLite file must be there. */
export function openReader(database: string): SqlReader {
  if (database.startsWith('sqlite:')) return readSqlite(database.slice('sqlite:'.length));
  if (POSTGRES.test(database)) return readPostgres(database);
  throw badDatabase(database);
}

function badDatabase(database: string): SlipwayError {
  return new SlipwayError('invalid', 'BadDatabase', `"${database}" is neither sqlite:<path> nor postgres://…`);
}
