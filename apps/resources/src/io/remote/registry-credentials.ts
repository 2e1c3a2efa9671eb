// Credentials for a registry: those of a secret that the reference names, else those of the service account.

import { SECRETS, SERVICE_ACCOUNTS, SlipwayError, type Secret, type ServiceAccount } from '@slipway/contracts';
import { credentialsIn, type ImagePlace, type RegistryCredentials } from '@slipway/oci';
import type { Store } from '@slipway/store';

/** Of the first secret that has some for the image; undefined when none has. */
export async function registryCredentials(
  store: Pick<Store, 'get'>,
  namespace: string,
  image: ImagePlace,
  { secret, serviceAccount }: { secret: string | undefined; serviceAccount: string },
): Promise<RegistryCredentials | undefined> {
  const names = secret === undefined ? await secretsOf(store, namespace, serviceAccount) : [secret];
  for (const name of names) {
    const stored = await store.get<Secret>(SECRETS, namespace, name);
    if (stored === undefined && secret !== undefined) {
      const message = `the secret "${name}" does not exist in namespace "${namespace}"`;
      throw new SlipwayError('not-found', 'SecretNotFound', message);
    }
    const found = stored === undefined ? undefined : credentialsIn(stored, image);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function secretsOf(store: Pick<Store, 'get'>, namespace: string, name: string): Promise<string[]> {
  const account = await store.get<ServiceAccount>(SERVICE_ACCOUNTS, namespace, name);
  return [...(account?.imagePullSecrets ?? []), ...(account?.secrets ?? [])].map((secret) => secret.name);
}
