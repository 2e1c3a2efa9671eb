// One delivery from bytes to answer, whatever brought it: the real consumer and the tests' stand-in share this.
//
//   B1. Every delivery is settled at most once, and exactly once while its connection lives.
//   B4. A message is terminated only after its dead letter is written.

import type { BusMessage, ConsumeOptions } from './bus.js';
import { DEFAULT_POLICY, verdictFor, type Verdict } from './verdict.js';

/** Writes the dead letter; resolves when it is stored. */
export type Bury = (message: BusMessage, reason: string) => Promise<void>;

export async function settleOne<E>(
  message: BusMessage,
  options: ConsumeOptions<E>,
  bury: Bury,
  apply: (verdict: Verdict) => void,
): Promise<Verdict> {
  const { verdict, thrown } = await judge(message, options, bury);
  apply(verdict); // B1
  options.onSettled?.(message, verdict, thrown);
  return verdict;
}

async function judge<E>(
  message: BusMessage,
  options: ConsumeOptions<E>,
  bury: Bury,
): Promise<{ verdict: Verdict; thrown?: unknown }> {
  const policy = options.policy ?? DEFAULT_POLICY;
  try {
    const event = options.decode === undefined ? message.json<E>() : options.decode(message);
    await options.handle(event, message);
    return { verdict: { kind: 'ack' } };
  } catch (thrown) {
    const verdict = verdictFor(thrown, message.delivery, policy);
    if (verdict.kind !== 'term') return { verdict, thrown };
    try {
      await bury(message, verdict.reason); // B4
      return { verdict, thrown };
    } catch (unwritten) {
      const both = new AggregateError(
        [thrown, unwritten],
        'The message failed for good and its dead letter was not written.',
      );
      return { verdict: { kind: 'nak', delayMs: policy.maxDelayMs }, thrown: both };
    }
  }
}
