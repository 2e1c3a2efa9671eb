// Credentials for registries: those of a secret that the reference names, else those of the service account. Each is for
// the host that it is filed under.

import { SECRETS, SERVICE_ACCOUNTS, SlipwayError, type Secret, type ServiceAccount } from '@slipway/contracts';
import type { Store } from '@slipway/store';

export interface RegistryCredentials {
  user: string;
  password: string;
}

const DOCKER_ANNOTATION = /^(?:tekton\.dev|build\.knative\.dev)\/docker-/;

/** Of the first secret that has some for the registry; undefined when none has. */
export async function registryCredentials(
  store: Pick<Store, 'get'>,
  namespace: string,
  registry: string,
  { secret, serviceAccount }: { secret: string | undefined; serviceAccount: string },
): Promise<RegistryCredentials | undefined> {
  const names = secret === undefined ? await secretsOf(store, namespace, serviceAccount) : [secret];
  for (const name of names) {
    const stored = await store.get<Secret>(SECRETS, namespace, name);
    if (stored === undefined && secret !== undefined) {
      const message = `the secret "${name}" does not exist in namespace "${namespace}"`;
      throw new SlipwayError('not-found', 'SecretNotFound', message);
    }
    const found = stored === undefined ? undefined : credentialsIn(stored, registry);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function secretsOf(store: Pick<Store, 'get'>, namespace: string, name: string): Promise<string[]> {
  const account = await store.get<ServiceAccount>(SERVICE_ACCOUNTS, namespace, name);
  return [...(account?.imagePullSecrets ?? []), ...(account?.secrets ?? [])].map((secret) => secret.name);
}

function credentialsIn(secret: Secret, registry: string): RegistryCredentials | undefined {
  const text = (key: string): string => Buffer.from(secret.data?.[key] ?? '', 'base64').toString();
  switch (secret.type) {
    case 'kubernetes.io/dockerconfigjson':
      return entryFor(parsed(text('.dockerconfigjson'), 'auths'), registry);
    case 'kubernetes.io/dockercfg':
      return entryFor(parsed(text('.dockercfg')), registry);
    case 'kubernetes.io/basic-auth': {
      const { annotations = {} } = secret.metadata;
      const isFor = Object.entries(annotations).some(
        ([key, url]) => DOCKER_ANNOTATION.test(key) && hostOf(url) === registry,
      );
      return isFor ? { user: text('username'), password: text('password') } : undefined;
    }
    case undefined:
    default:
      return undefined;
  }
}

function parsed(text: string, key?: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    const inner = key === undefined ? value : value?.[key];
    return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function entryFor(auths: Record<string, unknown>, registry: string): RegistryCredentials | undefined {
  const entry = Object.entries(auths).find(([url]) => hostOf(url) === registry)?.[1] as
    { username?: unknown; password?: unknown; auth?: unknown } | undefined;
  if (typeof entry?.username === 'string' && typeof entry.password === 'string') {
    return { user: entry.username, password: entry.password };
  }
  if (typeof entry?.auth !== 'string') return undefined;
  const [user = '', ...rest] = Buffer.from(entry.auth, 'base64').toString().split(':');
  return { user, password: rest.join(':') };
}

/** `https://index.docker.io/v1/`, `gcr.io`, `localhost:5000`: the host and port, Docker Hub under its one name. */
function hostOf(url: string): string {
  const host = url
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/\/.*$/s, '')
    .toLowerCase();
  return ['docker.io', 'registry-1.docker.io'].includes(host) ? 'index.docker.io' : host;
}
