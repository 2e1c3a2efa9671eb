// What the registry's controllers on the bus have in common: requests as they come from outside, and pages that fit.

import { ANNOTATIONS, SlipwayError, type KubeObject } from '@slipway/contracts';
import type { StoredObject } from './object-store.js';

/** A page stays below the bus's message limit of 1 MiB, with room for one more object of usual size. Bytes. */
export const PAGE_BYTES = 700_000;

export function objectOf(stored: StoredObject): KubeObject {
  return JSON.parse(stored.text) as KubeObject;
}

/** What an object is, and nothing of what it holds: what kubectl noted of the last apply is a copy of it. */
export function headOf({ apiVersion, kind, metadata, ...rest }: KubeObject): KubeObject {
  const annotations = { ...metadata.annotations };
  delete annotations[ANNOTATIONS.lastApplied];
  const { type } = rest as { type?: string };
  return { apiVersion, kind, ...(type === undefined ? {} : { type }), metadata: { ...metadata, annotations } };
}

/** Errors: `invalid` unless each of the fields is a text. */
export function requireFields<T extends object>(request: T | null, fields: readonly (keyof T & string)[]): void {
  for (const field of fields) {
    if (typeof request?.[field] !== 'string') throw malformed(field);
  }
}

export function malformed(field: string): SlipwayError {
  return new SlipwayError(
    'invalid',
    'MalformedRequest',
    `The field "${field}" of the request is missing or of another type.`,
  );
}
