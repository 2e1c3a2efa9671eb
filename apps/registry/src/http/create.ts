// POST: a new object.

import { SlipwayError, resourceNameOf, type KubeObject, type ResourceKind } from '@slipway/contracts';
import { warningsOf } from '../core/admission/warnings.js';
import type { Namespaces } from '../io/namespaces.js';
import type { ObjectStore } from '../io/object-store.js';
import { decodeBody, fieldValidationOf, refuse, validated } from './admit.js';
import { admitDecisions } from './approval-decisions.js';
import { forbidden } from './authorization.js';
import { parseBody } from './body.js';
import type { Answer, ApiRequest } from './exchange.js';
import { companions, freshObject } from './fresh.js';
import { objectAnswer, type View } from './render.js';
import type { ResourceTarget } from './request-target.js';
import { inVersion } from './versions.js';

/** Tries for a generated name that nobody has. */
const NAME_TRIES = 8;

export async function createObject(
  store: ObjectStore,
  namespaces: Namespaces,
  target: ResourceTarget,
  view: View,
  request: ApiRequest,
): Promise<Answer> {
  const { kind, version } = view;
  requireUserWritable(kind, target.name);
  const isDryRun = dryRunOf(request.query.getAll('dryRun'));
  const body = parseBody(request.headers['content-type'], request.body);
  const { object, warnings } = decodeBody(kind, version, body, fieldValidationOf(request.query));
  checkPlace(object, target);
  if (object.metadata.resourceVersion) {
    throw new SlipwayError('invalid', 'BadRequest', 'resourceVersion should not be set on objects to be created');
  }
  await requireNamespace(namespaces, kind, target.namespace);
  for (let attempt = 1; ; attempt++) {
    const named = freshObject(kind, object, target.namespace);
    target.name = named.metadata.name; // errors name the object, also when its name was made here
    const fresh = validated(kind, admitDecisions(named, undefined, request.user, view.nowMs), view.limits);
    try {
      const stored = isDryRun ? await createDry(store, kind, fresh) : await createReal(store, kind, fresh);
      return objectAnswer(view, 201, inVersion(kind, version, stored), [...warnings, ...warningsOf(fresh)]);
    } catch (error) {
      const isTaken = error instanceof SlipwayError && error.kind === 'exists';
      if (!isTaken || object.metadata.name || attempt === NAME_TRIES) throw error;
    }
  }
}

async function createReal(store: ObjectStore, kind: ResourceKind, object: KubeObject): Promise<KubeObject> {
  const { objects } = await store.commit({ writes: [{ op: 'create', object }, ...companions(kind, object)] });
  return objects[0]!;
}

async function createDry(store: ObjectStore, kind: ResourceKind, object: KubeObject): Promise<KubeObject> {
  const { name, namespace = '' } = object.metadata;
  const taken = await store.get({ resource: resourceNameOf(kind), namespace, name });
  if (taken !== undefined) throw new SlipwayError('exists', 'AlreadyExists', `${kind.plural} "${name}" already exists`);
  return {
    ...object,
    metadata: { ...object.metadata, uid: DRY_UID, creationTimestamp: new Date().toISOString().slice(0, 19) + 'Z' },
  };
}

/** Objects that never came to be have no identity; clients only need a field of the right shape. */
const DRY_UID = '00000000-0000-0000-0000-000000000000';

/** Errors: `invalid` for anything but `All`. */
export function dryRunOf(values: readonly string[]): boolean {
  const wrong = values.find((value) => value !== 'All' && value !== '');
  if (wrong !== undefined) {
    refuse([
      {
        field: 'dryRun',
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: "${wrong}": supported values: "All"`,
      },
    ]);
  }
  return values.includes('All');
}

/** Errors: `invalid` when the object says it is elsewhere than the URL. */
export function checkPlace(object: KubeObject, target: ResourceTarget): void {
  const { name, namespace } = object.metadata;
  if (target.stored?.namespaced === true && namespace && namespace !== target.namespace) {
    throw new SlipwayError(
      'invalid',
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  if (target.name !== '' && name && name !== target.name) {
    throw new SlipwayError(
      'invalid',
      'BadRequest',
      `the name of the object (${name}) does not match the name on the URL (${target.name})`,
    );
  }
}

/** Errors: `invalid`, as 405, for kinds that only services write. */
export function requireUserWritable(kind: ResourceKind, name: string): void {
  if (kind.createdByServices !== true) return;
  throw new SlipwayError(
    'invalid',
    'MethodNotAllowed',
    `${kind.plural}${name === '' ? '' : ` "${name}"`} are made from runs, and cannot be written here`,
    { hint: 'Create a TaskRun instead.' },
  );
}

/** Errors: `not-found` for a namespace that is not there, `forbidden` for one that is going. */
export async function requireNamespace(namespaces: Namespaces, kind: ResourceKind, namespace: string): Promise<void> {
  if (!kind.namespaced) return;
  if (namespace === '')
    throw new SlipwayError('invalid', 'BadRequest', 'an empty namespace may not be set during creation');
  switch (await namespaces.stateOf(namespace)) {
    case 'active':
      return;
    case 'absent':
      throw new SlipwayError('not-found', 'NamespaceNotFound', `namespaces "${namespace}" not found`);
    case 'terminating':
      throw forbidden(
        { resource: kind.plural, group: kind.group, name: '' },
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      );
  }
}
