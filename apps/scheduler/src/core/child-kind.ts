// The kinds of run that a pipeline task can have, and what the scheduler must know of each: a row a kind. What asks for a
// kind by name belongs here.

import {
  ANNOTATIONS,
  CUSTOM_RUNS,
  CUSTOM_RUN_CANCELLED,
  PIPELINE_RUNS,
  TASK_RUNS,
  isCustomTask,
  timeOf,
  type CustomRun,
  type KubeObject,
  type PipelineRun,
  type PipelineTask,
  type ResourceName,
  type TaskRun,
  type TaskRunResult,
} from '@slipway/contracts';

export type ChildObject = TaskRun | CustomRun | PipelineRun;

/**
 * How a child is asked to end, the mildest first. `stop`: what runs in it may end, then its finally tasks run;
 * `cancel-tasks`: its tasks are cancelled, its finally tasks run; `cancel`: at once.
 */
export const CANCEL_MODES = ['stop', 'cancel-tasks', 'cancel'] as const;
export type CancelMode = (typeof CANCEL_MODES)[number];
/** Why the scheduler asks for the end of a child. */
export type CancelCause = 'cancelled' | 'timed-out' | 'failed' | 'other-failed';

export interface ChildKind {
  readonly apiVersion: string;
  readonly kind: 'TaskRun' | 'CustomRun' | 'PipelineRun';
  readonly resource: ResourceName;
  /** `spec.status` for each way of asking; a child without tasks of its own is not told to stop. */
  readonly asks: Readonly<Partial<Record<CancelMode, string>>>;
  /** The condition's reason once it has been cancelled. */
  readonly cancelledReason: string;
  /** Its retries are runs of their own; the other kinds retry by themselves and archive in their `retriesStatus`. */
  readonly retriesAnew: boolean;
  /** Where it says why it was asked to end. */
  causeText(child: ChildObject): string | undefined;
  /** The child, asked to end. */
  asked(child: ChildObject, status: string, causeText: string, nowMs: number): ChildObject;
}

export const TASK_RUN: ChildKind = {
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  resource: TASK_RUNS,
  asks: { 'cancel-tasks': 'TaskRunCancelled', cancel: 'TaskRunCancelled' },
  cancelledReason: 'TaskRunCancelled',
  retriesAnew: false,
  causeText: (child) => (child as TaskRun).spec.statusMessage,
  asked: (child, status, statusMessage) => withSpec(child, { status, statusMessage }),
};

export const CUSTOM_RUN: ChildKind = {
  apiVersion: 'tekton.dev/v1beta1',
  kind: 'CustomRun',
  resource: CUSTOM_RUNS,
  asks: { 'cancel-tasks': CUSTOM_RUN_CANCELLED, cancel: CUSTOM_RUN_CANCELLED },
  cancelledReason: 'CustomRunCancelled',
  retriesAnew: false,
  causeText: (child) => (child as CustomRun).spec.statusMessage,
  // The time is kept, since a controller that never answers must not hold the run for ever.
  asked: (child, status, statusMessage, nowMs) =>
    withAnnotation(withSpec(child, { status, statusMessage }), ANNOTATIONS.cancelledAt, timeOf(nowMs)),
};

export const CHILD_PIPELINE_RUN: ChildKind = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  resource: PIPELINE_RUNS,
  asks: { stop: 'StoppedRunFinally', 'cancel-tasks': 'CancelledRunFinally', cancel: 'Cancelled' },
  cancelledReason: 'Cancelled',
  retriesAnew: true,
  // A PipelineRun has no `statusMessage`.
  causeText: (child) => child.metadata.annotations?.[ANNOTATIONS.cancelCause],
  asked: (child, status, text) => withAnnotation(withSpec(child, { status }), ANNOTATIONS.cancelCause, text),
};

const KINDS: readonly ChildKind[] = [TASK_RUN, CUSTOM_RUN, CHILD_PIPELINE_RUN];
/** The resources that children are stored as. */
export const CHILD_RESOURCES: readonly ResourceName[] = KINDS.map(({ resource }) => resource);

/** The kind of run that a pipeline task has. */
export function childKindFor(
  task: Pick<PipelineTask, 'taskRef' | 'taskSpec' | 'pipelineRef' | 'pipelineSpec'>,
): ChildKind {
  if (task.pipelineRef !== undefined || task.pipelineSpec !== undefined) return CHILD_PIPELINE_RUN;
  return isCustomTask(task.taskRef) || isCustomTask(task.taskSpec) ? CUSTOM_RUN : TASK_RUN;
}

/** The row of an object's kind; undefined for what is nobody's child. */
export function childKindOf({ kind }: Pick<KubeObject, 'kind'>): ChildKind | undefined {
  return KINDS.find((row) => row.kind === kind);
}

const ENDS = { cancelled: 'been cancelled', 'timed-out': 'timed out', failed: 'failed' } as const;

export function causeTextOf({ kind }: ChildKind, cause: CancelCause): string {
  if (cause === 'other-failed') return `${kind} cancelled as another task of its PipelineRun has failed.`;
  return `${kind} cancelled as the PipelineRun it belongs to has ${ENDS[cause]}.`;
}

/** How strongly a child has been asked to end; -1: not at all. */
export function askedStrength(kind: ChildKind, child: ChildObject): number {
  const { status } = child.spec;
  if (status === undefined) return -1;
  return CANCEL_MODES.findLastIndex((mode) => kind.asks[mode] === status);
}

/** How strongly a child counts as asked once it was asked so: two ways that say the same to it are one. */
export function strengthAsked(kind: ChildKind, mode: CancelMode): number {
  return CANCEL_MODES.findLastIndex((other) => kind.asks[other] === kind.asks[mode]);
}

export function strengthOf(mode: CancelMode): number {
  return CANCEL_MODES.indexOf(mode);
}

/** Results of a child, whatever its kind calls their list. */
export function resultsOf({ status }: ChildObject): readonly TaskRunResult[] {
  return status?.results ?? [];
}

function withSpec<T extends ChildObject>(child: T, fields: { status: string; statusMessage?: string }): T {
  return { ...child, spec: { ...child.spec, ...fields } };
}

function withAnnotation<T extends ChildObject>(child: T, name: string, value: string): T {
  return {
    ...child,
    metadata: { ...child.metadata, annotations: { ...child.metadata.annotations, [name]: value } },
  };
}
