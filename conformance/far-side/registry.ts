// A container registry in memory: the distribution protocol as far as pushing and pulling need it.

import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

interface Stored {
  type: string;
  bytes: Buffer;
}
export interface Registry {
  server: Server;
  /** Puts an image with one small layer there; its digest. */
  image(repository: string): string;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const MAX_BYTES = 64 << 20;

/** @param admits whether a request may touch the repository, by its `Authorization` header */
export function makeRegistry(admits: (repository: string, authorization: string | undefined) => boolean): Registry {
  const stored = new Map<string, Stored>();
  const put = (repository: string, kind: 'blobs' | 'manifests', content: Stored, tag?: string): string => {
    const digest = `sha256:${createHash('sha256').update(content.bytes).digest('hex')}`;
    stored.set(`${repository}/${kind}/${digest}`, content);
    if (tag !== undefined) stored.set(`${repository}/${kind}/${tag}`, content);
    return digest;
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://registry');
    const [, repository, kind, reference] =
      /^\/v2\/(.+?)\/(blobs\/uploads|blobs|manifests)\/(.*)$/.exec(decodeURIComponent(url.pathname)) ?? [];
    const { authorization } = request.headers;
    const challenge = (): void => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
    };
    if (repository === undefined) {
      // Clients ask here whether credentials are wanted at all.
      if (url.pathname === '/v2/' && authorization === undefined) return challenge();
      return void response.writeHead(url.pathname === '/v2/' ? 200 : 404).end();
    }
    if (!admits(repository, authorization)) return challenge();
    if (kind === 'blobs/uploads') return upload(repository, url, request, response);
    if (request.method === 'PUT') {
      const type = request.headers['content-type'] ?? MANIFEST;
      const digest = put(repository, 'manifests', { type, bytes: await bodyOf(request) }, reference);
      return void response.writeHead(201, { 'docker-content-digest': digest }).end();
    }
    const found = stored.get(`${repository}/${kind}/${reference}`);
    if (found === undefined) return void response.writeHead(404).end();
    const digest = `sha256:${createHash('sha256').update(found.bytes).digest('hex')}`;
    const headers = {
      'content-type': found.type,
      'content-length': found.bytes.length,
      'docker-content-digest': digest,
    };
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : found.bytes);
  }

  const parts = new Map<string, Buffer>();
  /** POST begins, PATCH adds, PUT ends an upload. */
  async function upload(
    repository: string,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const id = url.pathname.split('/').at(-1) || randomUUID();
    const bytes = Buffer.concat([parts.get(id) ?? Buffer.alloc(0), await bodyOf(request)]);
    const digest = url.searchParams.get('digest');
    if (digest === null) {
      parts.set(id, bytes);
      const headers = {
        location: `/v2/${repository}/blobs/uploads/${id}`,
        range: `0-${Math.max(bytes.length - 1, 0)}`,
      };
      return void response.writeHead(202, headers).end();
    }
    parts.delete(id);
    const actual = put(repository, 'blobs', { type: 'application/octet-stream', bytes });
    response.writeHead(actual === digest ? 201 : 400, { 'docker-content-digest': actual }).end();
  }

  return {
    server: createServer((request, response) => {
      answer(request, response).catch(() => response.destroy());
    }),
    image(repository) {
      const layer = Buffer.alloc(1024); // an empty archive
      const type = 'application/vnd.oci.image.layer.v1.tar';
      const layerDigest = put(repository, 'blobs', { type, bytes: layer });
      const config = Buffer.from(
        JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [layerDigest] } }),
      );
      const configType = 'application/vnd.oci.image.config.v1+json';
      const configDigest = put(repository, 'blobs', { type: configType, bytes: config });
      const manifest = {
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { mediaType: configType, digest: configDigest, size: config.length },
        layers: [{ mediaType: type, digest: layerDigest, size: layer.length }],
      };
      return put(repository, 'manifests', { type: MANIFEST, bytes: Buffer.from(JSON.stringify(manifest)) }, 'latest');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
