// A status that fits into what the store takes. Only runs of thousands of tasks come near, or of a few that fan out to
// thousands of runs; they end all the same, and what their status leaves out can be found elsewhere: TaskRuns by their
// labels, an inline spec in the run itself.

import type { PipelineRun, PipelineRunStatus } from '@slipway/contracts';
import type { RunModel } from './run-model.js';

/** Below the store's limit of 1,500,000 bytes an object, with room for what it adds itself. */
const MAX_BYTES = 1_400_000;
/** Runs with fewer tasks, and fewer runs of them, are not measured. */
const MEASURED_FROM = 200;

/** The status, shortened as far as it must be: first the spec, then references to tasks that went well, then the rest. */
export function fitStatus(run: PipelineRun, model: RunModel, status: PipelineRunStatus): PipelineRunStatus {
  if (Math.max(model.states.length, status.childReferences?.length ?? 0) < MEASURED_FROM) return status;
  const roomBytes = MAX_BYTES - bytesOf(run.spec) - bytesOf(run.metadata);
  if (bytesOf(status) <= roomBytes) return status;
  let fitting: PipelineRunStatus = status;
  for (const shorten of [withoutSpec, withoutSucceeded(model), withoutReferences]) {
    fitting = shorten(fitting);
    if (bytesOf(fitting) <= roomBytes) return fitting;
  }
  return fitting;
}

function withoutSpec(status: PipelineRunStatus): PipelineRunStatus {
  const rest = { ...status };
  delete rest.pipelineSpec;
  return rest;
}

function withoutSucceeded(model: RunModel): (status: PipelineRunStatus) => PipelineRunStatus {
  return (status) => ({
    ...status,
    childReferences: (status.childReferences ?? []).filter(
      ({ pipelineTaskName }) => model.stateOf(pipelineTaskName)?.phase !== 'succeeded',
    ),
  });
}

function withoutReferences(status: PipelineRunStatus): PipelineRunStatus {
  const skippedTasks = status.skippedTasks?.map(({ name, reason }) => ({ name, reason }));
  return { ...status, childReferences: [], ...(skippedTasks === undefined ? {} : { skippedTasks }) };
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value ?? null)).length;
}
