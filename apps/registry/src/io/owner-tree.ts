// What hangs from an owner, and what becomes of it when the owner goes. Reads only; the writes are in the answers.
//
//   D2. An object that still has another owner only loses the reference.

import { resourceKindOf, resourceNameOf, type KubeObject, type OwnerReference, type Write } from '@slipway/contracts';
import { without } from '../core/patch/json-value.js';
import type { ObjectStore, StoredObject } from './object-store.js';

/** Writes of one commit, or a little more; a larger tree goes in several, its root last. */
export const MAX_WRITES = 1_000;

/** What a walk over dependents has come by: nothing is written twice. */
export interface Walk {
  /** Uids of what goes. */
  going: Set<string>;
  /** Uids of what stays with another owner. */
  kept: Set<string>;
}

export interface Dependent {
  write: Write;
  /** Nothing of it will be left: it has no finalizers. */
  isFinal: boolean;
}

export function isAnyHeld(dependents: readonly Dependent[]): boolean {
  return dependents.some(({ isFinal }) => !isFinal);
}

export class OwnerTree {
  constructor(private readonly store: Pick<ObjectStore, 'get' | 'listByOwner'>) {}

  /** Which dependents go with their owner, and the owners that others stay with: those may be dependents that stay. */
  async parted(
    owner: KubeObject,
    dependents: readonly { stored: StoredObject; object: KubeObject }[],
  ): Promise<{ going: Set<string>; staying: Map<string, OwnerReference[]> }> {
    const going = new Set([owner.metadata.uid ?? '', ...dependents.map(({ stored }) => stored.uid)]);
    const staying = new Map<string, OwnerReference[]>();
    for (let before = -1; before !== staying.size;) {
      before = staying.size;
      for (const { stored, object } of dependents) {
        const owners = await this.staying(object, going);
        if (owners.length === 0) continue;
        staying.set(stored.uid, owners);
        going.delete(stored.uid);
      }
    }
    return { going, staying };
  }

  /** Everything that hangs from the object, owners before what they own; at most as much as one commit takes. */
  async doomed(root: KubeObject, { going, kept }: Walk = { going: new Set(), kept: new Set() }): Promise<Dependent[]> {
    const owners = [root.metadata.uid ?? ''];
    going.add(owners[0]!);
    const found: Dependent[] = [];
    for (const owner of owners) {
      for (const stored of await this.store.listByOwner(owner)) {
        if (going.has(stored.uid) || kept.has(stored.uid)) continue;
        const object = objectOf(stored);
        const staying = await this.staying(object, going);
        if (staying.length > 0) {
          kept.add(stored.uid);
          found.push({ write: { op: 'update', object: withOwners(object, staying) }, isFinal: true }); // D2
          continue;
        }
        going.add(stored.uid);
        owners.push(stored.uid);
        const isFinal = (object.metadata.finalizers ?? []).length === 0;
        found.push({ write: { op: 'delete', key: stored.key, uid: stored.uid }, isFinal });
        if (found.length >= MAX_WRITES) return found;
      }
    }
    return found;
  }

  /** Owners of a dependent that are neither going nor gone. */
  async staying(object: KubeObject, going: ReadonlySet<string>): Promise<OwnerReference[]> {
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

  async orphaned(root: KubeObject): Promise<Dependent[]> {
    const dependents = await this.store.listByOwner(root.metadata.uid ?? '');
    return dependents.map((stored) => {
      const object = objectOf(stored);
      const owners = (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== root.metadata.uid);
      return { write: { op: 'update', object: withOwners(object, owners) }, isFinal: true };
    });
  }
}

export function objectOf(stored: StoredObject): KubeObject {
  return JSON.parse(stored.text) as KubeObject;
}

export function withOwners(object: KubeObject, ownerReferences: OwnerReference[]): KubeObject {
  const metadata = without(object.metadata, 'ownerReferences');
  return { ...object, metadata: ownerReferences.length === 0 ? metadata : { ...metadata, ownerReferences } };
}
