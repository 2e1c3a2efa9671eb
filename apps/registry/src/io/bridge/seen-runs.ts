// What the cluster has of ours, as far as was told, and what we wrote of it.
//
//   S1. Nothing older takes the place of something newer: the answer to a write counts only while what was written over is
//       still the last that is known, for the watch may have told more by then.

import { isDone, type ObjectKey } from '@slipway/contracts';
import { isManagedHere, keyOfText, keyText, type BridgedRun } from '../../core/bridge/bridged-run.js';

interface Told {
  /** Versions of the stored object whose status was written, and of the cluster's that this made. */
  stored: string | undefined;
  cluster: string | undefined;
}

export class SeenRuns {
  readonly #runs = new Map<string, BridgedRun>();
  readonly #told = new Map<string, Told>();
  readonly #writtenMs = new Map<string, number>();

  get size(): number {
    return this.#runs.size;
  }

  get(key: ObjectKey): BridgedRun | undefined {
    return this.#runs.get(keyText(key));
  }

  /** Everything there is of a resource. Answers what there was. */
  list(resource: string, objects: readonly BridgedRun[]): ObjectKey[] {
    const before = [...this.#runs.keys()].map(keyOfText).filter((key) => key.resource === resource);
    const ours = new Map(objects.filter(isManagedHere).map((one) => [keyText(keyOf(resource, one)), one]));
    for (const key of before) if (!ours.has(keyText(key))) this.#forget(keyText(key));
    for (const [text, object] of ours) this.#runs.set(text, kept(object));
    return before;
  }

  /** What the watch tells. Answers whose it is; undefined: of nobody here. */
  change(resource: string, object: BridgedRun, isGone: boolean): ObjectKey | undefined {
    const key = keyOf(resource, object);
    if (!isManagedHere(object)) {
      // Of the same name: one of ours went before, which a list need not have told.
      if (!this.#runs.has(keyText(key))) return undefined;
      this.#forget(keyText(key));
    } else if (!isGone) this.#runs.set(keyText(key), kept(object));
    else if (this.get(key)?.metadata.uid === object.metadata.uid) this.#forget(keyText(key));
    return key;
  }

  /** What the cluster answered, where `before` was known when it was asked (S1). */
  replace(key: ObjectKey, before: BridgedRun | undefined, next: BridgedRun | undefined): void {
    if (this.get(key) !== before) return;
    if (next === undefined || !isManagedHere(next)) this.#forget(keyText(key));
    else this.#runs.set(keyText(key), kept(next));
  }

  tell(key: ObjectKey, stored: BridgedRun, written: BridgedRun, nowMs: number): void {
    const told = { stored: stored.metadata.resourceVersion, cluster: written.metadata.resourceVersion };
    this.#told.set(keyText(key), told);
    if (isDone(stored)) this.#writtenMs.delete(keyText(key));
    else this.#writtenMs.set(keyText(key), nowMs);
  }

  isTold(key: ObjectKey, stored: BridgedRun | undefined): boolean {
    const told = this.#told.get(keyText(key));
    if (told === undefined || told.stored !== stored?.metadata.resourceVersion) return false;
    return told.cluster === this.get(key)?.metadata.resourceVersion;
  }

  /** When its status was written last, while it goes on. Unix milliseconds. */
  writtenMs(key: ObjectKey): number {
    return this.#writtenMs.get(keyText(key)) ?? 0;
  }

  /** Its end is told, and nobody touched it since. */
  isSettled(key: ObjectKey): boolean {
    const run = this.get(key);
    if (run === undefined || !isDone(run)) return false;
    return this.#told.get(keyText(key))?.cluster === run.metadata.resourceVersion;
  }

  unsettled(): ObjectKey[] {
    return [...this.#runs.keys()].map(keyOfText).filter((key) => !this.isSettled(key));
  }

  #forget(text: string): void {
    this.#runs.delete(text);
    this.#told.delete(text);
    this.#writtenMs.delete(text);
  }
}

function keyOf(resource: string, { metadata }: BridgedRun): ObjectKey {
  return { resource, namespace: metadata.namespace ?? '', name: metadata.name };
}

/** Who wrote which field is half of an object, and nothing to us: a write of the status leaves it as it is. */
function kept(object: BridgedRun): BridgedRun {
  const metadata = { ...object.metadata };
  delete metadata.managedFields;
  return { ...object, metadata };
}
