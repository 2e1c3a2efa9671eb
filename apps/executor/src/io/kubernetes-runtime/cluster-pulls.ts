// Images that are brought onto nodes of the cluster, by a pod each that ends at once.
//
//   M1. A pod is removed as soon as it has said what there is to know; what a killed process left goes with the next sweep.
//   M2. What is not ours is not touched: only pods with our labels, by the cluster's own uid.

import { createInterface } from 'node:readline';
import { SlipwayError, asSlipwayError, msOf, type KubeObject, type Pod } from '@slipway/contracts';
import { CLUSTER_LABELS } from '../../core/cluster-pod.js';
import type { Delivery } from '../../core/entrypoint-delivery.js';
import type { ImageState } from '../../core/image-cache.js';
import {
  PULL_LABEL,
  pullNodes,
  pullPod,
  pullVerdict,
  type ClusterNode,
  type PullVerdict,
} from '../../core/pull-pod.js';
import type { ApiClient } from './api-client.js';

export interface ClusterPullsOptions {
  api: ApiClient;
  installation: string;
  delivery: () => Promise<Delivery>;
  /** Makes sure of what the pod mounts. */
  beforeStart: (pod: Pod) => Promise<void>;
  imagePullPolicy?: string;
  /** Selects nodes by their labels; empty: all. */
  nodeSelector: string;
}

/** A pull that takes longer is ended by the cluster. */
const LIMIT_SECONDS = 600;
const MAX_NODES = 50;

export class ClusterPulls {
  constructor(private readonly options: ClusterPullsOptions) {}

  /** On every node, one after the other. Throws SlipwayError for what the namespace or the cluster does not allow. */
  async pull(namespace: string, image: string, signal: AbortSignal): Promise<ImageState> {
    const nodes = await this.#nodes();
    const digests = new Set<string>();
    for (const node of nodes) {
      const verdict = await this.#pullOn(node, namespace, image, signal);
      const where = node === undefined ? '' : ` on node ${node}`;
      if (verdict.kind === 'failed') throw failure(image, where, verdict);
      if (verdict.kind === 'waiting') throw noRoom(image, where);
      if (verdict.imageId !== '') digests.add(verdict.imageId.replace(/^[^@]*@/, ''));
    }
    const number = nodes[0] === undefined ? 'a node' : `${nodes.length} node${nodes.length === 1 ? '' : 's'}`;
    const what = digests.size === 0 ? '' : ` as ${[...digests].join(', ')}`;
    return { status: 'True', reason: 'Pulled', message: `It was pulled on ${number} of the cluster${what}.` };
  }

  /** Removes pods that nobody can be waiting for any more (M1). */
  async sweep(nowMs: number): Promise<void> {
    const { api, installation } = this.options;
    const labelSelector = `${CLUSTER_LABELS.installation}=${installation},${PULL_LABEL}`;
    const { items } = await api.call<{ items: Pod[] }>({ path: '/api/v1/pods', query: { labelSelector } });
    for (const pod of items) {
      if (nowMs - (msOf(pod.metadata.creationTimestamp) ?? nowMs) > 2 * LIMIT_SECONDS * 1000) await this.#remove(pod);
    }
  }

  /** Names of nodes; of a cluster that does not let us list them, one that it chooses. */
  async #nodes(): Promise<(string | undefined)[]> {
    const { api, nodeSelector } = this.options;
    const query = { resourceVersion: '0', ...(nodeSelector === '' ? {} : { labelSelector: nodeSelector }) };
    try {
      const { items } = await api.call<{ items: ClusterNode[] }>({ path: '/api/v1/nodes', query });
      const names = pullNodes(items, MAX_NODES);
      if (names.length > 0) return names;
    } catch (thrown) {
      if (asSlipwayError(thrown).kind === 'forbidden') return [undefined];
      throw thrown;
    }
    throw new SlipwayError('transient', 'NoNode', 'No node of the cluster takes pods.');
  }

  async #pullOn(node: string | undefined, namespace: string, image: string, signal: AbortSignal): Promise<PullVerdict> {
    const { installation, imagePullPolicy, delivery, beforeStart } = this.options;
    const pod = pullPod({
      ...{ namespace, image, node, installation, delivery: await delivery(), limitSeconds: LIMIT_SECONDS },
      ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    });
    await beforeStart(pod);
    const made = await this.#make(pod);
    try {
      return await this.#follow(made, signal);
    } finally {
      await this.#remove(made); // M1
    }
  }

  /** Another of our processes may have made it a moment ago. */
  async #make(pod: Pod): Promise<Pod> {
    const { api, installation } = this.options;
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods`;
    try {
      return await api.call<Pod>({ method: 'POST', path, body: pod });
    } catch (thrown) {
      if (asSlipwayError(thrown).kind !== 'exists') throw thrown;
    }
    const found = await api.find<Pod>({ path: `${path}/${pod.metadata.name}` });
    const isOurs = found?.metadata.labels?.[CLUSTER_LABELS.installation] === installation; // M2
    if (found !== undefined && isOurs && found.metadata.deletionTimestamp === undefined) return found;
    throw new SlipwayError('transient', 'NameNotFreeYet', `An earlier pod "${pod.metadata.name}" is being removed.`);
  }

  /** Until the pod says what became of the image, is gone, or has had its time. */
  async #follow({ metadata }: Pod, signal: AbortSignal): Promise<PullVerdict> {
    const query = {
      watch: 'true',
      fieldSelector: `metadata.name=${metadata.name}`,
      timeoutSeconds: String(LIMIT_SECONDS),
    };
    const path = `/api/v1/namespaces/${metadata.namespace}/pods`;
    const response = await this.options.api.stream({ path, query, signal });
    try {
      for await (const line of createInterface({ input: response, crlfDelay: Infinity })) {
        if (line === '') continue;
        const { type, object } = JSON.parse(line) as { type: string; object: Pod };
        if (type === 'ERROR' || object.metadata.uid !== metadata.uid) continue;
        const verdict = pullVerdict(object);
        if (verdict.kind !== 'waiting' || type === 'DELETED') return verdict;
      }
      return { kind: 'waiting' };
    } finally {
      response.destroy();
    }
  }

  async #remove({ metadata }: KubeObject): Promise<void> {
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
    const preconditions = { uid: metadata.uid };
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions }; // M2
    await this.options.api.find({ method: 'DELETE', path, body }).catch((thrown: unknown) => {
      if (asSlipwayError(thrown).kind !== 'conflict') throw thrown;
    });
  }
}

function failure(image: string, where: string, { reason, message }: { reason: string; message: string }): SlipwayError {
  const known =
    reason === 'InvalidImageName' ? 'BadImageReference' : reason === 'ErrImageNeverPull' ? 'NeverPulled' : reason;
  return new SlipwayError(
    'not-found',
    known,
    `${image} cannot be pulled${where}: ${message === '' ? reason : message}`,
  );
}

function noRoom(image: string, where: string): SlipwayError {
  return new SlipwayError('transient', 'PodNotPlaced', `No pod could be started that pulls ${image}${where}.`, {
    hint: 'Look at the quota and the limits of its namespace, and at the room on the nodes.',
  });
}
