// What a request asks for: method and path as verb, resource, namespace, name and subresource (Kubernetes' RequestInfo).

import { SlipwayError, type ResourceKind } from '@slipway/contracts';
import type { Served } from './served.js';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export interface ResourceTarget {
  kind: 'resource';
  verb: Verb;
  group: string;
  version: string;
  /** Plural, as in the path. */
  resource: string;
  /** Empty: none. */
  subresource: string;
  /** Empty: cluster scope, or all namespaces. */
  namespace: string;
  /** Empty: the collection. */
  name: string;
  /** Undefined: a resource that is not stored, such as a review, or one that is not served here. */
  stored: ResourceKind | undefined;
}

export type Target =
  | ResourceTarget
  /** `/api`, `/apis`, `/apis/<group>`, `/api/v1`, `/apis/<group>/<version>`. */
  | { kind: 'discovery'; root: 'api' | 'apis'; group?: string; version?: string }
  | { kind: 'openapi'; path: string }
  | { kind: 'unknown' };

/** Reads a request line. Errors: `invalid` for a path that is not URL-encoded; an unknown path is `{kind: 'unknown'}`. */
export function targetOf(served: Served, method: string, path: string, query: URLSearchParams): Target {
  const [root = '', ...rest] = segmentsOf(path);
  if (root === 'openapi') return { kind: 'openapi', path: rest.join('/') };
  if (root === 'api')
    return rest.length === 0 ? { kind: 'discovery', root } : versioned(served, '', rest, method, query);
  if (root !== 'apis') return { kind: 'unknown' };
  const [group, ...below] = rest;
  if (group === undefined) return { kind: 'discovery', root };
  return below.length === 0 ? { kind: 'discovery', root, group } : versioned(served, group, below, method, query);
}

function segmentsOf(path: string): string[] {
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
  } catch {
    throw new SlipwayError('invalid', 'BadRequest', 'The path of the request is not valid URL encoding.');
  }
}

function versioned(served: Served, group: string, segments: string[], method: string, query: URLSearchParams): Target {
  const [version = '', ...rest] = segments;
  if (rest.length === 0) return { kind: 'discovery', root: group === '' ? 'api' : 'apis', group, version };
  const scoped = rest[0] === 'namespaces' && rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(rest[2]!);
  // As in Kubernetes, the namespace of a Namespace is itself: who may use `team-a` may see that it is there.
  const [resource = '', name = '', ...below] = scoped ? rest.slice(2) : rest;
  if (below.length > 1) return { kind: 'unknown' };
  const subresource = below[0] ?? '';
  const verb = verbOf(method, name, query);
  if (verb === undefined) return { kind: 'unknown' };
  const namespace = scoped ? rest[1]! : group === '' && resource === 'namespaces' ? name : '';
  return {
    kind: 'resource',
    verb,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
    stored: served.kinds.find((kind) => kind.group === group && kind.plural === resource),
  };
}

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

function verbOf(method: string, name: string, query: URLSearchParams): Verb | undefined {
  const watch = ['true', '1', ''].includes(query.get('watch') ?? 'false');
  switch (method) {
    case 'GET':
    case 'HEAD':
      return watch ? 'watch' : name === '' ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}
