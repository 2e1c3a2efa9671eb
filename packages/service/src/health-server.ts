import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.js';

export interface HealthSources {
  /** True only when the service does its work: connected, caught up, consumers running. */
  isReady: () => boolean;
  metrics: Metrics;
}

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

/** `/healthz` (the process answers), `/readyz` (it does its work) and `/metrics` (Prometheus) of a service. */
export async function startHealthServer(
  options: HealthSources & { port: number; host?: string },
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    void answerHealth(options, request, response).then((answered) => {
      if (!answered) response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', resolve);
  });
  readyMetric(options);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The same as `/readyz` as a number. */
export function readyMetric({ isReady, metrics }: HealthSources): void {
  metrics.gauge('ready', 'Whether the service does its work, as /readyz says.', [], () => Number(isReady()));
}

/** Answers a health or metrics request on somebody else's server; false when the path is none of them. */
export async function answerHealth(
  { isReady, metrics }: HealthSources,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  switch (new URL(request.url ?? '/', 'http://localhost').pathname) {
    case '/healthz':
    case '/livez':
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
      return true;
    case '/readyz': {
      const ready = isReady();
      response.writeHead(ready ? 200 : 503, { 'content-type': 'text/plain' }).end(ready ? 'ok' : 'not ready');
      return true;
    }
    case '/metrics':
      response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.render());
      return true;
    default:
      return false;
  }
}
