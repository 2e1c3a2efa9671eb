// Core Events: what `kubectl describe` shows below a TaskRun or a Build. Written with the commit that they tell of.

import { SHARD_LABEL, md5Hex, succeeded, timeOf, type Build, type CoreEvent, type TaskRun } from '@slipway/contracts';

type Run = TaskRun | Build;

/** The event that a change of the run's condition is worth; undefined for most. */
export function eventOf(before: Run, after: Run, nowMs: number): CoreEvent | undefined {
  const was = succeeded(before);
  const is = succeeded(after);
  if (is === undefined) return undefined;
  const begins = after.kind === 'Build' ? was === undefined : is.reason === 'Started'; // each attempt of a TaskRun
  if (is.status === 'Unknown' && begins) return event(after, 'Normal', 'Started', '', nowMs);
  if (was?.status === is.status || is.status === 'Unknown') return undefined;
  const message = is.message ?? '';
  return is.status === 'True'
    ? event(after, 'Normal', 'Succeeded', message, nowMs)
    : event(after, 'Warning', 'Failed', message, nowMs);
}

function event(run: Run, type: CoreEvent['type'], reason: string, message: string, nowMs: number): CoreEvent {
  const { apiVersion, kind, metadata } = run;
  const attempt = (run.status as TaskRun['status'])?.retriesStatus?.length ?? 0;
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
