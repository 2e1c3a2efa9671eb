// Secrets that a reference names. They are those of the request's own namespace, and no others.

import { SECRETS, SlipwayError, type Secret } from '@slipway/contracts';
import type { Store } from '@slipway/store';

/** One value of a secret. Throws `not-found` naming secret and key, never a value. */
export async function secretValue(
  store: Pick<Store, 'get'>,
  namespace: string,
  name: string,
  key: string,
): Promise<string> {
  const secret = await store.get<Secret>(SECRETS, namespace, name);
  const value = secret?.data?.[key];
  if (value !== undefined) return Buffer.from(value, 'base64').toString();
  const what = secret === undefined ? `the secret "${name}"` : `the key "${key}" of the secret "${name}"`;
  throw new SlipwayError('not-found', 'SecretNotFound', `${what} does not exist in namespace "${namespace}"`);
}
