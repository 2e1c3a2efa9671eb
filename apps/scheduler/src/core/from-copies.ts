// `from` of 2020: what one task makes of a PipelineResource is what the next one takes. It goes by a claim of the run:
// the task that makes it copies its output there, the one that takes it copies from there instead of fetching.
//
//   F1. A resource that nobody takes `from` a task is not copied, and a run without copies has no claim.

import {
  RESOURCE_COPIES_PATH,
  copiesClaimName,
  type OwnerReference,
  type PersistentVolumeClaim,
  type PipelineRun,
  type PipelineSpec,
} from '@slipway/contracts';
import { shardLabels } from './shard-labels.js';

/** Types whose content is files; the rest of `from` is an edge of the graph and no more, as in Tekton. */
const COPIED: readonly string[] = ['git', 'storage', 'gcs', 'build-gcs'];
/** What Tekton asks for. */
const CLAIM_SIZE = '5Gi';

/** The outputs that are copied, as paths of `copyPath`. */
export function copiedOutputs(spec: PipelineSpec): ReadonlySet<string> {
  const types = new Map((spec.resources ?? []).map(({ name, type }) => [name, type]));
  const inputs = (spec.tasks ?? []).flatMap(({ resources, conditions }) => [
    ...(resources?.inputs ?? []),
    ...(conditions ?? []).flatMap((condition) => condition.resources ?? []),
  ]);
  return new Set(
    inputs
      .filter(({ resource }) => COPIED.includes(types.get(resource) ?? 'git'))
      .flatMap(({ resource, from }) => (from ?? []).map((task) => copyPath(task, resource))),
  );
}

/** Where the output of a task lies: by the name that the pipeline has for it, whatever either task calls it. */
export function copyPath(pipelineTask: string, resource: string): string {
  return `${RESOURCE_COPIES_PATH}/${pipelineTask}/${resource}`;
}

/** The claim that copies of a run go by; its name follows from the run. */
export function copiesClaim(run: PipelineRun, owner: OwnerReference): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: copiesClaimName(run.metadata.name),
      namespace: run.metadata.namespace ?? '',
      labels: shardLabels(run),
      ownerReferences: [owner],
    },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: CLAIM_SIZE } } },
  };
}
