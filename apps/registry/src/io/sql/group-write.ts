// One group of commits as SQL: read what it needs, decide, write what was decided. Runs inside one write transaction.

import {
  asSlipwayError,
  timeOf,
  type CommitReply,
  type CommitRequest,
  type Fence,
  type KubeObject,
  type ObjectKey,
} from '@slipway/contracts';
import {
  CommitGroup,
  fenceText,
  keyText,
  ownerUids,
  type CommitView,
  type Effect,
  type StoredObject,
} from '../../core/storage/commit-group.js';
import { keyOfWrite } from '../../core/storage/write.js';
import { changeText } from './change-text.js';
import type { Settled } from './commit-queue.js';
import type { Clock, Sql, SqlRow, SqlValue } from './database.js';
import { COMMITS, LEASES, OBJECTS, OUTBOX, OWNERS, SHARDS, TOMBSTONES } from './schema.js';

export interface GroupResult {
  settled: Settled[];
  effects: readonly Effect[];
}

export async function writeGroup(
  sql: Sql,
  clock: Clock,
  requests: readonly CommitRequest[],
  newUid: () => string,
): Promise<GroupResult> {
  const [remembered, view] = await Promise.all([rememberedReplies(sql, requests), readView(sql, clock, requests)]);
  const group = new CommitGroup(view, { now: timeOf(clock.nowMs), newUid });
  const answers: (Settled | Memory)[] = [];
  const ids: SqlValue[][] = [];
  for (const request of requests) {
    const earlier = request.id === undefined ? undefined : remembered.get(request.id);
    const answer = earlier ?? attempt(group, request);
    answers.push(answer);
    if (request.id !== undefined && 'reply' in answer) {
      const memory = memoryOf(answer.reply, request);
      remembered.set(request.id, memory);
      ids.push([request.id, clock.nowMs, JSON.stringify(memory)]);
    }
  }
  await Promise.all([writeEffects(sql, clock, group), sql.putRows(COMMITS, ids)]);
  // After the writes, because the first asking may be in this group.
  const settled = await Promise.all(
    answers.map(async (answer) => ('objects' in answer ? answerAgain(sql, answer) : answer)),
  );
  return { settled, effects: group.effects };
}

function attempt(group: CommitGroup, request: CommitRequest): Settled {
  try {
    return { reply: group.commit(request) };
  } catch (thrown) {
    return { thrown: asSlipwayError(thrown) };
  }
}

async function readView(sql: Sql, clock: Clock, requests: readonly CommitRequest[]): Promise<CommitView> {
  const keys = new Map<string, ObjectKey>();
  const fences = new Map<string, Fence>();
  for (const request of requests) {
    if (request.fence !== undefined) fences.set(fenceText(request.fence), request.fence);
    for (const key of keysOf(request)) keys.set(keyText(key), key);
  }
  const [objects, tokens, heads] = await Promise.all([
    sql.rowsByKey(
      OBJECTS,
      [...keys.values()].map((key) => keyRow(key)),
    ),
    sql.rowsByKey(
      LEASES,
      [...fences.values()].map((fence) => [fence.service, fence.shard]),
    ),
    sql.all('SELECT shard, sequence FROM shards'),
  ]);
  return {
    revision: clock.revision,
    heads: new Map(heads.map((row) => [row['shard'] as number, row['sequence'] as number])),
    objects: new Map(objects.map((row) => [keyText(keyOfRow(row)), storedOfRow(row)])),
    tokens: new Map(
      tokens.map((row) => [
        fenceText({ service: row['service'] as Fence['service'], shard: row['shard'] as number }),
        row['token'] as number,
      ]),
    ),
  };
}

/** What cannot even be named has nothing stored; deciding the commit says what is wrong with it. */
function keysOf(request: CommitRequest): ObjectKey[] {
  try {
    return request.writes.map(keyOfWrite);
  } catch {
    return [];
  }
}

/** Writes what was decided: objects, owners, the changes to be published, and where the clock and the shards stand. */
export async function writeEffects(
  sql: Sql,
  clock: Pick<Clock, 'nowMs'>,
  group: Pick<CommitGroup, 'effects' | 'heads' | 'revision'>,
): Promise<void> {
  const { effects } = group;
  if (effects.length === 0) return;
  const last = new Map(effects.map((effect) => [keyText(effect.stored.key), effect]));
  const kept = [...last.values()].filter((effect) => effect.type !== 'DELETED');
  const gone = [...last.values()].filter((effect) => effect.type === 'DELETED');
  const deletions = effects.filter((effect) => effect.type === 'DELETED');
  const { added, removed } = ownerChanges(effects);
  await Promise.all([
    sql.putRows(OBJECTS, kept.map(objectRow)),
    sql.deleteRows(
      OBJECTS,
      gone.map((effect) => keyRow(effect.stored.key)),
    ),
    sql.putRows(OWNERS, added),
    sql.deleteRows(OWNERS, removed),
    sql.putRows(OUTBOX, effects.map(outboxRow)),
    sql.putRows(
      TOMBSTONES,
      deletions.map((effect) => tombstoneRow(effect, clock)),
    ),
    sql.putRows(SHARDS, [...group.heads]),
    sql.run('UPDATE clock SET revision = ?', group.revision),
  ]);
}

function ownerChanges(effects: readonly Effect[]): { added: SqlValue[][]; removed: SqlValue[][] } {
  const changed = new Map<string, { row: SqlValue[]; present: boolean }>();
  for (const effect of effects) {
    const after = effect.type === 'DELETED' ? [] : ownerUids(effect.object);
    const key = effect.stored.key;
    const note = (uid: string, present: boolean): void => {
      changed.set(`${uid}/${keyText(key)}`, { row: [uid, ...keyRow(key)], present });
    };
    effect.ownersBefore.filter((uid) => !after.includes(uid)).forEach((uid) => note(uid, false));
    after.filter((uid) => !effect.ownersBefore.includes(uid)).forEach((uid) => note(uid, true));
  }
  const rows = [...changed.values()];
  return {
    added: rows.filter((change) => change.present).map((change) => change.row),
    removed: rows.filter((change) => !change.present).map((change) => change.row),
  };
}

// Repeated commits ----------------------------------------------------------------------------------------------------

/** What is kept of an answer: enough to give it again. `null` where the object was removed. */
interface Memory {
  revision: number;
  objects: ([...key: string[], uid: string] | null)[];
}

async function rememberedReplies(sql: Sql, requests: readonly CommitRequest[]): Promise<Map<string, Memory>> {
  const ids = requests.flatMap((request) => (request.id === undefined ? [] : [[request.id]]));
  if (ids.length === 0) return new Map();
  const rows = await sql.rowsByKey(COMMITS, ids);
  return new Map(rows.map((row) => [row['id'] as string, JSON.parse(row['reply'] as string) as Memory]));
}

function memoryOf(reply: CommitReply, request: CommitRequest): Memory {
  const objects = reply.objects.map((object, i): Memory['objects'][number] => {
    if (object === null) return null;
    const { resource, namespace, name } = keyOfWrite(request.writes[i]!);
    return [resource, namespace, name, object.metadata.uid ?? ''];
  });
  return { revision: reply.revision, objects };
}

/** The answer once more. Objects are given as they are now: a newer state serves the caller better than the old one. */
async function answerAgain(sql: Sql, memory: Memory): Promise<Settled> {
  const objects: (KubeObject | null)[] = [];
  for (const entry of memory.objects) {
    const [row] = entry === null ? [] : await sql.rowsByKey(OBJECTS, [entry.slice(0, 3)]);
    const same = row !== undefined && row['uid'] === entry?.[3];
    objects.push(same ? (JSON.parse(row['body'] as string) as KubeObject) : null);
  }
  return { reply: { revision: memory.revision, objects } };
}

// Rows ----------------------------------------------------------------------------------------------------------------

export function storedOfRow(row: SqlRow): StoredObject {
  return {
    key: keyOfRow(row),
    uid: row['uid'] as string,
    revision: row['revision'] as number,
    shard: row['shard'] as number,
    text: row['body'] as string,
  };
}

export function keyOfRow(row: SqlRow): ObjectKey {
  return {
    resource: row['resource'] as string,
    namespace: row['namespace'] as string,
    name: row['name'] as string,
  };
}

function keyRow(key: ObjectKey): [string, string, string] {
  return [key.resource, key.namespace, key.name];
}

function objectRow({ stored, object }: Effect): SqlValue[] {
  const labels = JSON.stringify(object.metadata.labels ?? {});
  return [...keyRow(stored.key), stored.uid, stored.revision, stored.shard, labels, stored.text];
}

function outboxRow(effect: Effect): SqlValue[] {
  const { stored } = effect;
  return [stored.revision, stored.shard, ...keyRow(stored.key), stored.uid, changeText(effect)];
}

function tombstoneRow({ stored }: Effect, clock: Pick<Clock, 'nowMs'>): SqlValue[] {
  return [stored.revision, clock.nowMs, ...keyRow(stored.key), stored.uid, stored.shard, stored.text];
}
