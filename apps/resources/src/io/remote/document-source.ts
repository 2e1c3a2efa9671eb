// The one way to a document: its params read, the cache asked, the resolver run.

import { SECRETS, type Param, type ResolutionRequest, type ResolverName, type Secret } from '@slipway/contracts';
import type { Store } from '@slipway/store';
import { CACHE_MODES, mayCache } from '../../core/cache-mode.js';
import { ResolverParams } from '../../core/resolver-params.js';
import { DocumentCache } from './document-cache.js';
import type { Fetched, Resolver } from './resolver.js';

/** Params that name a secret: what it holds is a part of the cache's key (K1 of the cache). */
const SECRET_PARAMS = ['secret', 'token', 'gitToken', 'http-password-secret'];

export class DocumentSource {
  readonly #cache = new DocumentCache();

  constructor(
    private readonly resolvers: Readonly<Record<ResolverName, Resolver>>,
    private readonly store: Pick<Store, 'get'>,
  ) {}

  /** Throws what a `Resolver` throws. */
  async fetch(request: ResolutionRequest, name: ResolverName, signal: AbortSignal): Promise<Fetched> {
    const given = request.spec?.params ?? [];
    const params = new ResolverParams(name, given);
    const mode = params.oneOf('cache', CACHE_MODES, 'auto');
    const namespace = request.metadata.namespace ?? '';
    const resolve = (): Promise<Fetched> => this.resolvers[name](params, { namespace, signal });
    if (!mayCache(name, given, mode)) return resolve();
    const key = await this.#key(name, namespace, given);
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const fetched = await resolve();
    this.#cache.set(key, fetched);
    return fetched;
  }

  async #key(resolver: ResolverName, namespace: string, params: readonly Param[]): Promise<string> {
    const secrets = params.filter(({ name, value }) => SECRET_PARAMS.includes(name) && typeof value === 'string');
    const versions = await Promise.all(
      secrets.map(async ({ value }) => {
        const secret = await this.store.get<Secret>(SECRETS, namespace, value as string);
        return `${secret?.metadata.uid} ${secret?.metadata.resourceVersion}`;
      }),
    );
    const sorted = params
      .filter(({ name }) => name !== 'cache')
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, value }) => [name, value]);
    return JSON.stringify([resolver, namespace, sorted, versions]);
  }
}
