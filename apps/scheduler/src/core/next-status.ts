// When the status of a run is written, and what it says then.
//
//   N1. Start, finally and end are written at once. What a run with many tasks says between them may lag, so that each
//       task that ends does not rewrite a status as large as the run.

import { succeeded, timeOf, type PipelineRun, type PipelineRunStatus } from '@slipway/contracts';
import type { RunCondition } from './condition.js';
import type { Decision } from './decision.js';
import { fitStatus } from './fit-status.js';
import { pipelineResults } from './pipeline-results.js';
import type { RunModel } from './run-model.js';
import { taskStatus, withCondition } from './status.js';

/** Runs of up to this many tasks have a status that never lags. */
const SMALL = 50;
const LAG_PER_TASK_MS = 2;
const MAX_LAG_MS = 5_000;

/** The status after a decision, and the condition that is in it: results that cannot be told fail the run. */
export function nextStatus(
  run: PipelineRun,
  model: RunModel,
  decision: Decision,
  nowMs: number,
): { status: PipelineRunStatus; condition: RunCondition } {
  const isSettled = model.openDag + model.openFinally === 0 || decision.condition.reason === 'PipelineRunTimeout';
  const told = isSettled ? pipelineResults(run.metadata.name, model) : undefined;
  const condition: RunCondition =
    told?.refusal === undefined ? decision.condition : { status: 'False', ...told.refusal };
  const status: PipelineRunStatus = {
    ...withCondition(run, condition, nowMs),
    ...taskStatus(model),
    ...(decision.startsFinally ? { finallyStartTime: timeOf(nowMs) } : {}),
    ...(told === undefined || told.results.length === 0 ? {} : { results: told.results }),
  };
  return { status: fitStatus(run, model, status), condition };
}

/** How long the stored status of a run may lag behind (N1). Milliseconds. */
export function allowedLagMs(taskCount: number): number {
  return taskCount <= SMALL ? 0 : Math.min(taskCount * LAG_PER_TASK_MS, MAX_LAG_MS);
}

/** What a stored status would have to say anew: two equal ones need no write. */
export function signatureOf(model: RunModel, { reason, message }: RunCondition): string {
  return `${model.startedTasks} ${model.retriedRuns} ${reason} ${message}`;
}

/** The signature of what is stored. */
export function storedSignature(run: PipelineRun): string {
  const started = new Set(run.status?.childReferences?.map(({ pipelineTaskName }) => pipelineTaskName)).size;
  const condition = succeeded(run);
  return `${started} 0 ${condition?.reason ?? ''} ${condition?.message ?? ''}`;
}
