// Results that a task takes and that are not there.

import type { CompiledTask } from './compiled-pipeline.js';
import type { RunModel } from './run-model.js';
import { resultsWhenSkipped, type TaskState } from './task-state.js';
import type { Refusal } from './refusal.js';

export interface MissingResult {
  /** The name under which the task that takes the result knows the one that should make it. */
  pipelineTask: string;
  /** The task that should have made it; undefined when the pipeline has no such task. */
  producer: TaskState | undefined;
  refusal: Refusal;
}

/** The first result that `task` takes and that cannot be given to it. */
export function missingResult(model: RunModel, task: CompiledTask): MissingResult | undefined {
  const { references } = task;
  for (const { pipelineTask, result, index, property } of references) {
    const producer = model.stateOf(pipelineTask);
    const missing = (message: string, reason = 'InvalidTaskResultReference'): MissingResult => ({
      pipelineTask,
      producer,
      refusal: { reason, message },
    });
    if (producer === undefined) return missing(`could not find task "${pipelineTask}" referenced by result`);
    const { phase } = producer;
    const isSkipped = phase === 'skipped' && resultsWhenSkipped(producer) === undefined;
    if (phase === 'waiting' || phase === 'running' || isSkipped) {
      return missing(`task "${pipelineTask}" referenced by result was not finished`);
    }
    const value = model.resultOf(pipelineTask, result);
    const absent = `Invalid task result reference: Could not find result with name ${result} for task ${pipelineTask}`;
    if (value === undefined) return missing(absent);
    if (typeof index === 'number' && Array.isArray(value) && index >= value.length) {
      const out = `Array Result Index ${index} for Task ${pipelineTask} Result ${result} is out of bound of size ${value.length}`;
      return missing(`Invalid task result reference: ${out}`, 'PipelineValidationFailed');
    }
    if (property !== undefined && (typeof value !== 'object' || !Object.hasOwn(value, property)))
      return missing(absent);
  }
  return missingArtifact(model, task);
}

function missingArtifact(model: RunModel, { artifacts }: CompiledTask): MissingResult | undefined {
  const reference = artifacts.find((one) => model.artifactOf(one) === undefined);
  if (reference === undefined) return undefined;
  const { pipelineTask, of, artifact } = reference;
  const message = `Invalid artifact reference: Could not find artifact ${artifact} among the ${of} of task ${pipelineTask}`;
  const refusal = { reason: 'InvalidTaskResultReference', message };
  return { pipelineTask, producer: model.stateOf(pipelineTask), refusal };
}
