// Which secrets a pod can read: what must be masked in its logs.

import type { Pod, Volume } from '@slipway/contracts';
import { BIN_MOUNT } from './entrypoint-delivery.js';

export interface SecretUse {
  name: string;
  /** Absent: every key. */
  key?: string;
  optional: boolean;
}

/** Every secret that a container mounts or has in its environment, once each. */
export function secretsOf(pod: Pick<Pod, 'spec'>): SecretUse[] {
  const uses = new Map<string, SecretUse>();
  const add = (name: string | undefined, optional: boolean | undefined, key?: string): void => {
    if (name === undefined || name === '') return;
    const use = { name, optional: optional === true, ...(key === undefined ? {} : { key }) };
    uses.set(`${name}/${key ?? ''}`, use);
  };
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    for (const { valueFrom } of container.env ?? []) {
      const ref = valueFrom?.secretKeyRef;
      if (ref !== undefined) add(ref.name, ref.optional, ref.key);
    }
    for (const { secretRef } of container.envFrom ?? []) add(secretRef?.name, secretRef?.optional);
  }
  for (const volume of pod.spec.volumes ?? []) if (volume.name !== BIN_MOUNT.name) addVolume(volume, add);
  return [...uses.values()];
}

function addVolume(volume: Volume, add: (name: string | undefined, optional: boolean | undefined) => void): void {
  add(volume.secret?.secretName, volume.secret?.optional);
  for (const { secret } of volume.projected?.sources ?? []) add(secret?.name, secret?.optional);
  add(volume.csi?.nodePublishSecretRef?.name, true);
}
