// What is kept in memory of finished objects: enough to know that they are done and to clean up after them. History
// grows for ever; what it costs here must not.

import {
  BUILDS,
  PODS,
  RESOLUTION_REQUESTS,
  SHARD_LABEL,
  TASK_RUNS,
  isDone,
  resourceKindOf,
  resourceNameOf,
} from '@slipway/contracts';
import type { Build, KubeObject, Pod, PodStatus, ResolutionRequest, TaskRun } from '@slipway/contracts';
import { hasUnsentEvents } from './cloud-events.js';

/** The object, or of a finished one no more than is ever asked. A slim object must not be written back. */
export function slim(object: KubeObject): KubeObject {
  const kind = resourceKindOf(object.apiVersion, object.kind);
  const resource = kind === undefined ? undefined : resourceNameOf(kind);
  if (resource === TASK_RUNS && isOver(object as TaskRun)) return slimRun(object as TaskRun);
  if (resource === BUILDS && isDone(object as Build)) return slimRun(object as Build);
  if (resource === RESOLUTION_REQUESTS) return slimRequest(object);
  if (resource === PODS && isFinished(object as Pod)) return slimPod(object as Pod);
  return object;
}

/** Whether nothing of the run will be written any more. */
function isOver(taskRun: TaskRun): boolean {
  return isDone(taskRun) && !hasUnsentEvents(taskRun);
}

/** Whether nothing of the pod runs any more, and its stored state will not change. */
export function isFinished(pod: Pick<Pod, 'status'>): boolean {
  const phase = pod.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Whether the pod's end is not stored yet. */
export function needsLastStatus(stored: Pod | undefined, last: PodStatus): boolean {
  return stored !== undefined && !isFinished(stored) && isFinished({ status: last });
}

function slimRun(run: TaskRun | Build): KubeObject {
  const { conditions, podName } = (run.status ?? {}) as NonNullable<TaskRun['status']>;
  return {
    ...identity(run),
    spec: {},
    status: {
      ...(conditions === undefined ? {} : { conditions: conditions.map(({ type, status }) => ({ type, status })) }),
      ...(podName === undefined ? {} : { podName }),
    },
  } as KubeObject;
}

/** Whether it was answered; the answer itself may be large. */
function slimRequest(request: ResolutionRequest): KubeObject {
  const { conditions } = request.status ?? {};
  return { ...identity(request), status: conditions === undefined ? {} : { conditions } } as KubeObject;
}

function slimPod(pod: Pod): Pod {
  const phase = pod.status?.phase;
  return { ...identity(pod), spec: { containers: [] }, status: { ...(phase === undefined ? {} : { phase }) } };
}

function identity({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, labels, ownerReferences } = metadata;
  const shard = labels?.[SHARD_LABEL];
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(shard === undefined ? {} : { labels: { [SHARD_LABEL]: shard } }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
  };
}
