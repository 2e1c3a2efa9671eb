// What a pod is called, and whose it is.

import { ANNOTATIONS, LABELS, MANAGED_BY, SHARD_LABEL, type Pod, type TaskRun } from '@slipway/contracts';
import type { PodConventions } from './pod-conventions.js';

/** Annotations that describe how an object was applied, not what it is. */
const NOT_INHERITED: readonly string[] = [ANNOTATIONS.lastApplied];
/** `added`: annotations that the pod's own files come from. */
export function metadataOf(
  { taskRun, attempt }: { taskRun: TaskRun; attempt: number },
  conventions: PodConventions,
  added: Record<string, string>,
): Pod['metadata'] {
  const { metadata } = taskRun;
  const shard = metadata.labels?.[SHARD_LABEL];
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !NOT_INHERITED.includes(key));
  return {
    name: conventions.podName(taskRun, attempt),
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    labels: {
      ...metadata.labels,
      [LABELS.managedBy]: metadata.labels?.[LABELS.managedBy] ?? MANAGED_BY,
      [LABELS.taskRun]: metadata.name,
      ...(metadata.uid === undefined ? {} : { [LABELS.taskRunUid]: metadata.uid }),
      ...(shard === undefined ? {} : { [SHARD_LABEL]: shard }),
    },
    annotations: { ...conventions.annotations, ...Object.fromEntries(annotations), ...added },
    ownerReferences: [
      {
        apiVersion: taskRun.apiVersion,
        kind: taskRun.kind,
        name: metadata.name,
        uid: metadata.uid ?? '',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  };
}
