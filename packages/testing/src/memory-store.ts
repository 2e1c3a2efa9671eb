// A store in memory with the registry's rules, and a cache beside it that is told of changes a moment later.

import { randomUUID } from 'node:crypto';
import {
  SlipwayError,
  resourceKindOf,
  resourceNameOf,
  type CommitReply,
  type CommitRequest,
  type KubeObject,
  type ObjectKey,
} from '@slipway/contracts';
import type { CacheChange, ListOptions, Listing, Store } from '@slipway/store';

export class MemoryStore implements Pick<Store, 'get' | 'list' | 'commit'> {
  readonly objects = new Map<string, KubeObject>();
  readonly commits: CommitRequest[] = [];
  /** Called for each commit before it is done; throws to make it fail. */
  before: (request: CommitRequest) => void = () => {};
  #revision = 0;
  readonly #listeners = new Set<(change: CacheChange) => void>();

  get<T extends KubeObject>(resource: string, namespace: string, name: string): Promise<T | undefined> {
    return Promise.resolve(this.objects.get(`${resource}/${namespace}/${name}`) as T | undefined);
  }

  /** Of selectors it knows `label=value`. */
  list<T extends KubeObject>(resource: string, { namespace, labelSelector }: ListOptions = {}): Promise<Listing<T>> {
    const [label = '', value] = labelSelector?.split('=') ?? [];
    const items = [...this.objects.values()].filter(
      (object) =>
        keyOf(object).resource === resource &&
        (namespace === undefined || object.metadata.namespace === namespace) &&
        (labelSelector === undefined || object.metadata.labels?.[label] === value),
    );
    return Promise.resolve({ items: items as T[], revision: this.#revision, heads: [] });
  }

  follow(listener: (change: CacheChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async commit(request: CommitRequest): Promise<CommitReply> {
    await Promise.resolve();
    this.before(request);
    const planned: [ObjectKey, KubeObject | undefined][] = request.writes.map((write) => {
      if (write.op === 'delete') return [write.key, undefined];
      const key = keyOf(write.object);
      const known = this.objects.get(textOf(key));
      const { uid, resourceVersion } = write.object.metadata;
      if (write.op === 'create' || write.op === 'create-as') {
        if (known !== undefined) throw new SlipwayError('exists', 'AlreadyExists', `${textOf(key)} exists`);
        const creationTimestamp = new Date().toISOString();
        const given = write.op === 'create-as' ? write.uid : randomUUID();
        return [key, { ...write.object, metadata: { creationTimestamp, ...write.object.metadata, uid: given } }];
      }
      if (known === undefined) throw new SlipwayError('not-found', 'NotFound', `${textOf(key)} is not there`);
      if (known.metadata.resourceVersion !== resourceVersion || known.metadata.uid !== uid) {
        throw new SlipwayError('conflict', 'Conflict', `${textOf(key)} was changed`);
      }
      return [key, write.object];
    });
    this.commits.push(request);
    const objects = planned.map(([key, object]) => {
      const before = this.objects.get(textOf(key));
      if (object === undefined) this.objects.delete(textOf(key));
      const resourceVersion = String(++this.#revision);
      const after = object && { ...object, metadata: { ...object.metadata, resourceVersion } };
      if (after !== undefined) this.objects.set(textOf(key), after);
      const change = { key, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
      setImmediate(() => this.#listeners.forEach((listener) => listener(change)));
      return after ?? null;
    });
    return { revision: this.#revision, objects };
  }
}

/** The part of a cache that services ask. */
export class MemoryCache {
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners = new Set<(change: CacheChange) => void>();
  readonly #forget: () => void;

  constructor(
    store: MemoryStore,
    private readonly transform: (object: KubeObject) => KubeObject | undefined,
  ) {
    for (const object of store.objects.values()) this.put(object);
    this.#forget = store.follow(({ key, after }) => {
      if (after !== undefined) return this.put(after);
      const before = this.#objects.get(textOf(key));
      this.#objects.delete(textOf(key));
      if (before !== undefined) this.#tell({ key, before });
    });
  }

  get<T extends KubeObject>(resource: string, namespace: string, name: string): T | undefined {
    return this.#objects.get(`${resource}/${namespace}/${name}`) as T | undefined;
  }
  list<T extends KubeObject>(resource: string): T[] {
    return [...this.#objects.values()].filter((object) => keyOf(object).resource === resource) as T[];
  }
  byOwner(uid: string): KubeObject[] {
    return [...this.#objects.values()].filter((object) =>
      object.metadata.ownerReferences?.some((owner) => owner.uid === uid),
    );
  }
  onChange(listener: (change: CacheChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  put(object: KubeObject): void {
    const key = keyOf(object);
    const before = this.#objects.get(textOf(key));
    if (Number(before?.metadata.resourceVersion ?? 0) >= Number(object.metadata.resourceVersion)) return;
    const after = this.transform(object);
    if (after === undefined) this.#objects.delete(textOf(key));
    else this.#objects.set(textOf(key), after);
    this.#tell({ key, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) });
  }
  sync(): Promise<void> {
    return Promise.resolve();
  }
  stop(): void {
    this.#forget();
  }
  #tell(change: CacheChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function keyOf(object: KubeObject): ObjectKey {
  const resource = resourceNameOf(resourceKindOf(object.apiVersion, object.kind)!);
  return { resource, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

function textOf({ resource, namespace, name }: ObjectKey): string {
  return `${resource}/${namespace}/${name}`;
}
