// Variables of a run put into its pipeline, once, before anything starts: params, context, workspaces.
// Results and task states are known only later: `RunModel` puts them into one task when it starts.

import {
  emptyReplacements,
  layered,
  paramReplacements,
  substitute,
  substituteDeep,
  substituteTaskSpec,
  substituteValue,
  substituteWhen,
  type EmbeddedTask,
  type Matrix,
  type Param,
  type PipelineRun,
  type PipelineSpec,
  type PipelineTask,
  type Replacements,
  type WorkspaceBinding,
} from '@slipway/contracts';

/**
 * The pipeline as this run executes it, and as it stands in the run's `status.pipelineSpec`.
 *
 * Three passes, as in Tekton: a param's value may hold context variables, and a later pass replaces them.
 */
export function substituteRun(spec: PipelineSpec, run: PipelineRun, pipelineName: string): PipelineSpec {
  const params = substitutePipeline(spec, paramReplacements(run.spec.params, spec.params));
  const contexts = substitutePipeline(params, contextReplacements(run, pipelineName));
  return substitutePipeline(contexts, workspaceReplacements(spec, run));
}

/** `context.pipelineRun.*` and `context.pipeline.name`. */
export function contextReplacements(run: PipelineRun, pipelineName: string): Replacements {
  const replacements = emptyReplacements();
  replacements.strings.set('context.pipelineRun.name', run.metadata.name);
  replacements.strings.set('context.pipelineRun.namespace', run.metadata.namespace ?? '');
  replacements.strings.set('context.pipelineRun.uid', run.metadata.uid ?? '');
  replacements.strings.set('context.pipeline.name', pipelineName);
  return replacements;
}

/** `workspaces.<name>.bound` of what the pipeline declares. */
export function workspaceReplacements(spec: PipelineSpec, run: PipelineRun): Replacements {
  const replacements = emptyReplacements();
  for (const { name } of spec.workspaces ?? []) replacements.strings.set(`workspaces.${name}.bound`, 'false');
  for (const { name } of run.spec.workspaces ?? []) replacements.strings.set(`workspaces.${name}.bound`, 'true');
  return replacements;
}

/** The run's workspace bindings: sub-paths, names of claims, secrets and config maps may hold variables. */
export function substituteBindings(run: PipelineRun, spec: PipelineSpec, pipelineName: string): WorkspaceBinding[] {
  const replacements = layered(paramReplacements(run.spec.params, spec.params), contextReplacements(run, pipelineName));
  return (run.spec.workspaces ?? []).map(({ volumeClaimTemplate, ...binding }) => ({
    ...substituteDeep(binding, replacements),
    ...(volumeClaimTemplate === undefined ? {} : { volumeClaimTemplate }),
  }));
}

/** One pass over all tasks, inline specs included. */
export function substitutePipeline(spec: PipelineSpec, replacements: Replacements): PipelineSpec {
  return {
    ...spec,
    ...(spec.tasks === undefined ? {} : { tasks: spec.tasks.map((task) => withInlineTask(task, replacements)) }),
    ...(spec.finally === undefined ? {} : { finally: spec.finally.map((task) => withInlineTask(task, replacements)) }),
  };
}

function withInlineTask(task: PipelineTask, replacements: Replacements): PipelineTask {
  const replaced = substituteTask(task, replacements);
  if (replaced.taskSpec === undefined) return replaced;
  return { ...replaced, taskSpec: propagate(replaced.taskSpec, replaced.params, replacements) };
}

/** A pipeline task with variables replaced wherever Tekton replaces them; the inline spec is left as it is. */
export function substituteTask(task: PipelineTask, replacements: Replacements): PipelineTask {
  const { displayName, params, matrix, workspaces, when, taskRef, pipelineRef, onError, conditions } = task;
  return {
    ...task,
    ...(displayName === undefined ? {} : { displayName: substitute(displayName, replacements) }),
    ...(params === undefined ? {} : { params: substituteParams(params, replacements) }),
    ...(matrix === undefined ? {} : { matrix: substituteMatrix(matrix, replacements) }),
    ...(workspaces === undefined ? {} : { workspaces: substituteDeep(workspaces, replacements) }),
    ...(when === undefined ? {} : { when: substituteWhen(when, replacements) }),
    ...(taskRef === undefined ? {} : { taskRef: substituteRef(taskRef, replacements) }),
    ...(pipelineRef === undefined ? {} : { pipelineRef: substituteRef(pipelineRef, replacements) }),
    ...(onError === undefined ? {} : { onError: substitute(onError, replacements) }),
    ...(conditions === undefined
      ? {}
      : {
          conditions: conditions.map((condition) => ({
            ...condition,
            ...(condition.params === undefined ? {} : { params: substituteParams(condition.params, replacements) }),
          })),
        }),
  };
}

function substituteParams(params: readonly Param[], replacements: Replacements): Param[] {
  return params.map((param) => {
    const value = substituteValue(param.value, replacements);
    return value === param.value ? param : { ...param, value };
  });
}

function substituteMatrix(matrix: Matrix, replacements: Replacements): Matrix {
  return {
    ...matrix,
    ...(matrix.params === undefined ? {} : { params: substituteParams(matrix.params, replacements) }),
    ...(matrix.include === undefined
      ? {}
      : {
          include: matrix.include.map((include) => ({
            ...include,
            ...(include.params === undefined ? {} : { params: substituteParams(include.params, replacements) }),
          })),
        }),
  };
}

function substituteRef(ref: NonNullable<PipelineTask['taskRef']>, replacements: Replacements): typeof ref {
  return {
    ...ref,
    ...(ref.name === undefined ? {} : { name: substitute(ref.name, replacements) }),
    ...(ref.params === undefined ? {} : { params: substituteParams(ref.params, replacements) }),
  };
}

/**
 * Params of the run seen by an inline task that does not declare them. Where the pipeline task gives a param of the
 * same name, that value is the one seen.
 */
function propagate(spec: EmbeddedTask, params: readonly Param[] | undefined, outer: Replacements): EmbeddedTask {
  const own = (params ?? []).filter(({ name }) => isKnown(`params.${name}`, outer));
  if (own.length === 0) return substituteTaskSpec(spec, outer);
  return substituteTaskSpec(spec, layered(paramReplacements(own, undefined), without(outer, own)));
}

function isKnown(name: string, { strings, arrays, objects }: Replacements): boolean {
  return strings.get(name) !== undefined || arrays.get(name) !== undefined || objects.get(name) !== undefined;
}

/** The values without those of the hidden params: an outer array's `[3]` must not show behind a shorter inner one. */
export function without(outer: Replacements, hidden: readonly Param[]): Replacements {
  const prefixes = hidden.flatMap(({ name }) => [`params.${name}`, `params["${name}"]`, `params['${name}']`]);
  const isHidden = (key: string): boolean =>
    prefixes.some((prefix) => key === prefix || key.startsWith(`${prefix}[`) || key.startsWith(`${prefix}.`));
  return {
    strings: { get: (key) => (isHidden(key) ? undefined : outer.strings.get(key)) },
    arrays: { get: (key) => (isHidden(key) ? undefined : outer.arrays.get(key)) },
    objects: { get: (key) => (isHidden(key) ? undefined : outer.objects.get(key)) },
  };
}
