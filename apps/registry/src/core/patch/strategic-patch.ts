// Strategic merge patch: a merge patch that merges the lists of core kinds by key, and knows directives.

import { SlipwayError } from '@slipway/contracts';
import { isObject, member, sameJson, type Json, type JsonObject } from './json-value.js';
import { listRule, type ListRule } from './list-rules.js';

const DIRECTIVE = '$patch';
const ORDER = '$setElementOrder/';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const RETAIN = '$retainKeys';

/**
 * Applies the patch to a copy of an object of the core kind `kind`.
 *
 * Errors: `invalid` for directives that cannot be read and for list entries without their merge key.
 */
export function applyStrategicPatch(kind: string, target: JsonObject, patch: Json): JsonObject {
  if (!isObject(patch)) throw malformed('it must be an object');
  return mergeObject(kind, [], target, patch) ?? {};
}

/** Undefined: the patch deletes the object. */
function mergeObject(
  kind: string,
  path: readonly string[],
  target: JsonObject,
  patch: JsonObject,
): JsonObject | undefined {
  const directive = member(patch, DIRECTIVE);
  if (directive === 'delete') return undefined;
  if (directive === 'replace') return plain(withoutDirectives(patch)) as JsonObject;
  if (directive !== undefined && directive !== 'merge')
    throw malformed(`unknown $patch type "${JSON.stringify(directive)}"`);

  const merged: JsonObject = structuredClone(target);
  const retained = member(patch, RETAIN);
  if (Array.isArray(retained)) {
    for (const key of Object.keys(merged)) if (!retained.includes(key)) delete merged[key];
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key === DIRECTIVE || key === RETAIN || key.startsWith(ORDER)) continue;
    if (key.startsWith(DELETE_FROM)) {
      removePrimitives(merged, key.slice(DELETE_FROM.length), value);
      continue;
    }
    const next = mergeMember(kind, [...path, key], member(merged, key), value, member(patch, DELETE_FROM + key));
    if (next === undefined || next === null) delete merged[key];
    else merged[key] = next;
  }
  for (const [key, order] of Object.entries(patch)) {
    if (key.startsWith(ORDER)) reorder(kind, path, merged, key.slice(ORDER.length), order);
  }
  return merged;
}

function mergeMember(
  kind: string,
  path: readonly string[],
  old: Json | undefined,
  patch: Json | undefined,
  deleted: Json | undefined,
): Json | undefined {
  if (patch === null || patch === undefined) return undefined;
  if (isObject(patch)) return mergeObject(kind, path, isObject(old) ? old : {}, patch);
  if (!Array.isArray(patch)) return patch;
  const rule = listRule(kind, path);
  if (rule.kind === 'atomic') return plain(patch);
  const current = Array.isArray(old) ? old : [];
  if (rule.kind === 'set') {
    const removed = Array.isArray(deleted) ? deleted : [];
    const kept = current.filter((item) => !removed.some((gone) => sameJson(gone, item)));
    return [...kept, ...patch.filter((item, i) => !kept.includes(item) && patch.indexOf(item) === i)];
  }
  return mergeList(kind, path, rule.key, current, patch);
}

function mergeList(kind: string, path: readonly string[], mergeKey: string, current: Json[], patch: Json[]): Json[] {
  if (patch.some((item) => isObject(item) && item[DIRECTIVE] === 'replace' && Object.keys(item).length === 1)) {
    return plain(patch.filter((item) => !(isObject(item) && item[DIRECTIVE] === 'replace'))) as Json[];
  }
  const merged: (Json | undefined)[] = [...current];
  for (const item of patch) {
    if (!isObject(item)) throw malformed(`"${path.join('.')}" holds an entry that is not an object`);
    const key = member(item, mergeKey);
    if (key === undefined)
      throw malformed(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
    const at = merged.findIndex((old) => isObject(old) && sameJson(member(old, mergeKey), key));
    const old = at < 0 ? undefined : merged[at];
    const next = mergeObject(kind, path, isObject(old) ? old : {}, item);
    if (at < 0) merged.push(next);
    else merged[at] = next;
  }
  return merged.filter((item) => item !== undefined);
}

function removePrimitives(object: JsonObject, key: string, removed: Json | undefined): void {
  const list = member(object, key);
  if (!Array.isArray(list) || !Array.isArray(removed)) return;
  object[key] = list.filter((item) => !removed.some((gone) => sameJson(gone, item)));
}

/** Entries that the order names come in that order, in the places they hold together; the rest stays before what it was before. */
function reorder(
  kind: string,
  path: readonly string[],
  object: JsonObject,
  key: string,
  order: Json | undefined,
): void {
  const list = member(object, key);
  if (!Array.isArray(list) || !Array.isArray(order)) return;
  const rule: ListRule = listRule(kind, [...path, key]);
  const identity = (item: Json | undefined): string =>
    JSON.stringify(rule.kind === 'map' && isObject(item) ? (member(item, rule.key) ?? null) : item);
  const wanted = order.map(identity);
  const rank = (item: Json): number => wanted.indexOf(identity(item));
  const ordered = list.filter((item) => rank(item) >= 0).sort((a, b) => rank(a) - rank(b));
  const others = list.filter((item) => rank(item) < 0);
  object[key] = [...ordered, ...others];
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
}

/** A copy without directives at any depth, for parts of a patch that become new content as they are. */
function plain(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.filter((item) => !(isObject(item) && item[DIRECTIVE] === 'delete')).map(plain);
  if (!isObject(value)) return value ?? null;
  return Object.fromEntries(Object.entries(withoutDirectives(value)).map(([key, item]) => [key, plain(item)]));
}

function malformed(why: string): SlipwayError {
  return new SlipwayError('invalid', 'BadRequest', `invalid strategic merge patch: ${why}`);
}
