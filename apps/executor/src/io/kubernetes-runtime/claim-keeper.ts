// The claims that runs make for their workspaces: what is stored says which there should be, the cluster has them.
//
//   V1. A claim is there before the pod that mounts it, and goes when it is stored no more.
//   V2. What a user made in the cluster is not stored here, and never touched.

import {
  PERSISTENT_VOLUME_CLAIMS,
  asSlipwayError,
  shardOfObject,
  type KubeObject,
  type PersistentVolumeClaim,
  type Pod,
} from '@slipway/contracts';
import type { Cache, CacheChange, Store } from '@slipway/store';
import type { Logger } from '@slipway/service';
import { refusedClaim } from '../../core/api-refusal.js';
import { CLUSTER_LABELS, clusterObject, ownedSelector, type ClusterPodOptions } from '../../core/cluster-pod.js';
import type { ApiClient } from './api-client.js';

export interface ClaimKeeperOptions extends ClusterPodOptions {
  api: ApiClient;
  store: Pick<Store, 'get'>;
  /** Has the claims of the shards that we hold. */
  cache: Pick<Cache, 'get' | 'onChange'>;
  shards: () => ReadonlySet<number>;
  logger: Logger;
}

/** Claims that were seen in the cluster; the oldest are asked for again. */
const REMEMBERED = 5000;

export class ClaimKeeper {
  /** Uids of stored claims that the cluster has. */
  readonly #made = new Set<string>();

  constructor(private readonly options: ClaimKeeperOptions) {}

  start(): void {
    this.options.cache.onChange((change) => this.#changed(change));
  }

  /** Makes sure of the claims that the pod mounts and that a run made (V1, V2). */
  async ensureFor({ metadata, spec }: Pod): Promise<void> {
    const { namespace = '' } = metadata;
    const names = new Set((spec.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []));
    await Promise.all([...names].map((name) => this.#ensure(namespace, name)));
  }

  /** Removes the claims of our shards that are stored no more: their end was missed. */
  async sweep(): Promise<void> {
    const { api, installation, shards } = this.options;
    const labelSelector = ownedSelector(installation, shards());
    if (labelSelector === undefined) return;
    const query = { labelSelector, resourceVersion: '0' };
    const { items } = await api.call<{ items: PersistentVolumeClaim[] }>({
      path: '/api/v1/persistentvolumeclaims',
      query,
    });
    for (const claim of items) {
      if (claim.metadata.deletionTimestamp === undefined) await this.#removeUnlessStored(claim);
    }
  }

  async #ensure(namespace: string, name: string): Promise<void> {
    const { api, cache, store } = this.options;
    const stored =
      cache.get<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, namespace, name) ??
      (await store.get<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, namespace, name));
    const uid = stored?.metadata.uid;
    if (stored === undefined || uid === undefined || this.#made.has(uid)) return; // V2
    const body: KubeObject = clusterObject(stored, CLUSTER_LABELS.claimUid, this.options);
    try {
      await api.call({ method: 'POST', path: claimsPath(namespace), body });
    } catch (thrown) {
      const error = asSlipwayError(thrown);
      if (error.kind !== 'exists') throw refusedClaim(error);
    }
    this.#made.add(uid);
    if (this.#made.size > REMEMBERED) this.#made.delete(this.#made.values().next().value!);
  }

  #changed({ key, before, after }: CacheChange): void {
    if (key.resource !== PERSISTENT_VOLUME_CLAIMS || before === undefined || after !== undefined) return;
    if (!this.options.shards().has(shardOfObject(before.metadata))) return;
    this.#gone(before).catch((thrown: unknown) => {
      this.options.logger.warn({ err: thrown, claim: key.name }, 'a claim is not removed yet');
    });
  }

  async #gone({ metadata }: KubeObject): Promise<void> {
    const { namespace = '', name } = metadata;
    const path = `${claimsPath(namespace)}/${name}`;
    const claim = await this.options.api.find<PersistentVolumeClaim>({ path });
    if (claim?.metadata.labels?.[CLUSTER_LABELS.installation] === this.options.installation)
      await this.#removeUnlessStored(claim);
  }

  async #removeUnlessStored({ metadata }: PersistentVolumeClaim): Promise<void> {
    const { api, store } = this.options;
    const { namespace = '', name, uid, labels } = metadata;
    const storedUid = labels?.[CLUSTER_LABELS.claimUid];
    const stored = await store.get(PERSISTENT_VOLUME_CLAIMS, namespace, name); // a cache may have lost the shard
    if (storedUid === undefined || stored?.metadata.uid === storedUid) return;
    this.#made.delete(storedUid);
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
    await api.find({ method: 'DELETE', path: `${claimsPath(namespace)}/${name}`, body });
  }
}

function claimsPath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
}
