// Core Events: what `kubectl describe` shows below a TaskRun. Written with the commit that they tell of.

import { SHARD_LABEL, md5Hex, succeeded, timeOf, type CoreEvent, type TaskRun } from '@slipway/contracts';

/** The event that a change of the TaskRun's condition is worth; undefined for most. */
export function eventOf(before: TaskRun, after: TaskRun, nowMs: number): CoreEvent | undefined {
  const was = succeeded(before);
  const is = succeeded(after);
  if (is === undefined) return undefined;
  const attempt = after.status?.retriesStatus?.length ?? 0;
  if (is.status === 'Unknown' && is.reason === 'Started') return event(after, attempt, 'Normal', 'Started', '', nowMs);
  if (was?.status === is.status || is.status === 'Unknown') return undefined;
  const message = is.message ?? '';
  return is.status === 'True'
    ? event(after, attempt, 'Normal', 'Succeeded', message, nowMs)
    : event(after, attempt, 'Warning', 'Failed', message, nowMs);
}

function event(
  { apiVersion, kind, metadata }: TaskRun,
  attempt: number,
  type: CoreEvent['type'],
  reason: string,
  message: string,
  nowMs: number,
): CoreEvent {
  const { name, namespace, uid = '' } = metadata;
  const shard = metadata.labels?.[SHARD_LABEL];
  const at = timeOf(nowMs);
  const where = namespace === undefined ? {} : { namespace };
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name}.${md5Hex(`${uid}/${attempt}/${reason}`).slice(0, 16)}`, // one commit writes it once
      ...where,
      ...(shard === undefined ? {} : { labels: { [SHARD_LABEL]: shard } }),
      ownerReferences: [{ apiVersion, kind, name, uid }],
    },
    involvedObject: { apiVersion, kind, name, ...where, uid },
    type,
    reason,
    message,
    source: { component: 'slipway-executor' },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
}
