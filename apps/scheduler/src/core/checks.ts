// What must hold before the first task starts: rows in Tekton's order, the first one broken ends the run.

import {
  buildGraph,
  parseResultReference,
  remoteRefOf,
  typeOfSpec,
  typeOfValue,
  variablesOfPipelineTask,
  variablesOfValue,
  type ParamSpec,
  type PipelineGraph,
  type PipelineRun,
  type ResultReference,
} from '@slipway/contracts';
import { TASK_RUN, childKindFor } from './child-kind.js';
import {
  allTasks,
  type CompiledPipeline,
  type CompiledTask,
  type Definitions,
  type PipelineSource,
} from './compiled-pipeline.js';
import { outsideTaskEnum } from './enum-subset.js';
import { checkTaskParams, missingKeys } from './param-checks.js';
import { goList, type Refusal } from './refusal.js';
import { brokenPolicy } from './run-policy.js';

type Row<Subject> = [reason: string, problem: (subject: Subject) => string | undefined];

interface Before {
  run: PipelineRun;
  source: PipelineSource;
  graph: PipelineGraph;
  /** `<namespace>/<name>` of the run and of its pipeline. */
  runName: string;
  pipelineName: string;
}

/** Checks of the run against its pipeline as written, and of the graph that its tasks make. */
export function checkBeforeSubstitution(
  run: PipelineRun,
  source: PipelineSource,
  graph: PipelineGraph,
): Refusal | undefined {
  const namespace = run.metadata.namespace ?? '';
  const runName = `${namespace}/${run.metadata.name}`;
  return firstBroken(beforeRows, { run, source, graph, runName, pipelineName: `${namespace}/${source.name}` });
}

// prettier-ignore
const beforeRows: readonly Row<Before>[] = [
  ['PipelineInvalidGraph', ({ graph, runName }) =>
    prefixed(`PipelineRun ${runName}'s Pipeline DAG is invalid: `, graph.problems[0]?.message)],
  ['PipelineInvalidGraph', ({ source, runName }) =>
    prefixed(`PipelineRun ${runName}'s Pipeline DAG is invalid for finally clause: `, duplicateFinally(source))],
  ['InvalidPipelineResourceBindings', ({ run, source, runName, pipelineName }) =>
    prefixed(`PipelineRun ${runName} doesn't bind Pipeline ${pipelineName}'s PipelineResources correctly: `, resourceBindings(run, source))],
  ['ParameterMissing', ({ run, source, runName, pipelineName }) =>
    prefixed(`PipelineRun ${runName} is missing some parameters required by Pipeline ${pipelineName}: `, missingParams(run, source))],
  ['ParameterTypeMismatch', ({ run, source, runName, pipelineName }) =>
    prefixed(`PipelineRun ${runName} parameters have mismatching types with Pipeline ${pipelineName}'s parameters: `, wrongTypes(run, source))],
  ['InvalidParamValue', ({ run, source, runName }) =>
    prefixed(`PipelineRun ${runName} parameters have invalid value: `, outsideEnum(run, source))],
  ['ObjectParameterMissKeys', ({ run, source, runName, pipelineName }) =>
    prefixed(`PipelineRun ${runName} parameters is missing object keys required by Pipeline ${pipelineName}'s parameters: `,
      prefixed('PipelineRun missing object keys for parameters: ', missingKeys(source.spec.params ?? [], run.spec.params ?? [])))],
  ['ParamArrayIndexingInvalid', ({ run, source, runName, pipelineName }) =>
    prefixed(`PipelineRun ${runName} failed validation: failed to validate Pipeline ${pipelineName}'s parameter which has an invalid index while referring to an array: `, indexesOutOfBounds(run, source))],
  ['InvalidWorkspaceBindings', ({ run, source, runName, pipelineName }) =>
    prefixed(`PipelineRun ${runName} doesn't bind Pipeline ${pipelineName}'s Workspaces correctly: `, unboundWorkspace(run, source))],
  ['InvalidTaskRunSpecs', ({ run, source, runName }) =>
    prefixed(`PipelineRun ${runName} doesn't define taskRunSpecs correctly: `, unknownTaskRunSpec(run, source))],
];

interface After {
  run: PipelineRun;
  source: PipelineSource;
  pipeline: CompiledPipeline;
  definitions: Definitions;
  namespace: string;
}

/** Checks of the compiled tasks: that they exist, get what they need, and refer to what there is. */
export function checkTasks(
  run: PipelineRun,
  source: PipelineSource,
  pipeline: CompiledPipeline,
  definitions: Definitions,
): Refusal | undefined {
  return firstBroken(afterRows, { run, source, pipeline, definitions, namespace: run.metadata.namespace ?? '' });
}

// prettier-ignore
const afterRows: readonly Row<After>[] = [
  ['CouldntGetResource', ({ run, definitions, namespace }) =>
    prefixed(`PipelineRun ${namespace}/${run.metadata.name} can't be Run; it tries to bind Resources that don't exist: `, missingResource(run, definitions))],
  ['CouldntGetTask', ({ pipeline, namespace }) =>
    prefixed(`Pipeline ${namespace}/${pipeline.name} can't be Run; it contains Tasks that don't exist: `, each(pipeline, missingTask))],
  ['CouldntGetCondition', ({ run, pipeline, namespace }) =>
    prefixed(`PipelineRun ${namespace}/${run.metadata.name} can't be Run; it contains Conditions that don't exist:  `, each(pipeline, missingCondition))],
  ['PipelineValidationFailed', ({ run, pipeline }) =>
    prefixed(`Validation failed for pipelinerun ${run.metadata.name} with error `, each(pipeline, checkTaskParams))],
  ['PipelineValidationFailed', ({ source, pipeline }) =>
    prefixed('Validation failed for pipelinerun with error ', outsideEnums(source, pipeline))],
  ['InvalidTaskResultReference', ({ pipeline }) => each(pipeline, (task) =>
    prefixed(`invalid result reference in pipeline task "${task.task.name}": `, firstOf(task.references, (ref) => brokenReference(ref, pipeline))))],
  ['InvalidPipelineResultReference', ({ run, pipeline }) =>
    prefixed(`Failed to resolve pipeline result reference for "${run.metadata.name}" with error `, brokenPipelineResult(pipeline))],
  ['InvalidPolicy', ({ pipeline }) => each(pipeline, brokenPolicy)],
  ['RequiredWorkspaceMarkedOptional', ({ pipeline }) =>
    prefixed('Optional workspace not supported by task: ', each(pipeline, (task) => optionalWorkspace(task, pipeline)))],
];

function firstBroken<Subject>(rows: readonly Row<Subject>[], subject: Subject): Refusal | undefined {
  for (const [reason, problem] of rows) {
    const message = problem(subject);
    if (message !== undefined) return { reason, message };
  }
  return undefined;
}

function prefixed(prefix: string, message: string | undefined): string | undefined {
  return message === undefined ? undefined : prefix + message;
}

function firstOf<Item>(items: readonly Item[], problem: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function each(pipeline: CompiledPipeline, problem: (task: CompiledTask) => string | undefined): string | undefined {
  return firstOf(pipeline.tasks, problem);
}

function duplicateFinally({ spec }: PipelineSource): string | undefined {
  return buildGraph((spec.finally ?? []).map(({ name }) => ({ name }))).problems[0]?.message;
}

function resourceBindings(run: PipelineRun, { spec }: PipelineSource): string | undefined {
  const bound = (run.spec.resources ?? []).map(({ name }) => name);
  const declared = (spec.resources ?? []).map(({ name }) => name);
  const required = (spec.resources ?? []).filter(({ optional }) => optional !== true).map(({ name }) => name);
  const missing = required.filter((name) => !bound.includes(name));
  const extra = bound.filter((name) => !declared.includes(name));
  const of = "PipelineRun bound resources didn't match Pipeline: ";
  if (missing.length > 0) return `${of}didn't provide required values: ${goList(missing)}`;
  return extra.length > 0 ? `${of}provided extra values: ${goList(extra)}` : undefined;
}

function missingParams(run: PipelineRun, { spec }: PipelineSource): string | undefined {
  const given = new Set((run.spec.params ?? []).map(({ name }) => name));
  const missing = (spec.params ?? []).filter((param) => param.default === undefined && !given.has(param.name));
  return missing.length === 0
    ? undefined
    : `PipelineRun missing parameters: ${goList(missing.map(({ name }) => name))}`;
}

function wrongTypes(run: PipelineRun, { spec }: PipelineSource): string | undefined {
  const declared = new Map((spec.params ?? []).map((param) => [param.name, typeOfSpec(param)]));
  const wrong = (run.spec.params ?? []).filter(({ name, value }) => {
    const type = declared.get(name);
    return type !== undefined && type !== typeOfValue(value);
  });
  return wrong.length === 0
    ? undefined
    : `parameters have inconsistent types : ${goList(wrong.map(({ name }) => name))}`;
}

function outsideEnum(run: PipelineRun, { spec }: PipelineSource): string | undefined {
  const specs = new Map((spec.params ?? []).map((param): [string, ParamSpec] => [param.name, param]));
  return firstOf(run.spec.params ?? [], ({ name, value }) => {
    const allowed = specs.get(name)?.enum;
    if (allowed === undefined || allowed.length === 0 || typeof value !== 'string' || allowed.includes(value)) return;
    return `param \`${name}\` value: ${value} is not in the enum list`;
  });
}

function outsideEnums({ spec }: PipelineSource, pipeline: CompiledPipeline): string | undefined {
  const written = allTasks(spec);
  return each(pipeline, (task) => outsideTaskEnum(written[task.index] ?? task.task, spec.params ?? [], task.spec));
}

function indexesOutOfBounds(run: PipelineRun, { spec }: PipelineSource): string | undefined {
  const lengths = new Map<string, number>();
  for (const { name, default: value } of spec.params ?? []) if (Array.isArray(value)) lengths.set(name, value.length);
  for (const { name, value } of run.spec.params ?? []) if (Array.isArray(value)) lengths.set(name, value.length);
  if (lengths.size === 0) return undefined;
  const outside = new Set<string>();
  for (const expression of allTasks(spec).flatMap(variablesOfPipelineTask)) {
    const [, name, index] = /^params\.([^[\]]+)\[(\d+)\]$/.exec(expression) ?? [];
    const length = name === undefined ? undefined : lengths.get(name);
    if (length !== undefined && Number(index) >= length) outside.add(`$(${expression})`);
  }
  return outside.size === 0 ? undefined : `non-existent param references:${goList([...outside].sort())}`;
}

function unboundWorkspace(run: PipelineRun, { spec }: PipelineSource): string | undefined {
  const bound = new Set((run.spec.workspaces ?? []).map(({ name }) => name));
  const missing = (spec.workspaces ?? []).find(({ name, optional }) => optional !== true && !bound.has(name));
  return missing && `pipeline requires workspace with name "${missing.name}" be provided by pipelinerun`;
}

function unknownTaskRunSpec(run: PipelineRun, { spec }: PipelineSource): string | undefined {
  const names = new Set(allTasks(spec).map(({ name }) => name));
  const wrong = (run.spec.taskRunSpecs ?? []).find(({ pipelineTaskName }) => !names.has(pipelineTaskName ?? ''));
  return (
    wrong &&
    `PipelineRun's taskrunSpecs defined wrong taskName: "${wrong.pipelineTaskName ?? ''}", does not exist in Pipeline`
  );
}

function missingResource(run: PipelineRun, definitions: Definitions): string | undefined {
  return firstOf(run.spec.resources ?? [], ({ name, resourceRef }) => {
    if (resourceRef === undefined || definitions.resource(resourceRef.name) !== undefined) return undefined;
    const notFound = `pipelineresources.tekton.dev "${resourceRef.name}" not found`;
    return `error following resource reference for ${name}: ${notFound}`;
  });
}

function missingTask({ task, spec }: CompiledTask): string | undefined {
  const name = task.taskRef?.name ?? '';
  if (spec !== undefined || name.includes('$(') || childKindFor(task) !== TASK_RUN) return undefined;
  if (remoteRefOf(task.taskRef, 'Task') !== undefined) return undefined; // checked when it was fetched
  const plural = task.taskRef?.kind === 'ClusterTask' ? 'clustertasks' : 'tasks';
  return `Couldn't retrieve Task "${name}": ${plural}.tekton.dev "${name}" not found`;
}

function missingCondition({ task, conditions }: CompiledTask): string | undefined {
  const missing = (task.conditions ?? []).find(
    ({ conditionRef }) => !conditions.some(({ use }) => use.conditionRef === conditionRef),
  )?.conditionRef;
  return missing && `Couldn't retrieve Condition "${missing}": conditions.tekton.dev "${missing}" not found`;
}

function brokenReference({ pipelineTask, result }: ResultReference, pipeline: CompiledPipeline): string | undefined {
  const index = pipeline.byName.get(pipelineTask);
  if (index === undefined) return `referenced pipeline task "${pipelineTask}" does not exist`;
  const { spec, task } = pipeline.tasks[index]!;
  const declaring = task.pipelineSpec ?? spec;
  if (declaring === undefined || declaring.results?.some(({ name }) => name === result) === true) return undefined;
  return `"${result}" is not a named result returned by pipeline task "${pipelineTask}"`;
}

function brokenPipelineResult(pipeline: CompiledPipeline): string | undefined {
  return firstOf(pipeline.spec.results ?? [], ({ name, value }) =>
    prefixed(
      `invalid pipeline result "${name}": `,
      firstOf(variablesOfValue(value), (expression) => {
        const reference = parseResultReference(expression);
        return reference && brokenReference(reference, pipeline);
      }),
    ),
  );
}

function optionalWorkspace({ task, spec }: CompiledTask, pipeline: CompiledPipeline): string | undefined {
  const optional = (pipeline.spec.workspaces ?? []).filter((workspace) => workspace.optional === true);
  if (optional.length === 0) return undefined;
  return firstOf(task.workspaces ?? [], (use) => {
    const declared = spec?.workspaces?.find(({ name }) => name === use.name);
    const name = use.workspace ?? use.name;
    if (declared === undefined || declared.optional === true || !optional.some((one) => one.name === name)) return;
    return `pipeline workspace "${name}" is marked optional but pipeline task "${task.name}" requires it be provided`;
  });
}
