// Everything at once: out of the database for a backup, and into an empty one.

import {
  BUILDS,
  CUSTOM_RUNS,
  NAMESPACES,
  PIPELINE_RUNS,
  PODS,
  SlipwayError,
  TASK_RUNS,
  shardOfObject,
  type BackupPosition,
  type KubeObject,
  type ResourceName,
} from '@slipway/contracts';
import type { Effect, StoredObject } from '../../core/storage/commit-group.js';
import { keyOfWrite } from '../../core/storage/write.js';
import type { Clock, Sql } from './database.js';
import { storedOfRow, writeEffects } from './group-write.js';
import { readHeads } from './list.js';

const PAGE = 500;
/** Revisions and sequence numbers begin this far after those of the backup, which was not the last that was given. */
const LEAP = 1_000_000;
/** Last, and in this order: whoever hears of a run can find what hangs from it. */
const RUNS: readonly ResourceName[] = [PODS, TASK_RUNS, CUSTOM_RUNS, PIPELINE_RUNS, BUILDS];

/** The work, which has effects outside of its transaction and so cannot be done again when the database went away. */
export function once<A extends unknown[], T>(work: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  let isDone = false;
  return (...args) => {
    if (isDone) {
      throw new SlipwayError('internal', 'DatabaseLost', 'The database went away in the middle of it.', {
        hint: 'Nothing was changed: start again.',
      });
    }
    isDone = true;
    return work(...args);
  };
}

export async function readSnapshot(
  sql: Sql,
  take: (objects: readonly StoredObject[]) => Promise<void>,
): Promise<BackupPosition> {
  const { revision, heads } = await readHeads(sql);
  const rows = await sql.all('SELECT DISTINCT resource FROM objects ORDER BY resource');
  const resources = rows.map((row) => row['resource'] as ResourceName);
  resources.sort((a, b) => RUNS.indexOf(a) - RUNS.indexOf(b));
  for (const resource of resources) {
    for (let after = { namespace: '', name: '' }; ;) {
      const page = await sql.all(PAGE_OF, resource, after.namespace, after.name, PAGE);
      if (page.length === 0) break;
      const objects = page.map(storedOfRow);
      await take(objects);
      after = objects.at(-1)!.key;
    }
  }
  return { revision, heads };
}

const PAGE_OF = `SELECT resource, namespace, name, uid, revision, shard, labels, body FROM objects
  WHERE resource = ? AND (namespace, name) > (?, ?) ORDER BY namespace, name LIMIT ?`;

export async function writeSnapshot(
  sql: Sql,
  clock: Clock,
  from: BackupPosition,
  objects: AsyncIterable<KubeObject>,
): Promise<number> {
  await refuseUsed(sql, clock);
  for (const table of ['objects', 'owners', 'outbox', 'tombstones', 'commits']) await sql.run(`DELETE FROM ${table}`);
  const now = await readHeads(sql);
  const start = Math.max(clock.revision, from.revision) + LEAP;
  const group = new Restored(
    start,
    now.heads.map((head, shard) => Math.max(head, from.heads[shard] ?? 0) + LEAP),
  );
  let count = 0;
  for await (const object of objects) {
    group.add(object);
    count++;
    if (group.effects.length < PAGE) continue;
    await writeEffects(sql, clock, group);
    group.effects = [];
  }
  await writeEffects(sql, clock, group);
  await sql.run('UPDATE clock SET revision = ?, compacted = ?', group.revision, start);
  return count;
}

async function refuseUsed(sql: Sql, clock: Clock): Promise<void> {
  const [member] = await sql.all(
    'SELECT service, holder FROM members WHERE expires_ms > ? AND leaving = 0',
    clock.nowMs,
  );
  if (member !== undefined) {
    const message = `The store is in use by ${String(member['holder'])}.`;
    throw new SlipwayError('conflict', 'StoreInUse', message, { hint: 'Stop every service of the platform first.' });
  }
  // A registry that was started once has made the namespace `default`.
  const [found] = await sql.all(
    "SELECT count(*) AS count FROM objects WHERE NOT (namespace = 'default' AND name = 'default') AND NOT (resource = ? AND name = 'default')",
    NAMESPACES,
  );
  if (Number(found!['count']) > 0) {
    throw new SlipwayError('exists', 'StoreNotEmpty', 'The store holds objects already.', {
      hint: 'Restore into a new database or an empty data folder.',
    });
  }
}

/** Objects as the changes that make them. */
class Restored {
  effects: Effect[] = [];
  readonly heads = new Map<number, number>();

  constructor(
    public revision: number,
    private readonly base: readonly number[],
  ) {}

  add(restored: KubeObject): void {
    const key = keyOfWrite({ op: 'create', object: restored });
    const revision = ++this.revision;
    const object = { ...restored, metadata: { ...restored.metadata, resourceVersion: String(revision) } };
    const shard = shardOfObject(object.metadata);
    const sequence = (this.heads.get(shard) ?? this.base[shard] ?? LEAP) + 1;
    this.heads.set(shard, sequence);
    const stored = { key, uid: object.metadata.uid ?? '', revision, shard, text: JSON.stringify(object) };
    this.effects.push({ type: 'ADDED', revision, sequence, stored, object, ownersBefore: [] });
  }
}
