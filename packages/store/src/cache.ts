// Objects of some resources in memory, kept up to date by the stream of changes.
//
//   C1. A state is never replaced by an older one, whichever way it came.
//   C2. A hole in the sequence of a shard, a broken stream, or a store that is ahead of us leads to a new list; the
//       differences are told as changes. Nothing is missing in the end.
//   C3. A list is applied as a whole, with no change of the stream in between.
//   C4. Starting costs the live objects, never their history.
//   C5. A store that went back (restored from a backup) wins over what the cache knows.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  SHARD_COUNT,
  resourceKindOf,
  resourceNameOf,
  shardOfObject,
  subjectToken,
  type Change,
  type KubeObject,
  type ObjectKey,
  type ResourceName,
} from '@slipway/contracts';
import { CHANGES, type Bus, type BusMessage, type Subscription } from '@slipway/bus';
import { CachedObjects, type CacheChange, type CachedObject } from './cached-objects.js';
import { readChangeHead, type ChangeHead } from './change-head.js';
import type { Listing, Store } from './store.js';

export interface CacheOptions {
  resources: readonly ResourceName[];
  /** Only objects of these shards are kept. Call `sync` when the set has changed. Absent: every shard. */
  shards?: () => ReadonlySet<number>;
  /** How often to ask whether something was missed. Milliseconds. */
  resyncMs?: number;
  /** Makes what is kept of an object; undefined keeps nothing. Must leave metadata's names, versions and owners. */
  transform?: (object: KubeObject) => KubeObject | undefined;
  /** Told why the objects are listed again, where nobody asked for it; for the log and the metric. */
  onRelist?: (why: string) => void;
  /** Told how long each change took from the stream to here; for the metric. */
  onDelay?: (delayMs: number) => void;
}

/** How long the stream may be behind the store before we list again rather than wait. */
const PATIENCE_MS = 2_000;
const RETRY_MS = 500;

export class Cache {
  readonly #objects: CachedObjects;
  readonly #tokens: ReadonlySet<string>;
  readonly #listeners = new Set<(change: CacheChange) => void>();
  /** Sequence number of the last change of each shard that is in the cache. */
  #known = new Array<number>(SHARD_COUNT).fill(0);
  /** Every change up to this revision is in the cache. */
  #revision = 0;
  #shards: ReadonlySet<number> | undefined;
  #subscription: Subscription | undefined;
  #forgetReconnect: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  /** The list under way or about to begin; the one that will begin after it. */
  #relisting: Promise<void> | undefined;
  #nextRelist: Promise<void> | undefined;
  /** Lists applied so far. */
  #lists = 0;
  #resyncing: Promise<void> | undefined;
  #handled = 0;
  #isStopped = false;
  #isReady = false;

  constructor(
    private readonly bus: Pick<Bus, 'follow' | 'onReconnect'>,
    private readonly store: Store,
    private readonly options: CacheOptions,
  ) {
    this.#objects = new CachedObjects(options.resources);
    this.#tokens = new Set(options.resources.map(subjectToken));
  }

  /** Lists, then follows. Resolves when everything that was stored before the call is in the cache. */
  async start(): Promise<void> {
    this.#forgetReconnect = this.bus.onReconnect(() => void this.#resync());
    // First the place in the stream, then the list: what is stored in between comes twice, and C1 makes it once.
    this.#subscription = await this.bus.follow({
      stream: CHANGES,
      filter: 'change.>',
      startAt: 'new',
      handle: (message) => this.#handle(message),
      onBroken: (why) => void this.#relist(`the stream is ${why.kind}`),
    });
    await this.#relist();
    this.#isReady = true;
    this.#timer = setInterval(() => void this.#resync(), this.options.resyncMs ?? 10_000).unref();
  }

  /** True once the first list is in. Stays true while the registry is away: what is known goes on being served. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Every change up to this revision is in the cache, unless a hole is just being found. */
  get revision(): number {
    return this.#revision;
  }

  get<T extends KubeObject>(resource: ResourceName, namespace: string, name: string): T | undefined {
    return this.#objects.find({ resource, namespace, name })?.object as T | undefined;
  }

  list<T extends KubeObject>(resource: ResourceName, namespace?: string): T[] {
    const found: T[] = [];
    for (const { key, object } of this.#objects.all(resource)) {
      if (namespace === undefined || key.namespace === namespace) found.push(object as T);
    }
    return found;
  }

  /** Cached objects that name this uid among their owners. */
  byOwner(uid: string): KubeObject[] {
    return this.#objects.ownedBy(uid);
  }

  /** Called in order for every difference, those found by a new list included. Must not throw. */
  onChange(listener: (change: CacheChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes the answer of an own commit, so that a service reads its own writes before the stream brings them. */
  put(object: KubeObject): void {
    const kind = resourceKindOf(object.apiVersion, object.kind);
    if (kind === undefined) return;
    const { name, namespace = '' } = object.metadata;
    const key = { resource: resourceNameOf(kind), namespace, name };
    if (!this.#objects.has(key.resource)) return;
    const known = this.#objects.find(key);
    // Absent, though everything up to a later revision is here: it was deleted meanwhile (C1).
    if (known === undefined && revisionOf(object) <= this.#revision) return;
    this.#take(key, object);
  }

  /** Makes the cache hold what `shards()` says now: drops what is not wanted any more, lists what is new. */
  async sync(): Promise<void> {
    if (this.options.shards === undefined || this.#subscription === undefined) return;
    await (this.#nextRelist ?? this.#relisting);
    if (this.#shards === undefined) return;
    const wanted = this.options.shards();
    const isSame = wanted.size === this.#shards.size && [...wanted].every((shard) => this.#shards!.has(shard));
    if (!isSame) await this.#relist();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#forgetReconnect();
    await this.#subscription?.stop();
  }

  // The stream --------------------------------------------------------------------------------------------------------

  async #handle(message: BusMessage): Promise<void> {
    while (this.#relisting !== undefined) await this.#relisting; // C3
    this.#handled++;
    const head = readChangeHead(message.data) ?? message.json<Change>();
    const known = this.#known[head.shard] ?? 0;
    if (head.sequence <= known) return; // C1
    if (head.sequence > known + 1) return this.#relist(`a hole in shard ${head.shard}`); // C2: the list has it
    const lists = this.#lists;
    await this.#apply(message, head);
    if (lists !== this.#lists) return; // C3: listed while an object was fetched; the list was later and has it
    this.options.onDelay?.(Date.now() - message.timeMs);
    this.#known[head.shard] = head.sequence;
    this.#revision = Math.max(this.#revision, head.revision);
  }

  async #apply(message: BusMessage, head: ChangeHead): Promise<void> {
    const resource = message.subject.split('.', 3)[2] ?? '';
    if (!this.#tokens.has(resource)) return;
    if (this.#shards !== undefined && !this.#shards.has(head.shard)) return;
    const change = message.json<Change>();
    const known = this.#objects.find(change.key);
    if (known !== undefined && known.revision >= head.revision) return; // C1
    if (head.type === 'DELETED') {
      if (known !== undefined) this.#tell(this.#objects.remove(known));
      return;
    }
    const { resource: name, namespace, name: objectName } = change.key;
    const lists = this.#lists;
    const object = change.object ?? (await this.store.get(name, namespace, objectName));
    if (lists !== this.#lists) return; // C3
    if (object !== undefined) this.#take(change.key, object);
    else if (known !== undefined) this.#tell(this.#objects.remove(known)); // deleted since
  }

  /** Keeps an object unless what is known is as new. */
  #take(key: ObjectKey, object: KubeObject): void {
    const known = this.#objects.find(key);
    const revision = revisionOf(object);
    if (known !== undefined && known.revision >= revision) return; // C1
    const shard = shardOfObject(object.metadata);
    if (this.#shards !== undefined && !this.#shards.has(shard)) return;
    const kept = this.options.transform === undefined ? object : this.options.transform(object);
    if (kept !== undefined) this.#tell(this.#objects.set({ key, object: kept, revision, shard }));
    else if (known !== undefined) this.#tell(this.#objects.remove(known));
  }

  #tell(change: CacheChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  // Lists -------------------------------------------------------------------------------------------------------------

  /** Lists again, now or after the list under way; tries until the registry answers. */
  #relist(why?: string): Promise<void> {
    return (this.#nextRelist ??= this.#relistAfter(this.#relisting, why));
  }

  async #relistAfter(current: Promise<void> | undefined, why?: string): Promise<void> {
    await current;
    if (this.#isStopped) return;
    if (why !== undefined) this.options.onRelist?.(why);
    const run = this.#listUntilDone().finally(() => {
      this.#relisting = undefined;
    });
    this.#relisting = run;
    this.#nextRelist = undefined; // who asks from now on may know of more than this list will have
    await run;
  }

  async #listUntilDone(): Promise<void> {
    while (!this.#isStopped) {
      try {
        return await this.#listOnce();
      } catch {
        // The registry is away, and the store has tried for long. What is cached goes on being served.
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  async #listOnce(): Promise<void> {
    const shards = this.options.shards === undefined ? undefined : new Set(this.options.shards());
    const before = [...this.#known];
    const first = await this.store.heads();
    const listings: [ResourceName, Listing][] = [];
    for (const resource of this.options.resources) {
      const of = shards === undefined ? {} : { shards: [...shards] };
      if (shards?.size === 0) listings.push([resource, { ...first, items: [] }]);
      else listings.push([resource, await this.store.list(resource, of)]);
    }
    if (this.#isStopped) return;
    const wentBack = before.some((sequence, shard) => (first.heads[shard] ?? 0) < sequence); // C5
    this.#lists++;
    this.#shards = shards;
    this.#known = this.#known.map((sequence, shard) => {
      const listed = first.heads[shard] ?? 0;
      return wentBack ? listed : Math.max(sequence, listed);
    });
    this.#revision = wentBack ? first.revision : Math.max(this.#revision, first.revision);
    for (const [resource, listing] of listings) this.#applyListing(resource, listing, wentBack);
  }

  #applyListing(resource: ResourceName, listing: Listing, wentBack: boolean): void {
    const listed = new Set<string>();
    for (const object of listing.items) {
      const { name, namespace = '' } = object.metadata;
      const key = { resource, namespace, name };
      listed.add(`${namespace}/${name}`);
      const known = this.#objects.find(key);
      if (wentBack && known !== undefined && known.revision !== revisionOf(object)) known.revision = -1;
      this.#take(key, object);
    }
    for (const cached of [...this.#objects.all(resource)]) {
      if (listed.has(`${cached.key.namespace}/${cached.key.name}`)) continue;
      if (wentBack || cached.revision <= listing.revision || this.#isForeign(cached)) {
        this.#tell(this.#objects.remove(cached));
      }
    }
  }

  #isForeign(cached: CachedObject): boolean {
    return this.#shards !== undefined && !this.#shards.has(cached.shard);
  }

  // Missed changes ----------------------------------------------------------------------------------------------------

  /** Asks how far the store is, and lists again when the stream does not get there. */
  #resync(): Promise<void> {
    return (this.#resyncing ??= this.#compare()
      .catch(() => undefined) // the registry is away; the next round asks again
      .finally(() => {
        this.#resyncing = undefined;
      }));
  }

  async #compare(): Promise<void> {
    if (this.#isStopped || this.#relisting !== undefined) return;
    const before = [...this.#known];
    const { heads } = await this.store.heads();
    if (before.some((sequence, shard) => (heads[shard] ?? 0) < sequence)) return this.#relist('the store went back');
    const isBehind = (): boolean => heads.some((sequence, shard) => sequence > (this.#known[shard] ?? 0));
    let handled = -1;
    while (isBehind() && !this.#isStopped && this.#relisting === undefined) {
      // As long as the stream brings something, it will bring the rest; a list would cost more.
      if (handled === this.#handled) return this.#relist('the stream is behind the store');
      handled = this.#handled;
      await sleep(PATIENCE_MS, undefined, { ref: false });
    }
  }
}

function revisionOf(object: KubeObject): number {
  return Number(object.metadata.resourceVersion ?? 0);
}
