// Requests to a cluster's API server.
//
//   C1. Every request ends: by its answer, its deadline or its signal; so does every wait for the next line of a watch.
//   C2. What the API server says is data of bounded size; its credentials are in no error.
//   C3. Where a certificate or our credentials are not accepted, what we have is read once more, and the request sent again only if
//       that is something else: who waits for a certificate costs one handshake a try.

import { Agent, request as httpsRequest } from 'node:https';
import { Agent as PlainAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { SlipwayError, isCertificateFailure, type ErrorKind } from '@slipway/contracts';
import type { ClusterAccess } from './access.js';

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  /** Of the body; JSON when absent. */
  contentType?: string;
  /** 10 s when absent. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

const TIMEOUT_MS = 10_000;
const ANSWER_LIMIT_BYTES = 16 * 1024 * 1024;
/** Connections at once; more requests wait for one, so that a burst here is no storm there. */
const MAX_SOCKETS = 32;

export class ClusterClient {
  #access: ClusterAccess;
  #agent: Agent | PlainAgent;

  constructor(access: ClusterAccess) {
    this.#access = access;
    this.#agent = agentOf(access);
  }

  close(): void {
    this.#agent.destroy();
  }

  /**
   * The JSON answer to a request that succeeded.
   *
   * Errors: SlipwayError of the Status that the API server sent; `transient` when it did not answer.
   */
  async request<T>(path: string, options: RequestOptions = {}): Promise<T> {
    const deadline = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS); // C1
    const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
    try {
      const response = await this.#send(path, options, signal);
      const text = await textOf(response);
      if ((response.statusCode ?? 500) >= 300) throw refusal(response, text);
      return JSON.parse(text) as T;
    } catch (cause) {
      throw failureOf(cause, path);
    }
  }

  /** The lines of a watch or a log, until the server or the signal ends it. Errors as those of `request`. */
  async *lines(path: string, options: { signal: AbortSignal; idleMs: number }): AsyncGenerator<string> {
    const response = await this.#send(path, {}, options.signal).catch((cause: unknown) => {
      throw failureOf(cause, path);
    });
    if ((response.statusCode ?? 500) >= 300) throw refusal(response, await textOf(response));
    response.setTimeout(options.idleMs, () => response.destroy(new Error(`nothing came for ${options.idleMs} ms`))); // C1
    let rest = '';
    for await (const chunk of response.setEncoding('utf8')) {
      const parts = (rest + (chunk as string)).split('\n');
      rest = parts.pop() ?? '';
      if (rest.length > ANSWER_LIMIT_BYTES) throw new Error('a line is too long'); // C2
      yield* parts;
    }
    if (rest !== '') yield rest;
  }

  async #send(path: string, options: RequestOptions, signal: AbortSignal): Promise<IncomingMessage> {
    const used = this.#access;
    try {
      const response = await this.#sendOnce(path, options, signal);
      if (response.statusCode !== 401 || !(await this.#renew(used))) return response;
      response.resume();
    } catch (thrown) {
      if (!isCertificateFailure(codeOf(thrown)) || !(await this.#renew(used))) throw thrown;
    }
    return this.#sendOnce(path, options, signal);
  }

  /** C3. Whether there is something else than what was used. */
  async #renew(used: ClusterAccess): Promise<boolean> {
    if (used !== this.#access) return true; // another request was faster
    const next = await used.again?.().catch(() => undefined); // being written; the next request tries again
    if (next === undefined || (await hasSame(used, next))) return false;
    if (used !== this.#access) return true;
    const before = this.#agent;
    this.#access = next;
    this.#agent = agentOf(next);
    // Not `destroy`: what is on its way may well be answered.
    for (const sockets of Object.values(before.freeSockets)) sockets?.forEach((socket) => socket.destroy());
    return true;
  }

  async #sendOnce(path: string, options: RequestOptions, signal: AbortSignal): Promise<IncomingMessage> {
    const { method = 'GET', body, contentType = 'application/json' } = options;
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const token = await this.#access.token?.();
    const send = this.#agent instanceof Agent ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(`${this.#access.server}${path}`, {
        method,
        agent: this.#agent,
        signal,
        headers: {
          accept: 'application/json',
          'user-agent': 'slipway',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(bytes === undefined ? {} : { 'content-type': contentType, 'content-length': bytes.length }),
        },
      });
      request.on('response', resolve);
      request.on('error', reject);
      request.end(bytes);
    });
  }
}

function agentOf({ server, ca, cert, key }: ClusterAccess): Agent | PlainAgent {
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS };
  return server.startsWith('https:')
    ? new Agent({
        ...options,
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      })
    : new PlainAgent(options);
}

async function hasSame(a: ClusterAccess, b: ClusterAccess): Promise<boolean> {
  const isSame = a.server === b.server && a.ca === b.ca && a.cert === b.cert && a.key === b.key;
  return isSame && (await a.token?.()) === (await b.token?.());
}

/** Errors: `transient`, told apart by what helps. */
function failureOf(cause: unknown, path: string): SlipwayError {
  if (cause instanceof SlipwayError) return cause;
  const code = codeOf(cause);
  if (!isCertificateFailure(code)) {
    const message = `The cluster's API server did not answer ${path}.`;
    return new SlipwayError('transient', 'ClusterUnreachable', message, { cause });
  }
  return new SlipwayError(
    'transient',
    'ClusterNotTrusted',
    `The certificate of the cluster's API server is not accepted (${code}).`,
    { hint: 'Renew the certificate, or name the authority that signed it in the kubeconfig.', cause },
  );
}

function codeOf(thrown: unknown): string {
  const { code } = Object(thrown) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

async function textOf(response: IncomingMessage): Promise<string> {
  let sizeBytes = 0;
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    sizeBytes += (chunk as Buffer).length;
    if (sizeBytes > ANSWER_LIMIT_BYTES) throw new Error('the answer is too long'); // C2
  }
  return Buffer.concat(chunks).toString();
}

// prettier-ignore
const KINDS: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthorized', 403: 'forbidden', 404: 'not-found', 409: 'conflict', 410: 'expired', 429: 'overloaded',
};

function refusal({ statusCode = 500, headers }: IncomingMessage, text: string): SlipwayError {
  let status: { reason?: unknown; message?: unknown } = {};
  try {
    status = JSON.parse(text) as typeof status;
  } catch {
    // A proxy's page: the code says enough.
  }
  const reason = typeof status.reason === 'string' && status.reason !== '' ? status.reason : 'ClusterRefused';
  const message =
    typeof status.message === 'string' ? status.message : `the cluster's API server answered ${statusCode}`;
  const isExisting = statusCode === 409 && reason === 'AlreadyExists';
  const kind = isExisting ? 'exists' : (KINDS[statusCode] ?? (statusCode >= 500 ? 'transient' : 'invalid'));
  const retryAfter = Number(headers['retry-after']);
  return new SlipwayError(kind, reason, message, retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {});
}
