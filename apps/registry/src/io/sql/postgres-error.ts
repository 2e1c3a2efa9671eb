import pg from 'pg';
import { SlipwayError } from '@slipway/contracts';

/** SQLSTATE classes of a server that is away, full, stopping, or that asks to try again. */
const TRANSIENT = /^(08|40|53|55|57|58)/;

const LOCK_NOT_AVAILABLE = '55P03';

/** Words of the driver for a connection that is gone; such errors have no code. */
const LOST = /connection|timeout|not queryable|client was closed|terminat/i;

/** What the driver threw, as a SlipwayError. */
export function pgError(thrown: unknown): SlipwayError {
  if (thrown instanceof SlipwayError) return thrown;
  const state = thrown instanceof pg.DatabaseError ? (thrown.code ?? '') : undefined;
  if (state !== undefined && /^(28|3D)/.test(state)) {
    return new SlipwayError('invalid', 'BadDatabase', 'PostgreSQL does not let us in, or the database is not there.', {
      hint: 'Check user, password and database name of the address.',
      cause: thrown,
    });
  }
  if (state === LOCK_NOT_AVAILABLE) {
    return new SlipwayError('transient', 'DatabaseBusy', 'Somebody holds a table that is needed, such as a backup.', {
      hint: 'Wait for its end, or look in pg_stat_activity who it is.',
      retryAfterMs: 200,
      cause: thrown,
    });
  }
  if (state === undefined ? isLost(thrown) : TRANSIENT.test(state)) {
    return new SlipwayError('transient', 'DatabaseUnavailable', 'The database cannot be reached.', {
      retryAfterMs: 200,
      cause: thrown,
    });
  }
  return new SlipwayError('internal', 'DatabaseFailed', 'The database refused a statement.', { cause: thrown });
}

/** Errors of the socket have a word as code: ECONNREFUSED, EPIPE, … */
function isLost(thrown: unknown): boolean {
  const { code, message } = (thrown ?? {}) as { code?: unknown; message?: unknown };
  return (typeof code === 'string' && /^E[A-Z_]+$/.test(code)) || LOST.test(String(message));
}
