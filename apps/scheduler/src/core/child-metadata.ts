// What all runs of pipeline tasks carry, whatever their kind: owner, labels, annotations, and what the run says of one task.

import {
  ANNOTATIONS,
  LABELS,
  SHARD_LABEL,
  paramReplacements,
  shardOfObject,
  substituteDeep,
  layered,
  type OwnerReference,
  type Param,
  type PipelineRun,
  type PipelineTask,
  type PodTemplate,
} from '@slipway/contracts';
import type { CompiledPipeline, CompiledTask } from './compiled-pipeline.js';
import { contextReplacements } from './substitute-pipeline.js';

/** Annotations that belong to one object and must not travel on. */
const OWN_ANNOTATION =
  /^(results\.tekton\.dev|chains\.tekton\.dev)\/|^kubectl\.kubernetes\.io\/last-applied-configuration$|^pipeline\.tekton\.dev\/pipeline-task-on-error$|^slipway\.dev\/(depth|max-depth|attempt|cancel-cause|policy|rerun|rerun-of)$/;

/** Annotations by which the scheduler knows a child: nobody else writes them. */
const OUR_ANNOTATION = /^slipway\.dev\/(depth|max-depth|attempt|cancel-cause|cancelled-at)$/;

/** The reference that makes a child go with its run when that is deleted. */
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

/** What a run says about one of its tasks. */
export type Overrides = Omit<NonNullable<PipelineRun['spec']['taskRunSpecs']>[number], 'pipelineTaskName'>;

/**
 * What the run says about one task: `taskRunTemplate`, and over it its entry in `taskRunSpecs`. `params` are those that
 * this one run of the task gets: with a matrix, a pod template can place each run where it belongs.
 */
export function overridesOf(
  run: PipelineRun,
  pipeline: CompiledPipeline,
  pipelineTask: string,
  params: readonly Param[],
): Overrides {
  const replacements = layered(
    paramReplacements(params, undefined),
    paramReplacements(run.spec.params, pipeline.spec.params),
    contextReplacements(run, pipeline.name),
  );
  const { taskRunTemplate, taskRunSpecs } = run.spec;
  const own = taskRunSpecs?.find(({ pipelineTaskName }) => pipelineTaskName === pipelineTask);
  const serviceAccountName = nonEmpty(own?.serviceAccountName) ?? nonEmpty(taskRunTemplate?.serviceAccountName);
  const podTemplate = mergedPodTemplate(own?.podTemplate, taskRunTemplate?.podTemplate);
  return {
    ...own,
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(podTemplate === undefined ? {} : { podTemplate: substituteDeep(podTemplate, replacements) }),
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

/**
 * Labels of every kind of child: the run's, then what is `own` to the kind, then what the run says of this task. Where
 * a child belongs, nobody says but us: its run would wait for ever for one that it does not find.
 */
export function labelsOf(
  run: PipelineRun,
  compiled: CompiledTask,
  task: Pick<PipelineTask, 'name' | 'taskSpec'>,
  own: Record<string, string>,
  overrides: Record<string, string> | undefined,
): Record<string, string> {
  const { name, uid } = run.metadata;
  return {
    ...task.taskSpec?.metadata?.labels,
    ...run.metadata.labels,
    ...own,
    ...overrides,
    [LABELS.pipelineRun]: name,
    [LABELS.pipelineRunUid]: uid ?? '',
    [LABELS.pipelineTask]: task.name,
    [LABELS.memberOf]: compiled.section,
    [SHARD_LABEL]: String(shardOfObject(run.metadata)),
  };
}

/** The run's annotations, save those that belong to it alone, and what is said of this task, save what only we say. */
export function annotationsOf(
  run: PipelineRun,
  task: PipelineTask,
  overrides: Record<string, string> | undefined,
): Record<string, string> {
  return {
    ...without(OUR_ANNOTATION, task.taskSpec?.metadata?.annotations),
    ...without(OWN_ANNOTATION, run.metadata.annotations),
    ...without(OUR_ANNOTATION, overrides),
    ...(task.onError === 'continue' ? { [ANNOTATIONS.pipelineTaskOnError]: 'continue' } : {}),
  };
}

function without(names: RegExp, annotations: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !names.test(name)));
}

/** Go's zero string is no string. */
export function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
