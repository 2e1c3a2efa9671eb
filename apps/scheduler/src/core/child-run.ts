// A TaskRun as the scheduler sees it: what became of it, and what it left behind.

import { succeeded, type ResourceResult, type TaskRun, type TaskRunResult } from '@slipway/contracts';

/** `spec.statusMessage` of what the scheduler cancels; it tells later why (Tekton's words). */
export const CANCELLED_WITH_RUN = 'TaskRun cancelled as the PipelineRun it belongs to has been cancelled.';
export const TIMED_OUT_WITH_RUN = 'TaskRun cancelled as the PipelineRun it belongs to has timed out.';

/** `timed-out`: cancelled because the run's time was up; counts as failed, unlike `cancelled`. */
export type Outcome = 'running' | 'succeeded' | 'failed' | 'cancelled' | 'timed-out';

export interface ChildRun {
  name: string;
  outcome: Outcome;
  /** The condition's reason; empty before there is one. */
  reason: string;
  results: readonly TaskRunResult[];
  resourceResults: readonly ResourceResult[];
  isCancelRequested: boolean;
  /** With the variables of its params in it. */
  displayName?: string;
}

export function childRunOf(taskRun: TaskRun): ChildRun {
  const condition = succeeded(taskRun);
  return {
    name: taskRun.metadata.name,
    outcome: outcomeOf(taskRun),
    reason: condition?.reason ?? '',
    results: taskRun.status?.results ?? [],
    resourceResults: taskRun.status?.resourcesResult ?? [],
    isCancelRequested: taskRun.spec.status === 'TaskRunCancelled',
  };
}

/** A run that was decided on and is not stored yet. */
export function pendingChildRun(name: string): ChildRun {
  return { name, outcome: 'running', reason: '', results: [], resourceResults: [], isCancelRequested: false };
}

function outcomeOf(taskRun: TaskRun): Outcome {
  const condition = succeeded(taskRun);
  if (condition?.status === 'True') return 'succeeded';
  if (condition?.status !== 'False') return 'running';
  if (condition.reason !== 'TaskRunCancelled') return 'failed';
  return taskRun.spec.statusMessage === TIMED_OUT_WITH_RUN ? 'timed-out' : 'cancelled';
}

/** What became of a task that has one run or, fanned out, many: done only when all are. */
export function combinedOutcome(runs: readonly (ChildRun | undefined)[]): Outcome {
  let worst: Outcome = 'succeeded';
  for (const run of runs) {
    if (run === undefined || run.outcome === 'running') return 'running';
    if (gravity.indexOf(run.outcome) > gravity.indexOf(worst)) worst = run.outcome;
  }
  return worst;
}

const gravity: readonly Outcome[] = ['succeeded', 'failed', 'cancelled', 'timed-out'];
