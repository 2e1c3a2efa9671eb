// The part of the OCI distribution protocol that reading a bundle takes: manifests and blobs, with a token where the
// registry wants one.
//
//   R1. Everything that is asked for by digest is checked against it.
//   R2. Credentials go to the registry, or to the token service that it names, and only over TLS, save where the registry
//       itself speaks none.

import type { ImageReference } from '../../core/image-reference.js';
import { basicAuth, hashOf } from './http-resolver.js';
import { redacted, type RemoteHttp, type RemoteResponse } from './remote-http.js';
import type { RegistryCredentials } from './registry-credentials.js';
import { unresolvable } from './resolver.js';

const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');
const MAX_MANIFEST_BYTES = 1 << 20;
const MAX_TOKEN_BYTES = 64 << 10;

export interface Manifest {
  digest: string;
  content: unknown;
}

export class RegistryClient {
  readonly #base: string;
  #authorization: string | undefined;

  constructor(
    private readonly http: RemoteHttp,
    private readonly image: ImageReference,
    private readonly options: {
      isPlain: boolean;
      credentials: RegistryCredentials | undefined;
      signal: AbortSignal;
    },
  ) {
    this.#base = `${options.isPlain ? 'http' : 'https'}://${image.host}/v2/${image.repository}`;
  }

  async manifest(reference: string): Promise<Manifest> {
    const response = await this.#get(`${this.#base}/manifests/${reference}`, MANIFEST_TYPES, MAX_MANIFEST_BYTES);
    const digest = `sha256:${hashOf(response.body, 'sha256')}`;
    if (reference.startsWith('sha256:') && reference !== digest) throw wrongDigest(this.image, reference); // R1
    try {
      return { digest, content: JSON.parse(response.body.toString()) };
    } catch (cause) {
      throw unresolvable('could not parse image manifest', undefined, cause);
    }
  }

  async blob(digest: string, maxBytes: number): Promise<Buffer> {
    const { body } = await this.#get(`${this.#base}/blobs/${digest}`, '*/*', maxBytes);
    if (`sha256:${hashOf(body, 'sha256')}` !== digest) throw wrongDigest(this.image, digest); // R1
    return body;
  }

  async #get(url: string, accept: string, maxBytes: number): Promise<RemoteResponse> {
    const { signal } = this.options;
    const ask = (): Promise<RemoteResponse> =>
      this.http.get(url, { headers: { accept }, authorization: this.#authorization, maxBytes, signal });
    let response = await ask();
    if (response.status === 401 && this.#authorization === undefined) {
      this.#authorization = await this.#authorize(response.headers['www-authenticate'] ?? '');
      if (this.#authorization !== undefined) response = await ask();
    }
    if (response.status === 200) return response;
    const hint = [401, 403].includes(response.status)
      ? 'Name a secret with credentials of the registry, or give one to the service account.'
      : 'Look at the name, the tag and the digest of the bundle.';
    throw unresolvable(`cannot retrieve the oci image: ${redacted(url)} answers with status ${response.status}`, hint);
  }

  async #authorize(challenge: string): Promise<string | undefined> {
    const { credentials, isPlain, signal } = this.options;
    const basic = credentials === undefined ? undefined : basicAuth(credentials.user, credentials.password);
    if (/^basic\b/i.test(challenge)) return basic;
    const fields = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]));
    const realm = fields.get('realm') ?? '';
    if (!/^bearer\b/i.test(challenge) || !/^https?:\/\//.test(realm)) return undefined;
    if (!isPlain && !realm.startsWith('https://')) throw unresolvable('the registry asks for a token without https'); // R2
    const url = new URL(realm);
    url.searchParams.set('scope', `repository:${this.image.repository}:pull`);
    const service = fields.get('service');
    if (service !== undefined) url.searchParams.set('service', service);
    const response = await this.http.get(url.href, { authorization: basic, maxBytes: MAX_TOKEN_BYTES, signal });
    const token = response.status === 200 ? tokenIn(response.body) : undefined;
    if (token !== undefined) return `Bearer ${token}`;
    throw unresolvable(`${redacted(url.href)} gives no token: it answers with status ${response.status}`);
  }
}

function tokenIn(body: Buffer): string | undefined {
  try {
    const { token, access_token: access } = JSON.parse(body.toString()) as Record<string, unknown>;
    return [token, access].find((text): text is string => typeof text === 'string' && /^[\x21-\x7e]+$/.test(text));
  } catch {
    return undefined;
  }
}

function wrongDigest({ registry, repository }: ImageReference, digest: string): Error {
  return unresolvable(`${registry}/${repository} answers ${digest} with something else`);
}
