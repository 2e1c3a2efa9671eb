// The object store on SQL: requests in, transactions out.

import { randomInt, randomUUID } from 'node:crypto';
import { SlipwayError, asSlipwayError, type CommitRequest, type ObjectKey, type Write } from '@slipway/contracts';
import { keyText, type Effect } from '../../core/storage/commit-group.js';
import type { CommitObserver, ObjectStore, OutboxRow, StoredObject } from '../object-store.js';
import { CommitQueue, type Settled } from './commit-queue.js';
import type { Clock, Sql, SqlDatabase } from './database.js';
import { selectFrom } from './dialect.js';
import { keyOfRow, storedOfRow, writeGroup } from './group-write.js';
import { writeLeases } from './lease-rows.js';
import { listObjects, readHeads } from './list.js';
import { OBJECTS, OUTBOX } from './schema.js';
import { once, readSnapshot, writeSnapshot } from './snapshot.js';

/** Tries for a name that nobody has; with 27^5 names for each base a second try is rare. */
const NAME_TRIES = 8;
/** Outbox rows go with the next commit; without one, after this long. */
const TRIM_DELAY_MS = 1_000;

/** How long tombstones, commit ids and members that are gone are kept: clients that were away may come back. */
const KEPT_MS = 5 * 60_000;
const PRUNE_EVERY_MS = 60_000;

export function sqlObjectStore(database: SqlDatabase, observer: CommitObserver = {}): ObjectStore {
  let trimTo = 0;
  let trimmed = 0;
  let trimTimer: NodeJS.Timeout | undefined;

  const trim = async (sql: Sql): Promise<void> => {
    if (trimTo <= trimmed) return;
    const target = trimTo;
    await sql.run('DELETE FROM outbox WHERE revision <= ?', target);
    trimmed = target; // when the transaction fails the rows stay, and the next trim takes them
  };

  const writeRequests = async (requests: readonly CommitRequest[]): Promise<Settled[]> => {
    const startedMs = performance.now();
    const result = await database.write(async (sql, clock) => {
      const done = await writeGroup(sql, clock, requests, randomUUID);
      await Promise.all([trim(sql), done.effects.length > 0 ? database.notify(sql) : undefined]);
      return done;
    });
    report(observer, result, performance.now() - startedMs);
    return result.settled;
  };

  /** A statement that one request makes fail must not fail its neighbours. */
  const writeApart = async (requests: readonly CommitRequest[]): Promise<Settled[]> => {
    try {
      return await writeRequests(requests);
    } catch (thrown) {
      if (requests.length === 1 || (thrown instanceof SlipwayError && thrown.kind === 'transient')) throw thrown;
      const settled: Settled[] = [];
      for (const request of requests) {
        settled.push(
          await writeRequests([request]).then(
            ([one]) => one!,
            (again: unknown) => ({ thrown: asSlipwayError(again) }),
          ),
        );
      }
      return settled;
    }
  };

  const queue = new CommitQueue(writeApart);

  /** A transaction that is done again, because the server went away at its end, must know its commits. */
  const ownId = (request: CommitRequest): { id?: string } =>
    database.kind === 'postgres' && request.id === undefined ? { id: randomUUID() } : {};

  const prune = (olderThanMs: number): Promise<number> =>
    database.write((sql, clock) => pruneTables(sql, clock, olderThanMs));
  const pruning = setInterval(() => {
    prune(KEPT_MS).catch(() => undefined); // best effort: the next round takes what this one left
  }, PRUNE_EVERY_MS).unref();

  return {
    async get(key) {
      const [row] = await database.read((sql) => sql.rowsByKey(OBJECTS, [[key.resource, key.namespace, key.name]]));
      return row === undefined ? undefined : storedOfRow(row);
    },

    async getMany(keys) {
      const wanted = keys.map((key) => [key.resource, key.namespace, key.name]);
      const rows = await database.read((sql) => sql.rowsByKey(OBJECTS, wanted));
      const found = new Map(rows.map((row) => [keyText(keyOfRow(row)), storedOfRow(row)]));
      return keys.map((key) => found.get(keyText(key)));
    },

    list: (request) => database.read((sql) => listObjects(sql, request)),

    async listByOwner(uid) {
      const rows = await database.read((sql) => sql.all(BY_OWNER, uid));
      return rows.map(storedOfRow);
    },

    async commit(request) {
      for (let attempt = 1; ; attempt++) {
        const named = { ...request, ...ownId(request), writes: request.writes.map(withName) };
        try {
          return await queue.commit(named);
        } catch (thrown) {
          const taken = thrown instanceof SlipwayError && thrown.kind === 'exists';
          const generated = named.writes.some((write, i) => write !== request.writes[i]);
          if (!taken || !generated || attempt === NAME_TRIES) throw thrown;
        }
      }
    },

    async heads() {
      const { revision, heads } = await database.read(readHeads);
      return { revision, heads };
    },

    async lease(request) {
      const askedMs = performance.now();
      return database.write((sql, clock) => {
        // A transaction is done again when the database was away, and this process may have stood still: a sign of life
        // counts only while its sender waits for the answer. Later it may be that of a replica that is gone.
        if (performance.now() - askedMs < request.ttlMs / 2) return writeLeases(sql, clock, request);
        throw new SlipwayError('transient', 'LateSignOfLife', 'The database took too long; ask again.');
      });
    },

    async outbox(afterRevision, limit) {
      const rows = await database.read((sql) =>
        sql.all(`${selectFrom(OUTBOX)} WHERE revision > ? ORDER BY revision LIMIT ?`, afterRevision, limit),
      );
      return rows.map((row): OutboxRow => ({
        revision: row['revision'] as number,
        shard: row['shard'] as number,
        key: keyOfRow(row),
        uid: row['uid'] as string,
        text: row['body'] as string,
      }));
    },

    async outboxSize() {
      const [row] = await database.read((sql) => sql.all('SELECT count(*) AS count FROM outbox'));
      return Number(row!['count']);
    },

    trimOutbox(upToRevision) {
      trimTo = Math.max(trimTo, upToRevision);
      trimTimer ??= setTimeout(() => {
        trimTimer = undefined;
        database.write(trim).catch(() => undefined); // best effort: the next commit takes the rows with it
      }, TRIM_DELAY_MS).unref();
    },

    onCommitted: (listener) => database.onNotified(listener),
    becomeSole: (role, signal) => database.becomeSole(role, signal),
    isReachable: () => database.isReachable(),

    prune,
    snapshot: (take) => database.read(once((sql) => readSnapshot(sql, take))),
    restore: (from, objects) => database.write(once((sql, clock) => writeSnapshot(sql, clock, from, objects))),

    async close() {
      clearTimeout(trimTimer);
      clearInterval(pruning);
      await queue.drained();
      await database.close();
    },
  };
}

async function pruneTables(sql: Sql, clock: Clock, olderThanMs: number): Promise<number> {
  const before = clock.nowMs - olderThanMs;
  const [row] = await sql.all('SELECT max(revision) AS revision FROM tombstones WHERE at_ms < ?', before);
  const compacted = Math.max(clock.compacted, Number(row?.['revision'] ?? 0));
  await sql.run('DELETE FROM tombstones WHERE revision <= ?', compacted);
  await sql.run('DELETE FROM commits WHERE at_ms < ?', before);
  await sql.run('DELETE FROM members WHERE expires_ms < ?', before);
  if (compacted > clock.compacted) await sql.run('UPDATE clock SET compacted = ?', compacted);
  return compacted;
}

const BY_OWNER = `SELECT o.resource, o.namespace, o.name, o.uid, o.revision, o.shard, o.labels, o.body
  FROM owners JOIN objects AS o
    ON o.resource = owners.resource AND o.namespace = owners.namespace AND o.name = owners.name
  WHERE owners.owner = ? ORDER BY o.resource, o.namespace, o.name`;

/** Kubernetes' alphabet for generated names: no vowels, no digits that look like letters. */
const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

function withName(write: Write): Write {
  if (write.op !== 'create') return write;
  const { name, generateName } = write.object.metadata;
  if ((name as string | undefined) || generateName === undefined || generateName === '') return write;
  const suffix = Array.from({ length: 5 }, () => NAME_LETTERS[randomInt(NAME_LETTERS.length)]).join('');
  const metadata = { ...write.object.metadata, name: generateName.slice(0, 58) + suffix };
  return { ...write, object: { ...write.object, metadata } };
}

function report(
  observer: CommitObserver,
  result: { settled: readonly Settled[]; effects: readonly Effect[] },
  durationMs: number,
): void {
  observer.group?.({ commits: result.settled.length, writes: result.effects.length, durationMs });
  for (const settled of result.settled) {
    if ('thrown' in settled) observer.refused?.(settled.thrown.reason);
  }
}

export type { StoredObject, ObjectKey };
