// The TaskRuns of a run: one for each task, each combination of a matrix, each check of a 2020 Condition.

import {
  ANNOTATIONS,
  LABELS,
  MANAGED_BY,
  childName,
  substituteTaskSpec,
  type Param,
  type PipelineRun,
  type PipelineTask,
  type TaskRun,
  type TaskRunSpec,
  type TaskSpec,
} from '@slipway/contracts';
import { annotationsOf, labelsOf, nonEmpty, overridesOf, ownerOf } from './child-metadata.js';
import type { CompiledCondition, CompiledPipeline, CompiledTask } from './compiled-pipeline.js';
import type { Refusal } from './refusal.js';
import { inputBinding, taskResources } from './resource-bindings.js';
import type { RunModel } from './run-model.js';
import { stateReplacements } from './state-variables.js';
import { DEFAULT_TIMEOUT } from './timeouts.js';
import { taskWorkspaces } from './workspaces.js';

const EMBEDDED_ONLY = new Set(['apiVersion', 'kind', 'spec', 'metadata']);

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
  const params = [...combination, ...(task.params ?? [])];
  const overrides = overridesOf(run, pipeline, task.name, params);
  const resources = taskResources(run, pipeline, compiled, task);
  const { stepSpecs, sidecarSpecs, computeResources, podTemplate } = overrides;
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name,
      namespace: run.metadata.namespace ?? '',
      labels: {
        [LABELS.managedBy]: MANAGED_BY,
        ...labelsOf(run, compiled, task, taskLabelOf(task), overrides.metadata?.labels),
      },
      annotations: {
        ...annotationsOf(run, task, overrides.metadata?.annotations),
        ...retryAnnotation(compiled),
      },
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

/** What the executor needs to know of the run's policy. */
function retryAnnotation({ policy }: CompiledTask): Record<string, string> {
  return policy?.retry === undefined ? {} : { [ANNOTATIONS.policy]: JSON.stringify({ retry: policy.retry }) };
}

/** Name of the TaskRun that checks a Condition for the run of a task. */
export function conditionCheckName(taskRunName: string, registerName: string): string {
  return childName(taskRunName, `-${registerName}`);
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
  const name = conditionCheckName(taskRunName, registerName);
  const overrides = overridesOf(run, pipeline, task.name, []);
  const params = task.conditions?.find(({ conditionRef }) => conditionRef === use.conditionRef)?.params ?? [];
  const spec: TaskSpec = {
    ...(condition.spec.params === undefined ? {} : { params: condition.spec.params }),
    steps: [{ ...condition.spec.check, name: condition.spec.check?.name ?? `condition-check-${use.conditionRef}` }],
    ...(condition.spec.resources === undefined ? {} : { resources: { inputs: condition.spec.resources } }),
  };
  const inputs = (use.resources ?? []).flatMap((input) => inputBinding(run, pipeline, { spec }, input) ?? []);
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name,
      namespace: run.metadata.namespace ?? '',
      labels: {
        [LABELS.managedBy]: MANAGED_BY,
        ...labelsOf(run, compiled, { name: task.name }, {}, undefined),
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
  const { taskRef } = task;
  if (task.taskSpec === undefined)
    return { taskRef: taskRef?.resolver === undefined ? { kind: 'Task', ...taskRef } : taskRef };
  // An inline task says more than a TaskRun's `taskSpec` may: its own labels, and the fields of custom tasks.
  const own = Object.entries(task.taskSpec).filter(([key]) => !EMBEDDED_ONLY.has(key));
  return { taskSpec: substituteTaskSpec(Object.fromEntries(own) as TaskSpec, stateReplacements(model, compiled)) };
}

/** A TaskRun bears its Task's name; which label that is tells a Task from a ClusterTask. */
function taskLabelOf({ taskRef }: PipelineTask): Record<string, string> {
  const name = nonEmpty(taskRef?.name);
  return name === undefined ? {} : { [taskRef?.kind === 'ClusterTask' ? LABELS.clusterTask : LABELS.task]: name };
}
