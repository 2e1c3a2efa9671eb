// A small client of the Kubernetes-style API: JSON requests and streams over one keep-alive agent.

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { json, text } from 'node:stream/consumers';
import { SlipwayError, type ErrorKind, type FieldProblem } from '@slipway/contracts';

export interface Access {
  /** `https://127.0.0.1:8443`, without a slash at its end. */
  server: string;
  token?: string;
  /** PEM of the authority that signed the server's certificate; the system's authorities when absent. */
  ca?: string;
  /** Client certificate and key, PEM. */
  certificate?: { cert: string; key: string };
  insecure?: boolean;
  /** Namespace of objects that name none. */
  namespace: string;
}

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Record<string, string | undefined>;
  body?: unknown;
  contentType?: string;
  signal?: AbortSignal;
}

/** Answers are small or streamed; a server that stays silent this long is gone. */
const ANSWER_TIMEOUT_MS = 30_000;

export class ApiClient {
  readonly #agent: HttpAgent;

  constructor(readonly access: Access) {
    const { ca, certificate, insecure } = access;
    this.#agent = access.server.startsWith('https:')
      ? new HttpsAgent({
          keepAlive: true,
          ...(ca === undefined ? {} : { ca }),
          ...certificate,
          rejectUnauthorized: insecure !== true,
        })
      : new HttpAgent({ keepAlive: true });
  }

  /** One answer as JSON. Throws what the server's Status says, as a SlipwayError. */
  async call<T>(path: string, call: Call = {}): Promise<T> {
    const response = await this.#send(path, call, ANSWER_TIMEOUT_MS);
    try {
      return (await json(response)) as T;
    } catch (error) {
      throw new SlipwayError('transient', 'BadAnswer', `${this.access.server} broke off its answer to ${path}.`, {
        cause: error,
      });
    }
  }

  /** An answer that goes on: bytes as they come, until the server ends it or `signal` fires. */
  async stream(path: string, call: Call): Promise<IncomingMessage> {
    return this.#send(path, call, 0);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(path: string, call: Call, timeoutMs: number): Promise<IncomingMessage> {
    const { access } = this;
    const url = new URL(access.server + path);
    for (const [name, value] of Object.entries(call.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, value);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(url, {
        method: call.method ?? 'GET',
        agent: this.#agent,
        headers: {
          accept: 'application/json',
          'user-agent': 'slipway-cli',
          ...(access.token === undefined ? {} : { authorization: `Bearer ${access.token}` }),
          ...(body === undefined
            ? {}
            : { 'content-type': call.contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      });
      if (timeoutMs > 0) request.setTimeout(timeoutMs, () => request.destroy(new Error('no answer in time')));
      // Not the option `signal`: it destroys the socket with an error, which nobody may be listening for any more.
      const abort = (): void => void request.destroy();
      if (call.signal?.aborted === true) abort();
      call.signal?.addEventListener('abort', abort);
      request.on('close', () => call.signal?.removeEventListener('abort', abort));
      request.on('response', (response) => {
        response.on('error', () => undefined); // whoever reads it learns of it; an aborted one may have no reader any more
        resolve(response);
      });
      request.on('error', (error: NodeJS.ErrnoException) => reject(unreachable(access.server, error)));
      request.end(body);
    });
    if ((response.statusCode ?? 500) < 400) return response;
    throw errorOf(response.statusCode ?? 500, await text(response).catch(() => ''), url.pathname);
  }
}

const KIND_OF_STATUS: Record<number, ErrorKind> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  410: 'expired',
  413: 'too-large',
  415: 'invalid',
  422: 'invalid',
  429: 'overloaded',
};

interface Status {
  message?: string;
  reason?: string;
  details?: { causes?: { field?: string; reason?: string; message?: string }[] };
}

/** A Status body as the error it stands for. */
function errorOf(statusCode: number, body: string, path: string): SlipwayError {
  const status = parse(body);
  const problems: FieldProblem[] = (status.details?.causes ?? []).map((cause) => ({
    field: cause.field ?? '',
    reason: cause.reason ?? 'FieldValueInvalid',
    message: cause.message ?? '',
  }));
  const reason = status.reason ?? `Http${statusCode}`;
  const kind = reason === 'AlreadyExists' ? 'exists' : (KIND_OF_STATUS[statusCode] ?? 'transient');
  const message = status.message ?? `The server answered ${statusCode} to ${path}.`;
  const hint = hintFor(kind);
  return new SlipwayError(kind, reason, message, { problems, ...(hint === undefined ? {} : { hint }) });
}

function hintFor(kind: ErrorKind): string | undefined {
  if (kind === 'unauthorized') return 'Use the kubeconfig that `slipway up` printed: export KUBECONFIG=…';
  if (kind === 'forbidden') return 'The token of this kubeconfig may not do that; ask who runs the platform.';
  return undefined;
}

function parse(body: string): Status {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function unreachable(server: string, error: NodeJS.ErrnoException): Error {
  const details = { cause: error };
  if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') {
    const hint = 'Start it with `slipway up`, or name another one with --server or KUBECONFIG.';
    return new SlipwayError('transient', 'Unreachable', `Nothing answers at ${server}.`, { ...details, hint });
  }
  if (
    error.code?.includes('CERT') === true ||
    error.code?.startsWith('ERR_TLS') === true ||
    error.code?.includes('SIGNED') === true
  ) {
    const hint = 'Use the kubeconfig that `slipway up` wrote; it names the authority.';
    return new SlipwayError(
      'invalid',
      'Untrusted',
      `The certificate of ${server} is not to be trusted (${error.code}).`,
      { ...details, hint },
    );
  }
  return new SlipwayError(
    'transient',
    'Unreachable',
    `${server} cannot be reached (${error.code ?? error.message}).`,
    details,
  );
}
