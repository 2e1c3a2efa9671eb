// What namespaces of users get before the first pod of ours: the entrypoint as a secret, a network policy.
//
//   N1. Made once and not changed: what is there under that name stays as it is.
//   N2. They belong to the namespace of the installation, so that the cluster removes them when that goes.

import { asSlipwayError, type KubeObject } from '@slipway/contracts';
import { CLUSTER_LABELS } from '../../core/cluster-pod.js';
import type { ApiClient } from './api-client.js';

/** Somebody may delete one; pods that wait for it go on once it is there again. */
const KEPT_MS = 30_000;
const REMEMBERED = 5000;

export interface NamespaceFixturesOptions {
  api: Pick<ApiClient, 'find' | 'call'>;
  installation: string;
  /** Absent: they stay until somebody removes them. */
  installationNamespace?: string;
}

export class NamespaceFixtures {
  readonly #seen = new Map<string, { ensured: Promise<void>; untilMs: number }>();
  #owner: Promise<object[]> | undefined;

  constructor(private readonly options: NamespaceFixturesOptions) {}

  /** @param collection path below a namespace's: `/api/v1/namespaces/NAMESPACE/secrets` */
  ensure(collection: string, object: KubeObject): Promise<void> {
    const path = `${collection}/${object.metadata.name}`;
    const seen = this.#seen.get(path);
    if (seen !== undefined && performance.now() < seen.untilMs) return seen.ensured;
    const ensured = this.#make(collection, path, object);
    ensured.catch(() => this.#seen.delete(path));
    this.#seen.delete(path);
    this.#seen.set(path, { ensured, untilMs: performance.now() + KEPT_MS });
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.keys().next().value!);
    return ensured;
  }

  async #make(collection: string, path: string, object: KubeObject): Promise<void> {
    const { api, installation } = this.options;
    if ((await api.find<KubeObject>({ path })) !== undefined) return; // N1
    const metadata = {
      ...object.metadata,
      labels: { [CLUSTER_LABELS.installation]: installation },
      ownerReferences: await this.#owners(),
    };
    await api.call({ method: 'POST', path: collection, body: { ...object, metadata } }).catch((thrown: unknown) => {
      if (asSlipwayError(thrown).kind !== 'exists') throw thrown;
    });
  }

  /** N2. */
  #owners(): Promise<object[]> {
    const { api, installationNamespace: name } = this.options;
    if (name === undefined) return Promise.resolve([]);
    this.#owner ??= api
      .call<KubeObject>({ path: `/api/v1/namespaces/${name}` })
      .then(({ metadata }) => [{ apiVersion: 'v1', kind: 'Namespace', name, uid: metadata.uid }])
      .catch((thrown: unknown) => {
        this.#owner = undefined;
        throw thrown;
      });
    return this.#owner;
  }
}
