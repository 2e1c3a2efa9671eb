// The Kubernetes object model: what every stored object has in common.

/** RFC 3339 with whole seconds and `Z`, as Kubernetes writes `metav1.Time`. */
export type Time = string;

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  /** Decimal number that grows with every commit of the store. */
  resourceVersion?: string;
  /** Grows when the spec changes, not when the status does. */
  generation?: number;
  creationTimestamp?: Time;
  deletionTimestamp?: Time;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: unknown[];
}

/** Any stored object. `spec`, `status` and the rest are typed by the kinds that extend this. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** Knative's condition, as Tekton uses it. */
export interface Condition {
  type: string;
  status: ConditionStatus;
  reason?: string;
  message?: string;
  severity?: string;
  lastTransitionTime?: Time;
}

/** What names one object for ever: `resource` is `pipelineruns.tekton.dev`, or `pods` in the core group. */
export interface ObjectKey {
  resource: ResourceName;
  /** Empty for cluster-scoped objects. */
  namespace: string;
  name: string;
}

/** `<plural>.<group>`, or `<plural>` in the core group. */
export type ResourceName = string;

export const SHARD_LABEL = 'slipway.dev/shard';

/** Unix milliseconds as Kubernetes' `Time`: whole seconds. */
export function timeOf(ms: number): Time {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** A Kubernetes `Time` (or `MicroTime`) as Unix milliseconds; undefined when absent or unreadable. */
export function msOf(time: Time | undefined): number | undefined {
  if (time === undefined) return undefined;
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The condition of type `Succeeded`, which says what became of a run. */
export function succeeded(object: { status?: { conditions?: readonly Condition[] } }): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === 'Succeeded');
}

/** True once a run has its outcome; a finished run never changes its mind. */
export function isDone(object: { status?: { conditions?: readonly Condition[] } }): boolean {
  const status = succeeded(object)?.status;
  return status === 'True' || status === 'False';
}
