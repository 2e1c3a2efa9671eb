// The CustomRun of a custom task: what a controller of somebody else's is asked to do.

import type { CustomRun, CustomRunSpec, Param, PipelineRun, PipelineTask } from '@slipway/contracts';
import { CUSTOM_RUN } from './child-kind.js';
import { annotationsOf, labelsOf, overridesOf, ownerOf } from './child-metadata.js';
import type { CompiledTask } from './compiled-pipeline.js';
import type { Refusal } from './refusal.js';
import type { RunModel } from './run-model.js';
import { taskWorkspaces } from './workspaces.js';

/** The CustomRun of one pipeline task, or why it cannot be made. `task` has results and states of other tasks in it. */
export function buildCustomRun(
  run: PipelineRun,
  { pipeline }: RunModel,
  compiled: CompiledTask,
  task: PipelineTask,
  name: string,
  combination: readonly Param[],
): CustomRun | Refusal {
  const workspaces = taskWorkspaces(run, compiled, task, pipeline.bindings);
  if (!Array.isArray(workspaces)) return workspaces;
  const params = [...combination, ...(task.params ?? [])];
  const overrides = overridesOf(run, pipeline, task.name, params);
  const timeout = overrides.timeout ?? task.timeout;
  return {
    apiVersion: CUSTOM_RUN.apiVersion,
    kind: CUSTOM_RUN.kind,
    metadata: {
      name,
      namespace: run.metadata.namespace ?? '',
      labels: labelsOf(run, compiled, task, {}, overrides.metadata?.labels),
      annotations: annotationsOf(run, task, overrides.metadata?.annotations),
      ownerReferences: [ownerOf(run)],
    },
    spec: {
      ...definitionOf(task),
      ...(params.length === 0 ? {} : { params }),
      ...(task.retries === undefined || task.retries === 0 ? {} : { retries: task.retries }),
      serviceAccountName: overrides.serviceAccountName ?? 'default',
      ...(timeout === undefined ? {} : { timeout }),
      ...(workspaces.length === 0 ? {} : { workspaces }),
    },
  };
}

function definitionOf({ taskRef, taskSpec }: PipelineTask): Pick<CustomRunSpec, 'customRef' | 'customSpec'> {
  if (taskSpec === undefined) return { customRef: { ...taskRef } };
  const { apiVersion, kind, metadata, spec } = taskSpec;
  return {
    customSpec: {
      ...(apiVersion === undefined ? {} : { apiVersion }),
      ...(kind === undefined ? {} : { kind }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(spec === undefined ? {} : { spec }),
    },
  };
}
