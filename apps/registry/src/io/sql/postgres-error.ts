import { SlipwayError } from '@slipway/contracts';

/** SQLSTATE classes of a server that is away, full, stopping, or that asks to try again. */
const TRANSIENT = /^(08|40|53|55|57|58)/;

/** What the driver threw, as a SlipwayError. Errors without SQLSTATE are those of the connection. */
export function pgError(thrown: unknown): SlipwayError {
  if (thrown instanceof SlipwayError) return thrown;
  const code = (thrown as { code?: unknown } | null)?.code;
  const state = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
  if (state !== undefined && /^(28|3D)/.test(state)) {
    return new SlipwayError('invalid', 'BadDatabase', 'PostgreSQL does not let us in, or the database is not there.', {
      hint: 'Check user, password and database name of the address.',
      cause: thrown,
    });
  }
  if (thrown instanceof Error && (state === undefined || TRANSIENT.test(state)) && !(thrown instanceof TypeError)) {
    return new SlipwayError('transient', 'DatabaseUnavailable', 'The database cannot be reached.', {
      retryAfterMs: 200,
      cause: thrown,
    });
  }
  return new SlipwayError('internal', 'DatabaseFailed', 'The database refused a statement.', { cause: thrown });
}
