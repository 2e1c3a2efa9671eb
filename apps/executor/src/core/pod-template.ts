// Pod templates: what a run says about its pod, over what the platform says about every pod.

import type { PodTemplate, TaskRun } from '@slipway/contracts';

/**
 * The run with the platform's template below its own: a field that the run gives hides the platform's; `env` and `volumes`
 * are joined by name.
 *
 * Source  tektoncd/pipeline pkg/apis/pipeline/pod MergePodTemplateWithDefault.
 */
export function withDefaultPodTemplate(taskRun: TaskRun, below: PodTemplate | undefined): TaskRun {
  if (below === undefined) return taskRun;
  const own = taskRun.spec.podTemplate ?? {};
  const podTemplate: PodTemplate = {
    ...below,
    ...own,
    ...joined('env', below.env, own.env),
    ...joined('volumes', below.volumes, own.volumes),
  };
  return { ...taskRun, spec: { ...taskRun.spec, podTemplate } };
}

function joined<Key extends 'env' | 'volumes', Item extends { name: string }>(
  key: Key,
  below: readonly Item[] = [],
  own: readonly Item[] = [],
): { [K in Key]?: Item[] } {
  const names = new Set(own.map(({ name }) => name));
  const items = [...below.filter(({ name }) => !names.has(name)), ...own];
  return items.length === 0 ? {} : ({ [key]: items } as { [K in Key]: Item[] });
}
