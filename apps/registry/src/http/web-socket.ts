// Streams over WebSocket, for browsers: each event of a watch, each piece of a log, is one text frame.

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { subjectOf } from './api.js';
import type { Admission, Answer, ApiRequest } from './exchange.js';
import { statusOf } from './status.js';

interface WebSocketOptions {
  admit(request: IncomingMessage): Promise<Admission>;
  answer(admission: Admission, request: ApiRequest): Promise<Answer>;
  opened(controller: AbortController): void;
  closed(controller: AbortController): void;
}

/** A browser cannot send an `Authorization` header; Kubernetes lets it name the token as a subprotocol. */
const TOKEN_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';
/** Clients have nothing to say here. */
const MAX_PAYLOAD_BYTES = 1024;
/** A client that reads slower than this many bytes behind is waited for. */
const BUFFERED_BYTES = 1024 * 1024;

export class WebSockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD_BYTES,
    // Never the token back; any other protocol that the client offers is a way to write text frames.
    handleProtocols: (offered) => [...offered].find((one) => !one.startsWith(TOKEN_PROTOCOL)) ?? false,
  });

  constructor(private readonly options: WebSocketOptions) {}

  close(): void {
    for (const client of this.#server.clients) client.close(1001, 'the server stops');
    this.#server.close();
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    void this.options.admit(withToken(request)).then(
      (admission) => this.#serve(admission, request, socket, head).finally(admission.leave),
      (error: unknown) => refuse(socket, error),
    );
  }

  async #serve(admission: Admission, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const ended = new AbortController();
    this.options.opened(ended);
    socket.once('close', () => ended.abort());
    if (socket.destroyed) ended.abort();
    try {
      const answered = await this.options.answer(admission, {
        id: admission.id,
        method: 'GET',
        path: admission.path,
        query: admission.query,
        headers: request.headers,
        body: new Uint8Array(),
        user: admission.user,
        signal: ended.signal,
      });
      if (answered.kind !== 'stream') throw new Error('only streams are served over WebSocket');
      const client = await this.#accept(request, socket, head);
      if (client !== undefined) await pump(answered.chunks, client, ended.signal);
    } catch (error) {
      refuse(socket, error, admission);
    } finally {
      this.options.closed(ended);
    }
  }

  /** Undefined when there is none: the client has gone, or its handshake was refused, of which nothing else is told. */
  #accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<WebSocket | undefined> {
    return new Promise((resolve) => {
      if (socket.destroyed) return resolve(undefined);
      socket.once('close', () => resolve(undefined));
      this.#server.handleUpgrade(request, socket, head, resolve);
    });
  }
}

async function pump(chunks: AsyncIterable<string | Uint8Array>, client: WebSocket, signal: AbortSignal): Promise<void> {
  client.on('error', () => client.terminate());
  for await (const chunk of chunks) {
    if (signal.aborted) break;
    const sent = new Promise<void>((resolve) => client.send(chunk, { binary: false }, () => resolve()));
    if (client.bufferedAmount > BUFFERED_BYTES) await sent;
  }
  client.close(1000);
}

function withToken(request: IncomingMessage): IncomingMessage {
  if (request.headers.authorization !== undefined) return request;
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  const token = offered.find((one) => one.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
  if (token !== undefined) request.headers.authorization = `Bearer ${Buffer.from(token, 'base64url').toString()}`;
  return request;
}

/** Before the upgrade a refusal is an ordinary answer. */
function refuse(socket: Duplex, error: unknown, admission?: Admission): void {
  if (socket.destroyed) return;
  const status = statusOf(error, admission === undefined ? undefined : subjectOf(admission.target));
  const body = JSON.stringify(status);
  socket.end(
    `HTTP/1.1 ${status.code} ${status.reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
