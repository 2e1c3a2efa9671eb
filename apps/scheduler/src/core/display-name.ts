// What the run of a pipeline task is called in the status of its PipelineRun.

import { paramReplacements, substituteDeep, type Param, type PipelineTask } from '@slipway/contracts';

/** `$(params.x)` in the display name of a run of a fanned-out task is the combination's value. */
export function displayNameOf(task: PipelineTask, combination: readonly Param[]): string | undefined {
  const params = [...combination, ...(task.params ?? [])];
  const replacements = paramReplacements(params, undefined);
  const named = (task.matrix?.include ?? []).filter(
    (include) =>
      include.name !== undefined &&
      (include.params ?? []).every(({ name, value }) => params.some((p) => p.name === name && p.value === value)),
  );
  if (named.length > 0) return named.map(({ name }) => substituteDeep(name!, replacements)).join(' ');
  return task.displayName === '' ? undefined : substituteDeep(task.displayName, replacements);
}
