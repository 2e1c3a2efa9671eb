// What pods of a namespace mount and are bound by, read from the cluster, which is the only one to keep it.

import type {
  ConfigMap,
  KubeObject,
  LimitRange,
  PersistentVolumeClaim,
  Secret,
  ServiceAccount,
} from '@slipway/contracts';
import type { PodEnvironment, SecretHead } from '../../core/runtime.js';
import type { ApiClient } from './api-client.js';

/** Limits and labels of a namespace seldom change, and every pod asks. */
const NAMESPACE_KEPT_MS = 5000;
const KEPT_NAMESPACES = 1000;

export class ClusterObjects implements PodEnvironment {
  readonly #kept = new Map<string, { value: Promise<unknown>; untilMs: number }>();

  constructor(private readonly api: ApiClient) {}

  secret(namespace: string, name: string): Promise<Secret | undefined> {
    return this.#find('secrets', namespace, name);
  }

  /** An API server tells the type of a secret only with the whole of it. */
  async secretHead(namespace: string, name: string): Promise<SecretHead | undefined> {
    const { metadata, type } = (await this.secret(namespace, name)) ?? {};
    return metadata && { metadata, ...(type === undefined ? {} : { type }) };
  }

  configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.#find('configmaps', namespace, name);
  }

  persistentVolumeClaim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined> {
    return this.#find('persistentvolumeclaims', namespace, name);
  }

  serviceAccount(namespace: string, name: string): Promise<ServiceAccount | undefined> {
    return this.#find('serviceaccounts', namespace, name);
  }

  limitRanges(namespace: string): Promise<readonly LimitRange[]> {
    return this.#keep(`limitranges/${namespace}`, async () => {
      const path = `/api/v1/namespaces/${namespace}/limitranges`;
      const { items } = await this.api.call<{ items: LimitRange[] }>({ path, query: { resourceVersion: '0' } });
      return items;
    });
  }

  namespaceLabels(namespace: string): Promise<Readonly<Record<string, string>>> {
    return this.#keep(`namespaces/${namespace}`, async () => {
      const found = await this.api.find<KubeObject>({ path: `/api/v1/namespaces/${namespace}` });
      return found?.metadata.labels ?? {};
    });
  }

  #find<T extends KubeObject>(resource: string, namespace: string, name: string): Promise<T | undefined> {
    return this.api.find<T>({ path: `/api/v1/namespaces/${namespace}/${resource}/${name}` });
  }

  #keep<T>(key: string, read: () => Promise<T>): Promise<T> {
    const nowMs = performance.now();
    const kept = this.#kept.get(key);
    if (kept !== undefined && nowMs < kept.untilMs) return kept.value as Promise<T>;
    const value = read();
    value.catch(() => this.#kept.delete(key));
    this.#kept.delete(key);
    this.#kept.set(key, { value, untilMs: nowMs + NAMESPACE_KEPT_MS });
    if (this.#kept.size > KEPT_NAMESPACES) this.#kept.delete(this.#kept.keys().next().value!);
    return value;
  }
}
