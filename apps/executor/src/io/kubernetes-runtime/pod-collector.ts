// Removes the pods that have had their time, by the `pods` of the RetentionPolicies of their namespaces.
//
//   G1. Only released pods: their run is done with them, and their whole log is stored.
//   G2. Of one namespace one replica removes, the holder of the namespace's shard. Two that both think so do no harm: a
//       pod is named by the cluster's own uid, and one that is gone is what was wanted.
//   G3. Nothing is stored here: a list and a watch bring back what there is. Without a policy there is neither.

import {
  Endings,
  RETENTION_POLICIES,
  allowancesOf,
  asSlipwayError,
  shardOf,
  type Allowances,
  type KeptByOutcome,
  type RetentionPolicy,
} from '@slipway/contracts';
import type { Logger, Metrics } from '@slipway/service';
import type { Cache } from '@slipway/store';
import { releasedSelector } from '../../core/cluster-pod.js';
import { endedPod, slimEndedPod, type EndedPod } from '../../core/ended-pod.js';
import type { ApiClient } from './api-client.js';
import { PodWatch } from './pod-watch.js';

export interface PodCollectorOptions {
  api: ApiClient;
  /** Has the policies of every namespace. */
  cache: Pick<Cache, 'list' | 'onChange'>;
  installation: string;
  /** Shards that we hold. */
  shards: () => ReadonlySet<number>;
  /** Of namespaces that have no policy of their own. */
  fallback?: KeptByOutcome;
  now: () => number;
  logger: Logger;
  metrics: Metrics;
}

interface Namespace {
  pods: Endings<EndedPod>;
  timer: NodeJS.Timeout | undefined;
  isRemoving: boolean;
}

/** Removed in a row before other requests have their turn. */
const BATCH = 20;
const RETRY_MS = 30_000;
const MAX_TIMER_MS = 24 * 3_600_000;

export class PodCollector {
  readonly #watch: PodWatch;
  readonly #namespaces = new Map<string, Namespace>();
  /** Namespace of each pod that is known, by uid. */
  readonly #placeOf = new Map<string, string>();
  readonly #removed;
  #isFollowing = false;
  #isStopped = false;

  constructor(private readonly options: PodCollectorOptions) {
    const { api, installation, logger, metrics } = options;
    const selector = (): string | undefined => (this.#isFollowing ? releasedSelector(installation) : undefined);
    this.#watch = new PodWatch({ api, selector, keep: slimEndedPod, logger });
    this.#removed = metrics.counter('executor_pods_removed_total', 'Ended pods removed by policy.', ['outcome']);
    metrics.gauge('executor_pods_kept', 'Ended pods that policies look at.', [], () => this.#placeOf.size);
  }

  /** The cache has started. */
  start(): void {
    this.#watch.onChange((uid) => this.#seen(uid));
    this.options.cache.onChange(({ key }) => {
      if (key.resource === RETENTION_POLICIES) this.#policiesChanged();
    });
    this.#isFollowing = this.#hasPolicies();
    this.#watch.start();
  }

  /** The shards that we hold are others now (G2). */
  shardsChanged(): void {
    for (const name of this.#namespaces.keys()) this.#arm(name);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { timer } of this.#namespaces.values()) clearTimeout(timer);
    await this.#watch.stop();
  }

  #policiesChanged(): void {
    const follows = this.#hasPolicies();
    if (follows !== this.#isFollowing) {
      this.#isFollowing = follows;
      this.#watch.refresh(); // G3
    }
    this.shardsChanged();
  }

  #hasPolicies(): boolean {
    const policies = this.options.cache.list<RetentionPolicy>(RETENTION_POLICIES);
    return this.options.fallback !== undefined || policies.some(({ spec }) => spec.pods !== undefined);
  }

  #allowances(namespace: string): Allowances | undefined {
    const { cache, fallback, shards } = this.options;
    if (!shards().has(shardOf(namespace, ''))) return undefined; // G2
    const own = cache.list<RetentionPolicy>(RETENTION_POLICIES, namespace);
    if (own.length > 0) return allowancesOf(own.flatMap(({ spec }) => spec.pods ?? []));
    return fallback === undefined ? undefined : allowancesOf([fallback]);
  }

  #seen(uid: string): void {
    const pod = this.#watch.get(uid);
    const ended = pod === undefined ? undefined : endedPod(pod);
    if (ended === undefined) return this.#drop(uid);
    const { namespace } = ended;
    const known = this.#namespaces.get(namespace) ?? {
      pods: new Endings<EndedPod>(() => 'pods'),
      timer: undefined,
      isRemoving: false,
    };
    this.#namespaces.set(namespace, known);
    this.#placeOf.set(uid, namespace);
    known.pods.put(ended);
    this.#arm(namespace);
  }

  #drop(uid: string): void {
    const namespace = this.#placeOf.get(uid);
    if (namespace === undefined) return;
    this.#placeOf.delete(uid);
    const known = this.#namespaces.get(namespace)!;
    known.pods.drop(uid);
    if (known.pods.size > 0 || known.isRemoving) return;
    clearTimeout(known.timer);
    this.#namespaces.delete(namespace);
  }

  /** Wakes when the next pod is due. */
  #arm(name: string): void {
    const known = this.#namespaces.get(name);
    if (known === undefined || known.isRemoving || this.#isStopped) return;
    clearTimeout(known.timer);
    const allowances = this.#allowances(name);
    const dueMs = allowances === undefined ? Infinity : known.pods.nextDueMs(allowances);
    if (dueMs === Infinity) return;
    const delayMs = Math.min(Math.max(dueMs - this.options.now(), 0), MAX_TIMER_MS);
    known.timer = setTimeout(() => void this.#look(name, known), delayMs).unref();
  }

  async #look(name: string, known: Namespace): Promise<void> {
    const allowances = this.#allowances(name);
    if (allowances === undefined || known.isRemoving || this.#isStopped) return;
    known.isRemoving = true;
    let failed: unknown;
    for (const pod of known.pods.take(allowances, this.options.now(), BATCH)) {
      if (failed === undefined) failed = await this.#remove(pod).catch((thrown: unknown) => thrown);
      if (failed !== undefined && this.#placeOf.has(pod.uid)) known.pods.put(pod);
    }
    if (failed !== undefined) {
      this.options.logger.warn({ err: failed, namespace: name }, 'ended pods are not removed yet; trying again soon');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
    }
    known.isRemoving = false;
    if (known.pods.size > 0) this.#arm(name);
    else this.#namespaces.delete(name);
  }

  async #remove({ namespace, name, clusterUid, outcome }: EndedPod): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: clusterUid } };
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    try {
      await this.options.api.call({ method: 'DELETE', path, body });
      this.#removed.inc({ outcome });
    } catch (thrown) {
      const { kind } = asSlipwayError(thrown);
      if (kind !== 'not-found' && kind !== 'conflict') throw thrown; // G2
    }
  }
}
