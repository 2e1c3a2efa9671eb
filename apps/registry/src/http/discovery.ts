// What is served: the legacy and the aggregated discovery documents.

import { apiVersionOf, type ResourceKind } from '@slipway/contracts';
import type { Served } from './served.js';

interface Resource {
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
const REVIEWS: Record<string, Resource[]> = {
  'authorization.k8s.io/v1': [
    review('selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
    review('selfsubjectrulesreviews', 'SelfSubjectRulesReview'),
  ],
  'authentication.k8s.io/v1': [review('selfsubjectreviews', 'SelfSubjectReview')],
};

function review(name: string, kind: string): Resource {
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

function resourcesOf(served: Served, group: string, version: string): Resource[] {
  const reviews = served.hasReviews ? REVIEWS[`${group}/${version}`] : undefined;
  if (reviews !== undefined) return reviews;
  return served.kinds
    .filter((kind) => kind.group === group && kind.versions.includes(version))
    .map((kind) => ({
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

function subresources(kind: ResourceKind, version: string): Resource['subresources'] {
  const of = (name: string, verbs: string[]): Resource['subresources'][number] => ({
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
export function apiGroupList(served: Served): object {
  const groups = [...served.groups.keys()].filter((group) => group !== '').map((group) => groupBody(served, group));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** `GET /apis/<group>`; undefined: not served. */
export function apiGroup(served: Served, group: string): object | undefined {
  if (!served.groups.has(group) || group === '') return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(served, group) };
}

function groupBody(served: Served, group: string): object {
  const versions = (served.groups.get(group) ?? []).map((version) => ({
    groupVersion: `${group}/${version}`,
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

/** `GET /api/v1` or `GET /apis/<group>/<version>`; undefined: not served. */
export function apiResourceList(served: Served, group: string, version: string): object | undefined {
  if (served.groups.get(group)?.includes(version) !== true) return undefined;
  const resources = resourcesOf(served, group, version).flatMap((resource) => [
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
export function aggregated(served: Served, root: 'api' | 'apis', version: 'v2' | 'v2beta1'): object {
  const groups = [...served.groups].filter(([group]) => (group === '') === (root === 'api'));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(([group, versions]) => ({
      metadata: { name: group, creationTimestamp: null },
      versions: versions.map((one) => aggregatedVersion(served, group, one)),
    })),
  };
}

function aggregatedVersion(served: Served, group: string, version: string): object {
  return {
    version,
    freshness: 'Current',
    resources: resourcesOf(served, group, version).map((resource) => ({
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
