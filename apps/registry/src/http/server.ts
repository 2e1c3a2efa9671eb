// The HTTP side of the API: Fastify in, handlers, answers out.
//
//   H1. Nobody's body is read before it is known who sends it and that they may.
//   H2. Every answer that is not the handler's is a Status.
//   H3. A stream takes its next chunk only when the client has taken the last; it ends when client or server goes.
//   H4. A client that goes, at whatever moment, leaves the place that it took among the requests in flight. It may have gone
//       before its request was admitted, and the answer of a pipelined request hears of no end: the socket is asked.

import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { SlipwayError, asSlipwayError } from '@slipway/contracts';
import { answerHealth, type HealthSources, type Logger } from '@slipway/service';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { stringify } from 'yaml';
import { negotiate } from './accept.js';
import { answer, subjectOf, type ApiPorts } from './api.js';
import { auditLine, named } from './audit.js';
import type { Authenticate } from './authentication.js';
import { requireAccess } from './authorization.js';
import { ClientCertificates, type ServerTls } from './client-certificates.js';
import { drain } from './drain.js';
import { flag, type Admission, type Answer, type ApiRequest } from './exchange.js';
import { HOME_HEADERS, homePage } from './home.js';
import { InFlight } from './in-flight.js';
import { BODY_LIMIT_BYTES, STALLED_ANSWER_MS, STALLED_STREAM_MS } from './limits.js';
import type { RequestMetrics } from './request-metrics.js';
import { targetOf, type Target } from './request-target.js';
import { drained } from './stalled-client.js';
import { statusOf, type Status } from './status.js';
import { WebSockets } from './web-socket.js';

export interface ServerOptions {
  host: string;
  port: number;
  tls?: ServerTls;
  ports: ApiPorts;
  authenticate: Authenticate;
  health: HealthSources;
  metrics: RequestMetrics;
  logger: Logger;
  version: string;
}

const OPEN_PATHS = new Set(['/', '/version', '/healthz', '/readyz', '/livez', '/metrics']);

export class ApiServer {
  readonly #app: FastifyInstance;
  readonly #admitted = new WeakMap<FastifyRequest, Admission>();
  readonly #streams = new Set<AbortController>();
  readonly #inFlight = new InFlight();
  readonly #webSockets: WebSockets;
  readonly #certificates: ClientCertificates;
  #url = '';
  #isClosing = false;

  constructor(private readonly options: ServerOptions) {
    const { tls, metrics } = options;
    this.#app = fastify({
      bodyLimit: BODY_LIMIT_BYTES,
      forceCloseConnections: 'idle',
      keepAliveTimeout: 75_000,
      // To receive a request, not to answer it: a client that dribbles must not hold a socket for ever.
      requestTimeout: 60_000,
      exposeHeadRoutes: false,
      clientErrorHandler: (error, socket) => refuseBytes(error, socket),
      frameworkErrors: (error, _request, reply) =>
        void this.#sendStatus(reply as unknown as FastifyReply, statusOf(refusalOf(error))),
      ...(tls === undefined ? {} : { https: ClientCertificates.optionsOf(tls) }),
    });
    this.#app.removeAllContentTypeParsers();
    this.#app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    this.#app.addHook('onRequest', async (request, reply) => this.#admit(request, reply));
    this.#app.addHook('onResponse', (request, _reply, done) => {
      // A client that keeps connections, such as a cluster's API server, would hold up the end for a minute.
      if (this.#isClosing) request.raw.socket.destroySoon();
      done();
    });
    this.#app.setErrorHandler((error, request, reply) => this.#fail(error, request, reply));
    this.#app.all('/*', (request, reply) => this.#serve(request, reply));
    this.#webSockets = new WebSockets({
      admit: (request) => this.#admission(request),
      answer: (admission, request) => answer(options.ports, admission.target, request),
      opened: (controller) => this.#opened(controller),
      closed: (controller) => this.#streams.delete(controller),
    });
    metrics.watchInFlight(this.#inFlight);
    this.#certificates = new ClientCertificates(this.#app.server, tls);
  }

  /** From the next connection on; users vouched for by an authority that is no longer named are refused at once. */
  useTls(tls: ServerTls): void {
    this.#certificates.use(tls);
  }

  /** Where the API is, once it listens. */
  get url(): string {
    return this.#url;
  }

  async listen(): Promise<void> {
    const { host, port, tls } = this.options;
    await this.#app.listen({ host, port });
    this.#app.server.on('upgrade', (request, socket, head) => this.#webSockets.upgrade(request, socket, head));
    const address = this.#app.server.address() as AddressInfo;
    const named = ['0.0.0.0', '::', ''].includes(host) ? '127.0.0.1' : host;
    this.#url = `${tls === undefined ? 'http' : 'https'}://${named.includes(':') ? `[${named}]` : named}:${address.port}`;
  }

  /** Ends watches, answers what is in hand, closes. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const stream of this.#streams) stream.abort();
    this.#webSockets.close();
    await this.#app.close();
  }

  /** What was being admitted when the server began to close ends as what was open then. */
  #opened(ended: AbortController): void {
    this.#streams.add(ended);
    if (this.#isClosing) ended.abort();
  }

  /** Errors: everything that refuses a request by its head alone (H1). */
  async #admission(request: IncomingMessage): Promise<Admission> {
    const { method = 'GET', url = '/', headers, rawHeaders } = request;
    refuseImpersonation(headers);
    const [path = '/', search = ''] = splitUrl(url);
    const query = new URLSearchParams(search);
    const certifiedName = this.#certificates.nameOn(request.socket);
    const user = this.options.authenticate({ headers, rawHeaders, certifiedName });
    const { served, authorize } = this.options.ports;
    const target = targetOf(served, method, path, query);
    const id = (certifiedName === undefined ? undefined : auditIdOf(headers)) ?? randomUUID();
    const startedMs = performance.now();
    try {
      await requireAccess(
        authorize,
        user,
        target.kind === 'resource' ? target : { kind: 'path', verb: method.toLowerCase(), path },
      );
    } catch (error) {
      this.#report({ id, startedMs, method, target, user }, statusOf(error).code);
      throw error;
    }
    const isLong =
      target.kind === 'resource' &&
      (target.verb === 'watch' || (target.subresource === 'log' && flag(query, 'follow')));
    return { id, startedMs, method, query, path, target, user, leave: this.#inFlight.enter(isLong) };
  }

  async #admit(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const { method, url } = request.raw;
    const [path = '/'] = splitUrl(url ?? '/');
    if (OPEN_PATHS.has(path)) return this.#open(path, request, reply);
    try {
      this.#admitted.set(request, await this.#admission(request.raw));
      return undefined;
    } catch (error) {
      const target = this.#quietTarget(method ?? 'GET', url ?? '/');
      return this.#sendStatus(reply, statusOf(error, target === undefined ? undefined : subjectOf(target)));
    }
  }

  async #open(path: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const { method } = request.raw;
    if (method !== 'GET' && method !== 'HEAD') {
      return this.#sendStatus(
        reply,
        statusOf(new SlipwayError('invalid', 'MethodNotAllowed', `${path} can only be read`)),
      );
    }
    if (path === '/')
      return reply.headers(HOME_HEADERS).send(homePage(this.options.ports.served, this.options.version, this.#url));
    if (path === '/version')
      return reply.type('application/json').send(JSON.stringify(versionInfo(this.options.version)));
    reply.hijack();
    await answerHealth(this.options.health, request.raw, reply.raw);
    return undefined;
  }

  async #serve(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const admission = this.#admitted.get(request)!;
    const { id, query, path, target, user } = admission;
    reply
      .header('audit-id', id)
      .header('cache-control', 'no-cache, private')
      .header('x-content-type-options', 'nosniff');
    const { socket } = request.raw;
    const ended = new AbortController();
    const end = (): void => ended.abort();
    socket.once('close', end);
    if (socket.destroyed) end(); // H4
    this.#opened(ended);
    let code = 500;
    try {
      const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
      const { method, headers } = request.raw;
      const api: ApiRequest = { id, method: method ?? 'GET', path, query, headers, body, user, signal: ended.signal };
      const answered = await answer(this.options.ports, target, api);
      code = answered.status;
      await this.#send(reply, answered, headers.accept, ended.signal);
    } catch (error) {
      const status = statusOf(error, subjectOf(target));
      code = status.code;
      this.#logFailure(error, admission);
      if (!reply.raw.headersSent) await this.#sendStatus(reply, status);
      else reply.raw.destroy();
    } finally {
      this.#streams.delete(ended);
      socket.removeListener('close', end);
      admission.leave();
      this.#report(admission, code);
    }
  }

  async #send(reply: FastifyReply, answered: Answer, accept: string | undefined, signal: AbortSignal): Promise<void> {
    if (answered.kind === 'stream') return this.#stream(reply, answered, signal);
    const warnings = answered.kind === 'value' ? (answered.warnings ?? []) : [];
    for (const warning of warnings) reply.raw.appendHeader('warning', `299 - ${quoted(warning)}`);
    reply.code(answered.status);
    if (answered.kind === 'text') {
      await reply
        .headers(answered.headers ?? {})
        .type(answered.contentType)
        .send(answered.text);
      return;
    }
    const isYaml = answered.contentType === undefined && yamlWanted(accept);
    const contentType = answered.contentType ?? (isYaml ? 'application/yaml' : 'application/json');
    await reply
      .type(contentType)
      .send(isYaml ? stringify(answered.value, YAML_FOR_GO) : JSON.stringify(answered.value));
  }

  /** H3. */
  async #stream(
    reply: FastifyReply,
    answered: Extract<Answer, { kind: 'stream' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { raw } = reply;
    const headers = reply.getHeaders() as Record<string, string>;
    reply.hijack();
    raw.writeHead(answered.status, { ...headers, 'content-type': answered.contentType });
    raw.flushHeaders();
    for await (const chunk of answered.chunks) {
      if (reply.request.raw.socket.destroyed) break; // H4
      if (raw.write(chunk)) continue;
      await drained(reply, signal, answered.longRunning ? STALLED_STREAM_MS : STALLED_ANSWER_MS);
    }
    raw.end();
  }

  async #fail(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const admission = this.#admitted.get(request);
    const status = statusOf(refusalOf(error), admission === undefined ? undefined : subjectOf(admission.target));
    if (admission !== undefined) {
      this.#logFailure(refusalOf(error), admission);
      this.#report(admission, status.code);
    }
    if (status.code === 413) {
      reply.header('connection', 'close');
      await drain(request.raw);
    }
    admission?.leave();
    return this.#sendStatus(reply, status);
  }

  #sendStatus(reply: FastifyReply, status: Status): FastifyReply {
    const retryAfter = status.details?.retryAfterSeconds;
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
    if (status.code === 401) reply.header('www-authenticate', 'Bearer realm="slipway"');
    return reply.code(status.code).type('application/json').send(JSON.stringify(status));
  }

  #logFailure(error: unknown, { id, target, user }: Admission): void {
    const failure = asSlipwayError(error);
    if (failure.kind !== 'internal' && failure.kind !== 'transient') return;
    this.options.logger.error(
      { err: failure.cause ?? failure, requestId: id, user: user.name, target: named(target) },
      failure.message,
    );
  }

  #report(admission: Pick<Admission, 'id' | 'startedMs' | 'method' | 'target' | 'user'>, code: number): void {
    const durationMs = performance.now() - admission.startedMs;
    this.options.metrics.answered(admission.target, code, durationMs);
    const line = auditLine(admission, code, durationMs);
    if (line !== undefined) this.options.logger[line.level](line.fields, line.message);
  }

  /** The target of a request that was refused, for its Status; a path that cannot be read has none. */
  #quietTarget(method: string, url: string): Target | undefined {
    try {
      const [path, search] = splitUrl(url);
      return targetOf(this.options.ports.served, method, path, new URLSearchParams(search));
    } catch {
      return undefined;
    }
  }
}

function splitUrl(url: string): [path: string, search: string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

/** Acting as somebody else is not supported; doing it as oneself instead would be worse than saying so. */
function refuseImpersonation(headers: Record<string, unknown>): void {
  if (!Object.keys(headers).some((name) => name.startsWith('impersonate-'))) return;
  throw new SlipwayError('forbidden', 'Forbidden', 'impersonation is not supported');
}

/** The cluster's name for the request, by which its audit log and ours are one. */
function auditIdOf(headers: IncomingMessage['headers']): string | undefined {
  const given = headers['audit-id'];
  return typeof given === 'string' && /^[\w-]{1,64}$/.test(given) ? given : undefined;
}

/** Bytes that are no request have no answer but this one. */
function refuseBytes(error: { code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const isLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const body = JSON.stringify(
    statusOf(
      isLarge
        ? new SlipwayError('too-large', 'RequestHeaderFieldsTooLarge', 'the head of the request is too large')
        : new SlipwayError('invalid', 'BadRequest', 'the request is not valid HTTP'),
    ),
  );
  const head = `HTTP/1.1 ${isLarge ? '431 Request Header Fields Too Large' : '400 Bad Request'}`;
  socket.end(
    `${head}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** Fastify's own refusals, in our words. */
function refusalOf(error: unknown): unknown {
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new SlipwayError(
      'too-large',
      'RequestEntityTooLarge',
      `Request entity too large: limit is ${BODY_LIMIT_BYTES}`,
    );
  }
  if (statusCode === 415)
    return new SlipwayError('invalid', 'UnsupportedMediaType', message ?? 'unsupported media type');
  if (statusCode !== undefined && statusCode < 500)
    return new SlipwayError('invalid', 'BadRequest', message ?? 'bad request');
  return error;
}

/** Readers in Go follow YAML 1.1: what they would take for a time or a boolean is quoted. */
const YAML_FOR_GO = { schema: 'yaml-1.1', aliasDuplicateObjects: false } as const;

function yamlWanted(accept: string | undefined): boolean {
  try {
    return negotiate(accept).encoding === 'yaml';
  } catch {
    return false;
  }
}

/** A warning as RFC 7234 quotes it; without what could end the header. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}

function versionInfo(version: string): object {
  return {
    major: '1',
    minor: '32',
    gitVersion: `v1.32.0+slipway.${version}`,
    gitCommit: '',
    gitTreeState: '',
    buildDate: '',
    goVersion: '',
    compiler: '',
    platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}
