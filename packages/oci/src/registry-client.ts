// The part of the OCI distribution protocol that reading takes: manifests and blobs, with a token where the registry wants
// one.
//
//   R1. Everything that is asked for by digest is checked against it; a stream by whoever reads it.
//   R2. Credentials go to the registry, or to the token service that it names itself, and only over TLS, save where the
//       registry speaks none. What a mirror or the end of a redirect asks for is asked for without them.

import { createHash } from 'node:crypto';
import { SlipwayError } from '@slipway/contracts';
import {
  basicAuth,
  redacted,
  unfetchable,
  type RemoteHttp,
  type RemoteResponse,
  type RemoteStream,
} from '@slipway/guarded-http';
import type { ImageReference } from './image-reference.js';
import { MANIFEST_TYPES } from './manifest.js';
import type { RegistryCredentials } from './registry-credentials.js';

const MAX_MANIFEST_BYTES = 4 << 20;
const MAX_TOKEN_BYTES = 64 << 10;

export interface Manifest {
  digest: string;
  content: unknown;
  /** As it came: what its digest is of. */
  bytes: Buffer;
}

export interface RegistryClientOptions {
  /** The registry speaks no TLS. */
  isPlain: boolean;
  credentials: RegistryCredentials | undefined;
  signal: AbortSignal;
}

export class RegistryClient {
  readonly #base: string;
  #authorization: string | undefined;

  constructor(
    private readonly http: RemoteHttp,
    private readonly image: ImageReference,
    private readonly options: RegistryClientOptions,
  ) {
    this.#base = `${options.isPlain ? 'http' : 'https'}://${image.host}/v2/${image.repository}`;
  }

  /** The same, for requests that end with another signal. */
  during(signal: AbortSignal): RegistryClient {
    const client = new RegistryClient(this.http, this.image, { ...this.options, signal });
    client.#authorization = this.#authorization;
    return client;
  }

  /** By tag or digest. */
  async manifest(reference: string): Promise<Manifest> {
    const url = `${this.#base}/manifests/${reference}`;
    const accept = MANIFEST_TYPES.join(', ');
    const { body } = await this.#authorized((authorization) => this.#get(url, accept, authorization));
    const digest = digestOf(body);
    if (reference.startsWith('sha256:') && reference !== digest) throw this.#wrongDigest(reference); // R1
    try {
      return { digest, content: JSON.parse(body.toString()), bytes: body };
    } catch (cause) {
      throw unfetchable('could not parse image manifest', undefined, cause);
    }
  }

  async blob(digest: string, maxBytes: number): Promise<Buffer> {
    const url = `${this.#base}/blobs/${digest}`;
    const { body } = await this.#authorized((authorization) => this.#get(url, '*/*', authorization, maxBytes));
    if (digestOf(body) !== digest) throw this.#wrongDigest(digest); // R1
    return body;
  }

  /** The bytes of a blob as they come: unchecked, and of any length (R1). */
  async blobStream(digest: string): Promise<RemoteStream['body']> {
    const url = `${this.#base}/blobs/${digest}`;
    const { signal } = this.options;
    const response = await this.#authorized(async (authorization) => {
      const headers = { accept: '*/*', 'accept-encoding': 'identity' };
      const opened = await this.http.open(url, { headers, authorization, signal });
      if (opened.status !== 200) opened.body.destroy();
      return opened;
    });
    return response.body;
  }

  #get(url: string, accept: string, authorization?: string, maxBytes = MAX_MANIFEST_BYTES): Promise<RemoteResponse> {
    const { signal } = this.options;
    return this.http.get(url, { headers: { accept }, authorization, maxBytes, signal });
  }

  /** A token may be missing, or have run out in the middle of a long pull. */
  async #authorized<T extends Omit<RemoteResponse, 'body'>>(ask: (authorization?: string) => Promise<T>): Promise<T> {
    let response = await ask(this.#authorization);
    if (response.status === 401) {
      const authorization = await this.#authorize(response);
      if (authorization !== undefined && authorization !== this.#authorization) {
        this.#authorization = authorization;
        response = await ask(authorization);
      }
    }
    if (response.status === 200) return response;
    throw this.#refused(response);
  }

  async #authorize({ headers, url: from, isMirror }: Omit<RemoteResponse, 'body'>): Promise<string | undefined> {
    const challenge = headers['www-authenticate'] ?? '';
    const { isPlain, signal } = this.options;
    const isOwn = !isMirror && new URL(from).origin === new URL(this.#base).origin;
    const credentials = isOwn ? this.options.credentials : undefined; // R2
    const basic = credentials === undefined ? undefined : basicAuth(credentials.user, credentials.password);
    if (/^basic\b/i.test(challenge)) return basic;
    const fields = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]));
    const realm = fields.get('realm') ?? '';
    if (!/^bearer\b/i.test(challenge) || !/^https?:\/\//.test(realm)) return undefined;
    if (!isPlain && !realm.startsWith('https://')) throw unfetchable('the registry asks for a token without https'); // R2
    const url = new URL(realm);
    url.searchParams.set('scope', `repository:${this.image.repository}:pull`);
    const service = fields.get('service');
    if (service !== undefined) url.searchParams.set('service', service);
    const response = await this.http.get(url.href, { authorization: basic, maxBytes: MAX_TOKEN_BYTES, signal });
    const token = response.status === 200 ? tokenIn(response.body) : undefined;
    if (token !== undefined) return `Bearer ${token}`;
    const message = `${redacted(url.href)} gives no token: it answers with status ${response.status}`;
    throw [401, 403].includes(response.status) ? denied(message) : unfetchable(message);
  }

  #refused({ status, url }: Omit<RemoteResponse, 'body'>): SlipwayError {
    const message = `cannot retrieve the oci image: ${redacted(url)} answers with status ${status}`;
    if (status === 401 || status === 403) return denied(message);
    const hint = 'Look at the name, the tag and the digest of the image.';
    if (status === 404) return new SlipwayError('not-found', 'ImageNotFound', message, { hint });
    return unfetchable(message, hint);
  }

  #wrongDigest(digest: string): SlipwayError {
    const { registry, repository } = this.image;
    const message = `${registry}/${repository} answers ${digest} with something else`;
    return new SlipwayError('not-found', 'DigestMismatch', message);
  }
}

function denied(message: string): SlipwayError {
  return new SlipwayError('forbidden', 'ImageDenied', message, {
    hint: 'Name a secret with credentials of the registry, or give one to the service account.',
  });
}

function tokenIn(body: Buffer): string | undefined {
  try {
    const { token, access_token: access } = JSON.parse(body.toString()) as Record<string, unknown>;
    return [token, access].find((text): text is string => typeof text === 'string' && /^[\x21-\x7e]+$/.test(text));
  } catch {
    return undefined;
  }
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
