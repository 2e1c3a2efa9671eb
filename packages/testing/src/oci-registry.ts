// A registry in this process that speaks the part of the OCI distribution protocol that pulling takes: manifests by tag
// and digest, blobs, and the token service in front of them.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BundleObject {
  apiVersion: string;
  kind: string;
  name: string;
  /** The layer's bytes: a document, a tar or a gzip of one. */
  layer: Uint8Array;
  /** Instead of those that follow from the other fields. */
  annotations?: Record<string, string>;
}

export interface OciRegistry {
  /** `127.0.0.1:<port>`: the registry part of a reference. */
  host: string;
  /** Wants a token for this user when set. */
  credentials: { user: string; password: string } | undefined;
  /** `<path> <authorization>` of every request, oldest first. */
  requests: string[];
  /** Answers that are given instead of the registry's, by path. */
  overrides: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
  /** Stores a Tekton bundle under `<repository>:<tag>`; its digest. */
  push(repository: string, tag: string, objects: readonly BundleObject[]): string;
  /** Stores any manifest; its digest. */
  pushManifest(repository: string, tag: string, manifest: unknown): string;
  /** Stores a blob; its digest. */
  pushBlob(bytes: Uint8Array): string;
  close(): Promise<void>;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const TOKEN = 'token-of-the-test';

export async function startOciRegistry(): Promise<OciRegistry> {
  const blobs = new Map<string, Uint8Array>();
  /** By `<repository>/<tag or digest>`. */
  const manifests = new Map<string, string>();
  const server = createServer();
  const self: OciRegistry = {
    host: '',
    credentials: undefined,
    requests: [],
    overrides: new Map(),
    pushBlob(bytes) {
      const digest = digestOf(bytes);
      blobs.set(digest, bytes);
      return digest;
    },
    pushManifest(repository, tag, manifest) {
      const text = JSON.stringify(manifest);
      const digest = digestOf(Buffer.from(text));
      manifests.set(`${repository}/${tag}`, text);
      manifests.set(`${repository}/${digest}`, text);
      return digest;
    },
    push(repository, tag, objects) {
      const config = self.pushBlob(Buffer.from('{}'));
      return self.pushManifest(repository, tag, {
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: 2 },
        layers: objects.map(({ apiVersion, kind, name, layer, annotations }) => ({
          mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
          digest: self.pushBlob(layer),
          size: layer.length,
          annotations: annotations ?? {
            'dev.tekton.image.apiVersion': apiVersion,
            'dev.tekton.image.kind': kind,
            'dev.tekton.image.name': name,
          },
        })),
      });
    },
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
  server.on('request', (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    self.requests.push(`${pathname} ${request.headers.authorization ?? ''}`.trim());
    const override = self.overrides.get(pathname);
    if (override !== undefined) return override(request, response);
    if (pathname === '/token') return giveToken(self, request, response);
    if (self.credentials !== undefined && request.headers.authorization !== `Bearer ${TOKEN}`) {
      const challenge = `Bearer realm="http://${self.host}/token",service="test"`;
      return void response.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    const [, repository = '', what, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
    const found = what === 'blobs' ? blobs.get(reference) : manifests.get(`${repository}/${reference}`);
    if (found === undefined) return void response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
    response.writeHead(200, { 'content-type': what === 'blobs' ? 'application/octet-stream' : MANIFEST }).end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  self.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return self;
}

function giveToken({ credentials }: OciRegistry, { headers }: IncomingMessage, response: ServerResponse): void {
  const { user = '', password = '' } = credentials ?? {};
  const isRight = headers.authorization === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  response.writeHead(isRight ? 200 : 401, { 'content-type': 'application/json' });
  response.end(isRight ? JSON.stringify({ token: TOKEN }) : '{}');
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
