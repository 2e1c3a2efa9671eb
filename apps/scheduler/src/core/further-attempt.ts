// Whether a child that failed is followed by another attempt, and when. Only of the kinds whose attempts are runs of
// their own; the other kinds try again by themselves.
//
//   F1. When the next attempt may start follows from what is stored alone, so a restarted scheduler waits as long.

import { backoffMs } from '@slipway/contracts';
import type { ChildRun } from './child-run.js';
import type { CompiledTask } from './compiled-pipeline.js';
import { MAX_DEPTH_EXCEEDED } from './depth.js';

/** Stored times are cut to their second; an attempt never starts too early. */
const CUT_MS = 1_000;

/** The child with what its failure is followed by. A user who ended it, and a depth that is too deep, end it for good. */
export function withFurtherAttempt(run: ChildRun, { task, policy }: CompiledTask): ChildRun {
  const retry = policy?.retry;
  const isToRetry =
    run.kind.retriesAnew &&
    run.outcome === 'failed' &&
    run.reason !== MAX_DEPTH_EXCEEDED &&
    run.asked < 0 &&
    run.attempt < (task.retries ?? 0) &&
    (retry?.reasons === undefined || retry.reasons.includes(run.reason));
  const delayMs = isToRetry ? backoffMs(retry?.backoff, run.attempt + 1) : 0;
  const retryAtMs = delayMs === 0 || run.completedMs === undefined ? undefined : run.completedMs + CUT_MS + delayMs; // F1
  return { ...run, isToRetry, ...(retryAtMs === undefined ? {} : { retryAtMs }) };
}
