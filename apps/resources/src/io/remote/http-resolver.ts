// The http resolver: a document at a URL.

import { createHash } from 'node:crypto';
import { MAX_DOCUMENT_BYTES } from '@slipway/contracts';
import { basicAuth, httpUrl, redacted, type RemoteHttp } from '@slipway/guarded-http';
import type { Store } from '@slipway/store';

import { unresolvable, type Resolver } from './resolver.js';
import { secretValue } from './tenant-secrets.js';

const DIGESTS: Record<string, number> = { sha256: 64, sha512: 128 };

export function httpResolver(http: RemoteHttp, store: Pick<Store, 'get'>): Resolver {
  return async (params, { namespace, signal }) => {
    const url = params.required('url');
    const user = params.optional('http-username');
    const secret = params.optional('http-password-secret');
    const key = params.optional('http-password-secret-key') ?? 'password';
    const digest = params.optional('digest');
    if (user === undefined && secret !== undefined) params.problem('"http-password-secret" needs "http-username"');
    if (user !== undefined && secret === undefined) params.problem('"http-username" needs "http-password-secret"');
    if (digest !== undefined && !isDigest(digest)) params.problem('"digest" must be sha256:<hex> or sha512:<hex>');
    params.done();
    httpUrl(url);
    const password = secret === undefined ? undefined : await secretValue(store, namespace, secret, key);
    const authorization = password === undefined ? undefined : basicAuth(user ?? '', password);
    const response = await http.get(url, { authorization, maxBytes: MAX_DOCUMENT_BYTES, signal });
    if (response.status !== 200) throw notFetched(url, response.status);
    const expected = digest?.split(':') as [algorithm: string, hex: string] | undefined;
    if (expected !== undefined && hashOf(response.body, expected[0]) !== expected[1].toLowerCase()) {
      throw unresolvable(`the content of ${redacted(url)} has not the digest ${digest}`);
    }
    const sha256 = hashOf(response.body, 'sha256');
    return { data: response.body, refSource: { uri: redacted(url), digest: { sha256 } } };
  };
}

export function hashOf(data: Uint8Array, algorithm: string): string {
  return createHash(algorithm).update(data).digest('hex');
}

function isDigest(text: string): boolean {
  const [algorithm = '', hex = ''] = text.split(':');
  return DIGESTS[algorithm] === hex.length && /^[0-9a-f]+$/i.test(hex);
}

function notFetched(url: string, status: number): Error {
  const hint = status === 401 || status === 403 ? 'Name a user and a secret with its password.' : undefined;
  return unresolvable(`${redacted(url)} answers with status ${status}`, hint);
}
