// When a run is over whatever its pod does.
//
//   L1. Deadlines come from stored times and from the pod's own; a timer is only an alarm clock.
//   L2. Times are whole seconds, cut: no run is ended before its time.
//   L3. With a limit for waiting (`slipway.dev/pending-timeout`) the run's own limit counts from when its first container
//       started: who queues does not lose the time to work.

import {
  ANNOTATIONS,
  durationMs,
  formatDuration,
  msOf,
  type Pod,
  type PodStatus,
  type TaskRun,
} from '@slipway/contracts';

export interface Deadline {
  /** Unix milliseconds. */
  atMs: number;
  reason: 'TaskRunTimeout' | 'TaskRunPendingTimeout';
  message: string;
}

/** What is looked at; `startMs` is when the attempt began, in Unix milliseconds. */
export interface TimedRun {
  taskRun: TaskRun;
  pod: Pod | undefined;
  onNode: PodStatus | undefined;
  startMs: number | undefined;
  defaultTimeoutMs: number;
}

const CUT_MS = 999;

/** When the attempt is over and why; undefined while no time is running, or none is limited. */
export function deadlineOf({ taskRun, pod, onNode, startMs, defaultTimeoutMs }: TimedRun): Deadline | undefined {
  if (startMs === undefined) return undefined;
  const { name } = taskRun.metadata;
  const pending = pendingLimitOf(taskRun);
  const begunMs = pending === undefined ? startMs : firstStartMs(onNode ?? pod?.status);
  if (begunMs === undefined) {
    const limitMs = durationMs(pending ?? '') ?? 0;
    if (limitMs <= 0) return undefined;
    const message = `TaskRun "${name}" failed to start within "${pending}"`;
    return { atMs: startMs + limitMs, reason: 'TaskRunPendingTimeout', message };
  }
  const limitMs = timeoutMsOf(taskRun, defaultTimeoutMs);
  if (limitMs === 0) return undefined;
  const message = `TaskRun "${name}" failed to finish within "${taskRun.spec.timeout ?? '1h0m0s'}"`;
  return { atMs: begunMs + limitMs, reason: 'TaskRunTimeout', message };
}

/** Milliseconds that the run may take; 0 means for ever. */
function timeoutMsOf(taskRun: TaskRun, defaultTimeoutMs: number): number {
  const given = taskRun.spec.timeout;
  return given === undefined || given === '' ? defaultTimeoutMs : (durationMs(given) ?? defaultTimeoutMs);
}

/** Go duration for which the pod may be there, waiting included; `0` means for ever. */
export function podLimitOf(taskRun: TaskRun, defaultTimeout: string): string {
  const timeout = taskRun.spec.timeout ?? defaultTimeout;
  const pending = pendingLimitOf(taskRun);
  if (pending === undefined) return timeout;
  const [waitMs, workMs] = [durationMs(pending) ?? 0, durationMs(timeout) ?? 0];
  return waitMs <= 0 || workMs <= 0 ? '0' : formatDuration(waitMs + workMs);
}

function pendingLimitOf({ metadata }: TaskRun): string | undefined {
  const given = metadata.annotations?.[ANNOTATIONS.pendingTimeout];
  return given === undefined || durationMs(given) === undefined ? undefined : given;
}

/** When the first container of a pod started (L2); undefined while none has. */
function firstStartMs(status: PodStatus | undefined): number | undefined {
  const started = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(
    ({ state }) => msOf(state.running?.startedAt ?? state.terminated?.startedAt) ?? [],
  );
  return started.length === 0 ? undefined : Math.min(...started) + CUT_MS;
}
