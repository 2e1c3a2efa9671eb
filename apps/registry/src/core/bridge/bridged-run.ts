// A run that is in two places: in an installed Tekton's API (the cluster's) and in the store (ours).

import {
  ANNOTATIONS,
  LABELS,
  MANAGED_BY_SLIPWAY,
  PIPELINE_RUNS,
  SHARD_LABEL,
  TASK_RUNS,
  type Condition,
  type KubeObject,
  type ObjectKey,
  type OwnerReference,
  type Time,
} from '@slipway/contracts';

export interface BridgedRun extends KubeObject {
  spec: { managedBy?: string; status?: string; statusMessage?: string; [field: string]: unknown };
  status?: { conditions?: Condition[]; [field: string]: unknown };
}

/** The kinds of runs that are bridged. `managedBy` came with Tekton's v1: there is no other version to speak. */
export const BRIDGED = [PIPELINE_RUNS, TASK_RUNS] as const;
export const BRIDGED_VERSION = 'v1';

/** Keeps a stored run until its end was told in the cluster: what is not stored any more was never begun, or is over. */
export const FINALIZER = 'slipway.dev/bridge';

/** Whether the cluster's object is any business of ours. */
export function isManagedHere(object: BridgedRun): boolean {
  return object.spec?.managedBy === MANAGED_BY_SLIPWAY;
}

/** Of an object that we made in the cluster, to show it: which stored one it shows. */
export function shownUid(object: BridgedRun): string | undefined {
  return object.metadata.annotations?.[ANNOTATIONS.storedUid];
}

/** The uid that the user's run, of which the stored one comes, has in the cluster; undefined of what comes of none. */
export function clusterRunOf(stored: KubeObject): string | undefined {
  return stored.metadata.labels?.[LABELS.clusterRun];
}

/** The stored run that started this one; undefined of what a user created. */
export function parentOf(stored: KubeObject): OwnerReference | undefined {
  return stored.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

export interface Wish {
  status: string;
  statusMessage: string;
}

/** What a user asks of a run that goes on: `spec.status`, and why. Empty: that it runs. */
export function wishOf({ spec }: BridgedRun): Wish {
  const { status, statusMessage } = spec as Record<string, unknown>;
  return { status: textOf(status), statusMessage: textOf(statusMessage) };
}

export function withWish(spec: BridgedRun['spec'], { status, statusMessage }: Wish): BridgedRun['spec'] {
  const next = { ...spec, status, statusMessage };
  for (const field of ['status', 'statusMessage'] as const) if (next[field] === '') Reflect.deleteProperty(next, field);
  return next;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The stored run that a user's becomes; its defaults and its name are those of admission. */
export function asStored(object: BridgedRun): BridgedRun {
  const { name, namespace, uid = '', labels, annotations } = object.metadata;
  const kept = { ...annotations };
  delete kept[ANNOTATIONS.lastApplied];
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels, [LABELS.clusterRun]: uid },
      annotations: kept,
      finalizers: [FINALIZER],
    },
    spec: object.spec,
  };
}

/** What shows a stored run in the cluster: as Tekton would have made it, and not for Tekton's controllers. */
export function asShown(stored: BridgedRun, parentUid: string): BridgedRun {
  const { name, namespace, uid = '', labels, annotations } = stored.metadata;
  const shownLabels = { ...labels };
  delete shownLabels[SHARD_LABEL];
  const parent = parentOf(stored)!;
  return {
    apiVersion: stored.apiVersion,
    kind: stored.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: shownLabels,
      annotations: { ...annotations, [ANNOTATIONS.storedUid]: uid },
      ownerReferences: [{ ...parent, uid: parentUid }],
    },
    spec: { ...stored.spec, managedBy: MANAGED_BY_SLIPWAY },
  };
}

/** The status of a run that cannot be served, for the cluster. */
export function refusedStatus(object: BridgedRun, reason: string, message: string, now: Time): BridgedRun['status'] {
  const condition: Condition = { type: 'Succeeded', status: 'False', reason, message, lastTransitionTime: now };
  return { ...object.status, conditions: [condition], completionTime: now };
}

export function keyText({ resource, namespace, name }: ObjectKey): string {
  return `${resource}/${namespace}/${name}`;
}

export function keyOfText(text: string): ObjectKey {
  const [resource = '', namespace = '', name = ''] = text.split('/');
  return { resource, namespace, name };
}
