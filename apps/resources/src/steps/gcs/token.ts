// An access token of Google's, by the key of a service account: a JWT that is signed with it is given for the token
// (RFC 7523). The key's own `token_uri` says where.

import type { Mirror } from '@slipway/contracts';
import { createPrivateKey, sign } from 'node:crypto';
import { RestClient } from '../rest-client.js';

const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write';
const LIFETIME_SECONDS = 3600;
/** A token is not used in its last minutes: a transfer takes time. */
const MARGIN_MS = 300_000;

interface Key {
  type?: unknown;
  client_email?: unknown;
  private_key?: unknown;
  private_key_id?: unknown;
  token_uri?: unknown;
}

/** The header of every request, renewed when it is about to expire. Errors say nothing of the key. */
export class ServiceAccountToken {
  #header: { authorization: string } | undefined;
  #validUntilMs = 0;
  readonly #key: { email: string; pem: string; id: string; tokenUrl: URL };

  /** @param keyJson the file that Google hands out for a service account */
  constructor(
    keyJson: string,
    private readonly mirrors: readonly Mirror[],
  ) {
    let key: Key;
    try {
      key = JSON.parse(keyJson) as Key;
    } catch {
      throw new Error('the credentials are not JSON');
    }
    const { type, client_email: email, private_key: pem, private_key_id: id } = key;
    const uri = key.token_uri ?? 'https://oauth2.googleapis.com/token';
    if (type !== 'service_account' || typeof email !== 'string' || typeof pem !== 'string' || typeof uri !== 'string') {
      throw new Error('the credentials are not the key of a service account');
    }
    const tokenUrl = new URL(uri);
    if (tokenUrl.protocol !== 'https:') throw new Error('the token_uri of the credentials is not https');
    this.#key = { email, pem, id: typeof id === 'string' ? id : '', tokenUrl };
  }

  async header(nowMs = Date.now()): Promise<Record<string, string>> {
    if (this.#header !== undefined && nowMs < this.#validUntilMs) return this.#header;
    const { tokenUrl } = this.#key;
    const client = new RestClient({ base: tokenUrl.origin, mirrors: this.mirrors });
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: this.#assertion(nowMs),
    });
    const answer = await client.form<{ access_token?: unknown; expires_in?: unknown }>(tokenUrl.pathname, form);
    const { access_token: token, expires_in: seconds } = answer;
    if (typeof token !== 'string') throw new Error(`${tokenUrl.origin} gave no access token`);
    this.#header = { authorization: `Bearer ${token}` };
    this.#validUntilMs = nowMs + (typeof seconds === 'number' ? seconds * 1000 : 0) - MARGIN_MS;
    return this.#header;
  }

  #assertion(nowMs: number): string {
    const { email, pem, id, tokenUrl } = this.#key;
    const iat = Math.floor(nowMs / 1000);
    const head = encoded({ alg: 'RS256', typ: 'JWT', kid: id });
    const claims = encoded({ iss: email, scope: SCOPE, aud: tokenUrl.href, iat, exp: iat + LIFETIME_SECONDS });
    let signature: Buffer;
    try {
      signature = sign('RSA-SHA256', Buffer.from(`${head}.${claims}`), createPrivateKey(pem));
    } catch {
      throw new Error('the private_key of the credentials is not an RSA key');
    }
    return `${head}.${claims}.${signature.toString('base64url')}`;
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
