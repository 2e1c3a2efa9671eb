// A question to a service that has several replicas, asked until one answers.
//
// A replica that was stopped or cut off a moment ago still gets its share of the questions, and never answers: the
// question is asked once more beside the first, so that it may reach another. Questions must be idempotent.

import { setTimeout as sleep } from 'node:timers/promises';
import { SlipwayError } from '@slipway/contracts';

export interface AskAgainOptions {
  /** How long to go on while nobody answers, or all say "not now". Milliseconds. */
  deadlineMs: number;
  /** How long the first question is waited for alone; doubled with each that is asked beside it. Milliseconds. */
  patienceMs: number;
  /** Where the doubling ends. Milliseconds. */
  lastPatienceMs?: number;
}

type Outcome<T> = { kind: 'answer'; answer: T } | { kind: 'not-now'; thrown: SlipwayError } | { kind: 'silence' };

const LAST_TIMEOUT_MS = 10_000;
const FIRST_DELAY_MS = 25;
const LAST_DELAY_MS = 1_000;

/** The first answer. Throws what an answer says, unless it is "not now" before the time is over. */
export async function askAgain<T>(ask: (timeoutMs: number) => Promise<T>, options: AskAgainOptions): Promise<T> {
  const endMs = performance.now() + options.deadlineMs;
  const lastPatienceMs = options.lastPatienceMs ?? LAST_TIMEOUT_MS;
  const open = new Set<Promise<Outcome<T>>>();
  let refusals = 0;
  for (let asked = 0; ; asked++) {
    const question = outcomeOf(ask(LAST_TIMEOUT_MS)).finally(() => open.delete(question));
    open.add(question);
    question.catch(() => undefined); // another may be answered first
    const patienceMs = Math.min(
      options.patienceMs * 2 ** asked,
      lastPatienceMs,
      Math.max(endMs - performance.now(), 0),
    );
    const outcome = await firstOf<T>(open, patienceMs);
    const nowMs = performance.now();
    if (outcome.kind === 'answer') return outcome.answer;
    if (outcome.kind === 'silence') {
      if (nowMs < endMs) continue;
      throw new SlipwayError('transient', 'Timeout', `Nobody answered within ${options.deadlineMs} ms.`);
    }
    const delayMs = delayOf(refusals++, outcome.thrown);
    if (nowMs + delayMs > endMs) throw outcome.thrown;
    await sleep(delayMs);
  }
}

async function firstOf<T>(open: ReadonlySet<Promise<Outcome<T>>>, patienceMs: number): Promise<Outcome<T>> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<Outcome<T>>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'silence' }), patienceMs);
  });
  return Promise.race([...open, silence]).finally(() => clearTimeout(timer));
}

async function outcomeOf<T>(question: Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: 'answer', answer: await question };
  } catch (thrown) {
    if (!(thrown instanceof SlipwayError) || (thrown.kind !== 'transient' && thrown.kind !== 'overloaded'))
      throw thrown;
    return { kind: 'not-now', thrown };
  }
}

function delayOf(refusals: number, thrown: SlipwayError): number {
  const backoffMs = Math.min(FIRST_DELAY_MS * 2 ** refusals, LAST_DELAY_MS) * (0.5 + Math.random());
  return Math.max(backoffMs, thrown.retryAfterMs ?? 0);
}
