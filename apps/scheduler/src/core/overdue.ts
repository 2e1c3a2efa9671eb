// CustomRuns whose controller does not answer. Their controller keeps their timeout and ends them when it is asked to;
// where it does neither, the scheduler does it after a while, so that a run never waits for somebody who is not there.

import { ANNOTATIONS, durationMs, formatDuration, isDone, msOf, type CustomRun } from '@slipway/contracts';
import { CUSTOM_RUN, type ChildKind, type ChildObject } from './child-kind.js';

/** How long a controller may take to answer. */
export const GRACE_MS = 60_000;

/** When a child will be given up, and what its condition will say. */
export interface Overdue {
  /** Unix milliseconds. */
  atMs: number;
  reason: 'CustomRunCancelled' | 'CustomRunTimedOut';
  message: string;
}

/** `createdMs`: when it is created, for one that is not stored yet. Undefined: nothing is due, or it is nobody's duty. */
export function overdueOf(kind: ChildKind, child: ChildObject, createdMs?: number): Overdue | undefined {
  if (kind !== CUSTOM_RUN || isDone(child)) return undefined;
  const { metadata, spec, status } = child as CustomRun;
  const askedMs = msOf(metadata.annotations?.[ANNOTATIONS.cancelledAt]);
  if (askedMs !== undefined) return overdueAfterAsking(metadata.name, askedMs);
  const timeoutMs = spec.timeout === undefined ? 0 : (durationMs(spec.timeout) ?? 0);
  const startMs = msOf(status?.startTime) ?? msOf(metadata.creationTimestamp) ?? createdMs;
  if (timeoutMs === 0 || startMs === undefined) return undefined;
  const message = `CustomRun "${metadata.name}" failed to finish within "${formatDuration(timeoutMs)}", and its controller did not end it`;
  return { atMs: startMs + timeoutMs + GRACE_MS, reason: 'CustomRunTimedOut', message };
}

/** What becomes of a CustomRun that is asked to end at `nowMs`. */
export function overdueAfterAsking(name: string, nowMs: number): Overdue {
  const message = `CustomRun "${name}" was cancelled, and its controller did not answer within "${formatDuration(GRACE_MS)}"`;
  return { atMs: nowMs + GRACE_MS, reason: 'CustomRunCancelled', message };
}
