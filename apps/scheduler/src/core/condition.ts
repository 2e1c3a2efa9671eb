// The condition of a run: Tekton's reasons and messages, word for word.

import { succeeded, type Condition, type PipelineRun } from '@slipway/contracts';
import { MAX_DEPTH_EXCEEDED } from './depth.js';
import type { RunModel } from './run-model.js';
import { tasksLimit } from './timeouts.js';

/** A message is for people, and is stored with every run. Characters. */
const MAX_PROBLEMS = 1024;

export type RunCondition = Pick<Condition, 'status'> & { reason: string; message: string };

/** The condition that follows from the states of the tasks; `True` or `False` only when all have settled. */
export function conditionOf(run: PipelineRun, model: RunModel): RunCondition {
  return model.openDag + model.openFinally === 0 ? finalCondition(run, model) : runningCondition(run, model);
}

export function cancelledCondition(run: PipelineRun): RunCondition {
  return { status: 'False', reason: 'Cancelled', message: `PipelineRun "${run.metadata.name}" was cancelled` };
}

export function timedOutCondition(run: PipelineRun, limit: string): RunCondition {
  const message = `PipelineRun "${run.metadata.name}" failed to finish within "${limit}"`;
  return { status: 'False', reason: 'PipelineRunTimeout', message };
}

export function pendingCondition(run: PipelineRun): RunCondition {
  const message = `PipelineRun "${run.metadata.name}" is pending`;
  return { status: 'Unknown', reason: 'PipelineRunPending', message };
}

/** What a run waits for before it can be looked at: its pipeline, or the tasks of its pipeline. */
export type Resolving = 'ResolvingPipelineRef' | 'ResolvingTaskRef';

export function resolvingCondition({ metadata }: PipelineRun, reason: Resolving): RunCondition {
  const message = `PipelineRun ${metadata.namespace ?? ''}/${metadata.name} awaiting remote resource`;
  return { status: 'Unknown', reason, message };
}

/** Whether the run was checked and began. One that waits for a remote definition has a start time, and nothing else. */
export function hasBegun(run: PipelineRun): boolean {
  const reason = succeeded(run)?.reason;
  return run.status?.startTime !== undefined && reason !== 'ResolvingPipelineRef' && reason !== 'ResolvingTaskRef';
}

/** Why the scheduler gives up a run that it cannot work on. */
export type GiveUpReason = 'CreateRunFailed' | 'InternalError';
const GIVE_UP_REASONS: ReadonlySet<string> = new Set<GiveUpReason>(['CreateRunFailed', 'InternalError']);

/** How a run fails that is given up and waits only until what it started was asked to end; undefined for any other. */
export function givenUpCondition(run: PipelineRun): RunCondition | undefined {
  const { status, reason = '', message = '' } = succeeded(run) ?? {};
  return status === 'Unknown' && GIVE_UP_REASONS.has(reason) ? { status: 'False', reason, message } : undefined;
}

function finalCondition(run: PipelineRun, model: RunModel): RunCondition {
  const { counts } = model;
  const completed = counts.succeeded + counts.failed + counts.cancelled + counts.ignored;
  const failed = counts.failed + counts.ignored;
  const ignored = counts.ignored > 0 ? ` (Ignored: ${counts.ignored})` : '';
  const unmade = counts.unmade > 0 ? `, Failed Validation: ${counts.unmade}${problemsOf(model)}` : '';
  const message = `Tasks Completed: ${completed} (Failed: ${failed}${ignored}, Cancelled ${counts.cancelled}), Skipped: ${counts.skipped}${unmade}${model.failedLoops.join('')}`;
  const limit = counts.overdue > 0 ? tasksLimit(run) : undefined;
  if (limit !== undefined) return tasksTimedOutCondition(run, limit);
  if (model.isTooDeep) return { status: 'False', reason: MAX_DEPTH_EXCEEDED, message };
  if (counts.unmade > 0) return { status: 'False', reason: 'PipelineValidationFailed', message };
  if (counts.failed > 0 || counts.skippedByTimeout > 0) return { status: 'False', reason: 'Failed', message };
  if (isGraceful(run)) return cancelledCondition(run);
  if (counts.cancelled > 0) return { status: 'False', reason: 'Cancelled', message };
  return { status: 'True', reason: counts.skipped > 0 ? 'Completed' : 'Succeeded', message };
}

function runningCondition(run: PipelineRun, model: RunModel): RunCondition {
  const { counts, openFinally, pipeline } = model;
  const completed = counts.succeeded + counts.failed + counts.cancelled + counts.ignored;
  const message = `Tasks Completed: ${completed} (Failed: ${counts.failed}, Cancelled ${counts.cancelled}), Incomplete: ${counts.incomplete}, Skipped: ${counts.skipped}`;
  const running = (reason: string): RunCondition => ({ status: 'Unknown', reason, message });
  if (openFinally > 0 && counts.overdue > 0) return running('PipelineRunTimeoutRunningFinally');
  if (run.spec.status === 'CancelledRunFinally') return running('CancelledRunningFinally');
  if (run.spec.status === 'StoppedRunFinally') return running('StoppedRunningFinally');
  // A pipeline with finally tasks stays `Running` after a failure until those are done.
  if (pipeline.policy.onFailure === 'run-all') return running('Running');
  const isStopping = counts.cancelled > 0 || (counts.failed > 0 && openFinally === 0);
  return running(isStopping ? 'PipelineRunStopping' : 'Running');
}

function tasksTimedOutCondition(run: PipelineRun, limit: string): RunCondition {
  const message = `PipelineRun "${run.metadata.name}" failed due to tasks failed to finish within "${limit}"`;
  return { status: 'False', reason: 'PipelineRunTimeout', message };
}

/** Which tasks could not start, and what they miss. */
function problemsOf(model: RunModel): string {
  const problems = model.states.flatMap(({ phase, problem, compiled }) =>
    phase === 'unmade' ? [`task "${compiled.task.name}": ${problem ?? ''}`] : [],
  );
  const text = problems.join('; ');
  return ` (${text.length > MAX_PROBLEMS ? `${text.slice(0, MAX_PROBLEMS)}…` : text})`;
}

function isGraceful(run: PipelineRun): boolean {
  return run.spec.status === 'CancelledRunFinally' || run.spec.status === 'StoppedRunFinally';
}
