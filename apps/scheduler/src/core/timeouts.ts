// Deadlines of a run, from what its spec says and when it started. Nothing here looks at a clock.
//
//   T1. Deadlines follow from stored timestamps alone, so a restarted scheduler finds the same ones.

import { durationMs, formatDuration, msOf, type PipelineRun } from '@slipway/contracts';

/** Tekton's default of `timeouts.pipeline` and of a TaskRun's `timeout`. */
export const DEFAULT_TIMEOUT = '1h0m0s';

export interface Deadlines {
  /** Unix milliseconds; undefined: no limit. */
  pipelineMs: number | undefined;
  tasksMs: number | undefined;
  finallyMs: number | undefined;
}

/** When the run, its tasks and its finally tasks must have ended. A run that has not started has no deadlines. */
export function deadlinesOf(run: PipelineRun): Deadlines {
  const startMs = msOf(run.status?.startTime);
  const finallyStartMs = msOf(run.status?.finallyStartTime);
  const after = (start: number | undefined, limit: number | undefined): number | undefined =>
    start === undefined || limit === undefined || limit === 0 ? undefined : start + limit;
  return {
    pipelineMs: after(startMs, pipelineLimitMs(run)),
    tasksMs: after(startMs, sectionLimitMs(run, 'tasks', 'finally')),
    finallyMs: after(finallyStartMs, sectionLimitMs(run, 'finally', 'tasks')),
  };
}

/** The limit of the whole run as Go prints it, for the message. */
export function pipelineLimit(run: PipelineRun): string {
  return formatDuration(pipelineLimitMs(run));
}

/** The limit of the tasks outside `finally` as Go prints it, for the message; undefined where they have none. */
export function tasksLimit(run: PipelineRun): string | undefined {
  const limit = sectionLimitMs(run, 'tasks', 'finally');
  return limit === undefined || limit === 0 ? undefined : formatDuration(limit);
}

function pipelineLimitMs(run: PipelineRun): number {
  return limitMs(run.spec.timeouts?.pipeline) ?? durationMs(DEFAULT_TIMEOUT)!;
}

/** A section's own limit; else what the other section leaves of the pipeline's; else none. 0 is none. */
function sectionLimitMs(
  run: PipelineRun,
  section: 'tasks' | 'finally',
  other: 'tasks' | 'finally',
): number | undefined {
  const timeouts = run.spec.timeouts;
  const own = limitMs(timeouts?.[section]);
  if (own !== undefined) return own;
  const pipeline = limitMs(timeouts?.pipeline);
  const rest = limitMs(timeouts?.[other]);
  if (pipeline === undefined || rest === undefined) return undefined;
  return pipeline === 0 || rest === 0 ? 0 : pipeline - rest;
}

function limitMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : durationMs(text);
}
