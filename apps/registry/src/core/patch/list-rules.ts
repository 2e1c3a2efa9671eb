// How lists of served kinds merge: by key, as sets, or not at all. Strategic patches and server-side apply follow it.
// Source: `patchMergeKey`, `listType` and `listMapKey` in k8s.io/api/core/v1 and Tekton's CRDs, where every list is atomic.

export type ListRule = { kind: 'map'; key: string } | { kind: 'set' } | { kind: 'atomic' };

const ATOMIC: ListRule = { kind: 'atomic' };

const COMMON: Record<string, ListRule> = {
  'metadata.ownerReferences': { kind: 'map', key: 'uid' },
  'metadata.finalizers': { kind: 'set' },
};

const BY_KIND: Record<string, Record<string, ListRule>> = {
  Namespace: { 'status.conditions': { kind: 'map', key: 'type' } },
  ServiceAccount: { secrets: { kind: 'map', key: 'name' }, imagePullSecrets: { kind: 'map', key: 'name' } },
  PersistentVolumeClaim: { 'status.conditions': { kind: 'map', key: 'type' } },
};

/** The rule of the list at `path` of a kind; `path` has the member names only, no indexes. */
export function listRule(kind: string, path: readonly string[]): ListRule {
  const dotted = path.join('.');
  return COMMON[dotted] ?? BY_KIND[kind]?.[dotted] ?? ATOMIC;
}
