// The stored objects, out of a database and into an empty one, without a registry.

import type { BackupPosition, KubeObject } from '@slipway/contracts';
import { openObjectStore, openReader } from './io/sql/open.js';
import { snapshotOf } from './io/sql/read-snapshot.js';

/**
 * Hands over every object of one snapshot of `sqlite:<path>` or `postgres://…`, while registries may use it; writes nothing.
 *
 * Errors: `invalid` for a database that this program would have to change first.
 */
export async function backupObjects(
  database: string,
  take: (object: KubeObject) => Promise<void>,
): Promise<BackupPosition> {
  const reader = openReader(database);
  try {
    return await snapshotOf(reader, async (objects) => {
      for (const { text } of objects) await take(JSON.parse(text) as KubeObject);
    });
  } finally {
    await reader.close();
  }
}

/** Fills an empty database, all or nothing; answers how many objects there were. */
export async function restoreObjects(
  database: string,
  from: BackupPosition,
  objects: AsyncIterable<KubeObject>,
): Promise<number> {
  const store = await openObjectStore(database);
  try {
    return await store.restore(from, objects);
  } finally {
    await store.close();
  }
}
