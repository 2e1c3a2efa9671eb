// An API server with state for what real ones cannot be brought to: it keeps objects, tells watches, and refuses as it is told.
// Nothing runs its pods; a test says what becomes of them.

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { KubeObject, Pod, PodStatus } from '@slipway/contracts';
import type { ClusterAccess } from '../../src/io/kubernetes-runtime/cluster-access.js';

/** PEM, of an HTTPS server. */
export interface Presented {
  cert: string;
  key: string;
}

export interface Refusal {
  method: string;
  path: RegExp;
  /** 0: the connection is cut. */
  code: number;
  message: string;
  /** How often; for ever without. */
  times?: number;
}

export class ScriptedCluster {
  /** Every request: `POST /api/v1/namespaces/ns/pods`. */
  readonly requests: string[] = [];
  readonly #objects = new Map<string, KubeObject>();
  readonly #watches = new Map<ServerResponse, Selector>();
  /** Logs that are followed. */
  readonly #followed = new Set<ServerResponse>();
  /** What watches of an earlier version are told first. */
  #events: { version: number; type: string; object: KubeObject }[] = [];
  readonly #refusals: (Refusal & { left: number })[] = [];
  readonly #server: Server | TlsServer;
  #version = 1;
  /** How it is reached: without certificates, unless a test says otherwise. */
  access: ClusterAccess;
  /** Connections that were opened, also those that came to nothing. */
  connections = 0;

  private constructor(private readonly presented: Presented | undefined) {
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#answer(request, response).catch(() => response.destroy());
    };
    this.#server = presented === undefined ? createServer(answer) : createTlsServer(presented, answer);
    this.#server.on('connection', () => void this.connections++);
    const reach = (): URL => this.url;
    this.access = {
      get server() {
        return reach();
      },
      options: () => Promise.resolve({}),
    };
  }

  /** @param presented HTTPS with this certificate; plain HTTP when absent */
  static async start(presented?: Presented): Promise<ScriptedCluster> {
    const cluster = new ScriptedCluster(presented);
    await new Promise<void>((resolve) => cluster.#server.listen(0, '127.0.0.1', resolve));
    cluster.put('serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: 'ns' },
    });
    return cluster;
  }

  get url(): URL {
    const scheme = this.presented === undefined ? 'http' : 'https';
    return new URL(`${scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  /** Requests that change something. */
  get writes(): string[] {
    return this.requests.filter((request) => !request.startsWith('GET '));
  }

  refuse(refusal: Refusal): void {
    this.#refusals.push({ ...refusal, left: refusal.times ?? Infinity });
  }

  allow(): void {
    this.#refusals.length = 0;
  }

  put(resource: string, object: KubeObject): KubeObject {
    const { namespace = '', name } = object.metadata;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } };
    const path = `/api/v1/namespaces/${namespace}/${resource}/${name}`;
    const type = this.#objects.has(path) ? 'MODIFIED' : 'ADDED';
    this.#objects.set(path, stored);
    if (resource === 'pods') this.#tell(type, stored);
    return stored;
  }

  pod(name: string): Pod | undefined {
    return this.#objects.get(`/api/v1/namespaces/ns/pods/${name}`) as Pod | undefined;
  }

  claims(): string[] {
    return this.#list('persistentvolumeclaims').map(({ metadata }) => metadata.name);
  }

  removeClaim(name: string): void {
    this.#objects.delete(`/api/v1/namespaces/ns/persistentvolumeclaims/${name}`);
  }

  setStatus(name: string, status: PodStatus): void {
    const pod: Pod = { ...this.pod(name)!, status };
    this.put('pods', pod);
  }

  /** Its steps run. */
  run(name: string): void {
    const { containers } = this.pod(name)!.spec;
    const state = { running: { startedAt: '2026-01-01T00:00:00Z' } };
    this.setStatus(name, {
      phase: 'Running',
      containerStatuses: containers.map((container) => ({
        ...{ name: container.name, state, ready: true, restartCount: 0, image: '', imageID: '' },
      })),
    });
  }

  /** As a kubelet reports a pod whose steps all ran. */
  finish(name: string, exitCode = 0): void {
    for (const log of this.#followed) log.end();
    this.#followed.clear();
    const { containers } = this.pod(name)!.spec;
    const times = { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z' };
    const terminated = {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      containerID: 'containerd://x',
      ...times,
    };
    this.setStatus(name, {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: containers.map((container) => ({
        ...{ name: container.name, state: { terminated }, ready: false, restartCount: 0, image: '', imageID: '' },
      })),
    });
  }

  remove(name: string): void {
    const path = `/api/v1/namespaces/ns/pods/${name}`;
    const pod = this.#objects.get(path);
    this.#objects.delete(path);
    if (pod !== undefined)
      this.#tell('DELETED', { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++this.#version) } });
  }

  /** What has gone on is forgotten, and every watch with it. */
  expireWatches(): void {
    this.#events = [];
    for (const watch of this.#watches.keys())
      watch.end(`${JSON.stringify({ type: 'ERROR', object: { code: 410, message: 'too old' } })}\n`);
    this.#watches.clear();
  }

  /** Another certificate from now on; what is connected by the one before is cut off. */
  present(presented: Presented): void {
    (this.#server as TlsServer).setSecureContext(presented);
    this.#server.closeAllConnections();
  }

  cutWatches(): void {
    for (const watch of this.#watches.keys()) watch.destroy();
    this.#watches.clear();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET' } = request;
    const url = new URL(request.url ?? '/', this.url);
    this.requests.push(`${method} ${url.pathname}`);
    const body =
      method === 'GET' ? undefined : ((await json(request).catch(() => undefined)) as KubeObject | undefined);
    const refusal = this.#refusals.find((one) => one.left > 0 && one.method === method && one.path.test(url.pathname));
    if (refusal !== undefined) {
      refusal.left--;
      return refusal.code === 0 ? void response.destroy() : status(response, refusal.code, refusal.message);
    }
    if (url.searchParams.get('watch') === 'true') return this.#watch(response, url);
    if (url.pathname === '/version') return send(response, 200, { major: '1', minor: '20' });
    if (url.pathname.endsWith('/log')) return this.#log(response, url);
    const stored = this.#objects.get(url.pathname);
    if (method === 'POST') return this.#create(response, url.pathname, body!);
    if (stored === undefined) return this.#sendList(response, method, url);
    if (method === 'GET') return send(response, 200, stored);
    if (method === 'DELETE') return this.#delete(response, stored, body);
    return this.#patch(response, stored, body as unknown as { op: string; path: string; value: string }[]);
  }

  /** `hello`; of a pod that runs, with an end that comes when it is finished. */
  #log(response: ServerResponse, url: URL): void {
    response.writeHead(200).write('2026-01-01T00:00:00Z hello\n');
    if (url.searchParams.get('follow') === 'true') this.#followed.add(response);
    else response.end();
  }

  #watch(response: ServerResponse, url: URL): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    const selects = selectorOf(url);
    this.#watches.set(
      response.writeHead(200).on('close', () => this.#watches.delete(response)),
      selects,
    );
    response.flushHeaders();
    for (const { version, type, object } of this.#events)
      if (version > from) response.write(lineOf(type, object, selects));
  }

  #create(response: ServerResponse, path: string, object: KubeObject): void {
    const { name } = object.metadata;
    if (this.#objects.has(`${path}/${name}`)) return status(response, 409, `pods "${name}" already exists`);
    const metadata = { ...object.metadata, uid: randomUUID(), namespace: path.split('/')[4]! };
    send(response, 201, this.put(path.split('/')[5]!, { ...object, metadata }));
  }

  #list(resource: string): KubeObject[] {
    return [...this.#objects].filter(([key]) => key.includes(`/${resource}/`)).map(([, object]) => object);
  }

  #sendList(response: ServerResponse, method: string, url: URL): void {
    const resource = url.pathname.split('/').at(-1)!;
    if (method !== 'GET' || !['pods', 'limitranges', 'persistentvolumeclaims'].includes(resource)) {
      return status(response, 404, `${resource} not found`);
    }
    const items = this.#list(resource).filter(selectorOf(url));
    send(response, 200, { metadata: { resourceVersion: String(this.#version) }, items });
  }

  #delete(response: ServerResponse, { metadata }: KubeObject, body: unknown): void {
    const { preconditions } = (body ?? {}) as { preconditions?: { uid?: string } };
    if (preconditions?.uid !== undefined && preconditions.uid !== metadata.uid)
      return status(response, 409, 'the UID in the precondition does not match');
    this.remove(metadata.name);
    send(response, 200, { kind: 'Status', status: 'Success' });
  }

  #patch(
    response: ServerResponse,
    stored: KubeObject,
    patches: readonly { op: string; path: string; value: string }[],
  ): void {
    const labels = { ...stored.metadata.labels };
    for (const { op, path, value } of patches) {
      if (op === 'add' && path.startsWith('/metadata/labels/')) labels[path.slice(17).replaceAll('~1', '/')] = value;
    }
    send(response, 200, this.put('pods', { ...stored, metadata: { ...stored.metadata, labels } }));
  }

  #tell(type: string, object: KubeObject): void {
    this.#events.push({ version: Number(object.metadata.resourceVersion), type, object });
    for (const [watch, selects] of this.#watches) watch.write(lineOf(type, object, selects));
  }
}

type Selector = (object: KubeObject) => boolean;

/** Of a selector only what it says of released pods. */
function selectorOf(url: URL): Selector {
  const terms = (url.searchParams.get('labelSelector') ?? '').split(',');
  const isReleased: Selector = ({ metadata }) => metadata.labels?.['slipway.dev/released'] !== undefined;
  if (terms.includes('slipway.dev/released')) return isReleased;
  return terms.includes('!slipway.dev/released') ? (object) => !isReleased(object) : () => true;
}

/** As a watch tells of it: what is not selected any more is gone. */
function lineOf(type: string, object: KubeObject, selects: Selector): string {
  return `${JSON.stringify({ type: selects(object) ? type : 'DELETED', object })}\n`;
}

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function status(response: ServerResponse, code: number, message: string): void {
  send(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message });
}
