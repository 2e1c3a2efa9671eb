// The PipelineRun of a pipeline task that is a pipeline itself.

import {
  ANNOTATIONS,
  LABELS,
  type Param,
  type PipelineRun,
  type PipelineTask,
  type WorkspaceBinding,
} from '@slipway/contracts';
import { CHILD_PIPELINE_RUN } from './child-kind.js';
import { annotationsOf, labelsOf, overridesOf, ownerOf } from './child-metadata.js';
import type { CompiledTask } from './compiled-pipeline.js';
import { depthOf } from './depth.js';
import type { RunModel } from './run-model.js';
import { DEFAULT_TIMEOUT } from './timeouts.js';
import { boundWorkspaces } from './workspaces.js';

/** The child of one pipeline task. `task` has results and states of other tasks in it; `attempt` counts from 0. */
export function buildChildPipelineRun(
  run: PipelineRun,
  { pipeline }: RunModel,
  compiled: CompiledTask,
  task: PipelineTask,
  name: string,
  combination: readonly Param[],
  attempt: number,
): PipelineRun {
  const params = [...combination, ...(task.params ?? [])];
  const { maxDepth } = pipeline.policy;
  const overrides = overridesOf(run, pipeline, task.name, params);
  // What a child needs and is not given it finds itself, with a better message: it knows its own pipeline.
  const workspaces = boundWorkspaces(
    run,
    [...(task.workspaces ?? []), ...seenWorkspaces(task, pipeline.bindings)],
    pipeline.bindings,
  );
  const labels = labelsOf(run, compiled, task, {}, overrides.metadata?.labels);
  delete labels[LABELS.pipeline]; // the child's own, which it finds when it starts
  return {
    apiVersion: CHILD_PIPELINE_RUN.apiVersion,
    kind: CHILD_PIPELINE_RUN.kind,
    metadata: {
      name,
      namespace: run.metadata.namespace ?? '',
      labels,
      annotations: {
        ...annotationsOf(run, task, overrides.metadata?.annotations),
        [ANNOTATIONS.depth]: String(depthOf(run) + 1),
        ...(maxDepth === undefined ? {} : { [ANNOTATIONS.maxDepth]: String(maxDepth) }),
        ...(attempt === 0 ? {} : { [ANNOTATIONS.attempt]: String(attempt) }),
      },
      ownerReferences: [ownerOf(run)],
    },
    spec: {
      ...(task.pipelineRef === undefined ? {} : { pipelineRef: task.pipelineRef }),
      ...(task.pipelineSpec === undefined ? {} : { pipelineSpec: task.pipelineSpec }),
      ...(params.length === 0 ? {} : { params }),
      timeouts: { pipeline: overrides.timeout ?? task.timeout ?? DEFAULT_TIMEOUT },
      taskRunTemplate: {
        serviceAccountName: overrides.serviceAccountName ?? 'default',
        ...(overrides.podTemplate === undefined ? {} : { podTemplate: overrides.podTemplate }),
      },
      ...(workspaces.length === 0 ? {} : { workspaces }),
    },
  };
}

/** The run's workspaces that an inline pipeline sees without asking for them: those that it names anywhere. */
function seenWorkspaces(
  { pipelineSpec, workspaces }: PipelineTask,
  bindings: readonly WorkspaceBinding[],
): NonNullable<PipelineTask['workspaces']> {
  if (pipelineSpec === undefined || bindings.length === 0) return [];
  const named = new Set((pipelineSpec.workspaces ?? []).map(({ name }) => name));
  for (const task of [...(pipelineSpec.tasks ?? []), ...(pipelineSpec.finally ?? [])]) {
    for (const use of task.workspaces ?? []) named.add(use.workspace ?? use.name);
  }
  const text = JSON.stringify(pipelineSpec);
  for (const match of text.matchAll(/\$\(workspaces\.([^.()"]+)\./g)) named.add(match[1]!);
  const given = new Set((workspaces ?? []).map(({ name }) => name));
  return bindings.filter(({ name }) => named.has(name) && !given.has(name)).map(({ name }) => ({ name }));
}
