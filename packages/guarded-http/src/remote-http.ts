// HTTP to servers that tenants name.
//
//   H1. Each hop of a redirect is a new address that is checked like the first (N1, N2 of the guard).
//   H2. Credentials go to the origin that they were given for and to no other, and never to a mirror.
//   H3. A redirect never leads from https to http.
//   H4. Every body has a limit, every exchange a signal.

import type { LookupAddress } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { SlipwayError, mirrored, type Mirror } from '@slipway/contracts';
import { gunzipLimited, readLimited } from './limited.js';
import type { NetworkGuard } from './network-guard.js';
import { unfetchable } from './unfetchable.js';

export interface RemoteRequest {
  headers?: Record<string, string>;
  /** `Authorization` for the origin of the URL (H2). */
  authorization?: string | undefined;
  maxBytes: number;
  signal: AbortSignal;
}

export interface RemoteResponse {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** Where the answer came from, after redirects. */
  url: string;
  /** An operator's mirror gave it, in the place of the URL. */
  isMirror: boolean;
}

/** An answer whose body is still to be read; whoever asked ends it. */
export interface RemoteStream extends Omit<RemoteResponse, 'body'> {
  body: Readable;
}

const MAX_REDIRECTS = 5;
const TRIES = 3;
const FIRST_RETRY_MS = 200;
/** A body that stands still for so long is given up. */
const SILENCE_MS = 60_000;
const REDIRECTS = [301, 302, 303, 307, 308];

export class RemoteHttp {
  constructor(
    private readonly guard: NetworkGuard,
    private readonly mirrors: readonly Mirror[] = [],
  ) {}

  /** Follows redirects. Answers of every status are returned; `not-found` where there is no answer. */
  async get(url: string, request: RemoteRequest): Promise<RemoteResponse> {
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.#follow(url, request);
        if (attempt === TRIES || (response.status < 500 && response.status !== 429)) return response;
      } catch (thrown) {
        if (attempt === TRIES || !isTemporary(thrown)) throw thrown;
      }
      await sleep(FIRST_RETRY_MS * 2 ** (attempt - 1), undefined, { signal: request.signal });
    }
  }

  /** As `get`, tried once, with the body as it comes: of any length, and not unpacked. */
  async open(url: string, request: Omit<RemoteRequest, 'maxBytes'>): Promise<RemoteStream> {
    const { response, url: last, isMirror } = await this.#open(url, request);
    response.setTimeout(SILENCE_MS, () => response.destroy(unfetchable(`${redacted(last)} sends nothing any more`)));
    const { statusCode: status = 0, headers } = response;
    return { status, headers, body: response, url: last, isMirror };
  }

  /** Where an address leads to after all redirects; what is there is not read. */
  async finalUrl(url: string, request: Omit<RemoteRequest, 'maxBytes'>): Promise<string> {
    const { response, url: last } = await this.#open(url, request);
    response.destroy();
    return last;
  }

  async #follow(first: string, request: RemoteRequest): Promise<RemoteResponse> {
    const opened = await this.#open(first, request);
    return bodyOf(opened, request.maxBytes);
  }

  async #open(first: string, request: Omit<RemoteRequest, 'maxBytes'>): Promise<Opened> {
    let url = first;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const target = mirrored(url, this.mirrors);
      const isOwn = !target.isMirror && originOf(url) === originOf(first); // H2
      const response = await this.#exchange(target.url, target.isMirror, request, isOwn);
      const location = REDIRECTS.includes(response.statusCode ?? 0) ? response.headers.location : undefined;
      if (location === undefined) return { response, url, isMirror: target.isMirror };
      response.destroy();
      const next = new URL(location, target.url).href;
      if (target.url.startsWith('https:') && !next.startsWith('https:')) {
        throw unfetchable(`${redacted(url)} redirects to an address without https`); // H3
      }
      url = next;
    }
    throw unfetchable(`${redacted(first)} redirects more than ${MAX_REDIRECTS} times`);
  }

  async #exchange(
    url: string,
    isMirror: boolean,
    request: Omit<RemoteRequest, 'maxBytes'>,
    isOwn: boolean,
  ): Promise<IncomingMessage> {
    const parsed = httpUrl(url);
    const addresses = await this.guard.addressesOf(parsed.hostname, isMirror); // H1
    const { authorization, headers, signal } = request;
    const options = {
      headers: {
        'user-agent': 'slipway',
        'accept-encoding': 'gzip',
        ...headers,
        ...(authorization === undefined || !isOwn ? {} : { authorization }),
      },
      lookup: pinned(addresses),
      agent: false as const,
      signal,
    };
    return new Promise((resolve, reject) => {
      const send = parsed.protocol === 'https:' ? httpsRequest : httpRequest;
      send(parsed, options, resolve)
        .on('error', (error: Error) => reject(signal.aborted ? error : unreachable(url, error)))
        .end();
    });
  }
}

/** An http or https URL without credentials in it. Throws `invalid`. */
export function httpUrl(url: string): URL {
  const refuse = (why: string): never => {
    throw new SlipwayError('invalid', 'UrlRefused', `the URL "${redacted(url)}" is refused: ${why}`);
  };
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return refuse('it is no URL');
  }
  if (!['http:', 'https:'].includes(parsed.protocol)) return refuse('it must begin with https:// or http://');
  if (parsed.username !== '' || parsed.password !== '') return refuse('credentials belong in a secret');
  return parsed;
}

export function basicAuth(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** The URL without user, password, query and fragment. */
export function redacted(url: string): string {
  return url.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^/@\s]*@/, '$1***@').replace(/[?#].*$/s, '');
}

/** A lookup that knows one answer (N1). */
function pinned(addresses: readonly LookupAddress[]): LookupFunction {
  return (_, options, done) => {
    const { address, family } = addresses[0]!;
    if (options.all === true) done(null, [...addresses]);
    else done(null, address, family);
  };
}

interface Opened {
  response: IncomingMessage;
  url: string;
  isMirror: boolean;
}

async function bodyOf({ response, url, isMirror }: Opened, maxBytes: number): Promise<RemoteResponse> {
  const what = `the answer of ${redacted(url)}`;
  const raw = await readLimited(response, maxBytes, what);
  const encoding = response.headers['content-encoding'] ?? 'identity';
  const body = encoding === 'gzip' ? await gunzipLimited(raw, maxBytes, what) : raw;
  if (!['gzip', 'identity'].includes(encoding)) throw unfetchable(`${what} is packed as ${encoding}`);
  return { status: response.statusCode ?? 0, headers: response.headers, body, url, isMirror };
}

function originOf(url: string): string {
  return new URL(url).origin;
}

function unreachable(url: string, cause: Error & { code?: string }): SlipwayError {
  const why = cause.code ?? cause.message;
  return unfetchable(`${redacted(url)} cannot be reached: ${why}`, undefined, cause);
}

const TEMPORARY = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN'];

function isTemporary(thrown: unknown): boolean {
  const cause = thrown instanceof SlipwayError ? thrown.cause : undefined;
  return TEMPORARY.includes((cause as { code?: string } | undefined)?.code ?? '');
}
