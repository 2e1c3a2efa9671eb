import { asSlipwayError, type ErrorKind } from '@slipway/contracts';

/** What a consumer tells the server about one delivery. Exactly one of these per message. */
export type Verdict =
  | { kind: 'ack' } //                      done, or nothing to do
  | { kind: 'nak'; delayMs: number } //     try again later
  | { kind: 'term'; reason: string }; //    never again; the message goes to the dead-letter subject

export interface RetryPolicy {
  /** Deliveries before giving up, the first one included. */
  maxDeliveries: number;
  /** Delay after the first failure; doubles up to `maxDelayMs`. */
  baseDelayMs: number;
  maxDelayMs: number;
}

/** About five minutes of trying. */
export const DEFAULT_POLICY: RetryPolicy = { maxDeliveries: 40, baseDelayMs: 50, maxDelayMs: 10_000 };

/** Whether the same message may be handled later. One row per kind, as `ErrorKind` documents it. */
const RETRIED: Readonly<Record<ErrorKind, boolean>> = {
  invalid: false,
  unauthorized: false,
  forbidden: false,
  'not-found': false,
  exists: false,
  expired: false,
  'too-large': false,
  conflict: true,
  overloaded: true,
  transient: true,
  internal: true,
};

/**
 * Turns a handler's failure into the answer the server gets.
 *
 * @param delivery how many times this message has been delivered, counting from 1
 */
export function verdictFor(thrown: unknown, delivery: number, policy: RetryPolicy): Verdict {
  const error = asSlipwayError(thrown);
  if (!RETRIED[error.kind]) return { kind: 'term', reason: error.reason };
  if (delivery >= policy.maxDeliveries) {
    return { kind: 'term', reason: `${error.reason} after ${delivery} deliveries` };
  }
  const backoffMs = Math.min(policy.baseDelayMs * 2 ** (delivery - 1), policy.maxDelayMs);
  return { kind: 'nak', delayMs: Math.max(backoffMs, error.retryAfterMs ?? 0) };
}
