// The TaskRuns of a run: one for each task, each combination of a matrix, each check of a 2020 Condition.

import {
  ANNOTATIONS,
  LABELS,
  MANAGED_BY,
  SHARD_LABEL,
  childName,
  paramReplacements,
  shardOfObject,
  substituteDeep,
  substituteTaskSpec,
  type OwnerReference,
  type Param,
  type PipelineRun,
  type PipelineTask,
  type PodTemplate,
  type TaskRun,
  type TaskRunSpec,
  type TaskSpec,
} from '@slipway/contracts';
import type { CompiledCondition, CompiledPipeline, CompiledTask } from './compiled-pipeline.js';
import type { Refusal } from './refusal.js';
import { bindingOf, taskResources } from './resource-bindings.js';
import type { RunModel } from './run-model.js';
import { stateReplacements } from './state-variables.js';
import { DEFAULT_TIMEOUT } from './timeouts.js';
import { taskWorkspaces } from './workspaces.js';

/** Annotations that belong to one object and must not travel on. */
const OWN_ANNOTATION =
  /^(results\.tekton\.dev|chains\.tekton\.dev)\/|^kubectl\.kubernetes\.io\/last-applied-configuration$/;

const EMBEDDED_ONLY = new Set(['apiVersion', 'kind', 'spec', 'metadata']);

export function ownerOf(run: PipelineRun): OwnerReference {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    name: run.metadata.name,
    uid: run.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The TaskRun of one pipeline task, or why it cannot be made. `task` has results and states of other tasks in it. */
export function buildTaskRun(
  run: PipelineRun,
  model: RunModel,
  compiled: CompiledTask,
  task: PipelineTask,
  name: string,
  combination: readonly Param[],
): TaskRun | Refusal {
  const { pipeline } = model;
  const workspaces = taskWorkspaces(run, compiled, task, pipeline.bindings);
  if (!Array.isArray(workspaces)) return workspaces;
  const overrides = overridesOf(run, pipeline, task.name);
  const params = [...combination, ...(task.params ?? [])];
  const resources = taskResources(run, pipeline, compiled, task);
  const { stepSpecs, sidecarSpecs, computeResources, podTemplate } = overrides;
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name,
      namespace: run.metadata.namespace ?? '',
      labels: labelsOf(run, compiled, task, overrides.metadata?.labels),
      annotations: annotationsOf(run, task, overrides.metadata?.annotations),
      ownerReferences: [ownerOf(run)],
    },
    spec: {
      ...(params.length === 0 ? {} : { params }),
      serviceAccountName: overrides.serviceAccountName ?? 'default',
      ...definitionOf(model, compiled, task),
      ...(task.retries === undefined || task.retries === 0 ? {} : { retries: task.retries }),
      timeout: overrides.timeout ?? task.timeout ?? DEFAULT_TIMEOUT,
      ...(podTemplate === undefined ? {} : { podTemplate }),
      ...(workspaces.length === 0 ? {} : { workspaces }),
      ...(stepSpecs === undefined ? {} : { stepSpecs }),
      ...(sidecarSpecs === undefined ? {} : { sidecarSpecs }),
      ...(computeResources === undefined ? {} : { computeResources }),
      ...(resources === undefined ? {} : { resources }),
    },
  };
}

/** The TaskRun that finds out whether a Condition holds: its check as the only step. */
export function buildConditionCheck(
  run: PipelineRun,
  pipeline: CompiledPipeline,
  compiled: CompiledTask,
  task: PipelineTask,
  { registerName, use, condition }: CompiledCondition,
  taskRunName: string,
): TaskRun {
  const name = childName(taskRunName, `-${registerName}`);
  const overrides = overridesOf(run, pipeline, task.name);
  const params = task.conditions?.find(({ conditionRef }) => conditionRef === use.conditionRef)?.params ?? [];
  const spec: TaskSpec = {
    ...(condition.spec.params === undefined ? {} : { params: condition.spec.params }),
    steps: [{ ...condition.spec.check, name: condition.spec.check?.name ?? `condition-check-${use.conditionRef}` }],
    ...(condition.spec.resources === undefined ? {} : { resources: { inputs: condition.spec.resources } }),
  };
  const inputs = (use.resources ?? []).flatMap(
    ({ name: input, resource }) => bindingOf(run, pipeline, { spec }, input, resource) ?? [],
  );
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name,
      namespace: run.metadata.namespace ?? '',
      labels: {
        ...labelsOf(run, compiled, { name: task.name }, undefined),
        [LABELS.conditionCheck]: name,
        [LABELS.conditionName]: use.conditionRef,
      },
      annotations: annotationsOf(run, { name: task.name }, undefined),
      ownerReferences: [ownerOf(run)],
    },
    spec: {
      ...(params.length === 0 ? {} : { params }),
      serviceAccountName: overrides.serviceAccountName ?? 'default',
      taskSpec: spec,
      timeout: DEFAULT_TIMEOUT,
      ...(overrides.podTemplate === undefined ? {} : { podTemplate: overrides.podTemplate }),
      ...(inputs.length === 0 ? {} : { resources: { inputs } }),
    },
  };
}

/** `taskRef` as the pipeline has it, or the inline spec with the results that it names in it. */
function definitionOf(
  model: RunModel,
  compiled: CompiledTask,
  task: PipelineTask,
): Pick<TaskRunSpec, 'taskRef' | 'taskSpec'> {
  if (task.taskSpec === undefined) return { taskRef: { kind: 'Task', ...task.taskRef } };
  // An inline task says more than a TaskRun's `taskSpec` may: its own labels, and the fields of custom tasks.
  const own = Object.entries(task.taskSpec).filter(([key]) => !EMBEDDED_ONLY.has(key));
  return { taskSpec: substituteTaskSpec(Object.fromEntries(own) as TaskSpec, stateReplacements(model, compiled)) };
}

type Overrides = Omit<NonNullable<PipelineRun['spec']['taskRunSpecs']>[number], 'pipelineTaskName'>;

/** What the run says about one task: `taskRunTemplate`, and over it its entry in `taskRunSpecs`. */
function overridesOf(run: PipelineRun, pipeline: CompiledPipeline, pipelineTask: string): Overrides {
  const { taskRunTemplate, taskRunSpecs } = run.spec;
  const own = taskRunSpecs?.find(({ pipelineTaskName }) => pipelineTaskName === pipelineTask);
  const serviceAccountName = nonEmpty(own?.serviceAccountName) ?? nonEmpty(taskRunTemplate?.serviceAccountName);
  const podTemplate = mergedPodTemplate(own?.podTemplate, taskRunTemplate?.podTemplate);
  return {
    ...own,
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(podTemplate === undefined
      ? {}
      : { podTemplate: substituteDeep(podTemplate, paramReplacements(run.spec.params, pipeline.spec.params)) }),
  };
}

/** Field by field the task's own; lists of named things (env, volumes) are joined, the task's own first. */
function mergedPodTemplate(own: PodTemplate | undefined, common: PodTemplate | undefined): PodTemplate | undefined {
  if (own === undefined || common === undefined) return own ?? common;
  const joined = <Item extends { name: string }>(first: Item[] = [], second: Item[] = []): Item[] => [
    ...first,
    ...second.filter(({ name }) => !first.some((item) => item.name === name)),
  ];
  return {
    ...common,
    ...own,
    ...((own.env ?? common.env) ? { env: joined(own.env, common.env) } : {}),
    ...((own.volumes ?? common.volumes) ? { volumes: joined(own.volumes, common.volumes) } : {}),
  };
}

function labelsOf(
  run: PipelineRun,
  compiled: CompiledTask,
  task: PipelineTask,
  overrides: Record<string, string> | undefined,
): Record<string, string> {
  const { name, uid } = run.metadata;
  const taskName = nonEmpty(task.taskRef?.name);
  const taskLabel = task.taskRef?.kind === 'ClusterTask' ? LABELS.clusterTask : LABELS.task;
  return {
    ...task.taskSpec?.metadata?.labels,
    [SHARD_LABEL]: String(shardOfObject(run.metadata)),
    [LABELS.managedBy]: MANAGED_BY,
    ...run.metadata.labels,
    ...(taskName === undefined ? {} : { [taskLabel]: taskName }),
    [LABELS.pipelineRun]: name,
    [LABELS.pipelineRunUid]: uid ?? '',
    [LABELS.pipelineTask]: task.name,
    [LABELS.memberOf]: compiled.section,
    ...overrides,
  };
}

function annotationsOf(
  run: PipelineRun,
  task: PipelineTask,
  overrides: Record<string, string> | undefined,
): Record<string, string> {
  const travelling = Object.entries(run.metadata.annotations ?? {}).filter(([key]) => !OWN_ANNOTATION.test(key));
  return {
    ...task.taskSpec?.metadata?.annotations,
    ...Object.fromEntries(travelling),
    ...overrides,
    ...(task.onError === 'continue' ? { [ANNOTATIONS.pipelineTaskOnError]: 'continue' } : {}),
  };
}

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
  return nonEmpty(task.displayName) && substituteDeep(task.displayName!, replacements);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
