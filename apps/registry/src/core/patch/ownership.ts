// Server-side apply: who owns which field, what an apply changes, and when two appliers are in each other's way.
//
// Fields are tracked from an object's first apply on; before that nobody pays for it. Lists without a merge key are one
// field, as in Tekton's CRDs. Source: structured-merge-diff's rules, by behaviour.

import { SlipwayError, timeOf, type KubeObject } from '@slipway/contracts';
import {
  fieldPath,
  fieldsOf,
  hasLeaf,
  leavesOf,
  overlay,
  valueAt,
  withLeaf,
  withoutField,
  withoutLeaf,
  type FieldSet,
} from './field-set.js';
import { sameJson, without, type Json, type JsonObject } from './json-value.js';

export interface Manager {
  name: string;
  operation: 'Apply' | 'Update';
  /** Empty: the object itself. */
  subresource: string;
}

/** One entry of `metadata.managedFields`. */
export interface ManagedFields {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time: string;
  fieldsType: 'FieldsV1';
  fieldsV1: FieldSet;
  subresource?: string;
}

/** Who owned an object's fields before anybody applied it. */
const BEFORE_FIRST_APPLY = 'before-first-apply';

/**
 * The object after `manager` applied `applied`, both in the storage version.
 *
 * Errors: `conflict` with one cause for each field that another manager has set to something else, unless forced.
 */
export function ownershipAfterApply(
  applied: KubeObject,
  old: KubeObject | undefined,
  manager: Manager,
  isForced: boolean,
  nowMs: number,
): { merged: KubeObject; managedFields: ManagedFields[] } {
  const fields = fieldsOf(plain(applied), applied.kind);
  if (old === undefined) return { merged: applied, managedFields: [entryOf(manager, applied, fields, nowMs)] };

  const entries = entriesOf(old) ?? [beforeFirstApply(old)];
  const mine = entries.find((entry) => isOf(entry, manager));
  const others = entries.filter((entry) => !isOf(entry, manager));
  const changed = leavesOf(fields).filter(
    (leaf) => !sameJson(valueAt(plain(applied), leaf), valueAt(plain(old), leaf)),
  );
  const conflicts = others.flatMap((entry) =>
    changed.filter((leaf) => hasLeaf(entry.fieldsV1, leaf)).map((leaf) => ({ entry, leaf })),
  );
  if (conflicts.length > 0 && !isForced) throw conflict(conflicts);

  const left = others.flatMap((entry) => withoutLeaves(entry, changed));
  let merged: Json = overlay(plain(old), plain(applied), old.kind);
  for (const leaf of leavesOf(mine?.fieldsV1 ?? {})) {
    const isHeld = hasLeaf(fields, leaf) || left.some((entry) => hasLeaf(entry.fieldsV1, leaf));
    if (!isHeld) merged = withoutField(merged, leaf) ?? {};
  }
  const isSame = mine !== undefined && sameJson(mine.fieldsV1, fields);
  const entry = isSame ? { ...mine, apiVersion: applied.apiVersion } : entryOf(manager, applied, fields, nowMs);
  return { merged: merged as unknown as KubeObject, managedFields: [...left, entry] };
}

/** `next` with the ownership that follows from an ordinary write over `old`; what the client says of it is ignored. */
export function ownershipAfterUpdate(next: KubeObject, old: KubeObject, manager: Manager, nowMs: number): KubeObject {
  const entries = entriesOf(old);
  const metadata = without(next.metadata, 'managedFields');
  if (entries === undefined) return { ...next, metadata };
  const [before, after] = [plain(old), plain(next)];
  const set = leavesOf(fieldsOf(after, next.kind)).filter(
    (leaf) => !sameJson(valueAt(before, leaf), valueAt(after, leaf)),
  );
  const removed = leavesOf(fieldsOf(before, old.kind)).filter((leaf) => valueAt(after, leaf) === undefined);
  if (set.length === 0 && removed.length === 0) return { ...next, metadata: { ...metadata, managedFields: entries } };
  const mine = entries.find((entry) => isOf(entry, manager));
  const left = entries.filter((entry) => entry !== mine).flatMap((entry) => withoutLeaves(entry, [...set, ...removed]));
  const kept = mine === undefined ? [] : withoutLeaves(mine, removed);
  const fields = set.reduce(withLeaf, kept[0]?.fieldsV1 ?? {});
  const own = Object.keys(fields).length === 0 ? [] : [entryOf(manager, next, fields, nowMs)];
  return { ...next, metadata: { ...metadata, managedFields: [...left, ...own] } };
}

function entriesOf(object: KubeObject): ManagedFields[] | undefined {
  const entries = object.metadata.managedFields as ManagedFields[] | undefined;
  return entries === undefined || entries.length === 0 ? undefined : entries;
}

function isOf(entry: ManagedFields, manager: Manager): boolean {
  return (
    entry.manager === manager.name &&
    entry.operation === manager.operation &&
    (entry.subresource ?? '') === manager.subresource
  );
}

function entryOf(manager: Manager, object: KubeObject, fieldsV1: FieldSet, nowMs: number): ManagedFields {
  return {
    manager: manager.name,
    operation: manager.operation,
    apiVersion: object.apiVersion,
    time: timeOf(nowMs),
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
  };
}

function beforeFirstApply(old: KubeObject): ManagedFields {
  return {
    manager: BEFORE_FIRST_APPLY,
    operation: 'Update',
    apiVersion: old.apiVersion,
    time: old.metadata.creationTimestamp ?? timeOf(0),
    fieldsType: 'FieldsV1',
    fieldsV1: fieldsOf(plain(old), old.kind),
  };
}

/** The entry without the leaves, in a list that is empty when nothing is left of it. */
function withoutLeaves(entry: ManagedFields, leaves: readonly string[][]): ManagedFields[] {
  let fields: FieldSet | undefined = entry.fieldsV1;
  for (const leaf of leaves) fields = fields === undefined ? undefined : withoutLeaf(fields, leaf);
  return fields === undefined || Object.keys(fields).length === 0 ? [] : [{ ...entry, fieldsV1: fields }];
}

function conflict(conflicts: readonly { entry: ManagedFields; leaf: string[] }[]): SlipwayError {
  const problems = conflicts.map(({ entry, leaf }) => ({
    field: fieldPath(leaf),
    reason: 'FieldManagerConflict',
    message: `conflict with "${entry.manager}"${entry.operation === 'Update' ? ` using ${entry.apiVersion}` : ''}`,
  }));
  const [first] = problems;
  const many = problems.length > 1;
  const where = many
    ? problems.map(({ field, message }) => `${message}: ${field}`).join(', ')
    : `${first!.message}: ${first!.field}`;
  return new SlipwayError(
    'conflict',
    'ApplyConflict',
    `Apply failed with ${problems.length} conflict${many ? 's' : ''}: ${where}`,
    { problems },
  );
}

function plain(object: KubeObject): JsonObject {
  return object as unknown as JsonObject;
}
