// The credentials that a tenant's pods have for a registry: those of the pod, then those of its service account.

import type { Secret } from '@slipway/contracts';
import { credentialsIn, type ImageReference, type RegistryCredentials } from '@slipway/oci';
import type { PodEnvironment } from '../../core/runtime.js';

/** Whose image it is. */
export interface PullAccount {
  namespace: string;
  imagePullSecrets?: readonly { name: string }[] | undefined;
  serviceAccountName?: string | undefined;
}

/** Of the first secret that has some for the image; undefined when none has: then a registry is asked without. */
export async function pullCredentials(
  objects: Pick<PodEnvironment, 'secret' | 'serviceAccount'>,
  { namespace, imagePullSecrets = [], serviceAccountName = 'default' }: PullAccount,
  image: ImageReference,
): Promise<RegistryCredentials | undefined> {
  const account = await objects.serviceAccount(namespace, serviceAccountName, 0);
  const named = [...imagePullSecrets, ...(account?.imagePullSecrets ?? []), ...(account?.secrets ?? [])];
  const secrets = await Promise.all(
    [...new Set(named.map(({ name }) => name))].map((name) => objects.secret(namespace, name)),
  );
  for (const secret of secrets.filter((one): one is Secret => one !== undefined)) {
    const found = credentialsIn(secret, image);
    if (found !== undefined) return found;
  }
  return undefined;
}
