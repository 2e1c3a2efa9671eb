// Core Events: what `kubectl describe` shows below a PipelineRun. Written with the commit that they tell of.

import { SHARD_LABEL, md5Hex, timeOf, type Condition, type CoreEvent, type KubeObject } from '@slipway/contracts';

export function startedEvent(run: KubeObject, nowMs: number): CoreEvent {
  return event(run, 'Normal', 'Started', '', nowMs);
}

export function finishedEvent(
  run: KubeObject,
  { status, message = '' }: Pick<Condition, 'status' | 'message'>,
  nowMs: number,
): CoreEvent {
  return status === 'True'
    ? event(run, 'Normal', 'Succeeded', message, nowMs)
    : event(run, 'Warning', 'Failed', message, nowMs);
}

function event(
  { apiVersion, kind, metadata: { name, namespace = '', uid = '', labels } }: KubeObject,
  type: CoreEvent['type'],
  reason: string,
  message: string,
  nowMs: number,
): CoreEvent {
  const at = timeOf(nowMs);
  const involved = { apiVersion, kind, name, uid };
  const shard = labels?.[SHARD_LABEL];
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name}.${md5Hex(`${uid}/${reason}`).slice(0, 16)}`, // one commit writes it once
      namespace,
      ...(shard === undefined ? {} : { labels: { [SHARD_LABEL]: shard } }),
      ownerReferences: [involved],
    },
    involvedObject: { ...involved, namespace },
    type,
    reason,
    message,
    source: { component: 'slipway-scheduler' },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
}
