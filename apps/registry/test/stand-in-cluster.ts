// The part of a cluster's API server that the registry asks, over plain HTTP: one ConfigMap and one Secret with watches,
// namespaces, APIServices, and reviews that a table of permissions answers.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Stored {
  metadata: { name: string; resourceVersion: string; deletionTimestamp?: string };
  [field: string]: unknown;
}

export interface AskedReview {
  user: string;
  groups: string[];
  extra?: Record<string, string[]>;
  resourceAttributes?: Record<string, string>;
  nonResourceAttributes?: { path: string; verb: string };
}

export interface StandInCluster {
  kubeconfig: string;
  /** Path to object. */
  objects: Map<string, Stored>;
  put(path: string, fields: object): void;
  reviews: AskedReview[];
  /** Who is allowed what; may be replaced. */
  allows: (review: AskedReview) => boolean;
  /** No review is answered before this. */
  reviewsWait: Promise<void>;
  /** While true every request is answered 500. */
  isBroken: boolean;
  close(): Promise<void>;
}

export async function startStandInCluster(): Promise<StandInCluster> {
  let revision = 0;
  const watches = new Set<{ path: string; response: ServerResponse }>();
  const objects = new Map<string, Stored>();
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cluster: StandInCluster = {
    kubeconfig: JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: url } }],
      users: [{ name: 'u', user: { token: 'registry' } }],
    }),
    objects,
    put: (path, fields) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const type = objects.has(path) ? 'MODIFIED' : 'ADDED';
      const stored = { ...fields, metadata: { name, resourceVersion: String(++revision) } };
      objects.set(path, stored);
      for (const watch of watches)
        if (watch.path === path) watch.response.write(`${JSON.stringify({ type, object: stored })}\n`);
    },
    reviews: [],
    allows: () => true,
    reviewsWait: Promise.resolve(),
    isBroken: false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const send = (code: number, body: object): void => void response.writeHead(code).end(JSON.stringify(body));
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', url);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (cluster.isBroken || request.headers.authorization !== 'Bearer registry')
      return send(cluster.isBroken ? 500 : 401, { kind: 'Status', message: 'away' });
    const body = chunks.length === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString()) as unknown);
    if (path.endsWith('/subjectaccessreviews')) {
      const { spec } = body as { spec: AskedReview };
      cluster.reviews.push(spec);
      await cluster.reviewsWait;
      return send(201, { status: { allowed: cluster.allows(spec) } });
    }
    if (query.get('watch') === 'true') {
      response.writeHead(200).flushHeaders();
      const watch = { path: `${path}/${query.get('fieldSelector')!.replace('metadata.name=', '')}`, response };
      watches.add(watch);
      response.on('close', () => watches.delete(watch));
      return;
    }
    const found = objects.get(path);
    if (found === undefined) return send(404, { kind: 'Status', reason: 'NotFound', message: `${path} not found` });
    if (request.method === 'PUT') {
      const given = body as Stored;
      if (given.metadata.resourceVersion !== found.metadata.resourceVersion)
        return send(409, { kind: 'Status', reason: 'Conflict', message: 'conflict' });
      cluster.put(path, given);
    }
    if (request.method === 'PATCH')
      cluster.put(path, { ...found, spec: { ...(found['spec'] as object), ...(body as { spec: object }).spec } });
    send(200, objects.get(path)!);
  };
  return cluster;
}
