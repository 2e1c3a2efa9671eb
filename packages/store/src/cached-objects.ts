// The objects of a cache and their indexes. Knows nothing of where they come from.

import type { KubeObject, ObjectKey, ResourceName } from '@slipway/contracts';

export interface CacheChange {
  key: ObjectKey;
  /** Absent when the object is new. */
  before?: KubeObject;
  /** Absent when the object is gone. */
  after?: KubeObject;
}

export interface CachedObject {
  key: ObjectKey;
  object: KubeObject;
  revision: number;
  shard: number;
}

export class CachedObjects {
  readonly #byResource = new Map<ResourceName, Map<string, CachedObject>>();
  readonly #byOwner = new Map<string, Map<string, CachedObject>>();

  constructor(resources: readonly ResourceName[]) {
    for (const resource of resources) this.#byResource.set(resource, new Map());
  }

  has(resource: ResourceName): boolean {
    return this.#byResource.has(resource);
  }

  find(key: ObjectKey): CachedObject | undefined {
    return this.#byResource.get(key.resource)?.get(nameText(key));
  }

  *all(resource: ResourceName): IterableIterator<CachedObject> {
    yield* this.#byResource.get(resource)?.values() ?? [];
  }

  ownedBy(uid: string): KubeObject[] {
    return [...(this.#byOwner.get(uid)?.values() ?? [])].map((cached) => cached.object);
  }

  set(next: CachedObject): CacheChange {
    const before = this.find(next.key);
    if (before !== undefined) this.#unindex(before);
    this.#byResource.get(next.key.resource)!.set(nameText(next.key), next);
    for (const owner of next.object.metadata.ownerReferences ?? []) {
      const owned = this.#byOwner.get(owner.uid) ?? new Map<string, CachedObject>();
      this.#byOwner.set(owner.uid, owned);
      owned.set(wholeText(next.key), next);
    }
    return { key: next.key, ...(before === undefined ? {} : { before: before.object }), after: next.object };
  }

  remove(cached: CachedObject): CacheChange {
    this.#byResource.get(cached.key.resource)!.delete(nameText(cached.key));
    this.#unindex(cached);
    return { key: cached.key, before: cached.object };
  }

  #unindex(cached: CachedObject): void {
    for (const owner of cached.object.metadata.ownerReferences ?? []) {
      const owned = this.#byOwner.get(owner.uid);
      owned?.delete(wholeText(cached.key));
      if (owned?.size === 0) this.#byOwner.delete(owner.uid);
    }
  }
}

function nameText(key: ObjectKey): string {
  return `${key.namespace}/${key.name}`;
}

function wholeText(key: ObjectKey): string {
  return `${key.resource}/${key.namespace}/${key.name}`;
}
