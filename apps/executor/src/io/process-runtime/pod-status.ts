// A pod's status from the reports about its containers: a decision from plain data.

import {
  timeOf,
  type Condition,
  type Container,
  type ContainerState,
  type ContainerStatus,
  type Pod,
  type PodStatus,
} from '@slipway/contracts';
import { NOT_STARTED, type ContainerReport } from './container-state.js';

export interface ContainerFacts {
  report: ContainerReport;
  /** Content of the termination message file; empty when there is none. */
  terminationMessage: string;
  /** The last answer of its readiness probe; true when it has none. */
  probeSucceeded: boolean;
}

export interface PodFacts {
  createdMs: number;
  /** Why the pod cannot start yet; `image`: only containers with that one wait for this. */
  waiting: { reason: string; message: string; image?: string } | undefined;
  /** Images that were pulled, and what they are. */
  imageIds?: Readonly<Record<string, string>>;
  /** Why the pod never will run, or was ended as a whole. */
  refused: { reason: string; message: string } | undefined;
  containers: ReadonlyMap<string, ContainerFacts>;
}

/** The status as a kubelet would report it. */
export function podStatus(pod: Pod, facts: PodFacts): PodStatus {
  const init = pod.spec.initContainers ?? [];
  const status = (container: Container): ContainerStatus => containerStatus(pod, container, facts);
  const initStatuses = init.map(status);
  const statuses = pod.spec.containers.map(status);
  const phase = phaseOf(initStatuses, statuses, facts);
  return {
    phase,
    ...(facts.refused ?? {}),
    startTime: timeOf(facts.createdMs),
    podIP: '127.0.0.1',
    hostIP: '127.0.0.1',
    conditions: conditionsOf(initStatuses, statuses, phase),
    ...(init.length === 0 ? {} : { initContainerStatuses: initStatuses }),
    containerStatuses: statuses,
    qosClass: 'BestEffort',
  };
}

function containerStatus(pod: Pod, container: Container, facts: PodFacts): ContainerStatus {
  const own = facts.containers.get(container.name);
  const report: ContainerReport = own?.report ?? { kind: 'waiting' };
  const isRunning = report.kind === 'running';
  return {
    name: container.name,
    state: stateOf(pod, container, report, own?.terminationMessage ?? '', facts),
    ready: isRunning ? (own?.probeSucceeded ?? true) : report.kind === 'terminated' && isInit(pod, container, report),
    started: isRunning,
    restartCount: 0,
    image: container.image ?? '',
    imageID: facts.imageIds?.[container.image ?? ''] ?? container.image ?? '',
    ...(report.kind === 'waiting' ? {} : { containerID: `process://${pod.metadata.uid}/${container.name}` }),
  };
}

/** An init container that has done its work counts as ready. */
function isInit(pod: Pod, container: Container, report: { exitCode: number }): boolean {
  return report.exitCode === 0 && (pod.spec.initContainers ?? []).includes(container);
}

function stateOf(
  pod: Pod,
  container: Container,
  report: ContainerReport,
  terminationMessage: string,
  facts: PodFacts,
): ContainerState {
  switch (report.kind) {
    case 'waiting':
      if (facts.waiting !== undefined) return { waiting: waitingFor(container, facts.waiting) };
      return { waiting: { reason: waitingReason(pod, container, facts) } };
    case 'running':
      return { running: { startedAt: timeOf(report.startedMs) } };
    case 'terminated': {
      if (report.reason === NOT_STARTED) return { waiting: { reason: 'PodInitializing' } };
      const message = terminationMessage || report.message;
      return {
        terminated: {
          exitCode: report.exitCode,
          reason: report.reason,
          ...(message === '' ? {} : { message }),
          startedAt: timeOf(report.startedMs ?? 0),
          finishedAt: timeOf(report.finishedMs),
          containerID: `process://${pod.metadata.uid}/${container.name}`,
        },
      };
    }
  }
}

function waitingFor(
  container: Container,
  { reason, message, image }: NonNullable<PodFacts['waiting']>,
): NonNullable<ContainerState['waiting']> {
  const isOther = image !== undefined && image !== container.image;
  return isOther ? { reason: 'ContainerCreating' } : { reason, message };
}

function waitingReason(pod: Pod, container: Container, facts: PodFacts): string {
  const init = pod.spec.initContainers ?? [];
  const isMain = !init.includes(container);
  const pending = init.some(({ name }) => facts.containers.get(name)?.report.kind !== 'terminated');
  return isMain && pending ? 'PodInitializing' : 'ContainerCreating';
}

function phaseOf(
  init: readonly ContainerStatus[],
  statuses: readonly ContainerStatus[],
  facts: PodFacts,
): NonNullable<PodStatus['phase']> {
  if (facts.refused !== undefined) return 'Failed';
  const terminated = statuses.map(({ state }) => state.terminated);
  if (statuses.some(({ name }) => isNotStarted(facts.containers.get(name)?.report))) return 'Failed';
  if (terminated.every((state) => state !== undefined)) {
    const failed = [...terminated, ...init.map(({ state }) => state.terminated)].some(
      (state) => state !== undefined && state.exitCode !== 0,
    );
    return failed ? 'Failed' : 'Succeeded';
  }
  return statuses.some(({ state }) => state.waiting === undefined) ? 'Running' : 'Pending';
}

function isNotStarted(report: ContainerReport | undefined): boolean {
  return report?.kind === 'terminated' && report.reason === NOT_STARTED;
}

function conditionsOf(
  init: readonly ContainerStatus[],
  statuses: readonly ContainerStatus[],
  phase: PodStatus['phase'],
): Condition[] {
  const done = phase === 'Succeeded' || phase === 'Failed';
  const isReady = !done && statuses.every(({ ready }) => ready);
  const condition = (type: string, holds: boolean, reason: string): Condition => ({
    type,
    status: holds ? 'True' : 'False',
    ...(holds ? {} : { reason }),
  });
  const notReady = done ? 'PodCompleted' : 'ContainersNotReady';
  return [
    condition('PodScheduled', true, ''),
    condition('Initialized', init.every(({ ready }) => ready) || done, 'ContainersNotInitialized'),
    condition('ContainersReady', isReady, notReady),
    condition('Ready', isReady, notReady),
  ];
}
