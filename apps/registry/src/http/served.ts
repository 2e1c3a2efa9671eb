// Which part of the API this registry serves: all of it, or what a cluster does not serve itself.

import { RESOURCE_KINDS, type ResourceKind } from '@slipway/contracts';

export interface Served {
  kinds: readonly ResourceKind[];
  /** Groups with their versions, preferred first. The core group is `''`. */
  groups: ReadonlyMap<string, readonly string[]>;
  /** Whether one may ask here what one may do. */
  hasReviews: boolean;
  /** Whether namespaces are objects of this API. */
  hasNamespaces: boolean;
}

/** The API of a platform without a cluster. */
export const WHOLE_API: Served = served(RESOURCE_KINDS, true);

/** Behind the API server of a cluster, whose own the core group and every group below `k8s.io` are. */
export const BESIDE_A_CLUSTER: Served = served(
  RESOURCE_KINDS.filter(({ group }) => group !== '' && !group.endsWith('.k8s.io')),
  false,
);

function served(kinds: readonly ResourceKind[], hasReviews: boolean): Served {
  const groups = new Map<string, string[]>();
  if (kinds.some(({ group }) => group === '')) groups.set('', ['v1']);
  for (const { group, versions } of kinds) {
    if (group === '') continue;
    const known = groups.get(group) ?? [];
    groups.set(group, [...known, ...versions.filter((version) => !known.includes(version))]);
  }
  if (hasReviews) groups.set('authentication.k8s.io', ['v1']).set('authorization.k8s.io', ['v1']);
  return { kinds, groups, hasReviews, hasNamespaces: kinds.some(({ plural }) => plural === 'namespaces') };
}
