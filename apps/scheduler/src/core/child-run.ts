// A run of a pipeline task as the scheduler sees it, whatever its kind: what became of it, and what it left behind.

import {
  type Artifacts,
  ANNOTATIONS,
  msOf,
  succeeded,
  type ResourceResult,
  type TaskRun,
  type TaskRunResult,
} from '@slipway/contracts';
import { askedStrength, causeTextOf, childKindOf, resultsOf, type ChildKind, type ChildObject } from './child-kind.js';
import { overdueOf, type Overdue } from './overdue.js';

/** `timed-out`: cancelled because the run's time was up; counts as failed, unlike `cancelled`. */
export type Outcome = 'running' | 'succeeded' | 'failed' | 'cancelled' | 'timed-out';

export interface ChildRun {
  kind: ChildKind;
  name: string;
  outcome: Outcome;
  /** The condition's reason; empty before there is one. */
  reason: string;
  results: readonly TaskRunResult[];
  resourceResults: readonly ResourceResult[];
  artifacts: Artifacts;
  /** How strongly it has been asked to end, as `askedStrength` has it. */
  asked: number;
  /** When it ended, as it is stored. Unix milliseconds. */
  completedMs?: number | undefined;
  /** Counts the runs that a retry made, from 0. */
  attempt: number;
  /** It failed, and another attempt takes its place. */
  isToRetry: boolean;
  /** The other attempt waits until then; undefined: for nothing. Unix milliseconds. */
  retryAtMs?: number;
  /** When it is given up if it has not ended. */
  overdue: Overdue | undefined;
  /** With the variables of its params in it. */
  displayName?: string;
}

/** Throws for an object that is no child; the cache holds none. */
export function childRunOf(child: ChildObject): ChildRun {
  const kind = childKindOf(child);
  if (kind === undefined) throw new TypeError(`a ${child.kind} is not the run of a pipeline task`);
  return {
    kind,
    name: child.metadata.name,
    outcome: outcomeOf(kind, child),
    reason: succeeded(child)?.reason ?? '',
    results: resultsOf(child),
    resourceResults: (child as TaskRun).status?.resourcesResult ?? [],
    artifacts: (child as TaskRun).status?.artifacts ?? {},
    asked: askedStrength(kind, child),
    completedMs: msOf((child as TaskRun).status?.completionTime),
    attempt: attemptOf(child),
    isToRetry: false,
    overdue: overdueOf(kind, child),
  };
}

/** A run that was decided on and is not stored yet. */
export function pendingChildRun(kind: ChildKind, name: string, attempt = 0): ChildRun {
  return {
    kind,
    name,
    outcome: 'running',
    reason: '',
    results: [],
    resourceResults: [],
    artifacts: {},
    asked: -1,
    attempt,
    isToRetry: false,
    overdue: undefined,
  };
}

function outcomeOf(kind: ChildKind, child: ChildObject): Outcome {
  const condition = succeeded(child);
  if (condition?.status === 'True') return 'succeeded';
  if (condition?.status !== 'False') return 'running';
  if (condition.reason !== kind.cancelledReason) return 'failed';
  return kind.causeText(child) === causeTextOf(kind, 'timed-out') ? 'timed-out' : 'cancelled';
}

function attemptOf({ metadata }: ChildObject): number {
  const text = metadata.annotations?.[ANNOTATIONS.attempt] ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) : 0;
}

/** What became of a task that has one run or, fanned out, many: done only when all are. */
export function combinedOutcome(runs: readonly (ChildRun | undefined)[]): Outcome {
  let worst: Outcome = 'succeeded';
  for (const run of runs) {
    if (run === undefined || run.isToRetry || run.outcome === 'running') return 'running';
    worst = worstOutcome(run.outcome, worst);
  }
  return worst;
}

export function worstOutcome<O extends Outcome>(one: O, other: O): O {
  return gravity.indexOf(one) > gravity.indexOf(other) ? one : other;
}

/** The place of a run that has to be created: its first, or the next attempt. */
export function needsRun(run: ChildRun | undefined): boolean {
  return run === undefined || run.isToRetry;
}

const gravity: readonly Outcome[] = ['succeeded', 'failed', 'cancelled', 'timed-out'];

/** The run with the display name of its task, where there is one. */
export function named(child: ChildRun, displayName: string | undefined): ChildRun {
  return displayName === undefined ? child : { ...child, displayName };
}
