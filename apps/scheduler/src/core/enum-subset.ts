// Whether every value that a pipeline's param may have is one that its Task takes.

import { typeOfSpec, type ParamSpec, type PipelineTask, type TaskSpec } from '@slipway/contracts';
import { goList } from './refusal.js';

/** One param of the pipeline, handed on by itself or inside of other text. */
const PARAMS = /\$\(params(?:\.([^.[\])\s]+)|\["([^"]+)"\]|\['([^']+)'\])(?:\[[^\]]*\])?\)/g;

/**
 * The first param of a pipeline task that can get a value outside of its enum, in Tekton's words. `task` is as the pipeline
 * has it, before anything was put in. A value made of several params is left to the TaskRun.
 */
export function outsideTaskEnum(
  task: PipelineTask,
  pipelineParams: readonly ParamSpec[],
  spec: TaskSpec | undefined,
): string | undefined {
  const declared = new Map((spec?.params ?? []).map((param) => [param.name, param]));
  for (const { name, value } of task.params ?? []) {
    const allowed = declared.get(name)?.enum ?? [];
    if (allowed.length === 0 || typeof value !== 'string') continue;
    const [reference, ...others] = value.matchAll(PARAMS);
    if (reference === undefined || others.length > 0) continue;
    const source = reference[1] ?? reference[2] ?? reference[3];
    const param = pipelineParams.find((candidate) => candidate.name === source);
    if (param === undefined || typeOfSpec(param) !== 'string') continue;
    const possible = param.enum ?? [];
    const of = `in "${task.taskRef?.name ?? ''}" task`;
    if (possible.length === 0) {
      return `pipeline param "${param.name}" has no enum, but referenced ${of} has enums: ${goList(allowed)}`;
    }
    if (possible.some((one) => !allowed.includes(one))) {
      return `pipeline param "${param.name}" enum: ${goList(possible)} is not a subset of the referenced ${of} param enum: ${goList(allowed)}`;
    }
  }
  return undefined;
}
