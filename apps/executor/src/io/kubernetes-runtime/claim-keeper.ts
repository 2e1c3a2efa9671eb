// The claims that runs make for their workspaces: what is stored says which there should be, the cluster has them.
//
//   V1. A claim is there before the pod that mounts it, and goes when it is stored no more.
//   V2. What a user made in the cluster is not stored here, and never touched.
//   V3. A claim is made once: a second one of that name would be empty, and tasks would go on without what others wrote.
//   V4. It has no owners in the cluster: runs may share it, and the first to go would take it along.

import {
  ANNOTATIONS,
  PERSISTENT_VOLUME_CLAIMS,
  SlipwayError,
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
  store: Pick<Store, 'get' | 'commit'>;
  /** Has the claims of the shards that we hold. */
  cache: Pick<Cache, 'get' | 'onChange'>;
  shards: () => ReadonlySet<number>;
  logger: Logger;
}

/** Times that a claim may change while we write down that it was made. */
const MARK_TRIES = 10;

export class ClaimKeeper {
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
    if (stored === undefined) return; // V2
    if (wasMade(stored)) {
      if ((await api.find({ path: `${claimsPath(namespace)}/${name}` })) === undefined) throw claimGone(name); // V3
      return;
    }
    const options = { ...this.options, namesOwners: false }; // V4
    const body: KubeObject = clusterObject(stored, CLUSTER_LABELS.claimUid, options);
    try {
      await api.call({ method: 'POST', path: claimsPath(namespace), body });
    } catch (thrown) {
      const error = asSlipwayError(thrown);
      if (error.kind !== 'exists') throw refusedClaim(error);
    }
    await this.#mark(namespace, name);
  }

  /** Writes down that the claim was made (V3). */
  async #mark(namespace: string, name: string): Promise<void> {
    const { store } = this.options;
    for (let attempt = 1; ; attempt++) {
      const stored = await store.get<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, namespace, name);
      if (stored === undefined || wasMade(stored)) return;
      const annotations = { ...stored.metadata.annotations, [ANNOTATIONS.claimMade]: 'true' };
      const object = { ...stored, metadata: { ...stored.metadata, annotations } };
      try {
        await store.commit({ writes: [{ op: 'update-status', object }] });
        return;
      } catch (thrown) {
        if (asSlipwayError(thrown).kind !== 'conflict' || attempt >= MARK_TRIES) throw thrown;
      }
    }
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
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
    await api.find({ method: 'DELETE', path: `${claimsPath(namespace)}/${name}`, body });
  }
}

function wasMade({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[ANNOTATIONS.claimMade] === 'true';
}

function claimGone(name: string): SlipwayError {
  return new SlipwayError(
    'invalid',
    'CouldntCreateWorkspacePVC',
    `PersistentVolumeClaim "${name}" was deleted in the cluster, and with it what tasks wrote there.`,
    { hint: 'Run all tasks again.' },
  );
}

function claimsPath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
}
