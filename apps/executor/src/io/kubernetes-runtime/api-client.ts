// Requests to the cluster's API server: one at a time through the rate limit, counted, and every refusal an error that
// says whether trying again helps.
//
// Bodies stay plain JSON. The library's typed client turns times into dates and drops fields that it does not know.

import * as http from 'node:http';
import * as https from 'node:https';
import { text } from 'node:stream/consumers';
import type { SlipwayError } from '@slipway/contracts';
import { asSlipwayError } from '@slipway/contracts';
import { connectionError, refusalError } from '../../core/api-refusal.js';
import type { ClusterAccess } from './cluster-access.js';
import type { RateLimit } from './rate-limit.js';

export interface ApiMetrics {
  /** An answer, or its absence (code 0), after so many milliseconds of which it waited for the rate limit. */
  requested(verb: string, resource: string, code: number, ms: number, waitedMs: number): void;
}

export interface ApiRequest {
  /** `/api/v1/namespaces/ns/pods/name`. */
  path: string;
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  query?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal;
}

/** An answer must begin within this time; a server that is stopped keeps its connections open. */
const ANSWER_MS = 30_000;
const PATCH_TYPE = 'application/json-patch+json';

export class ApiClient {
  constructor(
    private readonly access: ClusterAccess,
    private readonly limit: RateLimit,
    private readonly metrics: ApiMetrics,
  ) {}

  /** The answer's body. Rejects with a SlipwayError. */
  async call<T>(request: ApiRequest): Promise<T> {
    const response = await this.stream(request);
    const body = await text(response).catch((thrown: unknown) => {
      throw connectionError(codeOf(thrown), thrown);
    });
    return JSON.parse(body) as T;
  }

  /** As `call`, undefined where nothing is there. */
  async find<T>(request: ApiRequest): Promise<T | undefined> {
    try {
      return await this.call<T>(request);
    } catch (thrown) {
      if (asSlipwayError(thrown).kind === 'not-found') return undefined;
      throw thrown;
    }
  }

  /** The answer as it comes: a watch, a log. It ends with an error event when the connection does. */
  async stream(request: ApiRequest): Promise<http.IncomingMessage> {
    const askedMs = performance.now();
    await this.limit.take(request.signal);
    const waitedMs = performance.now() - askedMs;
    for (let isRenewed = false; ; isRenewed = true) {
      const sent = await this.#send(request, isRenewed).catch((error: SlipwayError) => error);
      const isTrustFailure = sent instanceof Error && sent.reason === 'ApiServerNotTrusted';
      const isRefused = sent instanceof http.IncomingMessage && sent.statusCode === 401;
      if ((isTrustFailure || isRefused) && !isRenewed) {
        if (sent instanceof http.IncomingMessage) sent.resume();
        continue; // credentials may be newer than those that we have read
      }
      const code = sent instanceof http.IncomingMessage ? (sent.statusCode ?? 0) : 0;
      this.metrics.requested(verbOf(request), resourceOf(request.path), code, performance.now() - askedMs, waitedMs);
      if (!(sent instanceof http.IncomingMessage)) throw sent;
      if (code < 300) return sent;
      throw await refusalOf(sent);
    }
  }

  async #send(
    { path, method = 'GET', query, body, signal }: ApiRequest,
    renew: boolean,
  ): Promise<http.IncomingMessage> {
    const { server } = this.access;
    const options = await this.access.options(renew).catch((thrown: unknown) => {
      throw connectionError(codeOf(thrown), thrown);
    });
    const url = new URL(server.href.replace(/\/$/, '') + path);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const { request } = url.protocol === 'http:' ? http : https;
    return new Promise((resolve, reject) => {
      const sending = request(url, {
        ...options,
        method,
        ...(signal === undefined ? {} : { signal }),
        headers: {
          ...options.headers,
          accept: 'application/json',
          'user-agent': 'slipway-executor',
          ...(payload === undefined
            ? {}
            : {
                'content-type': method === 'PATCH' ? PATCH_TYPE : 'application/json',
                'content-length': payload.length,
              }),
        },
      });
      const late = setTimeout(() => sending.destroy(new Error('no answer')), ANSWER_MS);
      sending.once('response', (response) => {
        clearTimeout(late);
        resolve(response);
      });
      sending.on('error', (error) => {
        clearTimeout(late);
        reject(connectionError(codeOf(error), error));
      });
      sending.end(payload);
    });
  }
}

async function refusalOf(response: http.IncomingMessage): Promise<SlipwayError> {
  const body = await text(response).catch(() => '');
  const status = statusIn(body);
  const after = Number(response.headers['retry-after']);
  return refusalError({
    code: response.statusCode ?? 0,
    reason: status.reason ?? '',
    message: status.message ?? body.slice(0, 500),
    ...(Number.isFinite(after) && after > 0 ? { retryAfterSeconds: after } : {}),
  });
}

function statusIn(body: string): { reason?: string; message?: string } {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {}; // a proxy in between speaks for itself
  }
}

function codeOf(thrown: unknown): string {
  const { code, message } = Object(thrown) as { code?: unknown; message?: unknown };
  return [code, message].find((word): word is string => typeof word === 'string') ?? 'unknown';
}

function verbOf({ method = 'GET', query }: ApiRequest): string {
  if (query?.['watch'] === 'true') return 'watch';
  return method.toLowerCase();
}

/** `pods`, `pods/log`, `persistentvolumeclaims`: never a name. */
function resourceOf(path: string): string {
  const [, , , ...rest] = path.split('/');
  const [resource = 'namespaces', , subresource] = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest;
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}
