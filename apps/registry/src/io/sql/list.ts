// Pages of a list: raw JSON text, in key order, with a token that says where the next page begins.

import {
  SHARD_COUNT,
  SlipwayError,
  matchesLabels,
  parseLabelSelector,
  type LabelRequirement,
} from '@slipway/contracts';
import type { StoredList, StoredListRequest } from '../object-store.js';
import type { Sql, SqlRow, SqlValue } from './database.js';
import { storedOfRow } from './group-write.js';

/** Rows looked at at once, and about as much text is read: between two reads the event loop serves others. */
const CHUNK_ROWS = 500;
const CHUNK_BYTES = 1024 * 1024;
/** A page of large objects ends here, however many were asked for: nobody's objects may take the memory from the others. */
const PAGE_BYTES = 4 * 1024 * 1024;

interface Token {
  revision: number;
  namespace: string;
  name: string;
}

export async function listObjects(sql: Sql, request: StoredListRequest): Promise<StoredList> {
  const requirements = parseLabelSelector(request.labelSelector ?? '');
  const token = request.continue === undefined ? undefined : readToken(request.continue);
  const { revision, heads, compacted } = await readHeads(sql);
  if (token !== undefined && token.revision < compacted) throw expired();
  const listed = token?.revision ?? revision;
  const limit = request.limit ?? Infinity;
  const limitBytes = request.limitBytes ?? (request.limit === undefined ? Infinity : PAGE_BYTES);
  const list: StoredList = { items: [], revision: listed, heads };
  let after = { namespace: token?.namespace ?? '', name: token?.name ?? '' };
  let bytes = 0;
  for (;;) {
    const chunk = requirements.length === 0 ? Math.min(CHUNK_ROWS, limit - list.items.length + 1) : CHUNK_ROWS;
    // First how large they are, which costs little: an answer's text is read once, and no more than it holds.
    const sizes = await sql.all(...statement('octet_length(body) AS bytes', request, requirements, after, chunk));
    // A full one ends at the next row that is selected: the very next, unless labels are yet to be matched.
    const wanted = bytes < limitBytes || requirements.length === 0 ? limitBytes - bytes : CHUNK_BYTES;
    const count = fitting(sizes, Math.min(CHUNK_BYTES, wanted));
    const rows = count === 0 ? [] : await sql.all(...statement(COLUMNS, request, requirements, after, count));
    for (const row of rows) {
      if (!matchesLabels(requirements, labelsOf(row, requirements))) continue;
      const full = list.items.length >= limit || (bytes >= limitBytes && list.items.length > 0);
      if (full) {
        const last = list.items.at(-1)!.key;
        return { ...list, continue: writeToken({ revision: listed, namespace: last.namespace, name: last.name }) };
      }
      list.items.push(storedOfRow(row));
      bytes += Buffer.byteLength(row['body'] as string);
    }
    const last = rows.at(-1);
    if (last === undefined || (count === sizes.length && count < chunk)) return list;
    after = { namespace: last['namespace'] as string, name: last['name'] as string };
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function readHeads(sql: Sql): Promise<{ revision: number; heads: number[]; compacted: number }> {
  const [clock] = await sql.all('SELECT revision, compacted FROM clock');
  const heads = new Array<number>(SHARD_COUNT).fill(0);
  for (const row of await sql.all('SELECT shard, sequence FROM shards')) {
    heads[row['shard'] as number] = row['sequence'] as number;
  }
  return { revision: clock!['revision'] as number, compacted: clock!['compacted'] as number, heads };
}

const COLUMNS = 'resource, namespace, name, uid, revision, shard, labels, body';

/** How many of the rows have the bytes together: one at least, where there is one. */
function fitting(sizes: readonly SqlRow[], bytes: number): number {
  let left = bytes;
  let count = 0;
  for (const { bytes: size } of sizes) {
    if (count > 0 && left <= 0) break;
    left -= size as number;
    count++;
  }
  return count;
}

function statement(
  columns: string,
  request: StoredListRequest,
  requirements: readonly LabelRequirement[],
  after: { namespace: string; name: string },
  limit: number,
): [text: string, ...params: SqlValue[]] {
  const where = ['resource = ?'];
  const params: SqlValue[] = [request.resource];
  if (request.namespace === undefined) {
    where.push('(namespace, name) > (?, ?)');
    params.push(after.namespace, after.name);
  } else {
    where.push('namespace = ?', 'name > ?');
    params.push(request.namespace, after.name);
  }
  if (request.shards !== undefined) where.push(`shard IN (${request.shards.map(wholeShard).join(', ') || '-1'})`);
  for (const requirement of requirements) {
    // Only thins out what is read; the labels are matched again, exactly.
    if (requirement.op !== 'in' || requirement.values.length !== 1) continue;
    where.push("labels LIKE ? ESCAPE '!'");
    params.push(`%${likeText(requirement.key, requirement.values[0]!)}%`);
  }
  params.push(limit);
  return [
    `SELECT ${columns} FROM objects
     WHERE ${where.join(' AND ')} ORDER BY namespace, name LIMIT ?`,
    ...params,
  ];
}

function likeText(key: string, value: string): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`.replace(/[!%_]/g, '!$&');
}

function labelsOf(row: SqlRow, requirements: readonly LabelRequirement[]): Record<string, string> {
  return requirements.length === 0 ? {} : (JSON.parse(row['labels'] as string) as Record<string, string>);
}

function wholeShard(shard: number): number {
  if (Number.isInteger(shard) && shard >= 0 && shard < SHARD_COUNT) return shard;
  throw new SlipwayError('invalid', 'InvalidShard', `${String(shard)} is no shard.`);
}

function writeToken(token: Token): string {
  return Buffer.from(JSON.stringify([1, token.revision, token.namespace, token.name])).toString('base64url');
}

function readToken(text: string): Token {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(value) && value.length === 4 && value[0] === 1) {
      const [, revision, namespace, name] = value as unknown[];
      if (Number.isSafeInteger(revision) && typeof namespace === 'string' && typeof name === 'string') {
        return { revision: revision as number, namespace, name };
      }
    }
  } catch {
    // not JSON: as malformed as anything else
  }
  throw new SlipwayError('invalid', 'BadContinueToken', 'The continue token is not one that a list gave.');
}

function expired(): SlipwayError {
  return new SlipwayError(
    'expired',
    'Expired',
    'The provided continue parameter is too old to display a consistent list result.',
    { hint: 'List again without the continue parameter.' },
  );
}
