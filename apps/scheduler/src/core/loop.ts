// The runs of one task one after another: which of them may start now, and what the task is once no more will.
//
//   O1. Follows from the task's stored runs and their stored times alone, so a restarted scheduler goes on with the next.
//   O2. An `until` loop looks at its last run only: what comes before is done and decided.

import {
  CelError,
  DEFAULT_LOOP_LIMIT,
  celOutcomes,
  durationMs,
  emptyReplacements,
  layered,
  substituteValue,
  substituteWhen,
  variablesIn,
  whenAllows,
  type LoopPolicy,
  type PipelineTask,
  type Replacements,
} from '@slipway/contracts';
import { combinedOutcome, needsRun, worstOutcome, type ChildRun, type Outcome } from './child-run.js';
import type { CompiledTask } from './compiled-pipeline.js';
import type { Refusal } from './refusal.js';

export type Settled = Exclude<Outcome, 'running'>;

export type Progress =
  /** Nothing to start before something that runs has ended. */
  | { kind: 'running' }
  | { kind: 'open'; places: readonly Place[] }
  | { kind: 'settled'; outcome: Settled; reason?: string };

/** A place that may get a run, not before the time (Unix milliseconds). */
export interface Place {
  index: number;
  notBeforeMs: number | undefined;
}

type Runs = readonly (ChildRun | undefined)[];

/** The end of an iteration is stored to the second; the next one never starts too early. */
const CUT_MS = 1_000;
/** The reason of a task whose condition did not come true in all iterations. */
const LOOP_LIMIT_REACHED = 'LoopLimitReached';

/** Where a task that has started stands. `outer` are the variables that other tasks make. */
export function progressOf({ policy }: CompiledTask, runs: Runs, outer: Replacements): Progress {
  const loop = policy?.loop;
  if (loop?.until !== undefined) return untilProgress(loop, runs, outer);
  if (loop === undefined) return plainProgress(runs);
  const failed = combinedOutcome(runs.filter((run) => run !== undefined && run.outcome !== 'running'));
  if (loop.stopOnFailure === true && failed !== 'succeeded' && failed !== 'running') return endProgress(runs);
  const running = runs.filter((run) => run?.outcome === 'running').length;
  const progress = plainProgress(runs);
  if (progress.kind !== 'open' || loop.concurrency === undefined) return progress;
  const places = progress.places.slice(0, Math.max(loop.concurrency - running, 0));
  return places.length === 0 ? { kind: 'running' } : { ...progress, places };
}

/** Where a task stands that gets no more runs; `atBest` is its outcome even if all that ran succeeded. */
export function endProgress(runs: Runs, atBest: Settled = 'succeeded'): Progress {
  const outcome = combinedOutcome(runs.flatMap((run) => (run === undefined ? [] : [{ ...run, isToRetry: false }])));
  return outcome === 'running' ? { kind: 'running' } : { kind: 'settled', outcome: worstOutcome(outcome, atBest) };
}

/** Whether a task goes by a loop, so that an end before its time leaves it unfinished. */
export function isLoop({ policy }: CompiledTask): boolean {
  return policy?.loop !== undefined;
}

export function isUntilLoop({ policy }: CompiledTask): boolean {
  return policy?.loop?.until !== undefined;
}

/** How many runs an `until` loop may have. */
export function limitOf(loop: LoopPolicy | undefined): number {
  return loop?.limit ?? DEFAULT_LOOP_LIMIT;
}

/** `$(loop.index)`, and `$(loop.results.<result>)` of the iteration before. */
export function loopReplacements(index: number, last: ChildRun | undefined): Replacements {
  const replacements = emptyReplacements();
  replacements.strings.set('loop.index', String(index));
  for (const { name, value } of last?.results ?? []) {
    const key = `loop.results.${name}`;
    if (typeof value === 'string') replacements.strings.set(key, value);
    else if (Array.isArray(value)) {
      replacements.arrays.set(key, value);
      value.forEach((item, i) => replacements.strings.set(`${key}[${i}]`, item));
    } else {
      replacements.objects.set(key, value);
      for (const [property, item] of Object.entries(value)) replacements.strings.set(`${key}.${property}`, item);
    }
  }
  return replacements;
}

/** The task as one iteration runs it: after the first, with the params that the loop gives it. */
export function iterationOf(
  { policy }: CompiledTask,
  task: PipelineTask,
  index: number,
  last: ChildRun | undefined,
): PipelineTask {
  const given = index === 0 ? [] : (policy?.loop?.params ?? []);
  const own = (task.params ?? []).filter(({ name }) => !given.some((param) => param.name === name));
  const replacements = loopReplacements(index, last);
  const params = [...own, ...given].map(({ name, value }) => ({ name, value: substituteValue(value, replacements) }));
  return params.length === 0 ? task : { ...task, params };
}

/** Why an iteration cannot start: its params take a result that the one before did not make. */
export function loopRefusal(
  { policy, task }: CompiledTask,
  index: number,
  last: ChildRun | undefined,
): Refusal | undefined {
  if (index === 0 || policy?.loop?.params === undefined) return undefined;
  const made = new Set(last?.results.map(({ name }) => name));
  const missing = loopResultsIn(policy.loop.params).find((name) => !made.has(name));
  if (missing === undefined) return undefined;
  const message = `Invalid task result reference: Could not find result with name ${missing} for iteration ${index - 1} of task ${task.name}`;
  return { reason: 'InvalidTaskResultReference', message };
}

/** The results of an iteration that a part of a loop's policy names. */
export function loopResultsIn(part: unknown): string[] {
  return variablesIn(JSON.stringify(part)).flatMap((variable) => {
    const [, result] = /^loop\.results\.([^.[\]]+)/.exec(variable) ?? [];
    return result === undefined ? [] : [result];
  });
}

function plainProgress(runs: Runs): Progress {
  const places = [...runs.entries()].flatMap(([index, run]) => (needsRun(run) ? [placeOf(index, run)] : []));
  if (places.length > 0) return { kind: 'open', places };
  const outcome = combinedOutcome(runs);
  return outcome === 'running' ? { kind: 'running' } : { kind: 'settled', outcome };
}

function untilProgress(loop: LoopPolicy, runs: Runs, outer: Replacements): Progress {
  const index = Math.max(runs.length - 1, 0);
  const last = runs[index]; // O2
  if (needsRun(last)) return { kind: 'open', places: [placeOf(index, last)] };
  if (last!.outcome === 'running') return { kind: 'running' };
  if (last!.outcome !== 'succeeded') return { kind: 'settled', outcome: last!.outcome };
  const guards = substituteWhen(loop.until ?? [], layered(loopReplacements(index, last), outer));
  try {
    if (whenAllows(guards, celOutcomes(guards))) return { kind: 'settled', outcome: 'succeeded' };
  } catch (thrown) {
    if (!(thrown instanceof CelError)) throw thrown;
    return { kind: 'settled', outcome: 'failed', reason: 'CELEvaluationFailed' };
  }
  if (runs.length >= limitOf(loop)) return { kind: 'settled', outcome: 'failed', reason: LOOP_LIMIT_REACHED };
  const delayMs = loop.delay === undefined ? 0 : (durationMs(loop.delay) ?? 0);
  const endedMs = last!.completedMs;
  const notBeforeMs = delayMs === 0 || endedMs === undefined ? undefined : endedMs + CUT_MS + delayMs; // O1
  return { kind: 'open', places: [{ index: runs.length, notBeforeMs }] };
}

/** Of a task's first run, or of the attempt after `before`. */
function placeOf(index: number, before: ChildRun | undefined): Place {
  return { index, notBeforeMs: before?.retryAtMs };
}
