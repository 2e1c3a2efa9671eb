// Resolvers with objects in memory and the network of this machine opened to them.

import { NetworkGuard } from '@slipway/guarded-http';
import {
  resourceKindOf,
  resourceNameOf,
  type KubeObject,
  type Param,
  type ResolverName,
  type Secret,
} from '@slipway/contracts';
import type { Store } from '@slipway/store';
import { ResolverParams } from '../src/core/resolver-params.js';
import { resolvers, type ResolverSettings } from '../src/io/remote/resolvers.js';
import type { Fetched } from '../src/io/remote/resolver.js';

export class ObjectsInMemory implements Pick<Store, 'get'> {
  readonly #objects = new Map<string, KubeObject>();

  add(object: KubeObject): void {
    const { namespace = '', name } = object.metadata;
    const resource = resourceNameOf(resourceKindOf(object.apiVersion, object.kind)!);
    this.#objects.set(`${resource}/${namespace}/${name}`, object);
  }

  addSecret(namespace: string, name: string, data: Record<string, string>, type = 'Opaque'): void {
    const metadata = { name, namespace, uid: name, resourceVersion: '1' };
    const secret: Secret = { apiVersion: 'v1', kind: 'Secret', metadata, type, data: {} };
    for (const [key, value] of Object.entries(data)) secret.data![key] = Buffer.from(value).toString('base64');
    this.add(secret);
  }

  get<T extends KubeObject>(resource: string, namespace: string, name: string): Promise<T | undefined> {
    return Promise.resolve(this.#objects.get(`${resource}/${namespace}/${name}`) as T | undefined);
  }
}

export interface RemoteWorld {
  objects: ObjectsInMemory;
  /** Resolves for namespace `ns`; the values become params. */
  resolve: (resolver: ResolverName, values: Record<string, string>, signal?: AbortSignal) => Promise<Fetched>;
  /** The document as text. */
  text: (resolver: ResolverName, values: Record<string, string>) => Promise<string>;
}

export function remoteWorld(
  settings: Partial<ResolverSettings> = {},
  guard: NetworkGuard = new NetworkGuard(['127.0.0.1']),
): RemoteWorld {
  const objects = new ObjectsInMemory();
  const all = resolvers(objects, guard, {
    mirrors: [],
    gitConfig: [],
    plainRegistries: [],
    programPath: '/usr/local/bin:/usr/bin:/bin',
    artifactHubUrl: 'https://artifacthub.io',
    tektonHubUrl: 'https://api.hub.tekton.dev',
    cluster: { allowed: [], blocked: [] },
    ...settings,
  });
  const resolve = (
    resolver: ResolverName,
    values: Record<string, string>,
    signal = new AbortController().signal,
  ): Promise<Fetched> => {
    const params: Param[] = Object.entries(values).map(([name, value]) => ({ name, value }));
    return all[resolver](new ResolverParams(resolver, params), { namespace: 'ns', signal });
  };
  return {
    objects,
    resolve,
    text: async (resolver, values) => Buffer.from((await resolve(resolver, values)).data).toString(),
  };
}
