// What goes when an owner goes: deletion with propagation, and the emptying of namespaces.
//
//   D1. An owner and what hangs from it go in one commit, or the owner stays, marked, until all of it has gone; so
//       nothing is left behind when this process is killed in between.
//   D2. An object that still has another owner only loses the reference.
//   D3. Children that come into being while their owner is going are removed when they show up in the change stream.

import {
  CUSTOM_RUNS,
  NAMESPACES,
  PIPELINE_RUNS,
  RESOURCE_KINDS,
  SlipwayError,
  TASK_RUNS,
  resourceKindOf,
  resourceNameOf,
  type KubeObject,
  type ObjectKey,
  type OwnerReference,
  type Write,
} from '@slipway/contracts';
import type { BusLogger } from '@slipway/bus';
import { without } from '../core/patch/json-value.js';
import type { ObjectStore, StoredObject } from './object-store.js';
import type { Entry, WatchCache } from './watch-cache.js';

export type Propagation = 'Background' | 'Foreground' | 'Orphan';

export interface Preconditions {
  uid?: string;
  resourceVersion?: string;
}

/** Writes of one commit; a larger tree goes in several, its root last. */
const MAX_WRITES = 1_000;
/** Finalizer of an owner whose dependents are going, as in Kubernetes. */
const FOREGROUND = 'foregroundDeletion';
/** Finalizer of a namespace whose content is going. */
const CONTENT = 'kubernetes';
const TRIES = 10;
/** Uids of deleted owners that are remembered, for children that were on their way (D3). */
const REMEMBERED_OWNERS = 10_000;
/** How often a namespace that still has content, held by finalizers, is looked at again. */
const RETRY_MS = 2_000;

export class Garbage {
  readonly #deletedOwners = new Set<string>();
  readonly #busy = new Map<string, Promise<void>>();
  #isStopped = false;

  constructor(
    private readonly store: ObjectStore,
    cache: WatchCache,
    private readonly logger: BusLogger,
  ) {
    cache.onEntry((entry) => this.#see(entry));
  }

  /** Goes on with what an earlier process was deleting. Does not wait for the end of it. */
  async start(): Promise<void> {
    // Whatever its kind: a CustomRun owns its Approval, a task's PipelineRun its TaskRuns.
    for (const resource of RESOURCE_KINDS.map(resourceNameOf)) {
      let token: string | undefined;
      do {
        const page = await this.store.list({
          resource,
          limit: 500,
          ...(token === undefined ? {} : { continue: token }),
        });
        // By text: reading every object would make the start as long as the history.
        for (const stored of page.items) if (stored.text.includes('"deletionTimestamp"')) this.#resume(stored);
        token = page.continue;
      } while (token !== undefined && !this.#isStopped);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#busy.values());
  }

  /**
   * Deletes an object.
   *
   * Answers the object when it is still there, waiting for finalizers or dependents; undefined when it has gone.
   * Errors: `not-found`; `conflict` for preconditions that do not hold.
   */
  async delete(
    key: ObjectKey,
    propagation: Propagation,
    preconditions: Preconditions,
  ): Promise<{ last: KubeObject; left: KubeObject | undefined }> {
    for (let attempt = 1; ; attempt++) {
      const stored = await this.store.get(key);
      if (stored === undefined)
        throw new SlipwayError('not-found', 'NotFound', `${key.resource} "${key.name}" not found`);
      const last = objectOf(stored);
      check(key, last, preconditions);
      try {
        return { last, left: await this.#deleteOnce(stored, last, propagation) };
      } catch (error) {
        const isRaced = error instanceof SlipwayError && error.kind === 'conflict';
        if (!isRaced || attempt >= TRIES || preconditions.resourceVersion !== undefined) throw error;
      }
    }
  }

  async #deleteOnce(
    stored: StoredObject,
    object: KubeObject,
    propagation: Propagation,
  ): Promise<KubeObject | undefined> {
    if (stored.key.resource === NAMESPACES) return this.#deleteNamespace(stored, object);
    const dependents = propagation === 'Orphan' ? await this.#orphaned(object) : await this.#doomed(object);
    const root: Write = { op: 'delete', key: stored.key, uid: stored.uid };
    const isHeld = propagation === 'Foreground' && dependents.some(({ isFinal }) => !isFinal);
    if (dependents.length >= MAX_WRITES || isHeld) return this.#mark(stored, object, propagation);
    const { objects } = await this.store.commit({ writes: [...dependents.map(({ write }) => write), root] }); // D1
    return objects.at(-1) ?? undefined;
  }

  /** D1: the root stays, marked, while its dependents go. */
  async #mark(stored: StoredObject, object: KubeObject, propagation: Propagation): Promise<KubeObject | undefined> {
    if (propagation === 'Orphan') {
      for (let left = await this.#orphaned(object); left.length > 0; left = await this.#orphaned(object)) {
        await this.store.commit({ writes: left.slice(0, MAX_WRITES).map(({ write }) => write) });
      }
      return this.#deleteOnce(stored, object, propagation);
    }
    const finalizers = [...new Set([...(object.metadata.finalizers ?? []), FOREGROUND])];
    const marked = { ...object, metadata: { ...object.metadata, finalizers } };
    const { objects } = await this.store.commit({
      writes: [
        { op: 'update', object: marked },
        { op: 'delete', key: stored.key, uid: stored.uid },
      ],
    });
    this.#resume(stored);
    return objects.at(-1) ?? undefined;
  }

  async #deleteNamespace(stored: StoredObject, object: KubeObject): Promise<KubeObject | undefined> {
    if (stored.key.name === 'default') {
      throw new SlipwayError(
        'forbidden',
        'Forbidden',
        'namespaces "default" is forbidden: this namespace may not be deleted',
      );
    }
    if (object.metadata.deletionTimestamp !== undefined) {
      this.#resume(stored);
      return object;
    }
    const finalizers = [...new Set([...(object.metadata.finalizers ?? []), CONTENT])];
    const marked = { ...object, metadata: { ...object.metadata, finalizers }, status: { phase: 'Terminating' } };
    const { objects } = await this.store.commit({
      writes: [
        { op: 'update', object: marked },
        { op: 'delete', key: stored.key, uid: stored.uid },
      ],
    });
    this.#resume(stored);
    return objects.at(-1) ?? undefined;
  }

  /** Works on a marked object until it has gone; once at a time. */
  #resume(stored: StoredObject): void {
    if (this.#busy.has(stored.uid) || this.#isStopped) return;
    const work = (stored.key.resource === NAMESPACES ? this.#empty(stored) : this.#finish(stored))
      .catch((error: unknown) => this.logger.error({ err: error, key: stored.key }, 'a deletion did not finish'))
      .finally(() => this.#busy.delete(stored.uid));
    this.#busy.set(stored.uid, work);
  }

  /** Empties a namespace, then lets it go. */
  async #empty({ key, uid }: StoredObject): Promise<void> {
    const kinds = RESOURCE_KINDS.filter((kind) => kind.namespaced);
    // Runs first, parents before children, so that nobody goes on to make what is being removed.
    const resources = [...new Set([PIPELINE_RUNS, TASK_RUNS, CUSTOM_RUNS, ...kinds.map(resourceNameOf)])];
    while (!this.#isStopped) {
      let found = 0;
      let held = 0;
      for (const resource of resources) {
        const removed = await this.#removeAll(resource, key.name);
        found += removed.found;
        held += removed.held;
      }
      if (found === 0) break; // until a pass finds nothing: something may have been on its way
      if (held > 0) await pause(RETRY_MS);
    }
    await this.#dropFinalizer(key, uid, CONTENT);
  }

  /** How many objects there were, and how many of them finalizers keep. */
  async #removeAll(resource: string, namespace: string): Promise<{ found: number; held: number }> {
    let found = 0;
    let held = 0;
    let token: string | undefined;
    do {
      const page = await this.store.list({
        resource,
        namespace,
        limit: 500,
        ...(token === undefined ? {} : { continue: token }),
      });
      if (page.items.length > 0) {
        const { objects } = await this.store.commit({
          writes: page.items.map(({ key, uid }) => ({ op: 'delete', key, uid })),
        });
        found += page.items.length;
        held += objects.filter((object) => object !== null).length;
      }
      token = page.continue;
    } while (token !== undefined && !this.#isStopped);
    return { found, held };
  }

  /** Removes the dependents of a marked owner, leaves first, then the owner. */
  async #finish({ key, uid }: StoredObject): Promise<void> {
    while (!this.#isStopped) {
      const stored = await this.store.get(key);
      if (stored === undefined || stored.uid !== uid) return;
      const object = objectOf(stored);
      if (object.metadata.finalizers?.includes(FOREGROUND) !== true) return;
      const dependents = await this.#doomed(object);
      if (dependents.length === 0) break;
      try {
        const writes = dependents
          .reverse()
          .slice(0, MAX_WRITES)
          .map(({ write }) => write);
        await this.store.commit({ writes });
      } catch (error) {
        if (!(error instanceof SlipwayError && error.kind === 'conflict')) throw error;
      }
      if (dependents.every(({ isFinal }) => !isFinal)) await pause(RETRY_MS);
    }
    await this.#dropFinalizer(key, uid, FOREGROUND);
  }

  async #dropFinalizer(key: ObjectKey, uid: string, finalizer: string): Promise<void> {
    for (let attempt = 1; !this.#isStopped; attempt++) {
      const stored = await this.store.get(key);
      if (stored === undefined || stored.uid !== uid) return;
      const object = objectOf(stored);
      const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
      try {
        await this.store.commit({
          writes: [{ op: 'update', object: { ...object, metadata: { ...object.metadata, finalizers } } }],
        });
        return;
      } catch (error) {
        if (!(error instanceof SlipwayError && error.kind === 'conflict') || attempt >= TRIES) throw error;
      }
    }
  }

  /** Everything that hangs from the object, owners before what they own; at most a little more than one commit takes. */
  async #doomed(root: KubeObject): Promise<Dependent[]> {
    const going = new Set([root.metadata.uid ?? '']);
    const found: Dependent[] = [];
    for (const owner of going) {
      for (const stored of await this.store.listByOwner(owner)) {
        if (going.has(stored.uid)) continue;
        const object = objectOf(stored);
        const staying = await this.#staying(object, going);
        if (staying.length > 0) {
          found.push({ write: { op: 'update', object: withOwners(object, staying) }, isFinal: true }); // D2
          continue;
        }
        going.add(stored.uid);
        const isFinal = (object.metadata.finalizers ?? []).length === 0;
        const isGoing = object.metadata.deletionTimestamp !== undefined && !isFinal;
        found.push({ write: { op: 'delete', key: stored.key, uid: stored.uid }, isFinal });
        if (found.length > MAX_WRITES && !isGoing) return found;
      }
    }
    return found;
  }

  /** Owners of a dependent that are neither going nor gone. */
  async #staying(object: KubeObject, going: ReadonlySet<string>): Promise<OwnerReference[]> {
    const owners = (object.metadata.ownerReferences ?? []).filter((owner) => !going.has(owner.uid));
    const staying: OwnerReference[] = [];
    for (const owner of owners) {
      const kind = resourceKindOf(owner.apiVersion, owner.kind);
      if (kind === undefined) continue;
      const namespace = kind.namespaced ? (object.metadata.namespace ?? '') : '';
      const stored = await this.store.get({ resource: resourceNameOf(kind), namespace, name: owner.name });
      if (stored?.uid === owner.uid) staying.push(owner);
    }
    return staying;
  }

  async #orphaned(root: KubeObject): Promise<Dependent[]> {
    const dependents = await this.store.listByOwner(root.metadata.uid ?? '');
    return dependents.map((stored) => {
      const object = objectOf(stored);
      const owners = (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== root.metadata.uid);
      return { write: { op: 'update', object: withOwners(object, owners) }, isFinal: true };
    });
  }

  /** D3. */
  #see(entry: Entry): void {
    if (entry.type === 'DELETED') {
      this.#deletedOwners.add(entry.uid);
      if (this.#deletedOwners.size > REMEMBERED_OWNERS) {
        for (const oldest of this.#deletedOwners) {
          this.#deletedOwners.delete(oldest);
          break;
        }
      }
      return;
    }
    if (entry.type !== 'ADDED') return;
    const owners = entry.object?.metadata.ownerReferences ?? [];
    if (owners.length === 0 || !owners.every((owner) => this.#deletedOwners.has(owner.uid))) return;
    void this.delete(entry.key, 'Background', { uid: entry.uid }).catch((error: unknown) => {
      if (error instanceof SlipwayError && (error.kind === 'not-found' || error.kind === 'conflict')) return;
      this.logger.warn({ err: error, key: entry.key }, 'an object without owner could not be removed');
    });
  }
}

interface Dependent {
  write: Write;
  /** Nothing of it will be left: it has no finalizers. */
  isFinal: boolean;
}

function objectOf(stored: StoredObject): KubeObject {
  return JSON.parse(stored.text) as KubeObject;
}

function withOwners(object: KubeObject, ownerReferences: OwnerReference[]): KubeObject {
  const metadata = without(object.metadata, 'ownerReferences');
  return { ...object, metadata: ownerReferences.length === 0 ? metadata : { ...metadata, ownerReferences } };
}

function check(key: ObjectKey, object: KubeObject, { uid, resourceVersion }: Preconditions): void {
  const wrong = (what: string, wanted: string, is: string | undefined): SlipwayError =>
    new SlipwayError(
      'conflict',
      'PreconditionFailed',
      `Operation cannot be fulfilled on ${key.resource} "${key.name}": the ${what} in the precondition (${wanted}) does not match the ${what} in record (${is}). The object might have been deleted and then recreated`,
    );
  if (uid !== undefined && uid !== object.metadata.uid) throw wrong('UID', uid, object.metadata.uid);
  if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion) {
    throw wrong('ResourceVersion', resourceVersion, object.metadata.resourceVersion);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
