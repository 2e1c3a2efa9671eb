// References to images: `[registry/]repository[:tag][@digest]`, with Docker's defaults.

import { SlipwayError } from '@slipway/contracts';

export interface ImageReference {
  /** Host and port as they are written. */
  registry: string;
  /** Host and port that are connected to. */
  host: string;
  repository: string;
  /** Tag or digest. */
  reference: string;
  /** `sha256:…` when the reference is pinned. */
  digest: string | undefined;
}

const DOCKER_HUB = 'index.docker.io';
const REGISTRY = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:\d{1,5})?$/;
const REPOSITORY = /^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Throws `invalid`. */
export function parseImageReference(text: string): ImageReference {
  const refuse = (why: string): never => {
    const shown = JSON.stringify(text.slice(0, 200));
    throw new SlipwayError('invalid', 'BadImageReference', `${shown} is no reference to an image: ${why}`);
  };
  if (text.length > 1024) refuse('it is too long');
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) refuse('its digest is not sha256:<64 digits>');
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const hasRegistry = /[.:]/.test(first) || first === 'localhost';
  const written = hasRegistry ? first.toLowerCase() : DOCKER_HUB;
  const registry = written === 'docker.io' ? DOCKER_HUB : written;
  const rest = hasRegistry ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? 'latest' : rest.slice(colon + 1);
  const repository = registry === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path;
  if (!REGISTRY.test(registry)) refuse('its registry is no host');
  if (!REPOSITORY.test(repository)) refuse('its repository is no path of lower-case names');
  if (!TAG.test(tag)) refuse('its tag is no tag');
  const host = registry === DOCKER_HUB ? 'registry-1.docker.io' : registry;
  return { registry, host, repository, reference: digest ?? tag, digest };
}
