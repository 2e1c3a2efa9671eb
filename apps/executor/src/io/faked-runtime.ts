// A runtime without processes, for measuring what the platform itself costs: pods succeed at once.

import { timeOf, type ContainerStatus, type LogLine, type Pod, type PodStatus } from '@slipway/contracts';
import type { PodRuntime } from '../core/runtime.js';

export interface FakedRuntimeOptions {
  /** How long a pod takes, milliseconds. */
  runMs: number;
}

export function fakedRuntime({ runMs }: FakedRuntimeOptions): PodRuntime {
  const statuses = new Map<string, PodStatus>();
  const listeners = new Set<(uid: string) => void>();
  const tell = (uid: string): void => listeners.forEach((listener) => listener(uid));
  return {
    start(pod) {
      const uid = pod.metadata.uid ?? '';
      if (statuses.has(uid)) return Promise.resolve();
      if (runMs > 0) {
        statuses.set(uid, runningStatus(pod));
        setTimeout(() => {
          if (statuses.has(uid)) statuses.set(uid, succeededStatus(pod));
          tell(uid);
        }, runMs).unref();
      } else {
        statuses.set(uid, succeededStatus(pod));
      }
      setImmediate(tell, uid);
      return Promise.resolve();
    },
    pods: () => Promise.resolve([...statuses.keys()]),
    status: (uid) => Promise.resolve(statuses.get(uid)),
    onChange: (listener) => void listeners.add(listener),
    async *readLog(): AsyncIterable<LogLine[]> {},
    stop: () => Promise.resolve(),
    release: (uid) => Promise.resolve(void statuses.delete(uid)),
    delete: (uid) => Promise.resolve(void statuses.delete(uid)),
    updateAnnotations: () => Promise.resolve(),
    notices: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
}

function runningStatus(pod: Pod): PodStatus {
  const now = timeOf(Date.now());
  return statusOf(pod, 'Running', (name) => containerStatus(name, { running: { startedAt: now } }));
}

function succeededStatus(pod: Pod): PodStatus {
  const now = timeOf(Date.now());
  const terminated = { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now };
  return statusOf(pod, 'Succeeded', (name) => containerStatus(name, { terminated }));
}

function statusOf(pod: Pod, phase: 'Running' | 'Succeeded', of: (name: string) => ContainerStatus): PodStatus {
  return { phase, startTime: timeOf(Date.now()), containerStatuses: pod.spec.containers.map(({ name }) => of(name)) };
}

function containerStatus(name: string, state: ContainerStatus['state']): ContainerStatus {
  return { name, state, ready: state.running !== undefined, restartCount: 0, image: '', imageID: '' };
}
