// The run of a pipeline task, of whichever kind the task asks for.

import type { Param, PipelineRun, PipelineTask } from '@slipway/contracts';
import { CHILD_PIPELINE_RUN, CUSTOM_RUN, childKindFor, type ChildObject } from './child-kind.js';
import { buildChildPipelineRun } from './child-pipeline-run.js';
import type { CompiledTask } from './compiled-pipeline.js';
import { buildCustomRun } from './custom-run.js';
import type { Refusal } from './refusal.js';
import type { RunModel } from './run-model.js';
import { buildTaskRun } from './task-run.js';

/** The object to create, or why it cannot be made. `task` has results and states of other tasks in it. */
export function buildChild(
  run: PipelineRun,
  model: RunModel,
  compiled: CompiledTask,
  task: PipelineTask,
  name: string,
  combination: readonly Param[],
  attempt: number,
): ChildObject | Refusal {
  switch (childKindFor(task)) {
    case CHILD_PIPELINE_RUN:
      return buildChildPipelineRun(run, model, compiled, task, name, combination, attempt);
    case CUSTOM_RUN:
      return buildCustomRun(run, model, compiled, task, name, combination);
    default:
      return buildTaskRun(run, model, compiled, task, name, combination);
  }
}
