// PUT and PATCH: an existing object anew, or changed in parts; and server-side apply, which also creates.

import { SlipwayError, resourceNameOf, type KubeObject, type ResourceKind } from '@slipway/contracts';
import { warningsOf } from '../core/admission/warnings.js';
import { applyJsonPatch } from '../core/patch/json-patch.js';
import { isObject, sameJson, without, type Json, type JsonObject } from '../core/patch/json-value.js';
import { applyMergePatch } from '../core/patch/merge-patch.js';
import { ownershipAfterApply, ownershipAfterUpdate, type Manager } from '../core/patch/ownership.js';
import { applyStrategicPatch } from '../core/patch/strategic-patch.js';
import type { Namespaces } from '../io/namespaces.js';
import type { ObjectStore } from '../io/object-store.js';
import { decodeBody, fieldValidationOf, refuse, validated, type FieldValidation } from './admit.js';
import { admitDecisions } from './approval-decisions.js';
import type { User } from './authentication.js';
import { requireAccess, type Authorize } from './authorization.js';
import { mediaTypeOf, parseBody, type Body } from './body.js';
import { checkPlace, dryRunOf, requireNamespace, requireUserWritable } from './create.js';
import type { Answer, ApiRequest } from './exchange.js';
import { companions, freshObject } from './fresh.js';
import { keyOf, notFound } from './read.js';
import { objectAnswer, type View } from './render.js';
import type { ResourceTarget } from './request-target.js';
import { inVersion, parseStored } from './versions.js';

/** A patch without a version is meant for whatever is there: it is tried again when somebody was faster. */
const PATCH_TRIES = 10;

type Changed = { object: KubeObject; warnings: string[] };

interface Change {
  store: ObjectStore;
  target: ResourceTarget;
  view: View;
  isDryRun: boolean;
  validation: FieldValidation;
  manager: Manager;
  user: User;
}

export async function updateObject(
  store: ObjectStore,
  target: ResourceTarget,
  view: View,
  request: ApiRequest,
): Promise<Answer> {
  const change = changeOf(store, target, view, request);
  const body = parseBody(request.headers['content-type'], request.body);
  const { object, warnings } = decodeBody(view.kind, view.version, body, change.validation);
  checkPlace(object, target);
  const { resourceVersion } = object.metadata;
  // As Kubernetes: core kinds may be replaced blindly, kinds of a CRD may not.
  if (!resourceVersion && view.kind.group !== '') {
    refuse([
      {
        field: 'metadata.resourceVersion',
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0x0: must be specified for an update',
      },
    ]);
  }
  return write(change, resourceVersion ? 1 : PATCH_TRIES, (old) => {
    requireSame(target, view.kind, object, old);
    return { object, warnings };
  });
}

/** What a patch that makes a new object needs beside the store. */
export interface Creation {
  namespaces: Namespaces;
  authorize: Authorize;
}

export async function patchObject(
  store: ObjectStore,
  creation: Creation,
  target: ResourceTarget,
  view: View,
  request: ApiRequest,
): Promise<Answer> {
  const mediaType = mediaTypeOf(request.headers['content-type']);
  const change = changeOf(store, target, view, request);
  const body = parseBody(request.headers['content-type'], request.body);
  if (mediaType === 'application/apply-patch+yaml') return applyObject(change, creation, body, request);
  const apply = patcher(mediaType, view.kind, body.value);
  return write(change, PATCH_TRIES, (old) => {
    const current = inVersion(view.kind, view.version, old) as unknown as JsonObject;
    const patched = apply(current);
    // What was there stays silent: only what the patch brings is checked for unknown fields and repeated keys.
    const next = decodeBody(
      view.kind,
      view.version,
      { value: patched, duplicates: body.duplicates },
      change.validation === 'Ignore' ? 'Ignore' : 'Warn',
    );
    const known =
      next.warnings.length === 0
        ? []
        : decodeBody(view.kind, view.version, { value: current, duplicates: [] }, 'Warn').warnings;
    const warnings = next.warnings.filter((warning) => !known.includes(warning));
    if (change.validation === 'Strict' && warnings.length > 0) {
      throw new SlipwayError('invalid', 'BadRequest', `strict decoding error: ${warnings.join(', ')}`);
    }
    checkPlace(next.object, target);
    requireSame(target, view.kind, next.object, old);
    return { object: next.object, warnings };
  });
}

function changeOf(store: ObjectStore, target: ResourceTarget, view: View, request: ApiRequest): Change {
  requireUserWritable(view.kind, target.name);
  const operation =
    mediaTypeOf(request.headers['content-type']) === 'application/apply-patch+yaml' ? 'Apply' : 'Update';
  const name = request.query.get('fieldManager') ?? (request.headers['user-agent'] ?? 'unknown').split('/')[0]!;
  return {
    store,
    target,
    view,
    isDryRun: dryRunOf(request.query.getAll('dryRun')),
    validation: fieldValidationOf(request.query),
    manager: { name: name.slice(0, 128), operation, subresource: target.subresource },
    user: request.user,
  };
}

function patcher(mediaType: string, kind: ResourceKind, patch: unknown): (current: JsonObject) => Json {
  switch (mediaType) {
    case 'application/json-patch+json':
      return (current) => applyJsonPatch(current, patch);
    case 'application/merge-patch+json':
      if (!isObject(patch))
        throw new SlipwayError('invalid', 'BadRequest', 'error decoding patch: it must be an object');
      return (current) => applyMergePatch(current, patch);
    case 'application/strategic-merge-patch+json':
      // Tekton's kinds are CRDs on a cluster, and have no merge keys: kubectl expects to be told so.
      if (kind.group === '') return (current) => applyStrategicPatch(kind.kind, current, patch as Json);
      break;
  }
  const accepted = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];
  if (kind.group === '') accepted.push('application/strategic-merge-patch+json');
  throw new SlipwayError(
    'invalid',
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

/** Read, change, write; again when somebody else wrote in between and the caller named no version. */
async function write(change: Change, tries: number, edit: (old: KubeObject) => Changed): Promise<Answer> {
  const { store, target, view } = change;
  for (let attempt = 1; ; attempt++) {
    const stored = await store.get(keyOf(target, view.kind));
    if (stored === undefined) throw notFound(view.kind, target.name);
    const old = parseStored(stored);
    const { object, warnings } = edit(old);
    const isPinned =
      Boolean(object.metadata.resourceVersion) && object.metadata.resourceVersion !== old.metadata.resourceVersion;
    if (isPinned) throw new SlipwayError('conflict', 'Conflict', 'the object has been modified');
    try {
      const next = settle(change, object, old, (settled) =>
        ownershipAfterUpdate(settled, old, change.manager, view.nowMs),
      );
      const said = [...warnings, ...warningsOf(next, old)];
      return objectAnswer(view, 200, inVersion(view.kind, view.version, await put(change, next, old)), said);
    } catch (error) {
      const isRaced = error instanceof SlipwayError && error.kind === 'conflict' && error.reason === 'Conflict';
      if (!isRaced || attempt >= tries) throw error;
    }
  }
}

/** What of the new object counts on this path, validated. */
function settle(
  change: Change,
  object: KubeObject,
  old: KubeObject,
  owned: (settled: KubeObject) => KubeObject,
): KubeObject {
  const { kind, nowMs } = change.view;
  const statusOnly = change.target.subresource === 'status';
  const merged = statusOnly ? withStatusOf(old, object) : kind.statusSubresource ? withStatusOf(object, old) : object;
  const { resourceVersion, uid, creationTimestamp, deletionTimestamp, generation, namespace } = old.metadata;
  const metadata = {
    ...merged.metadata,
    resourceVersion,
    uid,
    creationTimestamp,
    deletionTimestamp,
    generation,
    namespace,
  };
  for (const key of Object.keys(metadata) as (keyof typeof metadata)[])
    if (metadata[key] === undefined) delete metadata[key];
  const placed = { ...merged, metadata } as KubeObject;
  requireNoNewFinalizers(placed, old);
  return owned(validated(kind, admitDecisions(placed, old, change.user, nowMs), change.view.limits, old));
}

function withStatusOf(object: KubeObject, from: KubeObject): KubeObject {
  const rest = without(object as KubeObject & { status?: unknown }, 'status');
  const { status } = from as KubeObject & { status?: unknown };
  return (status === undefined ? rest : { ...rest, status }) as KubeObject;
}

function requireNoNewFinalizers(object: KubeObject, old: KubeObject): void {
  if (old.metadata.deletionTimestamp === undefined) return;
  const added = (object.metadata.finalizers ?? []).filter((name) => old.metadata.finalizers?.includes(name) !== true);
  if (added.length === 0) return;
  refuse([
    {
      field: 'metadata.finalizers',
      reason: 'FieldValueForbidden',
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers [${added.map((name) => `"${name}"`).join(', ')}]`,
    },
  ]);
}

async function put({ store, isDryRun }: Change, object: KubeObject, old: KubeObject): Promise<KubeObject> {
  if (isDryRun) return object;
  if (sameJson(object, old)) return old;
  const { objects } = await store.commit({ writes: [{ op: 'update', object }] });
  return objects[0] ?? object; // removed with its last finalizer: the answer is the last state
}

/** Errors: `conflict` for another object of the same name. */
function requireSame(target: ResourceTarget, kind: ResourceKind, object: KubeObject, old: KubeObject): void {
  const { uid } = object.metadata;
  if (!uid || uid === old.metadata.uid) return;
  throw new SlipwayError(
    'conflict',
    'UidMismatch',
    `Operation cannot be fulfilled on ${resourceNameOf(kind)} "${target.name}": Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
  );
}

async function applyObject(change: Change, creation: Creation, body: Body, request: ApiRequest): Promise<Answer> {
  const { store, target, view } = change;
  if (!request.query.has('fieldManager')) {
    refuse([
      { field: 'fieldManager', reason: 'FieldValueRequired', message: 'Required value: is required for apply patch' },
    ]);
  }
  const isForced = ['true', '1', ''].includes(request.query.get('force') ?? 'false');
  const { object, warnings } = decodeBody(
    view.kind,
    view.version,
    body,
    change.validation === 'Warn' ? 'Warn' : change.validation,
  );
  checkPlace(object, target);
  object.metadata = { ...object.metadata, name: target.name };
  if (object.metadata.managedFields !== undefined) {
    throw new SlipwayError('invalid', 'BadRequest', 'metadata.managedFields must be nil');
  }
  for (let attempt = 1; ; attempt++) {
    const stored = await store.get(keyOf(target, view.kind));
    if (stored === undefined && target.subresource !== '') throw notFound(view.kind, target.name);
    try {
      if (stored === undefined) return await applyNew(change, creation, object, warnings);
      const old = parseStored(stored);
      requireSame(target, view.kind, object, old);
      const pinned = object.metadata.resourceVersion;
      if (pinned && pinned !== old.metadata.resourceVersion)
        throw new SlipwayError('conflict', 'Conflict', 'the object has been modified');
      const { merged, managedFields } = ownershipAfterApply(object, old, change.manager, isForced, view.nowMs);
      const next = settle(change, merged, old, (settled) => ({
        ...settled,
        metadata: { ...settled.metadata, managedFields },
      }));
      const said = [...warnings, ...warningsOf(next, old)];
      return objectAnswer(view, 200, inVersion(view.kind, view.version, await put(change, next, old)), said);
    } catch (error) {
      const isRaced =
        error instanceof SlipwayError &&
        (error.kind === 'exists' || (error.kind === 'conflict' && error.reason === 'Conflict'));
      if (!isRaced || object.metadata.resourceVersion || attempt >= PATCH_TRIES) throw error;
    }
  }
}

async function applyNew(
  change: Change,
  { namespaces, authorize }: Creation,
  object: KubeObject,
  warnings: string[],
): Promise<Answer> {
  const { store, target, view } = change;
  if (object.metadata.uid) {
    throw new SlipwayError(
      'conflict',
      'UidMismatch',
      `uid mismatch: the provided object specified uid ${object.metadata.uid}, and no existing object was found`,
    );
  }
  // Who may only patch makes nothing new.
  await requireAccess(authorize, change.user, { ...target, verb: 'create' });
  await requireNamespace(namespaces, view.kind, target.namespace);
  const named = freshObject(view.kind, object, target.namespace);
  const fresh = validated(view.kind, admitDecisions(named, undefined, change.user, view.nowMs), view.limits);
  const { managedFields } = ownershipAfterApply(object, undefined, change.manager, false, view.nowMs);
  const created = { ...fresh, metadata: { ...fresh.metadata, managedFields } };
  const said = [...warnings, ...warningsOf(created)];
  if (change.isDryRun) return objectAnswer(view, 201, inVersion(view.kind, view.version, created), said);
  const { objects } = await store.commit({
    writes: [{ op: 'create', object: created }, ...companions(view.kind, created)],
  });
  return objectAnswer(view, 201, inVersion(view.kind, view.version, objects[0]!), said);
}
