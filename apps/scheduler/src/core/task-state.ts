// What is known of one task of a run, and what others may ask about it.

import type { ArtifactReference, ParamValue, WhenExpression } from '@slipway/contracts';
import type { ChildRun, Outcome } from './child-run.js';
import type { CompiledTask } from './compiled-pipeline.js';
import type { Settled } from './loop.js';

export type SkipReason =
  | 'When Expressions evaluated to false'
  | 'Parent Tasks were skipped'
  /** The policy `run-all`: a task that this one follows, at once or through others, failed. */
  | 'Preceding Tasks failed'
  | 'PipelineRun was stopping'
  | 'PipelineRun was gracefully cancelled'
  | 'PipelineRun was gracefully stopped'
  | 'Results were missing'
  | 'PipelineRun timeout has been reached'
  | 'PipelineRun Tasks timeout has been reached'
  | 'PipelineRun Finally timeout has been reached'
  | 'Matrix Parameters have an empty array'
  /** 2020: a Condition of the task did not hold. */
  | 'ConditionCheckFailed';

/** `unmade`: it should have started, and takes a result that its maker did not write. It never gets a run. */
export type Phase = 'waiting' | 'skipped' | 'unmade' | Outcome;

export interface TaskState {
  readonly compiled: CompiledTask;
  phase: Phase;
  skipReason: SkipReason | undefined;
  /** Why it is `unmade`. */
  problem: string | undefined;
  /** Guards as they were evaluated, for the status. */
  when: readonly WhenExpression[] | undefined;
  /** Parents that have not settled. */
  openParents: number;
  /** A parent was skipped for another reason than its guards. */
  isParentSkipped: boolean;
  /** The policy `run-all`: one that it follows has failed. */
  isBehindFailure: boolean;
  /** It gets no more runs, and is at best this. */
  atBest: Settled | undefined;
  /** Why it failed, where its runs do not tell. */
  reason: string | undefined;
  /** By combination of the matrix; one entry without a matrix. Empty until the task starts. */
  runs: (ChildRun | undefined)[];
  /** Runs found in the store before the number of combinations is known, by name. */
  readonly found: Map<string, ChildRun>;
  checks: Map<string, ChildRun>;
}

/** Skips of a branch that was not taken; a run that stops or fails has no branches. */
const BRANCH_NOT_TAKEN: ReadonlySet<SkipReason | undefined> = new Set<SkipReason>([
  'When Expressions evaluated to false',
  'Parent Tasks were skipped',
  'Results were missing',
  'Matrix Parameters have an empty array',
  'ConditionCheckFailed',
]);

/** The results that a task has although it was skipped. */
export function resultsWhenSkipped({ phase, skipReason, compiled }: TaskState): Record<string, ParamValue> | undefined {
  if (phase !== 'skipped' || !BRANCH_NOT_TAKEN.has(skipReason)) return undefined;
  return compiled.policy?.whenSkipped?.results;
}

/** The tasks of a run, as variables see them. */
export interface TaskStates {
  /** Tasks outside `finally` that have not settled. */
  readonly openDag: number;
  stateOf(pipelineTask: string): TaskState | undefined;
  dagStates(): readonly TaskState[];
  /** A result of a task; of a fanned-out task the list of its runs' results. */
  resultOf(pipelineTask: string, result: string): ParamValue | undefined;
  /** What a variable of an artifact stands for. */
  artifactOf(reference: ArtifactReference): string | undefined;
}
