// The events that tell the end of a TaskRun to the targets of its `cloudEvent` outputs: which are due, and what is said.
//
//   C1. What became of each is in the status of the run: a process that dies goes on where the status stands. An event
//       that was sent and not written down yet is sent again, with the same id.
//   C2. When the next attempt is due follows from the end of the run, the attempts so far and the time of the last, not
//       from a timer.

import {
  msOf,
  succeeded,
  timeOf,
  type CloudEvent,
  type CloudEventDelivery,
  type TaskRun,
  type TaskRunStatus,
} from '@slipway/contracts';

/** As many as Tekton makes. */
export const MAX_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 500;

/** What the status of a run says before anything is sent. */
export function plannedDeliveries(targets: readonly string[]): CloudEventDelivery[] {
  return targets.map((target) => ({ target, status: { condition: 'Unknown', message: '', retryCount: 0 } }));
}

/** Whether an event of a run is neither sent nor given up. */
export function hasUnsentEvents({ status }: Pick<TaskRun, 'status'>): boolean {
  return status?.cloudEvents?.some(isUnsent) === true;
}

/** When the next event of a finished run is due, Unix milliseconds; undefined when there is none (C2). */
export function nextEventMs({ status }: Pick<TaskRun, 'status'>): number | undefined {
  const endedMs = msOf(status?.completionTime) ?? 0;
  const due = (status?.cloudEvents ?? []).filter(isUnsent).map((delivery) => dueMs(delivery, endedMs));
  return due.length === 0 ? undefined : Math.min(...due);
}

/** The targets that are due now. */
export function dueTargets({ status }: Pick<TaskRun, 'status'>, nowMs: number): string[] {
  const endedMs = msOf(status?.completionTime) ?? 0;
  const due = (status?.cloudEvents ?? []).filter((one) => isUnsent(one) && dueMs(one, endedMs) <= nowMs);
  return [...new Set(due.map(({ target }) => target))];
}

/** The status after one attempt for each of some targets: why it failed, or undefined where it did not. */
export function afterAttempts(
  status: TaskRunStatus,
  outcomes: ReadonlyMap<string, string | undefined>,
  nowMs: number,
): TaskRunStatus {
  const cloudEvents = status.cloudEvents?.map((delivery): CloudEventDelivery => {
    const { target, status: before } = delivery;
    if (!isUnsent(delivery) || !outcomes.has(target)) return delivery;
    const message = outcomes.get(target);
    const sentAt = timeOf(nowMs);
    if (message === undefined) return { target, status: { ...before, condition: 'Sent', sentAt } };
    const retryCount = before.retryCount + 1;
    const condition = retryCount < MAX_ATTEMPTS ? 'Unknown' : 'Failed';
    return { target, status: { condition, message, retryCount, sentAt } };
  });
  return { ...status, ...(cloudEvents === undefined ? {} : { cloudEvents }) };
}

/** The event, the same whenever it is made (C1): Tekton's type and source, and the whole run as its data. */
export function endEventOf(taskRun: TaskRun): CloudEvent {
  const { namespace = '', name, uid = '' } = taskRun.metadata;
  const condition = succeeded(taskRun);
  const what = { True: 'successful', False: 'failed', Unknown: 'unknown' }[condition?.status ?? 'Unknown'];
  return {
    id: `${uid}-${what}`,
    source: `/apis/${taskRun.apiVersion}/namespaces/${namespace}/taskruns/${name}`,
    type: `dev.tekton.event.taskrun.${what}.v1`,
    subject: name,
    time: taskRun.status?.completionTime ?? '',
    data: { taskRun },
  };
}

function isUnsent({ status }: CloudEventDelivery): boolean {
  return status.condition === 'Unknown';
}

/**
 * Pauses double: half a second after the first attempt, two minutes after the last but one. What is overdue, since the
 * platform was stopped, waits from its last attempt on: all attempts at once would meet the same target that is away.
 */
function dueMs({ status: { retryCount, sentAt } }: CloudEventDelivery, endedMs: number): number {
  if (retryCount === 0) return endedMs;
  const pauseMs = FIRST_PAUSE_MS * 2 ** (retryCount - 1);
  return Math.max(endedMs + FIRST_PAUSE_MS * (2 ** retryCount - 1), (msOf(sentAt) ?? 0) + pauseMs);
}
