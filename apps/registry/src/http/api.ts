// From a request that may be answered to its answer: the handler of what is asked for.

import { SlipwayError, type ResourceKind } from '@slipway/contracts';
import type { AdmissionLimits } from '../core/admission/limits.js';
import type { Garbage } from '../io/garbage.js';
import type { LogReader } from '../io/logs.js';
import type { Namespaces } from '../io/namespaces.js';
import type { ObjectStore } from '../io/object-store.js';
import type { WatchCache } from '../io/watch-cache.js';
import { aggregatedDiscovery, negotiate } from './accept.js';
import type { Authorize } from './authorization.js';
import { parseBody } from './body.js';
import { createObject } from './create.js';
import { deleteCollection, deleteObject } from './delete.js';
import { aggregated, apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery.js';
import { value, type Answer, type ApiRequest } from './exchange.js';
import { openApi } from './openapi.js';
import { podLogs } from './pod-logs.js';
import { getObject, listObjects } from './read.js';
import { includeObjectOf, type View } from './render.js';
import type { ResourceTarget, Target, Verb } from './request-target.js';
import { answerReview } from './reviews.js';
import type { Served } from './served.js';
import type { Subject } from './status.js';
import { patchObject, updateObject } from './update.js';
import { watchObjects } from './watch.js';

export interface ApiPorts {
  served: Served;
  authorize: Authorize;
  store: ObjectStore;
  namespaces: Namespaces;
  cache: WatchCache;
  garbage: Garbage;
  logs: LogReader;
  nowMs: () => number;
  limits: AdmissionLimits;
}

type Handler = (ports: ApiPorts, target: ResourceTarget, view: View, request: ApiRequest) => Promise<Answer>;

// prettier-ignore
const HANDLERS: Record<Verb, Handler> = {
  get: ({ store }, target, view) => getObject(store, target, view),
  list: ({ store }, target, view, request) => listObjects(store, target, view, request),
  watch: ({ store, cache }, target, view, request) => watchObjects(store, cache, target, view, request),
  create: ({ store, namespaces }, target, view, request) => createObject(store, namespaces, target, view, request),
  update: ({ store }, target, view, request) => updateObject(store, target, view, request),
  patch: ({ store, namespaces, authorize }, target, view, request) => patchObject(store, { namespaces, authorize }, target, view, request),
  delete: ({ store, garbage }, target, view, request) => deleteObject(store, garbage, target, view, request),
  deletecollection: ({ store, garbage }, target, view, request) => deleteCollection(store, garbage, target, view, request),
};

/** Verbs that a subresource other than the object itself has. */
const STATUS_VERBS: readonly Verb[] = ['get', 'update', 'patch'];

/** What errors about the target name. */
export function subjectOf(target: Target): Subject | undefined {
  if (target.kind !== 'resource') return undefined;
  return { resource: target.resource, group: target.group, kind: target.stored?.kind ?? '', name: target.name };
}

/** Errors: SlipwayError of every kind; the caller makes a Status of it with `subjectOf(target)`. */
export async function answer(ports: ApiPorts, target: Target, request: ApiRequest): Promise<Answer> {
  switch (target.kind) {
    case 'discovery':
      return discovery(ports.served, target, request);
    case 'openapi':
      return openApi(ports.served, target.path, request) ?? absent();
    case 'resource':
      return resource(ports, target, request);
    case 'unknown':
      throw noSuchResource();
  }
}

function resource(ports: ApiPorts, target: ResourceTarget, request: ApiRequest): Promise<Answer> {
  const { stored: kind, subresource, verb, version, namespace, name } = target;
  if (kind === undefined) {
    if (!ports.served.hasReviews) throw noSuchResource();
    return Promise.resolve(review(target, request));
  }
  if (!kind.versions.includes(version)) throw noSuchResource();
  if (kind.namespaced ? namespace === '' && name !== '' : namespace !== '' && kind.plural !== 'namespaces')
    throw noSuchResource();
  if (subresource === 'log' && kind.plural === 'pods' && kind.group === '' && verb === 'get') {
    return podLogs(ports.store, ports.logs, target, request, ports.nowMs());
  }
  if (subresource !== '' && !(subresource === 'status' && hasStatus(kind))) throw noSuchResource();
  if (subresource === 'status' && !STATUS_VERBS.includes(verb)) throw methodNotAllowed();
  if ((verb === 'create' && name !== '') || ((verb === 'update' || verb === 'patch') && name === ''))
    throw methodNotAllowed();
  const view: View = {
    kind,
    version,
    form: negotiate(request.headers.accept),
    includeObject: includeObjectOf(request.query),
    nowMs: ports.nowMs(),
    limits: ports.limits,
  };
  return HANDLERS[verb](ports, target, view, request);
}

function hasStatus(kind: ResourceKind): boolean {
  return kind.statusSubresource || kind.plural === 'namespaces';
}

function review(target: ResourceTarget, request: ApiRequest): Answer {
  const path = `${target.group}/${target.version}/${target.resource}`;
  if (target.verb !== 'create' || target.name !== '') throw noSuchResource();
  const body = parseBody(request.headers['content-type'], request.body);
  const answered = answerReview(path, request.user, body.value);
  if (answered === undefined) throw noSuchResource();
  return value(201, answered);
}

function discovery(served: Served, target: Extract<Target, { kind: 'discovery' }>, request: ApiRequest): Answer {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  const { root, group, version } = target;
  if (group === undefined) {
    const form = aggregatedDiscovery(request.headers.accept);
    if (form === undefined) return value(200, root === 'api' ? apiVersions() : apiGroupList(served));
    const contentType = `application/json;g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`;
    return { kind: 'value', status: 200, value: aggregated(served, root, form), contentType };
  }
  const document = version === undefined ? apiGroup(served, group) : apiResourceList(served, group, version);
  if (document === undefined) throw noSuchResource();
  return value(200, document);
}

function absent(): never {
  throw noSuchResource();
}

function noSuchResource(): SlipwayError {
  return new SlipwayError('not-found', 'NoSuchResource', 'the server could not find the requested resource');
}

function methodNotAllowed(): SlipwayError {
  return new SlipwayError(
    'invalid',
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
  );
}
