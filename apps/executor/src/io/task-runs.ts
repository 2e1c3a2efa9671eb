// One TaskRun at a time: reads what is stored and what the node says, asks `decide`, does it, stores the result.
//
//   T1. The pod is stored before it is started, in one commit with the TaskRun's status: nothing runs that nobody knows.
//   T3. A run is reported done only with its results.
//   T4. States that users only watch are stored at most a few times a second; the first and the last at once.
//   T5. What the node says counts only for a shard that was ours all the while: it may not have been asked for another's.
//
// T2 and T6 are kept where it is stored: `task-run-writer.ts`.

import { isDeepStrictEqual } from 'node:util';
import {
  ANNOTATIONS,
  FEATURE_FLAGS,
  PODS,
  RESOLUTION_REQUESTS,
  TASK_RUNS,
  SlipwayError,
  isDone,
  isManagedElsewhere,
  shardOfObject,
  succeeded,
  timeOf,
  type Fence,
  type KubeObject,
  type Pod,
  type PodStatus,
  type ResolutionRequest,
  type TaskRun,
  type TaskRunStatus,
  type Write,
} from '@slipway/contracts';
import type { Cache } from '@slipway/store';
import { hasUnsentEvents, plannedDeliveries } from '../core/cloud-events.js';
import type { Awaiting, Refusal } from '../core/check-run.js';
import { decide, stoppedStatus, wakeAtMs, type Decision, type RunView } from '../core/decide.js';
import { podNameOf } from '../core/pod-conventions.js';
import { causeOf, conditionOf, isComplete, statusFromPod, type FailureReasons } from '../core/pod-status.js';
import { ReportPace, type Reported } from '../core/report-pace.js';
import { mayRetry, retriedStatus } from '../core/retry.js';
import { endedStatus } from '../core/ended-status.js';
import type { PodRuntime } from '../core/runtime.js';
import { isFinished } from '../core/slim.js';
import { outsideWait, startRefusal } from '../core/start-refusal.js';
import { stoppedSidecars } from '../core/step-states.js';
import { restarted } from '../core/unstarted.js';
import type { EventSender } from './event-sender.js';
import { ObservedPods } from './observed-pods.js';
import type { PodKeeper } from './pod-keeper.js';
import type { PodSource } from './pod-source.js';
import { retryPolicyOf } from './retry-annotation.js';
import { TaskRunWriter, type TaskRunWriterOptions } from './task-run-writer.js';

export interface TaskRunsOptions extends TaskRunWriterOptions {
  cache: Pick<Cache, 'get' | 'byOwner' | 'put'>;
  /** The fence of a shard that this process owns: the same object for as long as it does. */
  fenceOf: (shard: number) => Fence | undefined;
  runtime: PodRuntime;
  keeper: PodKeeper;
  source: PodSource;
  events: EventSender;
  reasons: FailureReasons;
  /** As in `RunView`. */
  nodeName: string | undefined;
  defaultTimeoutMs: number;
  imagePullMs: number;
}

export class TaskRuns {
  /** T4 */
  readonly #pace = new ReportPace();
  /** TaskRuns that wait for an answer, by the request's namespace and name. */
  readonly #waiting = new Map<string, Set<string>>();

  readonly #pods: ObservedPods;
  readonly #writer: TaskRunWriter;

  constructor(private readonly options: TaskRunsOptions) {
    this.#writer = new TaskRunWriter(options);
    this.#pods = new ObservedPods(options);
  }

  /** Brings one TaskRun a step further. Answers when to look again without being told, in Unix milliseconds. */
  async reconcile(namespace: string, name: string): Promise<number | undefined> {
    const { cache, fenceOf, runtime } = this.options;
    for (;;) {
      const taskRun = cache.get<TaskRun>(TASK_RUNS, namespace, name);
      if (taskRun === undefined || isManagedElsewhere(taskRun.spec)) return undefined;
      const fence = fenceOf(shardOfObject(taskRun.metadata));
      if (fence === undefined) return undefined;
      const podName = taskRun.status?.podName;
      if (taskRun.status?.retriesStatus !== undefined) this.#cleanUp(taskRun, podName);
      const pod = podName ? await this.#pods.of(namespace, podName, taskRun) : undefined;
      const onNode = pod === undefined ? undefined : await runtime.status(pod.metadata.uid ?? '');
      if (fenceOf(fence.shard) !== fence) continue; // T5: lost, or lost and ours again
      const view: RunView = {
        taskRun,
        pod,
        onNode,
        startedMs: this.#pace.startedMs(pod?.metadata.uid ?? ''),
        nodeName: this.options.nodeName,
        retry: retryPolicyOf(taskRun),
        defaultTimeoutMs: this.options.defaultTimeoutMs,
        imagePullMs: this.options.imagePullMs,
      };
      const next = await this.#perform(decide(view, Date.now()), view, fence);
      if (next !== 'again') return earliest(next, wakeAtMs(view));
    }
  }

  /**
   * Stores a TaskRun of a Build together with its pod, and starts that. It has its uid, and the version of what it was made
   * from; it is not stored yet.
   */
  async begin(taskRun: TaskRun, fence: Fence): Promise<void> {
    await this.#create(taskRun, fence);
  }

  /** Ends a run that cannot be handled, so that it is not tried for ever. */
  async giveUp(namespace: string, name: string, message: string): Promise<void> {
    const taskRun = this.options.cache.get<TaskRun>(TASK_RUNS, namespace, name);
    const fence = taskRun === undefined ? undefined : this.options.fenceOf(shardOfObject(taskRun.metadata));
    if (taskRun === undefined || fence === undefined || isDone(taskRun)) return;
    await this.#writer.commit(taskRun, stoppedStatus(taskRun, 'InternalError', message, Date.now()), fence);
  }

  // What to do --------------------------------------------------------------------------------------------------------

  async #perform(decision: Decision, view: RunView, fence: Fence): Promise<'again' | number | undefined> {
    const { taskRun, pod } = view;
    switch (decision.kind) {
      case 'rest':
        return undefined;
      case 'clean-up':
        this.#cleanUp(taskRun);
        return hasUnsentEvents(taskRun) ? this.options.events.send(taskRun, fence) : undefined;
      case 'hold':
        return this.#hold(taskRun, fence);
      case 'create-pod':
        return this.#create(taskRun, fence);
      case 'start-pod':
        return this.#start(taskRun, pod!, fence, false);
      case 'restart-pod':
        return this.#restart(view, decision, fence);
      case 'lost':
        return this.#lost(taskRun, pod, fence);
      case 'end-pod':
        await this.options.runtime.stop(pod!.metadata.uid ?? '', 0);
        return undefined;
      case 'open-gate':
        return this.#annotate(view, { [ANNOTATIONS.ready]: 'READY' }, fence);
      case 'pass-decisions':
        return this.#annotate(view, decision.annotations, fence);
      case 'report':
        return this.#report(view, fence);
      case 'stop': {
        const status = stoppedStatus(this.#pods.withSteps(view), decision.reason, decision.message, Date.now());
        return this.#finish(taskRun, status, fence, pod);
      }
    }
  }

  async #hold(taskRun: TaskRun, fence: Fence): Promise<undefined> {
    if (succeeded(taskRun)?.reason === 'TaskRunPending') return;
    const outcome = {
      status: 'Unknown',
      reason: 'TaskRunPending',
      message: `TaskRun "${taskRun.metadata.name}" is pending`,
    } as const;
    const conditions = [conditionOf(outcome, taskRun, Date.now())];
    await this.#writer.commit(taskRun, { ...taskRun.status, conditions }, fence);
  }

  /** The definition is elsewhere, and on its way. */
  async #await(taskRun: TaskRun, { resolving }: Awaiting, fence: Fence): Promise<'again' | undefined> {
    const { namespace = '', name } = taskRun.metadata;
    const request = `${namespace}/${resolving.request}`;
    const waiting = this.#waiting.get(request) ?? new Set();
    this.#waiting.set(request, waiting.add(`${namespace}/${name}`));
    if (succeeded(taskRun)?.reason !== resolving.reason) {
      const nowMs = Date.now();
      const outcome = { status: 'Unknown', reason: resolving.reason, message: resolving.message } as const;
      const conditions = [conditionOf(outcome, taskRun, nowMs)];
      await this.#writer.commit(taskRun, { startTime: timeOf(nowMs), ...taskRun.status, conditions }, fence);
    }
    // The answer may have come before anybody waited for it.
    const known = this.options.cache.get<ResolutionRequest>(RESOLUTION_REQUESTS, namespace, resolving.request);
    return known !== undefined && isDone(known) ? 'again' : undefined;
  }

  /** The TaskRuns that wait for an answer; they are told once. */
  takeWaiting(request: string): ReadonlySet<string> {
    const waiting = this.#waiting.get(request) ?? new Set();
    this.#waiting.delete(request);
    return waiting;
  }

  /** As the source does; a cluster or registry that cannot be asked is shown while the run waits for it. */
  async #prepare(taskRun: TaskRun, fence: Fence): ReturnType<PodSource['prepare']> {
    try {
      return await this.options.source.prepare(taskRun, fence);
    } catch (thrown) {
      const wait = outsideWait(taskRun, thrown);
      const status = { startTime: timeOf(Date.now()), ...taskRun.status };
      if (wait !== undefined) await this.#show({ ...taskRun, status }, wait, fence);
      throw thrown; // tried again, later and later
    }
  }

  async #create(taskRun: TaskRun, fence: Fence): Promise<'again' | undefined> {
    const prepared = await this.#prepare(taskRun, fence);
    if ('resolving' in prepared) return this.#await(taskRun, prepared, fence);
    const nowMs = Date.now();
    if ('reason' in prepared) {
      const started = { ...taskRun, status: { startTime: timeOf(nowMs), ...taskRun.status } };
      await this.#writer.commit(taskRun, stoppedStatus(started, prepared.reason, prepared.message, nowMs), fence);
      return undefined;
    }
    const { labels, annotations, spec, refSource, steps } = prepared;
    const inherited = { ...taskRun, metadata: { ...taskRun.metadata, labels, annotations } };
    const outcome = { status: 'Unknown', reason: 'Started', message: '' } as const;
    const status: TaskRunStatus = {
      ...taskRun.status,
      conditions: [conditionOf(outcome, taskRun, nowMs)],
      startTime: taskRun.status?.startTime ?? timeOf(nowMs),
      podName: prepared.pod.metadata.name,
      taskSpec: spec,
      ...(steps.length === 0 ? {} : { steps }),
      ...(prepared.cloudEventTargets.length === 0
        ? {}
        : { cloudEvents: plannedDeliveries(prepared.cloudEventTargets) }),
      provenance: { ...(refSource === undefined ? {} : { refSource }), featureFlags: FEATURE_FLAGS },
    };
    const creations = [prepared.pod, ...prepared.claims].map((object): Write => ({ op: 'create', object }));
    let stored: (KubeObject | null)[];
    try {
      stored = await this.#writer.commit(inherited, status, fence, creations); // T1
    } catch (thrown) {
      if (thrown instanceof SlipwayError && thrown.kind === 'exists') return this.#makeWay(taskRun, fence);
      throw thrown;
    }
    const pod = stored.find((object) => object?.kind === 'Pod') as Pod;
    const begun = stored.find((object) => object?.kind === 'TaskRun') as TaskRun;
    return this.#start(begun, pod, fence, true);
  }

  /** A pod of that name is there: ours, and the cache is late; or that of an earlier run of the name. */
  async #makeWay(taskRun: TaskRun, fence: Fence): Promise<'again'> {
    const { store, cache } = this.options;
    const { namespace = '', name, uid } = taskRun.metadata;
    const podName = podNameOf(taskRun, taskRun.status?.retriesStatus?.length ?? 0);
    const pod = await store.get<Pod>(PODS, namespace, podName);
    if (pod?.metadata.ownerReferences?.some((owner) => owner.uid === uid)) {
      cache.put(pod);
      await this.#writer.refresh(taskRun);
      return 'again';
    }
    if (pod === undefined) throw new SlipwayError('conflict', 'NameTaken', `The objects of TaskRun "${name}" exist.`);
    const key = { resource: PODS, namespace, name: podName };
    await store.commit({ writes: [{ op: 'delete', key, uid: pod.metadata.uid ?? '' }], fence });
    await this.options.keeper.drop(pod);
    return 'again';
  }

  async #start(taskRun: TaskRun, pod: Pod, fence: Fence, isFresh: boolean): Promise<undefined> {
    const { runtime, keeper, transitions } = this.options;
    const uid = pod.metadata.uid ?? '';
    if (isFresh) this.#pace.started(uid, Date.now());
    try {
      await runtime.start(pod);
    } catch (thrown) {
      if (!(thrown instanceof SlipwayError) || thrown.kind === 'internal' || thrown.reason === 'FenceLost')
        throw thrown;
      const current = this.#writer.current(taskRun);
      const refusal = startRefusal(current, thrown);
      if (refusal.mayPass) {
        await this.#show(current, refusal, fence);
        throw thrown; // tried again, later and later
      }
      await this.#finish(current, stoppedStatus(current, refusal.reason, refusal.message, Date.now()), fence, pod);
      return;
    }
    transitions.podStarted(taskRun);
    keeper.keep(pod, isFresh);
  }

  /** Stored before the old one is removed: a crash in between does this again. */
  async #restart({ taskRun, pod }: RunView, { reason, message }: Refusal, fence: Fence): Promise<'again'> {
    const { uid = '', namespace = '', name } = pod!.metadata;
    const text = `${message === '' ? `the pod ended as ${reason}` : message}; no step had begun, so another pod is started`;
    const conditions = [conditionOf({ status: 'Unknown', reason, message: text }, taskRun, Date.now())];
    const object = restarted(pod!, Date.now());
    await this.#writer.commit(taskRun, { ...taskRun.status, conditions }, fence, [{ op: 'update-status', object }]);
    await this.options.runtime.delete(uid, 0, { namespace, name });
    return 'again';
  }

  /** Says why the run waits, once. */
  async #show(taskRun: TaskRun, { reason, message }: Refusal, fence: Fence): Promise<void> {
    const known = succeeded(taskRun);
    if (known?.reason === reason && known.message === message) return;
    const conditions = [conditionOf({ status: 'Unknown', reason, message }, taskRun, Date.now())];
    await this.#writer.commit(taskRun, { ...taskRun.status, conditions }, fence);
  }

  async #lost(taskRun: TaskRun, pod: Pod | undefined, fence: Fence): Promise<undefined> {
    const name = taskRun.status?.podName ?? '';
    const message =
      pod === undefined
        ? `pod "${name}" was deleted before its steps had finished`
        : `pod "${name}" is no longer on its node: what its steps did is not known`;
    const nowMs = Date.now();
    const status = pod?.status ?? { phase: 'Pending' };
    const ended =
      pod === undefined || isFinished(pod) ? pod : { ...pod, status: endedStatus(status, 'PodLost', message, nowMs) };
    return this.#finish(taskRun, stoppedStatus(taskRun, 'PodLost', message, nowMs), fence, ended);
  }

  async #annotate(view: RunView, added: Record<string, string>, fence: Fence): Promise<'again'> {
    const { taskRun, pod, onNode } = view;
    const annotations = { ...pod!.metadata.annotations, ...added };
    await this.options.runtime.updateAnnotations(pod!.metadata.uid ?? '', annotations);
    const object = { ...pod!, metadata: { ...pod!.metadata, annotations }, status: onNode! };
    await this.#writer.write(taskRun, [{ op: 'update-status', object }], fence);
    return 'again';
  }

  async #report(view: RunView, fence: Fence): Promise<number | undefined> {
    const { taskRun, pod, onNode } = view;
    this.options.keeper.keep(pod!, false);
    const seen = { ...pod!, status: onNode! };
    const isOver = isComplete(seen);
    const uid = pod!.metadata.uid ?? '';
    const dueMs = this.#pace.dueMs(uid, reportedState(taskRun, onNode!));
    if (!isOver && Date.now() < dueMs) return dueMs; // T4
    const status = statusFromPod({
      taskRun,
      pod: seen,
      spec: taskRun.status?.taskSpec ?? taskRun.spec.taskSpec ?? {},
      logged: isOver ? await this.#pods.loggedResults(seen) : new Map(), // T3
      reasons: this.options.reasons,
      nowMs: Date.now(),
    });
    if (isDone({ status })) return this.#finish(taskRun, status, fence, seen);
    if (isDeepStrictEqual(status, taskRun.status)) return undefined;
    this.#pace.reported(uid, Date.now());
    const noticed = await this.#pods.withNotices(taskRun, seen);
    await this.#writer.commit(noticed.taskRun, status, fence, [{ op: 'update-status', object: noticed.pod }]);
    return undefined;
  }

  /** The attempt is over: the next one, or the end. */
  async #finish(taskRun: TaskRun, last: TaskRunStatus, fence: Fence, pod: Pod | undefined): Promise<undefined> {
    const nowMs = Date.now();
    const completionTime = last.completionTime ?? timeOf(nowMs);
    const sidecars = last.sidecars === undefined ? {} : { sidecars: stoppedSidecars(last.sidecars, completionTime) };
    const status = { ...last, completionTime, ...sidecars };
    const retry = retryPolicyOf(taskRun);
    const cause = pod === undefined ? undefined : causeOf(pod);
    const next = mayRetry(taskRun, status, retry, cause) ? retriedStatus(status, taskRun, nowMs, retry) : status;
    const noticed = pod === undefined ? undefined : await this.#pods.withNotices(taskRun, pod);
    const writes: Write[] = noticed === undefined ? [] : [{ op: 'update-status', object: noticed.pod }];
    await this.#writer.commit(noticed?.taskRun ?? taskRun, next, fence, writes);
    const uid = pod?.metadata.uid;
    if (uid !== undefined) {
      this.#pace.forget(uid);
      this.options.keeper.retire(uid);
    }
    return undefined;
  }

  /** Lets go of every pod of the run but the one that is still needed. */
  #cleanUp(taskRun: TaskRun, needed?: string): void {
    for (const { kind, metadata } of this.options.cache.byOwner(taskRun.metadata.uid ?? '')) {
      if (kind === 'Pod' && metadata.name !== needed) this.options.keeper.retire(metadata.uid ?? '');
    }
  }
}

function reportedState(taskRun: TaskRun, { phase }: PodStatus): Reported {
  if (phase === 'Pending') return 'waits';
  return succeeded(taskRun)?.reason === 'Running' ? 'runs' : 'begins';
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
