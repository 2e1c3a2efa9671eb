// JSON Patch (RFC 6902), with one leniency that tkn needs: `replace` of `/spec/status` where nothing is yet.

import { SlipwayError } from '@slipway/contracts';
import { isObject, sameJson, type Json, type JsonObject } from './json-value.js';

interface Operation {
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  path: string;
  from?: string;
  value?: Json;
}

/** Kubernetes' own limit: each operation may copy the document. */
const MAX_OPERATIONS = 10_000;
/** `copy` may double a document per operation; this bounds the sum of what is copied, in characters of JSON. */
const MAX_COPIED = 3 * 1024 * 1024;
/** Where `replace` may create the member: clients cancel a run by it, and Tekton's webhook always had the field. */
const REPLACE_CREATES = new Set(['/spec/status']);

/**
 * Applies a patch to a copy of `document`.
 *
 * Errors: SlipwayError('invalid', 'BadRequest') for what is no patch, ('invalid', 'Invalid') for one that does not apply,
 * a failed `test` included; all as the API server words them.
 */
export function applyJsonPatch(document: Json, patch: unknown): Json {
  const operations = parsePatch(patch);
  const root: { value: Json } = { value: structuredClone(document) };
  let copied = 0;
  operations.forEach((operation, index) => {
    copied += operation.op === 'copy' ? JSON.stringify(lookUp(root.value, pointer(operation.from!), index)).length : 0;
    if (copied > MAX_COPIED) throw doesNotApply(index, 'the copies are too large');
    apply(root, operation, index);
  });
  return root.value;
}

function parsePatch(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) throw malformed('it must be a list of operations');
  if (patch.length > MAX_OPERATIONS) {
    throw new SlipwayError(
      'too-large',
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  return patch.map((entry: unknown, index) => {
    if (!isObject(entry)) throw malformed(`operation ${index} is not an object`);
    const { op, path, from } = entry;
    if (typeof op !== 'string' || !OPERATIONS.has(op)) throw malformed(`operation ${index} has no known "op"`);
    if (typeof path !== 'string') throw malformed(`operation ${index} has no "path"`);
    if ((op === 'move' || op === 'copy') && typeof from !== 'string')
      throw malformed(`operation ${index} has no "from"`);
    if ((op === 'add' || op === 'replace' || op === 'test') && entry['value'] === undefined) {
      throw malformed(`operation ${index} has no "value"`);
    }
    return entry as unknown as Operation;
  });
}

const OPERATIONS = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

function apply(root: { value: Json }, operation: Operation, index: number): void {
  const path = pointer(operation.path);
  switch (operation.op) {
    case 'add':
      return add(root, path, structuredClone(operation.value!), index);
    case 'remove':
      remove(root, path, index);
      return;
    case 'replace':
      if (!REPLACE_CREATES.has(operation.path)) lookUp(root.value, path, index);
      return replace(root, path, structuredClone(operation.value!), index);
    case 'move': {
      const from = pointer(operation.from!);
      if (isInside(from, path)) throw doesNotApply(index, `cannot move "${operation.from}" into itself`);
      return add(root, path, remove(root, from, index), index);
    }
    case 'copy':
      return add(root, path, structuredClone(lookUp(root.value, pointer(operation.from!), index)), index);
    case 'test':
      if (sameJson(lookUpOrNull(root.value, path), operation.value)) return;
      throw doesNotApply(index, `testing path ${operation.path} failed`);
  }
}

function isInside(outer: readonly string[], inner: readonly string[]): boolean {
  return outer.length < inner.length && outer.every((key, i) => key === inner[i]);
}

function pointer(text: string): string[] {
  if (text === '') return [];
  if (!text.startsWith('/')) throw malformed(`the path "${text}" does not begin with "/"`);
  const keys = text
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (keys.includes('__proto__')) throw malformed('a path has the member "__proto__"');
  return keys;
}

function lookUp(root: Json, path: readonly string[], index: number): Json {
  let value: Json | undefined = root;
  for (const key of path) value = child(value, key);
  if (value === undefined) throw doesNotApply(index, `the path "/${path.join('/')}" does not exist`);
  return value;
}

/** As `lookUp`, but what is missing is null: RFC 6902's `test` of null on nothing passes in the API server's library. */
function lookUpOrNull(root: Json, path: readonly string[]): Json {
  let value: Json | undefined = root;
  for (const key of path) value = child(value, key);
  return value ?? null;
}

function child(value: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(key) ? value[Number(key)] : undefined;
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function add(root: { value: Json }, path: readonly string[], value: Json, index: number): void {
  if (path.length === 0) {
    root.value = value;
    return;
  }
  const key = path[path.length - 1]!;
  const parent = lookUp(root.value, path.slice(0, -1), index);
  if (Array.isArray(parent)) {
    const at = key === '-' ? parent.length : /^(0|[1-9]\d*)$/.test(key) ? Number(key) : -1;
    if (at < 0 || at > parent.length) throw doesNotApply(index, `"${key}" is no index of the list`);
    parent.splice(at, 0, value);
  } else if (isObject(parent)) {
    parent[key] = value;
  } else {
    throw doesNotApply(index, `"/${path.slice(0, -1).join('/')}" is neither an object nor a list`);
  }
}

function replace(root: { value: Json }, path: readonly string[], value: Json, index: number): void {
  if (path.length === 0) {
    root.value = value;
    return;
  }
  const parent = lookUp(root.value, path.slice(0, -1), index);
  const key = path[path.length - 1]!;
  if (Array.isArray(parent)) parent[Number(key)] = value;
  else (parent as JsonObject)[key] = value;
}

function remove(root: { value: Json }, path: readonly string[], index: number): Json {
  if (path.length === 0) throw doesNotApply(index, 'the whole document cannot be removed');
  const removed = lookUp(root.value, path, index);
  const parent = lookUp(root.value, path.slice(0, -1), index);
  const key = path[path.length - 1]!;
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete (parent as JsonObject)[key];
  return removed;
}

function malformed(why: string): SlipwayError {
  return new SlipwayError('invalid', 'BadRequest', `error decoding patch: ${why}`);
}

function doesNotApply(index: number, why: string): SlipwayError {
  return new SlipwayError(
    'invalid',
    'Invalid',
    `the server rejected our request due to an error in our request: operation ${index}: ${why}`,
  );
}
