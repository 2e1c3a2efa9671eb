// Finished runs as the RetentionPolicies of their namespace see them.

import {
  Endings,
  KEEP_ANNOTATION,
  msOf,
  type Condition,
  type Ended,
  type KubeObject,
  type ObjectKey,
} from '@slipway/contracts';

export interface FinishedRun extends Ended {
  key: ObjectKey;
}

/** The finished runs of one namespace, counted by kind. */
export class FinishedRuns extends Endings<FinishedRun> {
  constructor() {
    super(({ key }) => key.resource);
  }
}

/** The run as the policies see it; undefined while it goes on, is going already, belongs to another object or is to be kept. */
export function finishedRun(key: ObjectKey, object: KubeObject): FinishedRun | undefined {
  const { uid, annotations, deletionTimestamp, ownerReferences = [] } = object.metadata;
  if (uid === undefined || deletionTimestamp !== undefined || annotations?.[KEEP_ANNOTATION] === 'true')
    return undefined;
  if (ownerReferences.some(({ controller }) => controller === true)) return undefined; // it goes with its owner
  const status = (object as { status?: { conditions?: Condition[]; completionTime?: string } }).status;
  const condition = status?.conditions?.find(({ type }) => type === 'Succeeded');
  if (condition === undefined || (condition.status !== 'True' && condition.status !== 'False')) return undefined;
  const endedMs = msOf(status?.completionTime) ?? msOf(condition.lastTransitionTime);
  if (endedMs === undefined || !Number.isFinite(endedMs)) return undefined;
  return { key, uid, outcome: condition.status === 'True' ? 'succeeded' : 'failed', endedMs };
}
