// Credentials for registries in secrets. Each is for the host that it is filed under, and below the path there.

import type { Secret } from '@slipway/contracts';
import type { ImageReference } from './image-reference.js';

export interface RegistryCredentials {
  user: string;
  password: string;
}

/** The part of a reference that says whose image it is. */
export type ImagePlace = Pick<ImageReference, 'registry' | 'repository'>;

const DOCKER_ANNOTATION = /^(?:tekton\.dev|build\.knative\.dev)\/docker-/;

/** What a secret of one of the types for registries has for an image; undefined when it has none. */
export function credentialsIn(secret: Secret, image: ImagePlace): RegistryCredentials | undefined {
  const text = (key: string): string => Buffer.from(secret.data?.[key] ?? '', 'base64').toString();
  switch (secret.type) {
    case 'kubernetes.io/dockerconfigjson':
      return entryFor(parsed(text('.dockerconfigjson'), 'auths'), image);
    case 'kubernetes.io/dockercfg':
      return entryFor(parsed(text('.dockercfg')), image);
    case 'kubernetes.io/basic-auth': {
      const { annotations = {} } = secret.metadata;
      const isFor = Object.entries(annotations).some(
        ([key, url]) => DOCKER_ANNOTATION.test(key) && placeOf(url).host === image.registry,
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

/** Of several that fit, the one with the longest path. */
function entryFor(auths: Record<string, unknown>, image: ImagePlace): RegistryCredentials | undefined {
  const [best] = Object.entries(auths)
    .map(([url, entry]) => ({ ...placeOf(url), entry }))
    .filter(({ host, path }) => host === image.registry && isBelow(image.repository, path))
    .sort((a, b) => b.path.length - a.path.length);
  const entry = best?.entry as { username?: unknown; password?: unknown; auth?: unknown } | null | undefined;
  if (typeof entry?.username === 'string' && typeof entry.password === 'string') {
    return { user: entry.username, password: entry.password };
  }
  if (typeof entry?.auth !== 'string') return undefined;
  const [user = '', ...rest] = Buffer.from(entry.auth, 'base64').toString().split(':');
  return { user, password: rest.join(':') };
}

function isBelow(repository: string, path: string): boolean {
  return path === '' || repository === path || repository.startsWith(`${path}/`);
}

/** `https://index.docker.io/v1/`, `gcr.io/team`, `localhost:5000`: host and port, Docker Hub under its one name, and path. */
function placeOf(url: string): { host: string; path: string } {
  const [written = '', ...parts] = url.replace(/^[a-z]+:\/\//i, '').split('/');
  const host = written.toLowerCase();
  const path = parts.filter((part) => part !== '').join('/');
  return {
    host: ['docker.io', 'registry-1.docker.io'].includes(host) ? 'index.docker.io' : host,
    path: /^v[12]$/.test(path) ? '' : path, // the version of the protocol, as docker login writes it
  };
}
