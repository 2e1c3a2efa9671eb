// A pod that is kept for whoever reads its log, as the RetentionPolicies of its namespace see it.

import { KEEP_ANNOTATION, msOf, type Ended, type Pod } from '@slipway/contracts';
import { CLUSTER_LABELS } from './cluster-pod.js';
import { isStep } from './step-states.js';

export interface EndedPod extends Ended {
  namespace: string;
  name: string;
  /** The cluster's own uid of it. */
  clusterUid: string;
}

/** Undefined for one that somebody wants to keep, that goes already, or that does not say when it ended. */
export function endedPod(pod: Pod): EndedPod | undefined {
  const { namespace = '', name, uid: clusterUid, labels, annotations, deletionTimestamp } = pod.metadata;
  const uid = labels?.[CLUSTER_LABELS.podUid];
  if (uid === undefined || clusterUid === undefined || labels?.[CLUSTER_LABELS.released] === undefined)
    return undefined;
  if (deletionTimestamp !== undefined || annotations?.[KEEP_ANNOTATION] === 'true') return undefined;
  const ended = (pod.status?.containerStatuses ?? []).map(({ name: container, state }) => ({
    isStep: isStep({ name: container }),
    exitCode: state?.terminated?.exitCode,
    atMs: msOf(state?.terminated?.finishedAt),
  }));
  const times = ended.flatMap(({ atMs }) => atMs ?? []);
  // One whose containers never started has no other time than that of its creation.
  const endedMs = times.length > 0 ? Math.max(...times) : msOf(pod.metadata.creationTimestamp);
  if (endedMs === undefined || !Number.isFinite(endedMs)) return undefined;
  // Not the phase: what became of sidecars is nothing to anybody.
  const steps = ended.filter((one) => one.isStep);
  const succeeded = steps.length > 0 && steps.every(({ exitCode }) => exitCode === 0);
  return { uid, clusterUid, namespace, name, outcome: succeeded ? 'succeeded' : 'failed', endedMs };
}

/** What `endedPod` reads: of thousands of them nothing else is kept in memory. */
export function slimEndedPod({ apiVersion, kind, metadata, status }: Pod): Pod {
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels = {} } = metadata;
  const keep = metadata.annotations?.[KEEP_ANNOTATION];
  const kept = [CLUSTER_LABELS.podUid, CLUSTER_LABELS.installation, CLUSTER_LABELS.released];
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      labels: Object.fromEntries(kept.flatMap((label) => (label in labels ? [[label, labels[label]!]] : []))),
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(keep === undefined ? {} : { annotations: { [KEEP_ANNOTATION]: keep } }),
    },
    spec: { containers: [] },
    status: {
      phase: status?.phase ?? 'Pending',
      containerStatuses: (status?.containerStatuses ?? []).map((one) => ({ ...one, image: '', imageID: '' })),
    },
  };
}
