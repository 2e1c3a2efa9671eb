// The decision: what one write makes of one object. Kubernetes' rules of metadata live here.
//
//   W1. uid, creationTimestamp, deletionTimestamp, generation and the shard are the store's; what an object says is ignored.
//   W2. Nothing is written over a state that the caller has not seen.
//   W3. An object with finalizers is only marked as deleted; it goes with the last of them.
//   W4. A write that changes nothing is no write.

import {
  SHARD_LABEL,
  SlipwayError,
  resourceKindOf,
  resourceNameOf,
  type KubeObject,
  type ObjectKey,
  type ObjectMeta,
  type Time,
  type Write,
} from '@slipway/contracts';
import { sameJson } from './same-json.js';

export type WriteOutcome =
  | { kind: 'put'; object: KubeObject } // `metadata.resourceVersion` is still that of the state before
  | { kind: 'remove'; last: KubeObject }
  | { kind: 'nothing'; object: KubeObject | null };

export interface WriteContext {
  now: Time;
  newUid: () => string;
}

type Whole = KubeObject & { spec?: unknown; status?: unknown };

/** The key that a write is about. Throws `invalid` for objects of no stored kind and for impossible names. */
export function keyOfWrite(write: Write): ObjectKey {
  if (write.op === 'delete') return checkedKey(write.key);
  const { apiVersion, kind, metadata } = write.object;
  const found = resourceKindOf(apiVersion, kind);
  if (found === undefined) {
    throw new SlipwayError('invalid', 'UnknownKind', `No kind "${kind}" of "${apiVersion}" is stored here.`);
  }
  const namespace = found.namespaced ? (metadata.namespace ?? '') : '';
  if (found.namespaced && namespace === '') {
    throw new SlipwayError(
      'invalid',
      'NamespaceRequired',
      `${kind} "${metadata.name}": metadata.namespace is missing.`,
    );
  }
  return checkedKey({ resource: resourceNameOf(found), namespace, name: metadata.name });
}

/** Decides one write against what is stored; `before` is not modified. */
export function decideWrite(
  write: Write,
  key: ObjectKey,
  before: KubeObject | undefined,
  context: WriteContext,
): WriteOutcome {
  switch (write.op) {
    case 'create':
      if (before !== undefined) throw alreadyExists(key);
      return { kind: 'put', object: created(write.object, key, context.newUid(), context.now) };
    case 'create-as':
      if (before !== undefined) throw alreadyExists(key);
      return { kind: 'put', object: created(write.object, key, write.uid, context.now) };
    case 'update':
      return settle(updated(write.object, seen(write.object, key, before)), before!);
    case 'update-status':
      return settle(statusUpdated(write.object, seen(write.object, key, before)), before!);
    case 'delete':
      return deleted(write, key, before, context.now);
  }
}

function alreadyExists(key: ObjectKey): SlipwayError {
  return new SlipwayError('exists', 'AlreadyExists', `${key.resource} "${key.name}" already exists`);
}

function checkedKey(key: ObjectKey): ObjectKey {
  const wrong = [key.resource, key.namespace, key.name].some(
    // Longer or stranger names could neither be stored on both databases nor stand in a path.
    (part) => typeof part !== 'string' || part.length > 253 || /[/\p{Cc}\p{Cs}]/u.test(part),
  );
  if (wrong || key.name === '' || key.resource === '') {
    throw new SlipwayError('invalid', 'InvalidName', `"${String(key.name)}" is no name of an object.`);
  }
  return key;
}

/** W2: the stored object, once it is sure that the caller has seen it. */
function seen(object: KubeObject, key: ObjectKey, before: KubeObject | undefined): KubeObject {
  const { resourceVersion, uid } = object.metadata;
  if (before === undefined) {
    throw new SlipwayError('not-found', 'NotFound', `${key.resource} "${key.name}" not found`);
  }
  if (resourceVersion === undefined || resourceVersion === '') {
    throw new SlipwayError(
      'invalid',
      'ResourceVersionRequired',
      `${key.resource} "${key.name}": metadata.resourceVersion must be specified for an update`,
    );
  }
  if (resourceVersion !== before.metadata.resourceVersion) throw modifiedMeanwhile(key);
  if (uid !== undefined && uid !== '' && uid !== before.metadata.uid) throw modifiedMeanwhile(key);
  return before;
}

function created(object: KubeObject, key: ObjectKey, uid: string, now: Time): KubeObject {
  const metadata: ObjectMeta = { ...object.metadata };
  for (const field of ['resourceVersion', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation'] as const) {
    delete metadata[field];
  }
  if (key.namespace === '') delete metadata.namespace;
  metadata.uid = uid; // W1
  metadata.creationTimestamp = now;
  if (Object.hasOwn(object, 'spec')) metadata.generation = 1;
  return { ...object, metadata };
}

function updated(object: KubeObject, before: KubeObject): KubeObject {
  const metadata = { ...object.metadata };
  const next = { ...object, metadata };
  keepOwn(metadata, before.metadata, 'uid');
  keepOwn(metadata, before.metadata, 'namespace');
  keepOwn(metadata, before.metadata, 'creationTimestamp');
  keepOwn(metadata, before.metadata, 'deletionTimestamp');
  keepOwn(metadata, before.metadata, 'deletionGracePeriodSeconds');
  keepOwn(metadata, before.metadata, 'generation');
  keepShard(metadata, before.metadata);
  if (before.metadata.generation !== undefined && !sameContent(next, before)) {
    metadata.generation = before.metadata.generation + 1;
  }
  return next;
}

function statusUpdated(object: Whole, before: Whole): KubeObject {
  const metadata = { ...before.metadata };
  for (const field of ['labels', 'annotations'] as const) {
    const value = object.metadata[field];
    if (value === undefined) delete metadata[field];
    else metadata[field] = value;
  }
  keepShard(metadata, before.metadata);
  const next = { ...before, metadata };
  if (object.status === undefined) delete next.status;
  else next.status = object.status;
  return next;
}

function settle(next: KubeObject, before: KubeObject): WriteOutcome {
  const finalizers = next.metadata.finalizers ?? [];
  if (before.metadata.deletionTimestamp !== undefined && finalizers.length === 0) {
    return { kind: 'remove', last: next }; // W3
  }
  return sameJson(next, before) ? { kind: 'nothing', object: before } : { kind: 'put', object: next }; // W4
}

function deleted(
  write: Extract<Write, { op: 'delete' }>,
  key: ObjectKey,
  before: KubeObject | undefined,
  now: Time,
): WriteOutcome {
  if (before === undefined) return { kind: 'nothing', object: null };
  if (write.uid !== undefined && write.uid !== before.metadata.uid) {
    throw new SlipwayError(
      'conflict',
      'Conflict',
      `Operation cannot be fulfilled on ${key.resource} "${key.name}": ` +
        `the UID in the precondition (${write.uid}) differs from the UID in record (${before.metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (write.resourceVersion !== undefined && write.resourceVersion !== before.metadata.resourceVersion) {
    throw modifiedMeanwhile(key);
  }
  if ((before.metadata.finalizers ?? []).length === 0) return { kind: 'remove', last: before };
  if (before.metadata.deletionTimestamp !== undefined) return { kind: 'nothing', object: before };
  const metadata: ObjectMeta = { ...before.metadata, deletionTimestamp: now, deletionGracePeriodSeconds: 0 };
  if (metadata.generation !== undefined) metadata.generation += 1;
  return { kind: 'put', object: { ...before, metadata } }; // W3
}

function keepOwn<K extends keyof ObjectMeta>(next: ObjectMeta, before: ObjectMeta, field: K): void {
  if (before[field] === undefined) delete next[field];
  else next[field] = before[field];
}

/** W1: followers of one shard could not see an object leave it. */
function keepShard(next: ObjectMeta, before: ObjectMeta): void {
  const shard = before.labels?.[SHARD_LABEL];
  if (next.labels?.[SHARD_LABEL] === shard) return;
  next.labels = { ...next.labels };
  if (shard === undefined) delete next.labels[SHARD_LABEL];
  else next.labels[SHARD_LABEL] = shard;
}

/** Everything but metadata and status: what makes a new generation when it changes. */
function sameContent(next: Whole, before: Whole): boolean {
  return sameJson(contentOf(next), contentOf(before));
}

function contentOf(object: Whole): object {
  const content: Partial<Whole> = { ...object };
  delete content.metadata;
  delete content.status;
  return content;
}

function modifiedMeanwhile(key: ObjectKey): SlipwayError {
  return new SlipwayError(
    'conflict',
    'Conflict',
    `Operation cannot be fulfilled on ${key.resource} "${key.name}": ` +
      'the object has been modified; please apply your changes to the latest version and try again',
  );
}
