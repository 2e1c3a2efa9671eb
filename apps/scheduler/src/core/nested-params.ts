// Params of a run seen by the inline pipelines in it, at any depth. Only params: context, workspaces and results mean the
// inner run's own there.

import type { PipelineSpec, PipelineTask, Replacements } from '@slipway/contracts';
import { givenParams, substitutePipeline, without } from './substitute-pipeline.js';

/** The pipeline with the params of its run put into inline pipelines that are not given a param of the same name. */
export function propagateIntoNested(spec: PipelineSpec, params: Replacements): PipelineSpec {
  const inside = (task: PipelineTask): PipelineTask => {
    if (task.pipelineSpec === undefined) return task;
    const seen = without(params, givenParams(task));
    return { ...task, pipelineSpec: propagateIntoNested(substitutePipeline(task.pipelineSpec, seen), seen) };
  };
  return {
    ...spec,
    ...(spec.tasks === undefined ? {} : { tasks: spec.tasks.map(inside) }),
    ...(spec.finally === undefined ? {} : { finally: spec.finally.map(inside) }),
  };
}
