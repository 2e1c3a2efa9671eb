import type { KubeObject } from '@slipway/contracts';
import type { Listing, ListOptions, Store } from '@slipway/store';
import type { ObjectStore } from './object-store.js';

/** The store as the other services see it, without the bus in between: for the registry's own cache. */
export function localStore(store: ObjectStore): Store {
  return {
    async get<T extends KubeObject>(resource: string, namespace: string, name: string): Promise<T | undefined> {
      const stored = await store.get({ resource, namespace, name });
      return stored === undefined ? undefined : (JSON.parse(stored.text) as T);
    },

    async list<T extends KubeObject>(resource: string, options: ListOptions = {}): Promise<Listing<T>> {
      const { items, revision, heads } = await store.list({ resource, ...options });
      return { items: items.map((stored) => JSON.parse(stored.text) as T), revision, heads };
    },

    commit: (request) => store.commit(request),
    heads: () => store.heads(),
  };
}
