// What goes when an owner goes: deletion with propagation, and the emptying of namespaces.
//
//   D1. An owner and what hangs from it go in one commit, or the owner stays, marked, until all of it has gone; so
//       nothing is left behind when this process is killed in between.
//   D2. An object that still has another owner only loses the reference.
//   D3. An object whose owners have all gone is removed when it shows up in the change stream: what is stored decides, what
//       is remembered of owners only saves looking.
//   D4. A dependent that cannot go at once, with all that hangs from it, is marked as its owner is: so the deepest that is
//       held holds everything above it. What goes, goes with its whole tree.

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
import type { ObjectStore, StoredObject } from './object-store.js';
import { MAX_WRITES, OwnerTree, isAnyHeld, objectOf, withOwners, type Walk } from './owner-tree.js';
import type { Entry, WatchCache } from './watch-cache.js';

export type Propagation = 'Background' | 'Foreground' | 'Orphan';

export interface Preconditions {
  uid?: string;
  resourceVersion?: string;
}

/** Finalizer of an owner whose dependents are going, as in Kubernetes. */
const FOREGROUND = 'foregroundDeletion';
/** Finalizer of a namespace whose content is going. */
const CONTENT = 'kubernetes';
const TRIES = 10;
/** Owners that are known to be there: most children come soon after theirs (D3). */
const REMEMBERED_OWNERS = 10_000;
/** How often what is held by finalizers is looked at again, in case a change was not told. */
const RETRY_MS = 2_000;

export class Garbage {
  /** Uids of objects that are there, the latest last. */
  readonly #present = new Set<string>();
  /** Ends the waiting of a marked owner, by its uid. */
  readonly #wake = new Map<string, () => void>();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #tree: OwnerTree;
  #isStopped = false;

  constructor(
    private readonly store: ObjectStore,
    cache: WatchCache,
    private readonly logger: BusLogger,
  ) {
    this.#tree = new OwnerTree(store);
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
    const dependents = propagation === 'Orphan' ? await this.#tree.orphaned(object) : await this.#tree.doomed(object);
    const root: Write = { op: 'delete', key: stored.key, uid: stored.uid };
    const isHeld = propagation === 'Foreground' && isAnyHeld(dependents);
    if (dependents.length >= MAX_WRITES || isHeld) return this.#mark(stored, object, propagation);
    const { objects } = await this.store.commit({ writes: [...dependents.map(({ write }) => write), root] }); // D1
    return objects.at(-1) ?? undefined;
  }

  /** D1: the root stays, marked, while its dependents go. */
  async #mark(stored: StoredObject, object: KubeObject, propagation: Propagation): Promise<KubeObject | undefined> {
    if (propagation === 'Orphan') {
      for (let left = await this.#tree.orphaned(object); left.length > 0; left = await this.#tree.orphaned(object)) {
        await this.store.commit({ writes: left.slice(0, MAX_WRITES).map(({ write }) => write) });
      }
      return this.#deleteOnce(stored, object, propagation);
    }
    const { objects } = await this.store.commit({ writes: marking(stored, object) });
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

  /** Removes the dependents of a marked owner; then, when the last of them has gone, the owner. */
  async #finish({ key, uid }: StoredObject): Promise<void> {
    while (!this.#isStopped) {
      const changed = new Promise<void>((resolve) => this.#wake.set(uid, resolve)); // before looking: none is missed
      const stored = await this.store.get(key);
      if (stored === undefined || stored.uid !== uid) break;
      const object = objectOf(stored);
      if (object.metadata.finalizers?.includes(FOREGROUND) !== true) break;
      const left = await this.#removeDependents(object);
      if (left === 'none') {
        await this.#dropFinalizer(key, uid, FOREGROUND);
        break;
      }
      if (left === 'held') await Promise.race([changed, pause(RETRY_MS)]);
    }
    this.#wake.delete(uid);
  }

  /** Asks every dependent once to go: with its whole tree where that can go at once, else marked as its owner (D4). */
  async #removeDependents(owner: KubeObject): Promise<'none' | 'held' | 'some'> {
    const owning = new Set(owner.metadata.ownerReferences?.map(({ uid }) => uid)); // an owner of its owner waits for it
    const all = await this.store.listByOwner(owner.metadata.uid ?? '');
    const dependents = all
      .filter(({ uid }) => !owning.has(uid))
      .map((stored) => ({ stored, object: objectOf(stored) }));
    if (dependents.length === 0) return 'none';
    const { going, staying } = await this.#tree.parted(owner, dependents);
    const walk: Walk = { going, kept: new Set(staying.keys()) };
    let hasAsked = false;
    let writes: Write[] = [];
    let marked: StoredObject[] = [];
    const commit = async (): Promise<void> => {
      if (writes.length === 0) return;
      await this.store.commit({ writes });
      hasAsked = true;
      for (const stored of marked) this.#resume(stored);
      [writes, marked] = [[], []];
    };
    try {
      for (const { stored, object } of dependents) {
        const owners = staying.get(stored.uid);
        if (owners !== undefined) {
          writes.push({ op: 'update', object: withOwners(object, owners) }); // D2
        } else if (object.metadata.deletionTimestamp === undefined) {
          const tree = await this.#tree.doomed(object, walk);
          if (tree.length < MAX_WRITES && !isAnyHeld(tree)) {
            writes.push(...tree.map(({ write }) => write), { op: 'delete', key: stored.key, uid: stored.uid });
          } else {
            writes.push(...marking(stored, object));
            marked.push(stored);
          }
        }
        if (writes.length >= MAX_WRITES) await commit();
        if (this.#isStopped) break;
      }
      await commit();
    } catch (error) {
      if (!(error instanceof SlipwayError && ['conflict', 'not-found'].includes(error.kind))) throw error;
      return 'held'; // somebody was faster, and is waited for
    }
    return hasAsked ? 'some' : 'held';
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

  #see({ type, key, uid, object }: Entry): void {
    const owners = object?.metadata.ownerReferences ?? [];
    if (type === 'DELETED') {
      this.#present.delete(uid);
      for (const owner of owners) this.#wake.get(owner.uid)?.();
      return;
    }
    this.#present.add(uid);
    if (this.#present.size > REMEMBERED_OWNERS) this.#present.delete(this.#present.values().next().value!);
    if (type !== 'ADDED' || owners.length === 0 || owners.some((owner) => this.#present.has(owner.uid))) return;
    void this.#removeUnowned(key, uid).catch((error: unknown) => {
      if (error instanceof SlipwayError && ['not-found', 'conflict'].includes(error.kind)) return;
      this.logger.warn({ err: error, key }, 'an object without owner could not be removed');
    });
  }

  /** D3. An owner of a kind that is not stored here may be anywhere, one of Kubernetes' own kinds in the cluster. */
  async #removeUnowned(key: ObjectKey, uid: string): Promise<void> {
    const stored = await this.store.get(key);
    if (stored?.uid !== uid) return;
    const object = objectOf(stored);
    const owners = object.metadata.ownerReferences ?? [];
    const isOurs = ({ apiVersion, kind }: OwnerReference): boolean => !!resourceKindOf(apiVersion, kind)?.group;
    if (!owners.every(isOurs)) return;
    if ((await this.#tree.staying(object, new Set())).length === 0) await this.delete(key, 'Background', { uid });
  }
}

/** The owner stays until its dependents have gone. */
function marking({ key, uid }: StoredObject, object: KubeObject): Write[] {
  const finalizers = [...new Set([...(object.metadata.finalizers ?? []), FOREGROUND])];
  return [
    { op: 'update', object: { ...object, metadata: { ...object.metadata, finalizers } } },
    { op: 'delete', key, uid },
  ];
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
