// Names: what a name may look like, and the names that follow from other names.

import { SHARD_LABEL, type ObjectMeta } from './kube.js';
import { md5Hex } from './md5.js';

const NAME_MAX = 63;
/** What is left of a name beside an md5 in hex. */
const KEPT = NAME_MAX - 32;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export function isDnsLabel(name: string): boolean {
  return DNS_LABEL.test(name);
}

export function isDnsSubdomain(name: string): boolean {
  return name.length <= 253 && DNS_SUBDOMAIN.test(name);
}

/**
 * The name of a child object, at most 63 characters: parent and suffix, with a hash for what does not fit.
 *
 * Source: knative.dev/pkg kmeta.ChildName, so that names equal those of Tekton.
 */
export function childName(parent: string, suffix: string): string {
  if (parent.length <= NAME_MAX - suffix.length) return parent + suffix;
  if (suffix.length < KEPT) return parent.slice(0, KEPT - suffix.length) + md5Hex(parent) + suffix;
  const hashed = parent.slice(0, KEPT) + md5Hex(parent + suffix);
  return (hashed + suffix.slice(0, NAME_MAX - hashed.length)).replace(/[^a-zA-Z0-9]+$/, '');
}

export const SHARD_COUNT = 64;

/**
 * The shard of a run and of all it makes: a number in [0, 64).
 *
 * FNV-1a over `namespace/name` of the root run: stable across releases, because it is stored as a label.
 */
export function shardOf(namespace: string, rootName: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${namespace}/${rootName}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash % SHARD_COUNT;
}

/**
 * The shard of any object: its shard label where it has one, else its own name's. Decided when it is created; the store
 * keeps the label from changing.
 */
export function shardOfObject(metadata: Pick<ObjectMeta, 'name' | 'namespace' | 'labels'>): number {
  const label = metadata.labels?.[SHARD_LABEL];
  if (label !== undefined && /^\d{1,4}$/.test(label) && Number(label) < SHARD_COUNT) return Number(label);
  return shardOf(metadata.namespace ?? '', metadata.name);
}

/**
 * A name as one token of a NATS subject: letters, digits, `-` and `_` stay, every other byte becomes `=XX`.
 * Injective, so no two names share a subject, and none can bring `.`, `*`, `>` or white space with it.
 */
export function subjectToken(name: string): string {
  if (name === '') return '=';
  let token = '';
  for (const byte of new TextEncoder().encode(name)) {
    const char = String.fromCharCode(byte);
    token += /[A-Za-z0-9_-]/.test(char) ? char : `=${byte.toString(16).padStart(2, '0')}`;
  }
  return token;
}

/** A short suffix (hex digits) that follows from the text: for names that must be the same when they are made again. */
export function stableSuffix(text: string, length = 5): string {
  return md5Hex(text).slice(0, length);
}
