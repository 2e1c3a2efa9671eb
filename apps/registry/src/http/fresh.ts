// What the API adds to a new object, by kind: names, shards, accounts, volumes.

import { randomInt, randomUUID } from 'node:crypto';
import {
  APPROVALS,
  CUSTOM_RUNS,
  PERSISTENT_VOLUME_CLAIMS,
  PIPELINE_RUNS,
  SECRETS,
  SHARD_LABEL,
  TASK_RUNS,
  resourceKind,
  resourceNameOf,
  shardOf,
  type KubeObject,
  type PersistentVolumeClaim,
  type ResourceKind,
  type Secret,
  type Write,
} from '@slipway/contracts';
import { without } from '../core/patch/json-value.js';
import { refuse } from './admit.js';

const NAME_MAX = 63;
const SUFFIX = 5;
/** Kubernetes' alphabet: no vowels, so that no word comes out; nothing that looks like something else. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** `generateName` with five letters behind it. */
export function generatedName(base: string): string {
  const suffix = Array.from({ length: SUFFIX }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return base.slice(0, NAME_MAX - SUFFIX) + suffix;
}

/** The object as it is created: named, without what a client cannot choose. */
export function freshObject(kind: ResourceKind, object: KubeObject, namespace: string): KubeObject {
  const metadata: KubeObject['metadata'] = without(
    object.metadata,
    'resourceVersion',
    'uid',
    'managedFields',
    'namespace',
  );
  const { generateName } = metadata;
  if (!metadata.name && generateName) metadata.name = generatedName(generateName);
  if (!metadata.name) {
    refuse([
      {
        field: 'metadata.name',
        reason: 'FieldValueRequired',
        message: 'Required value: name or generateName is required',
      },
    ]);
  }
  const created: KubeObject & { status?: unknown } = {
    ...object,
    metadata: { ...metadata, ...(kind.namespaced ? { namespace } : {}) },
  };
  if (kind.statusSubresource) delete created.status;
  return byResource(kind, created, namespace);
}

function byResource(kind: ResourceKind, object: KubeObject, namespace: string): KubeObject {
  switch (resourceNameOf(kind)) {
    // A run's owner reads only its shard: a wrong label would be a run that nobody, or everybody, works on.
    case PIPELINE_RUNS:
    case TASK_RUNS:
    case CUSTOM_RUNS:
    case APPROVALS: {
      const shard = String(shardOf(namespace, object.metadata.name));
      return {
        ...object,
        metadata: { ...object.metadata, labels: { ...object.metadata.labels, [SHARD_LABEL]: shard } },
      };
    }
    case SECRETS:
      return { ...object, type: (object as Secret).type || 'Opaque' } as Secret;
    case PERSISTENT_VOLUME_CLAIMS:
      return boundClaim(object as PersistentVolumeClaim);
    case 'namespaces': {
      const { name, labels } = object.metadata;
      return {
        ...object,
        metadata: { ...object.metadata, labels: { ...labels, 'kubernetes.io/metadata.name': name } },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      } as KubeObject;
    }
    default:
      return object;
  }
}

/** There is no provisioner to wait for: the runtime makes the directory when a pod first mounts it. */
function boundClaim(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const storage = claim.spec?.resources?.requests?.['storage'];
  return {
    ...claim,
    spec: { ...claim.spec, volumeName: claim.spec?.volumeName ?? `pvc-${randomUUID()}` },
    status: {
      phase: 'Bound',
      ...(claim.spec?.accessModes === undefined ? {} : { accessModes: claim.spec.accessModes }),
      ...(storage === undefined ? {} : { capacity: { storage } }),
    },
  };
}

/** What comes into being together with the object. */
export function companions(kind: ResourceKind, object: KubeObject): Write[] {
  return resourceNameOf(kind) === 'namespaces' ? [{ op: 'create', object: defaultAccount(object.metadata.name) }] : [];
}

export function defaultAccount(namespace: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } };
}

/** The namespace that is always there. */
export function defaultNamespace(): Write[] {
  const kind = resourceKind('namespaces')!;
  const object = freshObject(kind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }, '');
  return [{ op: 'create', object }, ...companions(kind, object)];
}
