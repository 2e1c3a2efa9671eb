// The service's work: which Builds and TaskRuns are looked at, and when.
//
//   E1. Only runs of shards that we own are touched; losing a shard stops nothing that runs.
//   E2. Everything is looked at again from time to time: a lost event delays, it does not lose.
//   E3. A pod of this node that nobody stores any more is ended; one whose run is another's business is left alone.
//   E4. The fault of one run stays with that run.
//   E5. A Build and the TaskRun of its name are one piece of work, never in hand twice.
//   E6. What one tenant's runs wait for (a registry that does not answer, a slow target) holds up no other tenant's.

import {
  BUILDS,
  PODS,
  RESOLUTION_REQUESTS,
  SlipwayError,
  TASK_RUNS,
  asSlipwayError,
  isDone,
  shardOfObject,
  type Build,
  type Fence,
  type KubeObject,
  type Pod,
  type PodStatus,
  type TaskRun,
} from '@slipway/contracts';
import type { Cache, CacheChange, Store } from '@slipway/store';
import { SerialQueue, type Logger, type Metrics } from '@slipway/service';
import { hasUnsentEvents } from '../core/cloud-events.js';
import type { PodRuntime } from '../core/runtime.js';
import { needsLastStatus } from '../core/slim.js';
import type { Builds } from './builds.js';
import type { PodKeeper } from './pod-keeper.js';
import type { TaskRuns } from './task-runs.js';

/** Shards that this process owns, as `@slipway/store` keeps them. */
export interface Leases {
  owns(shard: number): Fence | undefined;
  onGained(listener: (fences: readonly Fence[]) => void): () => void;
  onLost(listener: (shards: readonly number[]) => void): () => void;
}

export interface ExecutorOptions {
  cache: Cache;
  store: Store;
  leases: Leases;
  runtime: PodRuntime;
  keeper: PodKeeper;
  taskRuns: TaskRuns;
  builds: Pick<Builds, 'reconcile' | 'giveUp'>;
  logger: Logger;
  metrics: Metrics;
  resyncMs: number;
}

/** Runs in hand at once. Most of the time they wait for the registry or the node. */
const CONCURRENCY = 256;
/** Of one tenant (E6). */
const TENANT_CONCURRENCY = 64;
/** After this many failures in a row a run is poison. */
const MAX_FAILURES = 5;
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 30_000;

export class Executor {
  readonly #queue: SerialQueue;
  /** TaskRun of each pod that this process has seen, by pod uid. */
  readonly #runOfPod = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(private readonly options: ExecutorOptions) {
    this.#queue = new SerialQueue({
      concurrency: CONCURRENCY,
      tenants: { of: (key) => splitKey(key)[0], concurrency: TENANT_CONCURRENCY },
      handle: (key) => this.#handle(key),
      onError: (key, thrown, attempt) => this.#failed(key, thrown, attempt),
    });
    const { cache, metrics, keeper } = options;
    metrics.gauge('executor_pods', 'Pods of this node that are not cleaned up.', [], () => keeper.size);
    metrics.gauge(
      'taskruns_running',
      'TaskRuns of this replica that have begun and not ended.',
      [],
      () => cache.list<TaskRun>(TASK_RUNS).filter((run) => !isDone(run) && run.status?.podName !== undefined).length,
    );
    metrics.gauge(
      'taskruns_waiting',
      'TaskRuns of this replica that have no pod yet.',
      [],
      () => cache.list<TaskRun>(TASK_RUNS).filter((run) => !isDone(run) && run.status?.podName === undefined).length,
    );
    metrics.gauge('executor_queue', 'TaskRuns that wait or are in hand.', [], () => this.#queue.size);
  }

  /** Takes up what is there, then follows. The cache has started; a pod that is slow to end holds up nothing here. */
  async start(): Promise<void> {
    const { cache, leases, runtime, keeper } = this.options;
    cache.onChange((change) => this.#changed(change));
    runtime.onChange((uid) => {
      const key = this.#runOfPod.get(uid);
      if (key !== undefined) this.#queue.add(key);
    });
    leases.onLost((shards) => keeper.letGo(shards));
    leases.onGained(() => void this.#gained());
    await this.#takeOver();
    void this.#resync();
    this.#timer = setInterval(() => void this.#resync(), this.options.resyncMs).unref();
  }

  /** Takes nothing new, finishes what is in hand; pods go on. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#queue.stop();
    await this.#sweeping;
    this.options.keeper.stop();
  }

  // What happens ------------------------------------------------------------------------------------------------------

  async #gained(): Promise<void> {
    await this.#takeOver();
    await this.#resync();
  }

  async #takeOver(): Promise<void> {
    await this.options.cache.sync();
    for (const pod of this.options.cache.list<Pod>(PODS)) this.#remember(pod);
  }

  #resync(): Promise<void> {
    for (const taskRun of this.options.cache.list<TaskRun>(TASK_RUNS)) {
      if (!isDone(taskRun) || hasUnsentEvents(taskRun)) this.#queue.add(keyOf(taskRun)); // E2
    }
    for (const build of this.options.cache.list<Build>(BUILDS)) if (!isDone(build)) this.#queue.add(keyOf(build)); // E2
    return (this.#sweeping ??= this.#sweep()
      .catch((error: unknown) => this.options.logger.warn({ err: error }, 'pods of this node were not all taken up'))
      .finally(() => (this.#sweeping = undefined)));
  }

  #changed({ key, before, after }: CacheChange): void {
    if (key.resource === TASK_RUNS || key.resource === BUILDS) {
      this.#queue.add(`${key.namespace}/${key.name}`); // E5
      if (key.resource === TASK_RUNS && after === undefined && before !== undefined)
        this.#gone(before, this.#runDeleted(before as TaskRun));
      return;
    }
    if (key.resource === RESOLUTION_REQUESTS) {
      for (const run of this.options.taskRuns.takeWaiting(`${key.namespace}/${key.name}`)) this.#queue.add(run);
      return;
    }
    if (after !== undefined) return this.#remember(after as Pod);
    if (before === undefined || this.options.leases.owns(shardOfObject(before.metadata)) === undefined) return; // E1
    this.#gone(before, this.#podDeleted(before as Pod));
  }

  /** What is not ended now is found by the next sweep. */
  #gone({ kind, metadata }: KubeObject, ending: Promise<void>): void {
    ending.catch((error: unknown) => {
      this.options.logger.warn({ err: error, kind, name: metadata.name }, 'what was deleted is not ended yet');
    });
  }

  #remember(pod: Pod): void {
    const owner = pod.metadata.ownerReferences?.find(({ kind }) => kind === 'TaskRun');
    const uid = pod.metadata.uid;
    if (owner !== undefined && uid !== undefined) this.#runOfPod.set(uid, `${pod.metadata.namespace}/${owner.name}`);
  }

  async #runDeleted(taskRun: TaskRun): Promise<void> {
    const fence = this.options.leases.owns(shardOfObject(taskRun.metadata));
    if (fence === undefined || (await this.#isStored(TASK_RUNS, taskRun))) return;
    for (const owned of this.options.cache.byOwner(taskRun.metadata.uid ?? '')) {
      if (owned.kind !== 'Pod') continue;
      const { namespace = '', name, uid = '' } = owned.metadata;
      const key = { resource: PODS, namespace, name };
      await this.options.store.commit({ writes: [{ op: 'delete', key, uid }], fence }).catch((thrown: unknown) => {
        if (asSlipwayError(thrown).kind !== 'conflict') throw thrown; // the registry was faster
      });
    }
  }

  async #podDeleted(pod: Pod): Promise<void> {
    const uid = pod.metadata.uid ?? '';
    if (await this.#isStored(PODS, pod)) return;
    const key = this.#runOfPod.get(uid);
    this.#runOfPod.delete(uid);
    await this.options.keeper.drop(pod);
    if (key !== undefined) this.#queue.add(key);
  }

  /** The cache forgets objects whose shard is not ours for a moment, too: nothing is ended for that. */
  async #isStored(resource: string, { metadata }: KubeObject): Promise<boolean> {
    const stored = await this.options.store.get(resource, metadata.namespace ?? '', metadata.name);
    return stored?.metadata.uid === metadata.uid;
  }

  // Pods of this node -------------------------------------------------------------------------------------------------

  /** Takes up the pods that the node has: after a restart, and where something was missed. */
  async #sweep(): Promise<void> {
    const { runtime, keeper, cache, store, leases } = this.options;
    const unknown = (await runtime.pods()).filter((uid) => !keeper.has(uid));
    if (unknown.length === 0) return;
    const byUid = new Map(cache.list<Pod>(PODS).map((pod) => [pod.metadata.uid ?? '', pod]));
    if (unknown.some((uid) => !byUid.has(uid))) {
      const { items } = await store.list<Pod>(PODS);
      for (const pod of items) byUid.set(pod.metadata.uid ?? '', pod);
    }
    for (const uid of unknown) {
      const { namespace = '', name = '' } = byUid.get(uid)?.metadata ?? {};
      const stored = byUid.has(uid) ? await store.get<Pod>(PODS, namespace, name) : undefined; // whole, not slim
      const pod = stored?.metadata.uid === uid ? stored : undefined;
      if (pod === undefined) {
        if (!keeper.has(uid)) await runtime.delete(uid); // E3
        continue;
      }
      if (leases.owns(shardOfObject(pod.metadata)) === undefined) continue; // E3
      this.#remember(pod);
      keeper.keep(pod, false);
      const key = this.#runOfPod.get(uid);
      if (key !== undefined) this.#queue.add(key);
    }
  }

  /** The last word of a pod whose run was done before it: sidecars ended, or it was stopped. */
  async storeLastStatus(pod: Pod, status: PodStatus): Promise<void> {
    const { cache, store, leases } = this.options;
    const { namespace = '', name, uid } = pod.metadata;
    this.#runOfPod.delete(uid ?? '');
    const stored = cache.get<Pod>(PODS, namespace, name);
    const fence = leases.owns(shardOfObject(pod.metadata));
    if (fence === undefined || stored?.metadata.uid !== uid || !needsLastStatus(stored, status)) return;
    try {
      const object = { ...stored!, status };
      const { objects } = await store.commit({ writes: [{ op: 'update-status', object }], fence });
      for (const one of objects) if (one !== null) cache.put(one);
    } catch (thrown) {
      const { kind } = asSlipwayError(thrown);
      if (kind !== 'conflict' && kind !== 'not-found') throw thrown;
    }
  }

  // One run -----------------------------------------------------------------------------------------------------------

  async #handle(key: string): Promise<void> {
    const { builds, taskRuns } = this.options;
    const [namespace, name] = splitKey(key);
    await builds.reconcile(namespace, name, (taskRun, fence) => taskRuns.begin(taskRun, fence));
    const againMs = await taskRuns.reconcile(namespace, name);
    if (againMs !== undefined) this.#queue.addAt(key, againMs, Date.now());
  }

  #failed(key: string, thrown: unknown, attempt: number): number | undefined {
    const [namespace, name] = splitKey(key);
    const error = thrown instanceof SlipwayError ? thrown : asSlipwayError(thrown);
    if (error.reason === 'FenceLost') return undefined;
    const isOurs = error.kind === 'internal' || error.kind === 'invalid' || error.kind === 'too-large';
    const fields = { namespace, taskRun: name, attempt, reason: error.reason };
    if (isOurs) this.options.logger.error({ ...fields, err: thrown }, 'a task run cannot be handled');
    else if (attempt > 2) this.options.logger.warn({ ...fields, err: thrown }, 'a task run waits');
    if (isOurs && attempt >= MAX_FAILURES) {
      const message = error.kind === 'internal' ? `The executor failed on this run: ${wordsOf(error)}` : error.message;
      void this.#giveUp(namespace, name, message).catch((failure: unknown) => {
        this.options.logger.error({ ...fields, err: failure }, 'a poison task run cannot be ended'); // E4
      });
      return LAST_RETRY_MS;
    }
    if (error.kind === 'conflict') return Math.min(attempt, 10);
    return Math.max(error.retryAfterMs ?? 0, Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LAST_RETRY_MS));
  }

  async #giveUp(namespace: string, name: string, message: string): Promise<void> {
    await this.options.taskRuns.giveUp(namespace, name, message);
    await this.options.builds.giveUp(namespace, name, message);
  }
}

function wordsOf({ message, cause }: SlipwayError): string {
  return cause instanceof Error ? cause.message : message;
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function splitKey(key: string): [namespace: string, name: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}
