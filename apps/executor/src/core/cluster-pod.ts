// A stored pod -> the pod that the cluster is given, and back: whose it is stands in its labels.
//
//   C1. The cluster gives a pod a uid of its own; ours is a label, by which a pod is found again whoever made it.
//   C2. Two installations on one cluster never touch each other's pods: every selector names the installation.
//   C3. Owners are named only where the cluster knows them: of an owner that it cannot find it deletes the pod.

import { SHARD_COUNT, SHARD_LABEL, shardOfObject, type Container, type KubeObject, type Pod } from '@slipway/contracts';

export const CLUSTER_LABELS = {
  /** Which of several platforms on a cluster a pod or a claim belongs to. */
  installation: 'slipway.dev/installation',
  /** The uid under which it is stored. */
  podUid: 'slipway.dev/pod-uid',
  /** On a claim. */
  claimUid: 'slipway.dev/claim-uid',
  /** Its run is done with it: kept for whoever reads its log, and not watched any more. */
  released: 'slipway.dev/released',
} as const;

export interface ClusterPodOptions {
  installation: string;
  /** Whether the runs are objects of the cluster's own API. */
  namesOwners: boolean;
}

/** What is created in the cluster for a stored object (C1). */
export function clusterObject<T extends KubeObject>(stored: T, uidLabel: string, options: ClusterPodOptions): T {
  const { name, namespace, labels, annotations, ownerReferences, uid = '' } = stored.metadata;
  const ours = {
    ...labels,
    [SHARD_LABEL]: String(shardOfObject(stored.metadata)),
    [CLUSTER_LABELS.installation]: options.installation,
    [uidLabel]: uid,
  };
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: ours,
    ...(annotations === undefined ? {} : { annotations }),
    ...(options.namesOwners && ownerReferences !== undefined ? { ownerReferences } : {}), // C3
  };
  const object: T & { status?: unknown } = { ...stored, metadata };
  delete object.status;
  return object;
}

/** The pod with a policy for containers that have none; undefined leaves them to the cluster's rule. */
export function withPullPolicy(pod: Pod, imagePullPolicy: string | undefined): Pod {
  if (imagePullPolicy === undefined) return pod;
  const filled = (container: Container): Container => ({ imagePullPolicy, ...container });
  const { initContainers, containers } = pod.spec;
  const init = initContainers === undefined ? {} : { initContainers: initContainers.map(filled) };
  return { ...pod, spec: { ...pod.spec, ...init, containers: containers.map(filled) } };
}

/** Selects what of the shards is in hand (C2); undefined where there are no shards. */
export function podSelector(installation: string, shards: ReadonlySet<number>): string | undefined {
  const owned = ownedSelector(installation, shards);
  return owned === undefined ? undefined : `${owned},!${CLUSTER_LABELS.released}`;
}

/** Selects what is kept for whoever reads its log, of all shards. */
export function releasedSelector(installation: string): string {
  return `${CLUSTER_LABELS.installation}=${installation},${CLUSTER_LABELS.released}`;
}

/** Selects everything of the shards. */
export function ownedSelector(installation: string, shards: ReadonlySet<number>): string | undefined {
  if (shards.size === 0) return undefined;
  const numbers = [...shards].sort((a, b) => a - b).join(',');
  const ofShards = shards.size === SHARD_COUNT ? SHARD_LABEL : `${SHARD_LABEL} in (${numbers})`;
  return `${CLUSTER_LABELS.installation}=${installation},${ofShards}`;
}
