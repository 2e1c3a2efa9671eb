// Pods that ended before any of their steps had begun: another one may take their place.
//
//   U1. Only while nothing shows that a step or sidecar ever ran: a step never runs twice. An init container may be either.
//   U2. How often, and when next, follows from what is stored; a cluster that refuses every time is not asked for ever.
//   U3. Only where the node gave the pod up: an init container that failed by itself would fail again.

import {
  ANNOTATIONS,
  backoffMs,
  msOf,
  timeOf,
  type ContainerStatus,
  type Pod,
  type PodStatus,
} from '@slipway/contracts';
import { PREPARES } from './entrypoint-delivery.js';

/** Another node, or the same one in a while, may take such a pod; one that ran out of time has none left. */
const FINAL_REASONS = ['DeadlineExceeded'];
const MAX_RESTARTS = 8;
const BACKOFF = { delay: '1s', factor: 2, max: '1m' };

/** Why another pod is to be started in the place of this one; undefined: it stays as it is. */
export function restartCause(stored: Pod, onNode: PodStatus): { reason: string; message: string } | undefined {
  const { phase, reason = 'PodFailed', message = '' } = onNode;
  if (phase !== 'Failed' || FINAL_REASONS.includes(reason) || restartsOf(stored).count >= MAX_RESTARTS)
    return undefined;
  if (onNode.reason === undefined && onNode.initContainerStatuses?.some(hasFailed)) return undefined; // U3
  if ([stored.status, onNode].some((status) => status !== undefined && hasBegunAny(status))) return undefined; // U1
  return { reason, message };
}

/** The stored pod as one that the cluster has never seen, with one restart more. */
export function restarted(stored: Pod, nowMs: number): Pod {
  const { count } = restartsOf(stored);
  const annotations = { ...stored.metadata.annotations, [ANNOTATIONS.restarts]: `${count + 1} ${timeOf(nowMs)}` };
  return { ...stored, metadata: { ...stored.metadata, annotations }, status: {} };
}

/** Before when the pod must not be started. Unix milliseconds (U2). */
export function startDueMs(stored: Pod): number {
  const { count, atMs } = restartsOf(stored);
  return count === 0 ? 0 : atMs + backoffMs(BACKOFF, count);
}

function restartsOf({ metadata }: Pod): { count: number; atMs: number } {
  const [count, at] = (metadata.annotations?.[ANNOTATIONS.restarts] ?? '').split(' ');
  return { count: Number(count) || 0, atMs: msOf(at) ?? 0 };
}

function hasBegunAny({ initContainerStatuses = [], containerStatuses = [] }: PodStatus): boolean {
  return [...initContainerStatuses.filter(({ name }) => name !== PREPARES), ...containerStatuses].some(hasBegun);
}

function hasBegun({ state }: ContainerStatus): boolean {
  return state?.running !== undefined || state?.terminated !== undefined;
}

function hasFailed({ state }: ContainerStatus): boolean {
  return (state?.terminated?.exitCode ?? 0) !== 0;
}
