// What is served: the legacy and the aggregated discovery documents, both from RESOURCE_KINDS.

import { RESOURCE_KINDS, apiVersionOf, type ResourceKind } from '@slipway/contracts';

interface Served {
  name: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
  shortNames: readonly string[];
  categories: readonly string[];
  subresources: readonly { name: string; kind: string; group: string; version: string; verbs: readonly string[] }[];
}

const READ = ['get', 'list', 'watch'];
const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const SERVICE_MADE_VERBS = ['delete', 'deletecollection', ...READ];

/** Resources that are answered, not stored. */
const REVIEWS: Record<string, Served[]> = {
  'authorization.k8s.io/v1': [
    review('selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
    review('selfsubjectrulesreviews', 'SelfSubjectRulesReview'),
  ],
  'authentication.k8s.io/v1': [review('selfsubjectreviews', 'SelfSubjectReview')],
};

function review(name: string, kind: string): Served {
  return {
    name,
    singular: kind.toLowerCase(),
    kind,
    namespaced: false,
    verbs: ['create'],
    shortNames: [],
    categories: [],
    subresources: [],
  };
}

/** Served groups with their versions, preferred first. The core group is `''`. */
export const GROUPS: ReadonlyMap<string, readonly string[]> = new Map([
  ['', ['v1']],
  ...groupVersions(),
  ['authentication.k8s.io', ['v1']],
  ['authorization.k8s.io', ['v1']],
]);

function groupVersions(): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const { group, versions } of RESOURCE_KINDS) {
    if (group === '') continue;
    const known = groups.get(group) ?? [];
    groups.set(group, [...known, ...versions.filter((version) => !known.includes(version))]);
  }
  return [...groups];
}

function served(group: string, version: string): Served[] {
  const reviews = REVIEWS[`${group}/${version}`];
  if (reviews !== undefined) return reviews;
  return RESOURCE_KINDS.filter((kind) => kind.group === group && kind.versions.includes(version)).map((kind) => ({
    name: kind.plural,
    singular: kind.singular,
    kind: kind.kind,
    namespaced: kind.namespaced,
    verbs: kind.createdByServices === true ? SERVICE_MADE_VERBS : ALL_VERBS,
    shortNames: kind.shortNames,
    categories: kind.categories,
    subresources: subresources(kind, version),
  }));
}

function subresources(kind: ResourceKind, version: string): Served['subresources'] {
  const of = (name: string, verbs: string[]): Served['subresources'][number] => ({
    name,
    kind: kind.kind,
    group: kind.group,
    version,
    verbs,
  });
  if (kind.createdByServices === true) return kind.plural === 'pods' ? [of('log', ['get'])] : [];
  return kind.statusSubresource || kind.plural === 'namespaces' ? [of('status', ['get', 'patch', 'update'])] : [];
}

/** `GET /api`. */
export function apiVersions(): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [],
  };
}

/** `GET /apis`. */
export function apiGroupList(): object {
  const groups = [...GROUPS.keys()].filter((group) => group !== '').map((group) => groupBody(group));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** `GET /apis/<group>`; undefined: not served. */
export function apiGroup(group: string): object | undefined {
  return GROUPS.has(group) && group !== '' ? { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group) } : undefined;
}

function groupBody(group: string): object {
  const versions = (GROUPS.get(group) ?? []).map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions, preferredVersion: versions[0] };
}

/** `GET /api/v1` or `GET /apis/<group>/<version>`; undefined: not served. */
export function apiResourceList(group: string, version: string): object | undefined {
  if (GROUPS.get(group)?.includes(version) !== true) return undefined;
  const resources = served(group, version).flatMap((resource) => [
    {
      name: resource.name,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      kind: resource.kind,
      verbs: resource.verbs,
      ...(resource.shortNames.length === 0 ? {} : { shortNames: resource.shortNames }),
      ...(resource.categories.length === 0 ? {} : { categories: resource.categories }),
    },
    ...resource.subresources.map((sub) => ({
      name: `${resource.name}/${sub.name}`,
      singularName: '',
      namespaced: resource.namespaced,
      kind: sub.kind,
      verbs: sub.verbs,
    })),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf({ group }, version), resources };
}

/** `GET /api` or `/apis` in the aggregated form; `version` is that of the document. */
export function aggregated(root: 'api' | 'apis', version: 'v2' | 'v2beta1'): object {
  const groups = [...GROUPS].filter(([group]) => (group === '') === (root === 'api'));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(([group, versions]) => ({
      metadata: { name: group, creationTimestamp: null },
      versions: versions.map((served) => aggregatedVersion(group, served)),
    })),
  };
}

function aggregatedVersion(group: string, version: string): object {
  return {
    version,
    freshness: 'Current',
    resources: served(group, version).map((resource) => ({
      resource: resource.name,
      responseKind: { group, version, kind: resource.kind },
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: resource.singular,
      verbs: resource.verbs,
      ...(resource.shortNames.length === 0 ? {} : { shortNames: resource.shortNames }),
      ...(resource.categories.length === 0 ? {} : { categories: resource.categories }),
      ...(resource.subresources.length === 0
        ? {}
        : {
            subresources: resource.subresources.map((sub) => ({
              subresource: sub.name,
              responseKind: { group: sub.group, version: sub.version, kind: sub.kind },
              verbs: sub.verbs,
            })),
          }),
    })),
  };
}
