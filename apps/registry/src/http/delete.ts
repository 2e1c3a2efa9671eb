// DELETE of one object and of a collection.

import { SlipwayError } from '@slipway/contracts';
import { isObject } from '../core/patch/json-value.js';
import type { Garbage, Preconditions, Propagation } from '../io/garbage.js';
import type { ObjectStore } from '../io/object-store.js';
import { refuse } from './admit.js';
import { parseBody } from './body.js';
import { dryRunOf } from './create.js';
import { value, type Answer, type ApiRequest } from './exchange.js';
import { LIST_PAGE } from './limits.js';
import { keyOf, notFound, pagesOf } from './read.js';
import { listAnswer, objectAnswer, type View } from './render.js';
import type { ResourceTarget } from './request-target.js';
import { selectionOf } from './selection.js';
import { deletedStatus } from './status.js';
import { inVersion, parseStored } from './versions.js';

interface DeleteOptions {
  propagation: Propagation;
  preconditions: Preconditions;
  isDryRun: boolean;
}

export async function deleteObject(
  store: ObjectStore,
  garbage: Garbage,
  target: ResourceTarget,
  view: View,
  request: ApiRequest,
): Promise<Answer> {
  const options = optionsOf(request);
  const key = keyOf(target, view.kind);
  if (options.isDryRun) {
    const stored = await store.get(key);
    if (stored === undefined) throw notFound(view.kind, target.name);
    return objectAnswer(view, 200, inVersion(view.kind, view.version, parseStored(stored)));
  }
  const { last, left } = await garbage.delete(key, options.propagation, options.preconditions);
  if (left !== undefined) return objectAnswer(view, 200, inVersion(view.kind, view.version, left));
  const subject = { resource: view.kind.plural, group: view.kind.group, kind: view.kind.kind, name: target.name };
  return value(200, deletedStatus(subject, last.metadata.uid));
}

/** Deletes what the selectors match and answers the list of it. An object that others delete meanwhile is no error. */
export async function deleteCollection(
  store: ObjectStore,
  garbage: Garbage,
  target: ResourceTarget,
  view: View,
  request: ApiRequest,
): Promise<Answer> {
  if (view.kind.namespaced && target.namespace === '') {
    throw new SlipwayError(
      'invalid',
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
    );
  }
  const options = optionsOf(request);
  const selection = selectionOf(target, view.kind, request.query);
  const deleted = [];
  let revision = 0;
  for await (const page of pagesOf(store, selection, LIST_PAGE, undefined)) {
    revision = page.revision;
    for (const stored of page.items) {
      if (!options.isDryRun) {
        await garbage.delete(stored.key, options.propagation, {}).catch((error: unknown) => {
          if (!(error instanceof SlipwayError && error.kind === 'not-found')) throw error;
        });
      }
      deleted.push(inVersion(view.kind, view.version, parseStored(stored)));
    }
  }
  return listAnswer(view, deleted, { resourceVersion: String(revision) });
}

/** From the body, or, as older clients do, from the query. */
function optionsOf(request: ApiRequest): DeleteOptions {
  const { query } = request;
  const { value: body } = parseBody(request.headers['content-type'], request.body);
  const given = isObject(body) ? body : {};
  if (body !== undefined && !isObject(body)) {
    throw new SlipwayError('invalid', 'BadRequest', 'the body of a delete must be a DeleteOptions object');
  }
  const policy = given['propagationPolicy'] ?? query.get('propagationPolicy') ?? undefined;
  const orphan =
    given['orphanDependents'] ?? (query.has('orphanDependents') ? query.get('orphanDependents') === 'true' : undefined);
  const dryRun = Array.isArray(given['dryRun']) ? (given['dryRun'] as string[]) : query.getAll('dryRun');
  const preconditions = isObject(given['preconditions']) ? given['preconditions'] : {};
  return {
    propagation: propagationOf(policy, orphan),
    preconditions: {
      ...(typeof preconditions['uid'] === 'string' ? { uid: preconditions['uid'] } : {}),
      ...(typeof preconditions['resourceVersion'] === 'string'
        ? { resourceVersion: preconditions['resourceVersion'] }
        : {}),
    },
    isDryRun: dryRunOf(dryRun),
  };
}

function propagationOf(policy: unknown, orphan: unknown): Propagation {
  if (policy === undefined || policy === null) return orphan === true ? 'Orphan' : 'Background';
  if (policy === 'Background' || policy === 'Foreground' || policy === 'Orphan') return policy;
  refuse([
    {
      field: 'propagationPolicy',
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "Background", "Foreground", "Orphan"`,
    },
  ]);
  return 'Background';
}
