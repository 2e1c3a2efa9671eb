// Pods on a cluster. What is known of them is what the watch says; every request may be sent again.
//
//   R1. A pod's name follows from its run and attempt, its label from the stored pod: two that start it make one.
//   R2. What is not ours is not touched: every change names the cluster's own uid of the pod that we have seen.
//   R3. A pod that ended is kept until its run goes, so that its log can be read in the cluster.
//   R4. What we ended ourselves has a last state until it is released, also when the cluster has removed it.
//   R5. Nothing is asked for a pod of a shard that we do not hold now: whoever was stopped in the middle stops there.

import {
  SlipwayError,
  asSlipwayError,
  msOf,
  shardOfObject,
  type LogLine,
  type Pod,
  type PodStatus,
} from '@slipway/contracts';
import { CLUSTER_LABELS, clusterObject, withPullPolicy, type ClusterPodOptions } from '../../core/cluster-pod.js';
import { withOwnContainers } from '../../core/own-containers.js';
import { securityLevelOf, withPodSecurity } from '../../core/pod-security.js';
import { endedStatus } from '../../core/ended-status.js';
import type { PodRuntime } from '../../core/runtime.js';
import { isFinished } from '../../core/slim.js';
import { isStep } from '../../core/step-states.js';
import type { ApiClient } from './api-client.js';
import type { ClusterObjects } from './cluster-objects.js';
import { readPodLog } from './pod-log.js';
import type { PodWatch } from './pod-watch.js';

export interface KubernetesRuntimeOptions extends ClusterPodOptions {
  api: ApiClient;
  objects: ClusterObjects;
  watch: PodWatch;
  /** Makes sure of what the pod mounts, before it is there. */
  beforeStart: (pod: Pod) => Promise<void>;
  /** Image that ends at once, whatever it is asked to run: what sidecars become when their steps are done. */
  nopImage: string;
  /** Image of the steps that Slipway adds. */
  resourceStepsImage: string;
  /** Of containers that do not say. */
  imagePullPolicy?: string;
  /** Shards that we hold. */
  shards: () => ReadonlySet<number>;
}

const NAME_FREE_MS = 500;
/** A node that has not ended a pod so long after its grace period is lost. */
const STUCK_MS = 60_000;

export function kubernetesRuntime(options: KubernetesRuntimeOptions): PodRuntime {
  return new KubernetesRuntime(options);
}

class KubernetesRuntime implements PodRuntime {
  constructor(private readonly options: KubernetesRuntimeOptions) {
    options.watch.start();
  }

  async start(stored: Pod): Promise<void> {
    const { api, watch, objects, beforeStart } = this.options;
    const { namespace = '', uid = '' } = stored.metadata;
    if (watch.get(uid) !== undefined) return;
    const [labels] = await Promise.all([objects.namespaceLabels(namespace), beforeStart(stored)]);
    const { imagePullPolicy, resourceStepsImage } = this.options;
    const level = securityLevelOf(labels);
    const given = withPullPolicy(clusterObject(stored, CLUSTER_LABELS.podUid, this.options), imagePullPolicy);
    const pod = withPodSecurity(withOwnContainers(given, resourceStepsImage, level), level);
    this.#mayChange(stored);
    try {
      watch.put(await api.call<Pod>({ method: 'POST', path: podsPath(namespace), body: pod }));
    } catch (thrown) {
      if (asSlipwayError(thrown).kind !== 'exists') throw thrown;
      await this.#takeUp(stored);
    }
  }

  /** A pod of that name is there: ours (R1), what is left of an earlier one, or somebody else's. */
  async #takeUp({ metadata }: Pod): Promise<void> {
    const { namespace = '', name, uid } = metadata;
    const found = await this.options.api.find<Pod>({ path: podPath({ namespace, name }) });
    const labels = found?.metadata.labels ?? {};
    if (found !== undefined && labels[CLUSTER_LABELS.installation] !== this.options.installation) {
      throw new SlipwayError('invalid', 'PodNameTaken', `A pod "${name}" that is not of this platform is there.`, {
        hint: 'Delete that pod, or give the run another name.',
      });
    }
    if (
      found !== undefined &&
      labels[CLUSTER_LABELS.podUid] === uid &&
      found.metadata.deletionTimestamp === undefined
    ) {
      return this.options.watch.put(found);
    }
    if (found !== undefined) await this.#remove(found, 0);
    throw new SlipwayError('transient', 'NameNotFreeYet', `An earlier pod "${name}" is being removed.`, {
      retryAfterMs: NAME_FREE_MS,
    });
  }

  async pods(): Promise<string[]> {
    await this.options.watch.synced();
    return this.options.watch.uids();
  }

  async status(uid: string): Promise<PodStatus | undefined> {
    const { watch } = this.options;
    await watch.synced();
    const pod = watch.get(uid);
    if (pod !== undefined) return statusOf(pod);
    const gone = watch.gone(uid);
    return gone === undefined ? undefined : goneStatus(gone); // R4
  }

  onChange(listener: (uid: string) => void): void {
    this.options.watch.onChange(listener);
  }

  readLog(uid: string, container: string, from: number, signal: AbortSignal): AsyncIterable<LogLine[]> {
    const { api, watch } = this.options;
    const changed = (limitMs: number, abort: AbortSignal): Promise<void> => nextChange(watch, uid, limitMs, abort);
    return readPodLog({ api, pod: () => watch.get(uid), changed }, container, from, signal);
  }

  /** Sidecars of steps that are done end by themselves once they have nothing to run; anything else goes with its pod. */
  async stop(uid: string, graceSeconds?: number): Promise<void> {
    const pod = this.options.watch.get(uid);
    if (pod === undefined || isFinished(pod)) return;
    const statuses = pod.status?.containerStatuses ?? [];
    const steps = statuses.filter(isStep);
    const stepsEnded = steps.length > 0 && steps.every(({ state }) => state?.terminated !== undefined);
    if (!stepsEnded) return this.#remove(pod, graceSeconds);
    const running = statuses.filter(({ state }) => state?.terminated === undefined).map(({ name }) => name);
    const { nopImage } = this.options;
    const patches = pod.spec.containers
      .map(({ name, image }, index) => ({ name, image, index }))
      .filter(({ name, image }) => running.includes(name) && image !== nopImage)
      .map(({ index }) => ({ op: 'replace', path: `/spec/containers/${index}/image`, value: nopImage }));
    if (patches.length > 0) await this.#patch(pod, [uidTest(pod), ...patches]);
  }

  async release(uid: string): Promise<void> {
    const { watch } = this.options;
    const pod = watch.get(uid);
    if (pod !== undefined) {
      await this.#patch(pod, [
        uidTest(pod),
        { op: 'add', path: `/metadata/labels/${escaped(CLUSTER_LABELS.released)}`, value: 'true' },
      ]); // R3
    }
    watch.forget(uid);
  }

  async delete(uid: string, graceSeconds?: number, at?: { namespace: string; name: string }): Promise<void> {
    const { api, watch } = this.options;
    const known = watch.get(uid) ?? (at === undefined ? undefined : await api.find<Pod>({ path: podPath(at) }));
    if (known?.metadata.labels?.[CLUSTER_LABELS.podUid] === uid) await this.#remove(known, graceSeconds);
    watch.forget(uid);
  }

  async updateAnnotations(uid: string, annotations: Record<string, string>): Promise<void> {
    const pod = this.options.watch.get(uid);
    if (pod === undefined) return;
    const before = pod.metadata.annotations ?? {};
    const patches = Object.entries(annotations)
      .filter(([key, value]) => before[key] !== value)
      .map(([key, value]) => ({ op: 'add', path: `/metadata/annotations/${escaped(key)}`, value }));
    if (patches.length > 0) await this.#patch(pod, [uidTest(pod), ...patches]);
  }

  notices(): Promise<string[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return this.options.watch.stop();
  }

  /** R5: what was decided for a shard that another has by now may be wrong. */
  #mayChange({ metadata }: Pod): void {
    const shard = shardOfObject(metadata);
    if (this.options.shards().has(shard)) return;
    throw new SlipwayError('conflict', 'FenceLost', `Shard ${shard} of pod "${metadata.name}" is not ours any more.`);
  }

  async #remove(pod: Pod, graceSeconds: number | undefined): Promise<void> {
    this.#mayChange(pod);
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: pod.metadata.uid }, // R2
      ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: Math.ceil(graceSeconds) }),
    };
    await unlessGone(this.options.api.call({ method: 'DELETE', path: podPath(pod.metadata), body }));
  }

  async #patch(pod: Pod, body: readonly object[]): Promise<void> {
    this.#mayChange(pod);
    await unlessGone(this.options.api.call({ method: 'PATCH', path: podPath(pod.metadata), body }));
  }
}

function podsPath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/pods`;
}

function podPath({ namespace = '', name }: { namespace?: string; name: string }): string {
  return `${podsPath(namespace)}/${name}`;
}

/** R2, for a patch. */
function uidTest({ metadata }: Pod): object {
  return { op: 'test', path: '/metadata/uid', value: metadata.uid };
}

/** A key as a part of a JSON pointer. */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Gone already, or another pod of that name is there by now: what was to be done is done. */
async function unlessGone(sent: Promise<unknown>): Promise<void> {
  await sent.catch((thrown: unknown) => {
    const { kind, message } = asSlipwayError(thrown);
    const isOther = kind === 'conflict' || /testing value \/metadata\/uid failed/.test(message);
    if (kind !== 'not-found' && !isOther) throw thrown;
  });
}

function statusOf(pod: Pod): PodStatus {
  const status = pod.status ?? { phase: 'Pending' };
  const deletedMs = msOf(pod.metadata.deletionTimestamp); // its grace period is in it
  const isStuck = deletedMs !== undefined && Date.now() > deletedMs + STUCK_MS;
  if (!isStuck || isFinished({ status })) return status;
  return endedStatus(status, 'NodeLost', `the node of pod "${pod.metadata.name}" does not answer`, Date.now());
}

/** How a pod that was removed ended: what ran in it does not any more. */
function goneStatus(pod: Pod): PodStatus {
  const status = pod.status ?? { phase: 'Pending' };
  if (isFinished(pod)) return status;
  return endedStatus(
    status,
    'Removed',
    `pod "${pod.metadata.name}" was deleted before its steps had finished`,
    Date.now(),
  );
}

function nextChange(watch: PodWatch, uid: string, limitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      forget();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, limitMs).unref();
    const forget = watch.onChange((changed) => changed === uid && done());
    signal.addEventListener('abort', done, { once: true });
  });
}
