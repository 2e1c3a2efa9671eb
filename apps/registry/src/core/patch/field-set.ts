// Sets of fields, as `managedFields` writes them (FieldsV1): who set what.

import { isObject, member, sameJson, without, type Json, type JsonObject } from './json-value.js';
import { listRule } from './list-rules.js';

/**
 * A tree whose paths are fields: `f:name` a member, `k:{"uid":"…"}` an entry of a list by key, `v:"…"` an entry of a
 * set, `.` the node itself where it has children too. A node without children is a leaf, and owned.
 */
export interface FieldSet {
  [step: string]: FieldSet;
}

/** Fields that everybody or nobody sets; nobody owns them. */
const UNOWNED = new Set([
  'apiVersion', 'kind', 'metadata.name', 'metadata.namespace', 'metadata.uid', 'metadata.resourceVersion',
  'metadata.generation', 'metadata.creationTimestamp', 'metadata.deletionTimestamp',
  'metadata.deletionGracePeriodSeconds', 'metadata.managedFields', 'metadata.selfLink', 'metadata.generateName',
]); // prettier-ignore

/** Every field that an object has. */
export function fieldsOf(object: JsonObject, kind: string): FieldSet {
  return fieldsAt(object, kind, []) ?? {};
}

/** Undefined: nothing of it can be owned. */
function fieldsAt(value: Json | undefined, kind: string, path: readonly string[]): FieldSet | undefined {
  if (isObject(value)) {
    const set: FieldSet = {};
    for (const [key, item] of Object.entries(value)) {
      const below = [...path, key];
      if (item === undefined || UNOWNED.has(below.join('.'))) continue;
      const fields = fieldsAt(item, kind, below);
      if (fields !== undefined) set[`f:${key}`] = fields;
    }
    const isNothing = path.length === 1 && path[0] === 'metadata' && Object.keys(set).length === 0;
    return isNothing ? undefined : set;
  }
  if (!Array.isArray(value)) return {};
  const rule = listRule(kind, path);
  if (rule.kind === 'atomic') return {};
  const set: FieldSet = {};
  for (const item of value) {
    if (rule.kind === 'set') set[`v:${JSON.stringify(item)}`] = {};
    else if (isObject(item)) {
      set[`k:${JSON.stringify({ [rule.key]: member(item, rule.key) ?? null })}`] = {
        '.': {},
        ...fieldsAt(item, kind, path),
      };
    }
  }
  return set;
}

/** The leaves of a set, each as its steps. */
export function leavesOf(set: FieldSet, above: readonly string[] = []): string[][] {
  return Object.entries(set).flatMap(([step, below]) =>
    Object.keys(below).length === 0 ? [[...above, step]] : leavesOf(below, [...above, step]),
  );
}

export function hasLeaf(set: FieldSet, steps: readonly string[]): boolean {
  let node: FieldSet | undefined = set;
  for (const step of steps) node = node !== undefined && Object.hasOwn(node, step) ? node[step] : undefined;
  return node !== undefined;
}

export function withLeaf(set: FieldSet, steps: readonly string[]): FieldSet {
  const [first, ...rest] = steps;
  if (first === undefined) return set;
  return { ...set, [first]: withLeaf(set[first] ?? {}, rest) };
}

/** The set without a leaf, and without the nodes that have nothing left below them; undefined: nothing left at all. */
export function withoutLeaf(set: FieldSet, steps: readonly string[]): FieldSet | undefined {
  const [first, ...rest] = steps;
  if (first === undefined || !Object.hasOwn(set, first)) return first === undefined ? undefined : set;
  const below = withoutLeaf(set[first]!, rest);
  const others = without(set, first);
  if (below !== undefined) return { ...others, [first]: below };
  return Object.keys(others).every((step) => step === '.') ? undefined : others;
}

/** The value that a leaf names; undefined: not there. */
export function valueAt(root: Json | undefined, steps: readonly string[]): Json | undefined {
  let value = root;
  for (const step of steps) {
    if (step === '.') continue;
    const text = step.slice(2);
    if (step.startsWith('f:')) value = isObject(value) ? member(value, text) : undefined;
    else value = Array.isArray(value) ? value.find((item) => isEntry(item, step)) : undefined;
  }
  return value;
}

/** A copy of the object without the field; containers that become empty by it go too. */
export function withoutField(root: Json, steps: readonly string[]): Json | undefined {
  const [step, ...rest] = steps.filter((one) => one !== '.');
  if (step === undefined) return undefined;
  if (step.startsWith('f:')) {
    const key = step.slice(2);
    if (!isObject(root) || !Object.hasOwn(root, key)) return root;
    const below = withoutField(root[key] ?? null, rest);
    const others = without(root, key);
    if (below !== undefined) return { ...others, [key]: below };
    return Object.keys(others).length === 0 ? undefined : others;
  }
  if (!Array.isArray(root)) return root;
  const items = root.flatMap((item) => {
    if (!isEntry(item, step)) return [item];
    const below = withoutField(item, rest);
    return below === undefined ? [] : [below];
  });
  return items.length === 0 ? undefined : items;
}

function isEntry(item: Json, step: string): boolean {
  const wanted = JSON.parse(step.slice(2)) as Json;
  if (step.startsWith('v:')) return sameJson(item, wanted);
  return (
    isObject(item) &&
    isObject(wanted) &&
    Object.entries(wanted).every(([key, value]) => sameJson(member(item, key) ?? null, value))
  );
}

/** `.spec.tasks`, `.metadata.finalizers[v:"x"]`: how conflicts name a field. */
export function fieldPath(steps: readonly string[]): string {
  return steps
    .filter((step) => step !== '.')
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`;
      if (step.startsWith('v:')) return `[=${step.slice(2)}]`;
      const [key, value] = Object.entries(JSON.parse(step.slice(2)) as Record<string, unknown>)[0] ?? [];
      return `[${key}=${JSON.stringify(value)}]`;
    })
    .join('');
}

/** Puts what `applied` has over `target`, lists by their rules. */
export function overlay(target: Json | undefined, applied: Json, kind: string, path: readonly string[] = []): Json {
  if (isObject(applied)) {
    const merged: JsonObject = isObject(target) ? { ...target } : {};
    for (const [key, item] of Object.entries(applied)) {
      if (item !== undefined) merged[key] = overlay(member(merged, key), item, kind, [...path, key]);
    }
    return merged;
  }
  const rule = Array.isArray(applied) ? listRule(kind, path) : undefined;
  if (!Array.isArray(applied) || rule === undefined || rule.kind === 'atomic') return applied;
  const merged: Json[] = Array.isArray(target) ? [...target] : [];
  for (const item of applied) {
    const at = merged.findIndex((old) =>
      rule.kind === 'set'
        ? sameJson(old, item)
        : isObject(old) && isObject(item) && sameJson(member(old, rule.key), member(item, rule.key)),
    );
    if (at < 0) merged.push(item);
    else if (rule.kind === 'map') merged[at] = overlay(merged[at], item, kind, path);
  }
  return merged;
}
