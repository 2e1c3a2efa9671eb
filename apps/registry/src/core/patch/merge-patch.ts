// JSON Merge Patch (RFC 7386).

import { isObject, type Json, type JsonObject } from './json-value.js';

/** A new value; `target` and `patch` stay as they are. */
export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return structuredClone(patch);
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (value !== undefined)
      merged[key] = applyMergePatch(Object.hasOwn(merged, key) ? merged[key] : undefined, value);
  }
  return merged;
}
