// The decision: given everything known about one TaskRun, what should happen next?
//
//   D1. Level-triggered: the answer depends on the state, never on which event arrived.
//   D2. A finished run is never changed again; only its pod is cleaned up.
//   D3. A pod is started only while nothing shows that it ever ran: a step never runs twice.
//   D4. Deadlines come from stored times; a timer is only an alarm clock.

import {
  ANNOTATIONS,
  isDone,
  msOf,
  timeOf,
  type Pod,
  type PodStatus,
  type RetryPolicy,
  type TaskRun,
  type TaskRunStatus,
} from '@slipway/contracts';
import { withDecisions } from './breakpoints.js';
import { deadlineOf } from './deadlines.js';
import { conditionOf, isComplete, sidecarsReady } from './pod-status.js';
import { nextAttemptMs } from './retry.js';
import { restartCause, startDueMs } from './unstarted.js';
import { hasBegun, isStep } from './step-states.js';

export interface RunView {
  taskRun: TaskRun;
  /** The pod of the current attempt as it is stored. */
  pod: Pod | undefined;
  /** What the node says of it; undefined: the node has no such pod. */
  onNode: PodStatus | undefined;
  /** When the attempt was started, where it is known better than the stored whole second. Unix milliseconds. */
  startedMs?: number | undefined;
  /** The node that this process starts pods on; absent where a cluster decides. */
  nodeName?: string | undefined;
  /** What the run's policy says of further attempts. */
  retry?: RetryPolicy | undefined;
  defaultTimeoutMs: number;
  /** How long a pod may fail to get an image, milliseconds. */
  imagePullMs: number;
}

export type Decision =
  | { kind: 'rest' }
  /** The run has its outcome: end what still runs, keep its log, forget its pod. */
  | { kind: 'clean-up' }
  /** Say that the run waits for its user. */
  | { kind: 'hold' }
  /** Make the pod of the current attempt. */
  | { kind: 'create-pod' }
  /** The pod is stored, and the node has not got it: give it. */
  | { kind: 'start-pod' }
  /** The pod ended before a step of it had begun: start another in its place. */
  | { kind: 'restart-pod'; reason: string; message: string }
  /** The pod ran on a node that no longer knows it. */
  | { kind: 'lost' }
  /** A step ended without telling the next: those that wait for it would wait for ever. */
  | { kind: 'end-pod' }
  /** Let the first step begin. */
  | { kind: 'open-gate' }
  /** Tell the steps what a person has decided about their breakpoints. */
  | { kind: 'pass-decisions'; annotations: Record<string, string> }
  /** The pod's state says what the run's is. */
  | { kind: 'report' }
  /** End the run whatever its pod does. */
  | { kind: 'stop'; reason: string; message: string };

/** Decides the next action of one TaskRun. */
export function decide(view: RunView, nowMs: number): Decision {
  const { taskRun, pod, onNode } = view;
  if (isDone(taskRun)) return { kind: 'clean-up' }; // D2
  const stop = stopFor(view, nowMs);
  if (stop !== undefined) return stop;
  if (!taskRun.status?.podName) {
    if (taskRun.spec.status === 'TaskRunPending') return { kind: 'hold' };
    return { kind: nowMs < (nextAttemptMs(taskRun, view.retry) ?? 0) ? 'rest' : 'create-pod' }; // D4
  }
  if (pod === undefined) return { kind: 'lost' };
  if (onNode === undefined) {
    if (!mayStart(pod, view.nodeName)) return { kind: 'lost' }; // D3
    return { kind: nowMs < startDueMs(pod) ? 'rest' : 'start-pod' };
  }
  const restart = view.nodeName === undefined ? restartCause(pod, onNode) : undefined;
  if (restart !== undefined) return { kind: 'restart-pod', ...restart };
  if (isChainBroken(onNode)) return { kind: 'end-pod' };
  if (needsGate(pod, onNode)) return { kind: 'open-gate' };
  const annotations = withDecisions(taskRun, pod);
  if (annotations !== undefined) return { kind: 'pass-decisions', annotations };
  return { kind: 'report' };
}

/** When to look again without being told, in Unix milliseconds; undefined: only when something changes. */
export function wakeAtMs(view: RunView): number | undefined {
  const { taskRun, pod, onNode, imagePullMs } = view;
  if (isDone(taskRun)) return undefined;
  const startMs = startMsOf(view);
  if (startMs === undefined) return nextAttemptMs(taskRun, view.retry);
  const deadline = deadlineOf({ ...view, startMs });
  const deadlines = [
    ...(deadline === undefined ? [] : [deadline.atMs]),
    ...(isPullingImage(onNode) ? [startMs + imagePullMs] : []),
    ...(pod === undefined || onNode !== undefined || startDueMs(pod) === 0 ? [] : [startDueMs(pod)]),
  ];
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}

/** The status of a run that ends before its steps did: what still ran is shown as ended for that reason. */
export function stoppedStatus(taskRun: TaskRun, reason: string, message: string, nowMs: number): TaskRunStatus {
  const finishedAt = timeOf(nowMs);
  const steps = taskRun.status?.steps?.map((step) => {
    if (step.running === undefined && step.waiting === undefined) return step;
    const startedAt = step.running?.startedAt;
    const terminated = { exitCode: 1, finishedAt, reason, ...(startedAt === undefined ? {} : { startedAt }) };
    const ended = { ...step, terminated, terminationReason: reason };
    delete ended.running;
    delete ended.waiting;
    return ended;
  });
  return {
    startTime: finishedAt, // of a run for which nothing was done yet
    ...taskRun.status,
    conditions: [conditionOf({ status: 'False', reason, message }, taskRun, nowMs)],
    completionTime: finishedAt,
    ...(steps === undefined ? {} : { steps }),
  };
}

/** On another node the pod may run with nobody having stored that it does. */
function mayStart(pod: Pod, nodeName: string | undefined): boolean {
  // A cluster removes pods on its own: one that was seen there may have run since.
  if (nodeName === undefined) return pod.status?.phase === undefined;
  return !hasRun(pod) && (pod.spec.nodeName === undefined || pod.spec.nodeName === nodeName);
}

/** Whether any container of the pod has been seen to run: what it did cannot be undone by running it again. */
export function hasRun(pod: Pick<Pod, 'status'>): boolean {
  const { initContainerStatuses = [], containerStatuses = [], phase } = pod.status ?? {};
  return (
    (phase !== undefined && phase !== 'Pending') ||
    [...initContainerStatuses, ...containerStatuses].some(({ state }) => !!state?.running || !!state?.terminated)
  );
}

/** A stored time is cut to its second; a run is never ended before its time. */
function startMsOf({ taskRun, startedMs }: RunView): number | undefined {
  const storedMs = msOf(taskRun.status?.startTime);
  return storedMs === undefined ? undefined : (startedMs ?? storedMs + 999);
}

function stopFor(view: RunView, nowMs: number): Decision | undefined {
  const { taskRun, pod, onNode, ...limits } = view;
  const name = taskRun.metadata.name;
  if (taskRun.spec.status === 'TaskRunCancelled') {
    const message = `TaskRun "${name}" was cancelled. ${taskRun.spec.statusMessage ?? ''}`;
    return { kind: 'stop', reason: 'TaskRunCancelled', message };
  }
  const startMs = startMsOf(view);
  const deadline = deadlineOf({ ...view, startMs });
  if (startMs === undefined) return undefined;
  const ended = pod !== undefined && onNode !== undefined && isComplete({ ...pod, status: onNode });
  if (deadline !== undefined && nowMs >= deadline.atMs && !ended) {
    return { kind: 'stop', reason: deadline.reason, message: deadline.message };
  }
  const pulling = pullFailure(onNode);
  if (pulling === undefined || (!pulling.isFinal && nowMs < startMs + limits.imagePullMs)) return undefined;
  const kind = pulling.name.startsWith('sidecar-') ? 'sidecar' : 'step';
  const short = pulling.name.replace(/^((build-)?step|sidecar)-/, '');
  return {
    kind: 'stop',
    reason: 'TaskRunImagePullFailed',
    message: `the ${kind} "${short}" in TaskRun "${name}" failed to pull the image "${pulling.image}". The pod errored with the message: "${pulling.message}."`,
  };
}

interface PullFailure {
  name: string;
  image: string;
  message: string;
  /** Trying again does not help. */
  isFinal: boolean;
}

function pullFailure(status: PodStatus | undefined): PullFailure | undefined {
  for (const { name, image, imageID, state } of [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ]) {
    const { reason = '', message = '' } = state?.waiting ?? {};
    const isFinal = FINAL_PULL_REASONS.includes(reason) || (reason === 'ErrImagePull' && NO_SUCH_IMAGE.test(message));
    if (!isFinal && reason !== 'ImagePullBackOff') continue;
    return { name, image: (imageID ?? '') === '' ? image : (imageID ?? ''), message, isFinal };
  }
  return undefined;
}
const FINAL_PULL_REASONS = ['InvalidImageName', 'ErrImageNeverPull'];
/** What registries and container engines say of an image that is not there, or not for us. */
const NO_SUCH_IMAGE =
  /not found|manifest unknown|repository does not exist|pull access denied|unauthorized|no match for platform/i;

function isPullingImage(status: PodStatus | undefined): boolean {
  return pullFailure(status) !== undefined;
}

/** A container that could not start, or was killed with its entrypoint in it, has posted no file. */
function isChainBroken({ containerStatuses = [] }: PodStatus): boolean {
  const steps = containerStatuses.filter(isStep);
  const broken = steps.findIndex((step) => (step.state.terminated?.exitCode ?? 0) !== 0 && !hasBegun(step));
  const running = steps.findIndex(({ state }) => state.terminated === undefined);
  return broken >= 0 && running > broken; // what comes before is let finish
}

function needsGate(pod: Pod, onNode: PodStatus): boolean {
  const hasSidecars = pod.spec.containers.some(({ name }) => name.startsWith('sidecar-'));
  return hasSidecars && pod.metadata.annotations?.[ANNOTATIONS.ready] !== 'READY' && sidecarsReady({ status: onNode });
}
