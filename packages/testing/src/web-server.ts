// An HTTP server on a free port whose answers the test gives by path.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface WebServer {
  url: string;
  port: number;
  answers: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
  /** `<path> <authorization>` of every request, oldest first. */
  requests: string[];
  close(): Promise<void>;
}

export async function startWebServer(): Promise<WebServer> {
  const server = createServer();
  const self: WebServer = {
    url: '',
    port: 0,
    answers: new Map(),
    requests: [],
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
  server.on('request', (request, response) => {
    self.requests.push(`${request.url} ${request.headers.authorization ?? ''}`.trim());
    const answer = self.answers.get(request.url ?? '');
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  self.port = (server.address() as AddressInfo).port;
  self.url = `http://127.0.0.1:${self.port}`;
  return self;
}

export function text(body: string | Uint8Array, headers: Record<string, string> = {}) {
  return (_: IncomingMessage, response: ServerResponse): void => void response.writeHead(200, headers).end(body);
}

export function redirect(location: string, status = 302) {
  return (_: IncomingMessage, response: ServerResponse): void => void response.writeHead(status, { location }).end();
}
