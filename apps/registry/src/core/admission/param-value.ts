// Values of params and results as Tekton reads them from JSON.

import type { ParamValue } from '@slipway/contracts';

/**
 * The value that Tekton makes of any JSON: a string, a list of strings or an object of strings stay what they are;
 * numbers, booleans and everything nested become their JSON text. `null` is the empty string, in lists too.
 */
export function paramValueOf(json: unknown): ParamValue {
  if (typeof json === 'string') return json;
  if (json === null || json === undefined) return '';
  if (Array.isArray(json) && json.every(isStringOrNull)) return json.map((item) => item ?? '');
  if (typeof json === 'object' && !Array.isArray(json) && Object.values(json).every(isStringOrNull)) {
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, (value as string | null) ?? '']));
  }
  return JSON.stringify(json);
}

function isStringOrNull(value: unknown): value is string | null {
  return typeof value === 'string' || value === null;
}
