// What the scheduler keeps in memory of the objects that it follows.

import { LABELS, isDone, type KubeObject, type PipelineRun, type TaskRun } from '@slipway/contracts';

/**
 * Finished runs and TaskRuns that belong to no run are not kept. Of a TaskRun only what decisions rest on is: its
 * steps and specs are the largest part of it. Whoever writes one must fetch it whole first.
 */
export function slim(object: KubeObject): KubeObject | undefined {
  if (object.kind === 'PipelineRun') return isDone(object as PipelineRun) ? undefined : object;
  if (object.kind !== 'TaskRun' || object.metadata.labels?.[LABELS.pipelineRun] === undefined) return undefined;
  const { apiVersion, kind, metadata, spec, status } = object as TaskRun;
  const { name, namespace, uid, resourceVersion, labels, ownerReferences } = metadata;
  const { conditions, results, resourcesResult } = status ?? {};
  const slimmed: TaskRun = {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(labels === undefined ? {} : { labels }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
    spec: {
      ...(spec.status === undefined ? {} : { status: spec.status }),
      ...(spec.statusMessage === undefined ? {} : { statusMessage: spec.statusMessage }),
    },
    status: {
      ...(conditions === undefined ? {} : { conditions }),
      ...(results === undefined ? {} : { results }),
      ...(resourcesResult === undefined ? {} : { resourcesResult }),
    },
  };
  return slimmed;
}
