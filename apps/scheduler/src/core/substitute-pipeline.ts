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
 * Tekton makes three passes, so that a param's value may hold context variables, which a later pass replaces. Here the
 * later ones are made over what the first has changed: that comes to the same, and costs nothing for all the other tasks.
 */
export function substituteRun(spec: PipelineSpec, run: PipelineRun, pipelineName: string): PipelineSpec {
  const params = paramReplacements(run.spec.params, spec.params);
  const later = [contextReplacements(run, pipelineName), workspaceReplacements(spec, run)];
  const all = layered(params, ...later);
  return mapTasks(spec, (task) => {
    const replaced = withInlineTask(task, all);
    return replaced === task ? task : later.reduce(withInlineTask, replaced);
  });
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
  return mapTasks(spec, (task) => withInlineTask(task, replacements));
}

function mapTasks(spec: PipelineSpec, map: (task: PipelineTask) => PipelineTask): PipelineSpec {
  return {
    ...spec,
    ...(spec.tasks === undefined ? {} : { tasks: spec.tasks.map(map) }),
    ...(spec.finally === undefined ? {} : { finally: spec.finally.map(map) }),
  };
}

function withInlineTask(task: PipelineTask, replacements: Replacements): PipelineTask {
  const replaced = substituteTask(task, replacements);
  if (replaced.taskSpec === undefined) return replaced;
  const taskSpec = propagate(replaced.taskSpec, replaced, replacements);
  return taskSpec === replaced.taskSpec ? replaced : { ...replaced, taskSpec };
}

/**
 * A pipeline task with variables replaced wherever Tekton replaces them; the inline spec is left as it is. A task in which
 * nothing changes is given back, not copied: three passes over 10,000 tasks change few of them.
 */
export function substituteTask(task: PipelineTask, replacements: Replacements): PipelineTask {
  let copy: PipelineTask | undefined;
  const put = <Key extends keyof PipelineTask>(key: Key, value: PipelineTask[Key]): void => {
    if (value !== task[key]) (copy ??= { ...task })[key] = value;
  };
  const { displayName, params, matrix, workspaces, when, taskRef, pipelineRef, onError, conditions } = task;
  if (displayName !== undefined) put('displayName', substitute(displayName, replacements));
  if (params !== undefined) put('params', substituteParams(params, replacements));
  if (matrix !== undefined) put('matrix', substituteMatrix(matrix, replacements));
  if (workspaces !== undefined) put('workspaces', substituteDeep(workspaces, replacements));
  if (when !== undefined) put('when', substituteWhen(when, replacements));
  if (taskRef !== undefined) put('taskRef', substituteRef(taskRef, replacements));
  if (pipelineRef !== undefined) put('pipelineRef', substituteRef(pipelineRef, replacements));
  if (onError !== undefined) put('onError', substitute(onError, replacements));
  if (conditions !== undefined) put('conditions', withParams(conditions, replacements));
  return copy ?? task;
}

function substituteParams(params: Param[], replacements: Replacements): Param[] {
  let copy: Param[] | undefined;
  params.forEach((param, index) => {
    const value = substituteValue(param.value, replacements);
    if (value !== param.value) (copy ??= [...params])[index] = { ...param, value };
  });
  return copy ?? params;
}

/** Items of a list that have params of their own. */
function withParams<Item extends { params?: Param[] }>(items: Item[], replacements: Replacements): Item[] {
  return items.map((item) =>
    item.params === undefined ? item : { ...item, params: substituteParams(item.params, replacements) },
  );
}

function substituteMatrix(matrix: Matrix, replacements: Replacements): Matrix {
  return {
    ...matrix,
    ...(matrix.params === undefined ? {} : { params: substituteParams(matrix.params, replacements) }),
    ...(matrix.include === undefined ? {} : { include: withParams(matrix.include, replacements) }),
  };
}

function substituteRef(ref: NonNullable<PipelineTask['taskRef']>, replacements: Replacements): typeof ref {
  const name = ref.name === undefined ? undefined : substitute(ref.name, replacements);
  const params = ref.params === undefined ? undefined : substituteParams(ref.params, replacements);
  if (name === ref.name && params === ref.params) return ref;
  return { ...ref, ...(name === undefined ? {} : { name }), ...(params === undefined ? {} : { params }) };
}

/**
 * Params of the run seen by an inline task that does not declare them. Where the pipeline task gives a param of the
 * same name, that value is the one seen.
 */
function propagate(spec: EmbeddedTask, task: PipelineTask, outer: Replacements): EmbeddedTask {
  const hiding = givenParams(task).filter(({ name }) => isKnown(`params.${name}`, outer));
  if (hiding.length === 0) return substituteTaskSpec(spec, outer);
  const own = hiding.filter((param) => task.params?.includes(param) === true); // those of a matrix differ from run to run
  return substituteTaskSpec(spec, layered(paramReplacements(own, undefined), without(outer, hiding)));
}

/** What a pipeline gives to a task by name: its params, and those of its matrix. */
export function givenParams({ params = [], matrix }: PipelineTask): Param[] {
  const included = (matrix?.include ?? []).flatMap((include) => include.params ?? []);
  return [...params, ...(matrix?.params ?? []), ...included];
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
