// A snapshot of a database by a program that does not work on it: it may be of another release, and changes nothing.

import type { BackupPosition } from '@slipway/contracts';
import type { StoredObject } from '../../core/storage/commit-group.js';
import type { SqlReader } from './database.js';
import { POSTGRES, SQLITE } from './dialect.js';
import { schemaState } from './migrate.js';
import { MIGRATIONS, requireReadable, type Migration } from './migrations.js';
import { once, readSnapshot } from './snapshot.js';

/** As `ObjectStore.snapshot`. Errors: `invalid` as of `requireReadable`, before anything is taken. */
export function snapshotOf(
  reader: SqlReader,
  take: (objects: readonly StoredObject[]) => Promise<void>,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<BackupPosition> {
  const dialect = reader.kind === 'sqlite' ? SQLITE : POSTGRES;
  return reader.read(
    once(async (sql) => {
      requireReadable(await schemaState(sql, dialect), migrations);
      return readSnapshot(sql, take);
    }),
  );
}
