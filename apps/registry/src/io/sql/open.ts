import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { SlipwayError } from '@slipway/contracts';
import type { CommitObserver, ObjectStore } from '../object-store.js';
import { openPostgres } from './postgres.js';
import { sqlObjectStore } from './sql-object-store.js';
import { openSqlite } from './sqlite.js';

/** Opens the database that a configuration names: `sqlite:<path>` or `postgres://…`. */
export async function openObjectStore(database: string, observer?: CommitObserver): Promise<ObjectStore> {
  if (database.startsWith('sqlite:')) {
    const path = database.slice('sqlite:'.length);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return sqlObjectStore(await openSqlite(path), observer);
  }
  if (/^postgres(ql)?:\/\//.test(database)) return sqlObjectStore(await openPostgres(database), observer);
  throw new SlipwayError('invalid', 'BadDatabase', `"${database}" is neither sqlite:<path> nor postgres://…`);
}
