import {
  CONFIG_MAPS,
  LIMIT_RANGES,
  PERSISTENT_VOLUME_CLAIMS,
  SECRETS,
  SERVICE_ACCOUNTS,
  type ConfigMap,
  type LimitRange,
  type PersistentVolumeClaim,
  type Secret,
  type ServiceAccount,
} from '@slipway/contracts';
import type { Cache, Store } from '@slipway/store';
import type { KubeletObjects, PodEnvironment } from '../core/runtime.js';
import type { Definitions } from './definitions.js';

/** What a kubelet mounts, read fresh from the store: a pod that starts sees what is stored now. */
export function kubeletObjects(store: Pick<Store, 'get'>): KubeletObjects {
  return {
    secret: (namespace, name) => store.get<Secret>(SECRETS, namespace, name),
    configMap: (namespace, name) => store.get<ConfigMap>(CONFIG_MAPS, namespace, name),
    persistentVolumeClaim: (namespace, name) =>
      store.get<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, namespace, name),
  };
}

/** What pods are bound by where the platform itself keeps it. */
export function storedEnvironment(
  store: Pick<Store, 'get'>,
  definitions: Definitions,
  cache: Pick<Cache, 'list'>,
): PodEnvironment {
  return {
    ...kubeletObjects(store),
    serviceAccount: (namespace, name, atRevision) =>
      definitions.get<ServiceAccount>(SERVICE_ACCOUNTS, namespace, name, atRevision),
    secretHead: (namespace, name) => store.get<Secret>(SECRETS, namespace, name, { headOnly: true }),
    limitRanges: (namespace) => Promise.resolve(cache.list<LimitRange>(LIMIT_RANGES, namespace)),
  };
}
