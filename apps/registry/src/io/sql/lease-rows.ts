// One sign of life of a replica as SQL. Runs inside one write transaction, on the database's clock.

import { SlipwayError, type LeaseRequest } from '@slipway/contracts';
import { decideLeases, type Lease, type Leasing, type Member } from '../../core/storage/leases.js';
import type { LeaseOutcome } from '../object-store.js';
import type { Clock, Sql } from './database.js';
import { selectFrom } from './dialect.js';
import { LEASES, MEMBERS } from './schema.js';

const TTL_LIMIT_MS = 10 * 60_000;

export async function writeLeases(sql: Sql, clock: Clock, request: LeaseRequest): Promise<LeaseOutcome> {
  check(request);
  const { service } = request;
  const { reply, member, changed, isMoving } = decideLeases(await readLeasing(sql, service), request, clock.nowMs);
  await sql.putRows(
    LEASES,
    changed.map((l) => [service, l.shard, l.holder, l.incarnation, l.token, l.expiresMs]),
  );
  if (member === undefined) await sql.deleteRows(MEMBERS, [[service, request.holder]]);
  else {
    const { holder, incarnation, expiresMs, leaving } = member;
    await sql.putRows(MEMBERS, [[service, holder, incarnation, expiresMs, leaving ? 1 : 0]]);
  }
  return { reply, isMoving };
}

async function readLeasing(sql: Sql, service: string): Promise<Leasing> {
  const [leases, members] = await Promise.all([
    sql.all(`${selectFrom(LEASES)} WHERE service = ? ORDER BY shard`, service),
    sql.all(`${selectFrom(MEMBERS)} WHERE service = ? ORDER BY holder`, service),
  ]);
  return {
    leases: leases.map((row): Lease => ({
      shard: row['shard'] as number,
      holder: row['holder'] as string,
      incarnation: row['incarnation'] as string,
      token: row['token'] as number,
      expiresMs: row['expires_ms'] as number,
    })),
    members: members.map((row): Member => ({
      holder: row['holder'] as string,
      incarnation: row['incarnation'] as string,
      expiresMs: row['expires_ms'] as number,
      leaving: row['leaving'] === 1,
    })),
  };
}

function check(request: LeaseRequest): void {
  const isNamed = request.holder !== '' && request.incarnation !== '';
  const isTimed = Number.isInteger(request.ttlMs) && request.ttlMs > 0 && request.ttlMs <= TTL_LIMIT_MS;
  const isService = ['scheduler', 'executor', 'resources'].includes(request.service);
  if (isNamed && isTimed && isService && Array.isArray(request.released)) return;
  throw new SlipwayError('invalid', 'MalformedRequest', 'The lease request has a field that is missing or impossible.');
}
