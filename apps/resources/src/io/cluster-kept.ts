// Where a cluster runs the pods, their secrets and service accounts are the cluster's own, and the store has none.

import { ClusterClient, loadAccess } from '@slipway/cluster';
import {
  SECRETS,
  SERVICE_ACCOUNTS,
  asSlipwayError,
  resourceKind,
  type KubeObject,
  type ResourceName,
} from '@slipway/contracts';
import type { Store } from '@slipway/store';

const KEPT_BY_CLUSTER: readonly ResourceName[] = [SECRETS, SERVICE_ACCOUNTS];

/** @param from `in-cluster`, or the path of a kubeconfig */
export async function withClusterKept(store: Store, from: string): Promise<Store> {
  return clusterKept(store, new ClusterClient(await loadAccess(from)));
}

/** The store, but for what the cluster keeps. */
export function clusterKept(store: Store, client: Pick<ClusterClient, 'request'>): Store {
  return {
    get: <T extends KubeObject>(resource: ResourceName, namespace: string, name: string): Promise<T | undefined> =>
      KEPT_BY_CLUSTER.includes(resource)
        ? find<T>(client, resource, namespace, name)
        : store.get<T>(resource, namespace, name),
    list: (resource, options) => store.list(resource, options),
    commit: (request) => store.commit(request),
    heads: () => store.heads(),
  };
}

async function find<T extends KubeObject>(
  client: Pick<ClusterClient, 'request'>,
  resource: ResourceName,
  namespace: string,
  name: string,
): Promise<T | undefined> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`;
  try {
    const found = await client.request<T>(path);
    return { ...found, apiVersion: 'v1', kind: resourceKind(resource)!.kind };
  } catch (thrown) {
    const error = asSlipwayError(thrown);
    if (error.kind === 'not-found') return undefined;
    throw error;
  }
}
