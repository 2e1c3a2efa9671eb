// Whether a failed attempt is followed by another, and when. Without a policy: Tekton's `retries`, at once.
//
//   R1. When the next attempt may start follows from what is stored alone, so a restarted executor waits as long.

import { backoffMs, msOf, timeOf, type RetryPolicy, type TaskRun, type TaskRunStatus } from '@slipway/contracts';
import { conditionOf } from './pod-status.js';

/** Stored times are cut to their second; an attempt never starts too early. */
const CUT_MS = 1_000;

/**
 * Whether a failed attempt is followed by another.
 *
 * `cause` is the reason that the condition would have by Tekton's finest words; a policy names those.
 */
export function mayRetry(taskRun: TaskRun, status: TaskRunStatus, policy?: RetryPolicy, cause?: string): boolean {
  if (taskRun.spec.status === 'TaskRunCancelled') return false;
  const failure = failureOf(status);
  if (failure === undefined || (status.retriesStatus?.length ?? 0) >= retryLimit(taskRun, policy)) return false;
  if (policy?.exitCodes === undefined && policy?.reasons === undefined) return true;
  const exitCode = exitCodeOf(status, failure.reason);
  const reasons = [failure.reason, cause].filter((reason) => reason !== undefined);
  return (
    (exitCode !== undefined && policy.exitCodes?.includes(exitCode) === true) ||
    reasons.some((reason) => policy.reasons?.includes(reason) === true)
  );
}

/** The failed attempt put aside, and the run as before its first. */
export function retriedStatus(
  failed: TaskRunStatus,
  taskRun: TaskRun,
  nowMs: number,
  policy?: RetryPolicy,
): TaskRunStatus {
  const { retriesStatus = [], ...attempt } = failed;
  const attempts = [...retriesStatus, attempt];
  const message = failureOf(failed)?.message ?? '';
  const dueMs = dueMsAfter(attempts, policy);
  const next = `attempt ${attempts.length + 1} of ${retryLimit(taskRun, policy) + 1}`;
  const until = dueMs === undefined ? '' : `; ${next} starts no earlier than ${timeOf(dueMs)}`;
  return {
    conditions: [conditionOf({ status: 'Unknown', reason: 'ToBeRetried', message: message + until }, taskRun, nowMs)],
    ...(failed.taskSpec === undefined ? {} : { taskSpec: failed.taskSpec }),
    ...(failed.provenance === undefined ? {} : { provenance: failed.provenance }),
    retriesStatus: attempts,
  };
}

/** Before when the next attempt of a run must not start; undefined: at once. Unix milliseconds. */
export function nextAttemptMs({ status }: Pick<TaskRun, 'status'>, policy?: RetryPolicy): number | undefined {
  return status?.podName ? undefined : dueMsAfter(status?.retriesStatus ?? [], policy);
}

function retryLimit({ spec }: TaskRun, policy: RetryPolicy | undefined): number {
  return policy?.limit ?? spec.retries ?? 0;
}

function dueMsAfter(attempts: readonly TaskRunStatus[], policy: RetryPolicy | undefined): number | undefined {
  const endedMs = msOf(attempts.at(-1)?.completionTime);
  const delayMs = backoffMs(policy?.backoff, attempts.length);
  return endedMs === undefined || delayMs === 0 ? undefined : endedMs + CUT_MS + delayMs; // R1
}

function failureOf(status: TaskRunStatus): { reason: string | undefined; message: string | undefined } | undefined {
  const condition = status.conditions?.find(({ type }) => type === 'Succeeded');
  return condition?.status === 'False' ? { reason: condition.reason, message: condition.message } : undefined;
}

/** Of the step that failed; a step that was stopped for the run's own reason has no exit code of its own. */
function exitCodeOf({ steps }: TaskRunStatus, reason: string | undefined): number | undefined {
  const failed = steps?.find(
    ({ terminated, terminationReason }) =>
      terminated !== undefined && terminated.exitCode !== 0 && terminationReason !== 'Continued',
  );
  return failed?.terminated?.reason === reason ? undefined : failed?.terminated?.exitCode;
}
