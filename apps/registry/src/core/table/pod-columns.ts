// What `kubectl get pods` says about a pod (Kubernetes' printers, printPod).

import { msOf, type ContainerStatus, type KubeObject, type Pod, type PodStatus } from '@slipway/contracts';
import { humanDuration } from './age.js';
import type { Column } from './column.js';

/** The columns after the name; `age` is the common one. */
export function POD_COLUMNS(age: Column): Column[] {
  const column = (name: string, cell: (pod: Pod, nowMs: number) => string, wide = false): Column => ({
    name,
    type: 'string',
    priority: wide ? 1 : 0,
    description: '',
    cell: (object, nowMs) => cell(object as Pod, nowMs),
  });
  return [
    column('Ready', (pod) => readyCount(pod)),
    column('Status', (pod) => podReason(pod)),
    column('Restarts', (pod, nowMs) => restarts(pod, nowMs)),
    age,
    column('IP', (pod) => pod.status?.podIP || '<none>', true),
    column('Node', (pod) => pod.spec?.nodeName || '<none>', true),
    column('Nominated Node', () => '<none>', true),
    column('Readiness Gates', () => '<none>', true),
  ];
}

function readyCount(pod: Pod): string {
  const ready = statuses(pod).filter((status) => status.ready && status.state?.running !== undefined).length;
  return `${ready}/${pod.spec?.containers?.length ?? 0}`;
}

function restarts(pod: Pod, nowMs: number): string {
  const all = [...(pod.status?.initContainerStatuses ?? []), ...statuses(pod)];
  const total = all.reduce((sum, status) => sum + (status.restartCount ?? 0), 0);
  const ends = all.map((status) => msOf(status.lastState?.terminated?.finishedAt)).filter((ms) => ms !== undefined);
  return total > 0 && ends.length > 0 ? `${total} (${humanDuration(nowMs - Math.max(...ends))} ago)` : String(total);
}

function statuses(pod: Pod): ContainerStatus[] {
  return pod.status?.containerStatuses ?? [];
}

/** One word or two: the first thing about the pod that a user wants to know. */
function podReason(pod: Pod): string {
  const status: PodStatus = pod.status ?? {};
  const initReason = initializing(pod, status);
  let reason = initReason ?? mainReason(pod, status);
  if (isDeleting(pod) && status.reason === 'NodeLost') reason = 'Unknown';
  else if (isDeleting(pod) && status.phase !== 'Failed' && status.phase !== 'Succeeded') reason = 'Terminating';
  return reason;
}

function isDeleting(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

function mainReason(pod: Pod, status: PodStatus): string {
  let reason: string = status.reason || status.phase || 'Pending';
  let hasRunning = false;
  for (const { state, ready } of [...statuses(pod)].reverse()) {
    if (state?.waiting?.reason) reason = state.waiting.reason;
    else if (state?.terminated !== undefined) reason = endReason(state.terminated);
    else if (ready && state?.running !== undefined) hasRunning = true;
  }
  // A pod whose other containers still run is not "Completed".
  if (reason !== 'Completed' || !hasRunning) return reason;
  return status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True')
    ? 'Running'
    : 'NotReady';
}

function initializing(pod: Pod, status: PodStatus): string | undefined {
  const inits = status.initContainerStatuses ?? [];
  for (const [i, { state }] of inits.entries()) {
    if (state?.terminated !== undefined && state.terminated.exitCode === 0) continue;
    if (state?.terminated !== undefined) return `Init:${endReason(state.terminated)}`;
    const waiting = state?.waiting?.reason;
    if (waiting && waiting !== 'PodInitializing') return `Init:${waiting}`;
    return `Init:${i}/${pod.spec?.initContainers?.length ?? inits.length}`;
  }
  return undefined;
}

function endReason({ reason, signal, exitCode }: { reason?: string; signal?: number; exitCode: number }): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}
