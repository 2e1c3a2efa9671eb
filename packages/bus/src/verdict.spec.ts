import { SlipwayError, type ErrorKind } from '@slipway/contracts';
import { verdictFor, type RetryPolicy, type Verdict } from './verdict.js';

const policy: RetryPolicy = { maxDeliveries: 3, baseDelayMs: 100, maxDelayMs: 150 };
const fail = (kind: ErrorKind, retryAfterMs?: number): SlipwayError =>
  new SlipwayError(kind, 'Why', 'Message.', retryAfterMs === undefined ? {} : { retryAfterMs });

// prettier-ignore
const table: [given: string, thrown: unknown, delivery: number, then: Verdict][] = [
  ['gives up at once on an event nobody can ever handle', fail('invalid'), 1, { kind: 'term', reason: 'Why' }],
  ['gives up at once on what is gone', fail('not-found'), 1, { kind: 'term', reason: 'Why' }],
  ['retries when a dependency is down', fail('transient'), 1, { kind: 'nak', delayMs: 100 }],
  ['retries when somebody else wrote first', fail('conflict'), 1, { kind: 'nak', delayMs: 100 }],
  ['doubles the delay up to its limit', fail('transient'), 2, { kind: 'nak', delayMs: 150 }],
  ['waits as long as the dependency asked', fail('transient', 5000), 1, { kind: 'nak', delayMs: 5000 }],
  ['gives up at the last delivery, and says how many there were', fail('transient'), 3, { kind: 'term', reason: 'Why after 3 deliveries' }],
  ['treats an unknown throw as our bug and retries it', new TypeError('x is undefined'), 1, { kind: 'nak', delayMs: 100 }],
];

test.each(table)('verdictFor %s', (_given, thrown, delivery, then) => {
  expect(verdictFor(thrown, delivery, policy)).toEqual(then);
});
