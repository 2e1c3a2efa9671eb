import {
  CONFIG_MAPS,
  PERSISTENT_VOLUME_CLAIMS,
  SECRETS,
  type ConfigMap,
  type PersistentVolumeClaim,
  type Secret,
} from '@slipway/contracts';
import type { Store } from '@slipway/store';
import type { KubeletObjects } from '../core/runtime.js';

/** What a kubelet mounts, read fresh from the store: a pod that starts sees what is stored now. */
export function kubeletObjects(store: Pick<Store, 'get'>): KubeletObjects {
  return {
    secret: (namespace, name) => store.get<Secret>(SECRETS, namespace, name),
    configMap: (namespace, name) => store.get<ConfigMap>(CONFIG_MAPS, namespace, name),
    persistentVolumeClaim: (namespace, name) =>
      store.get<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, namespace, name),
  };
}
