// How the runs of a pipeline's tasks go on, beyond what Tekton's own fields say: the value of the annotation
// `slipway.dev/policy`, as the user writes it (docs/control-flow.md).

import { durationMs } from './duration.js';
import type { Param, ParamValue, WhenExpression } from './tekton.js';

export interface Policy {
  /** What the failure of a task does to the others; `stop`, Tekton's, where it says nothing. */
  onFailure?: 'stop' | 'fail-fast' | 'run-all';
  /** How deep pipelines may nest in this run. */
  maxDepth?: number;
  /** By name of the pipeline task. Names are the user's: look them up with `taskPolicyOf`. */
  tasks?: Record<string, TaskPolicy>;
  /** Of a Task or TaskRun only. */
  retry?: RetryPolicy;
}
export interface TaskPolicy {
  retry?: RetryPolicy;
  loop?: LoopPolicy;
  /** Results that the task has when its branch was not taken. */
  whenSkipped?: { results: Record<string, ParamValue> };
}
export interface RetryPolicy {
  /** Attempts after the first; where it says nothing, the task's own `retries`. */
  limit?: number;
  /** Only failures with one of these exit codes, or one of the reasons, are tried again; none of both: all. */
  exitCodes?: number[];
  reasons?: string[];
  backoff?: Backoff;
}
export interface Backoff {
  /** Go duration: from the end of the first attempt to the start of the second. */
  delay: string;
  /** By which the delay grows with each attempt; 2 where it says nothing. */
  factor?: number;
  /** Go duration; the delay grows to this much. */
  max?: string;
}
export interface LoopPolicy {
  /** Of a matrix: how many of its runs may go at once. */
  concurrency?: number;
  /** Of a matrix: nothing more starts once one run has failed. */
  stopOnFailure?: boolean;
  /** Run again until all of these hold of an iteration that succeeded. */
  until?: WhenExpression[];
  /** Iterations of an `until` loop. */
  limit?: number;
  /** Go duration: from the end of one iteration to the start of the next. */
  delay?: string;
  /** Params of the iterations after the first. */
  params?: Param[];
}

/** Tekton stops a run that fails, nests pipelines as deep as they go, and has no `until`: these are ours. */
export const DEFAULT_MAX_DEPTH = 10;
export const DEFAULT_LOOP_LIMIT = 100;
const DEFAULT_FACTOR = 2;
const DEFAULT_MAX_DELAY_MS = 10 * 60_000;

export function taskPolicyOf({ tasks }: Policy, pipelineTask: string): TaskPolicy | undefined {
  return tasks !== undefined && Object.hasOwn(tasks, pipelineTask) ? tasks[pipelineTask] : undefined;
}

/** Milliseconds from the end of a failed attempt to the start of the next. `failedAttempts` counts from 1. */
export function backoffMs(backoff: Backoff | undefined, failedAttempts: number): number {
  if (backoff === undefined) return 0;
  const first = durationMs(backoff.delay) ?? 0;
  const most = (backoff.max === undefined ? undefined : durationMs(backoff.max)) ?? DEFAULT_MAX_DELAY_MS;
  const grown = first * (backoff.factor ?? DEFAULT_FACTOR) ** (failedAttempts - 1);
  return Math.min(grown, Math.max(most, first));
}

/** The policy of a run: what it says itself, and for the rest what its Pipeline says. Plain values, not checked. */
export function mergedPolicy(own: unknown, inherited: unknown): unknown {
  if (own === undefined) return inherited;
  if (!isMap(own) || !isMap(inherited)) return own;
  const merged = new Map(Object.entries(inherited));
  for (const [key, value] of Object.entries(own)) merged.set(key, mergedPolicy(value, merged.get(key)));
  return Object.fromEntries(merged);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
