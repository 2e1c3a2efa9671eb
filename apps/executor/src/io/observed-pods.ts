// What can be known of a TaskRun's pod beside what is stored: the pod itself where the cache is late, its steps as its node
// says they are, results that came by its log, notices of its runtime.

import {
  ANNOTATIONS,
  PODS,
  isDone,
  type KubeObject,
  type LogLine,
  type Pod,
  type TaskRun,
  type TerminationEntry,
} from '@slipway/contracts';
import type { Cache, Store } from '@slipway/store';
import type { RunView } from '../core/decide.js';
import { isResultLine, resultsOf } from '../core/log-results.js';
import { statusFromPod, type FailureReasons } from '../core/pod-status.js';
import type { PodRuntime } from '../core/runtime.js';
import { resultsInLog, type LoggedResults } from '../core/step-states.js';

export interface ObservedPodsOptions {
  cache: Pick<Cache, 'get' | 'put'>;
  store: Pick<Store, 'get'>;
  runtime: PodRuntime;
  reasons: FailureReasons;
}

export class ObservedPods {
  constructor(private readonly options: ObservedPodsOptions) {}

  /** The pod of that name, if it is the run's. */
  async of(namespace: string, name: string, taskRun: TaskRun): Promise<Pod | undefined> {
    const { cache, store } = this.options;
    const ofRun = (pod: Pod | undefined): Pod | undefined =>
      pod?.metadata.ownerReferences?.some(({ uid }) => uid === taskRun.metadata.uid) ? pod : undefined;
    const cached = ofRun(cache.get<Pod>(PODS, namespace, name));
    if (cached !== undefined || isDone(taskRun)) return cached;
    const stored = ofRun(await store.get<Pod>(PODS, namespace, name)); // the cache may be late
    if (stored !== undefined) cache.put(stored);
    return stored;
  }

  /** The run with the steps that its pod has now: what was not stored yet must show in how it ended. */
  withSteps({ taskRun, pod, onNode }: RunView): TaskRun {
    if (pod === undefined || onNode === undefined) return taskRun;
    const report = {
      taskRun,
      pod: { ...pod, status: onNode },
      spec: taskRun.status?.taskSpec ?? {},
      logged: new Map() as LoggedResults,
      reasons: this.options.reasons,
      nowMs: Date.now(),
    };
    const { steps, sidecars } = statusFromPod(report);
    const seen = { ...(steps === undefined ? {} : { steps }), ...(sidecars === undefined ? {} : { sidecars }) };
    return { ...taskRun, status: { ...taskRun.status, ...seen } };
  }

  /** Results that were too large for the termination message, by container; waits for the end of its log. */
  async loggedResults(pod: Pod): Promise<LoggedResults> {
    const found = new Map<string, TerminationEntry[]>();
    for (const status of pod.status?.containerStatuses ?? []) {
      if (!resultsInLog(status)) continue;
      const lines: LogLine[] = [];
      const signal = AbortSignal.timeout(60_000);
      for await (const batch of this.options.runtime.readLog(pod.metadata.uid ?? '', status.name, 0, signal)) {
        for (const line of batch) if (isResultLine(line)) lines.push(line);
      }
      found.set(status.name, resultsOf(lines));
    }
    return found;
  }

  /** Both with what the runtime has to tell the user about the pod. */
  async withNotices(taskRun: TaskRun, pod: Pod): Promise<{ taskRun: TaskRun; pod: Pod }> {
    const notices = await this.options.runtime.notices(pod.metadata.uid ?? '');
    const text = notices.join('\n');
    if (text === '' || pod.metadata.annotations?.[ANNOTATIONS.imageNotice] === text) return { taskRun, pod };
    const noted = <T extends KubeObject>(object: T): T => ({
      ...object,
      metadata: {
        ...object.metadata,
        annotations: { ...object.metadata.annotations, [ANNOTATIONS.imageNotice]: text },
      },
    });
    return { taskRun: noted(taskRun), pod: noted(pod) };
  }
}
