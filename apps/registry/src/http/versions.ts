// Stored objects as a client of one version sees them.

import type { KubeObject, ResourceKind } from '@slipway/contracts';
import { fromStorage, isStoredForm } from '../core/admission/convert.js';
import type { StoredObject } from '../io/object-store.js';

export function parseStored(stored: StoredObject): KubeObject {
  return JSON.parse(stored.text) as KubeObject;
}

export function inVersion(kind: ResourceKind, version: string, object: KubeObject): KubeObject {
  return isStoredForm(kind, version) ? object : fromStorage(kind, version, object);
}

/** The JSON of a stored object in a version; that of the stored form is there already. */
export function textInVersion(kind: ResourceKind, version: string, stored: StoredObject): string {
  return isStoredForm(kind, version) ? stored.text : JSON.stringify(inVersion(kind, version, parseStored(stored)));
}
