// What the scheduler keeps in memory of the objects that it follows.

import {
  ANNOTATIONS,
  LABELS,
  isDone,
  type CustomRun,
  type KubeObject,
  type PipelineRun,
  type TaskRun,
} from '@slipway/contracts';
import { childKindOf, type ChildObject } from '../core/child-kind.js';

/**
 * Finished runs and others that belong to no run are not kept. Of a child only what decisions rest on is: its steps and
 * specs are the largest part of it. Whoever writes one must fetch it whole first. A child PipelineRun that has not
 * finished is a run to be worked on, and kept whole.
 */
export function slim(object: KubeObject): KubeObject | undefined {
  if (object.kind === 'ResolutionRequest') return slimRequest(object);
  if (object.kind === 'Approval') return identity(object);
  if (childKindOf(object) === undefined) return undefined;
  if (object.kind === 'PipelineRun' && !isDone(object as PipelineRun)) return object;
  if (object.metadata.labels?.[LABELS.pipelineRun] === undefined) return undefined;
  return slimChild(object as ChildObject);
}

/** Of what is fetched whole when its turn comes: a change only says that the turn has come. */
function identity({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, labels, ownerReferences } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(labels === undefined ? {} : { labels }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
  };
}

function slimChild({ apiVersion, kind, metadata, spec, status }: ChildObject): ChildObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp, labels, annotations, ownerReferences } = metadata;
  const kept = Object.entries(annotations ?? {}).filter(([key]) => KEPT_ANNOTATIONS.has(key));
  const { statusMessage, timeout, customRef, customSpec } = spec as CustomRun['spec'];
  const { apiVersion: servedBy, kind: custom } = customRef ?? customSpec ?? {};
  const { conditions, results, resourcesResult, artifacts, startTime, completionTime } = (status ?? {}) as NonNullable<
    TaskRun['status']
  >;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(labels === undefined ? {} : { labels }),
      ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
    spec: {
      ...(spec.status === undefined ? {} : { status: spec.status }),
      ...(statusMessage === undefined ? {} : { statusMessage }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(servedBy === undefined || custom === undefined ? {} : { customRef: { apiVersion: servedBy, kind: custom } }),
    },
    status: {
      ...(conditions === undefined ? {} : { conditions }),
      ...(results === undefined ? {} : { results }),
      ...(resourcesResult === undefined ? {} : { resourcesResult }),
      ...(artifacts === undefined ? {} : { artifacts }),
      ...(startTime === undefined ? {} : { startTime }),
      ...(completionTime === undefined ? {} : { completionTime }),
    },
  };
}

/** That it was answered is all: the answer may be large, and is fetched by who needs it. */
function slimRequest({ apiVersion, kind, metadata }: KubeObject): KubeObject | undefined {
  return metadata.ownerReferences?.some((owner) => owner.kind === 'PipelineRun') === true
    ? { apiVersion, kind, metadata }
    : undefined;
}

const KEPT_ANNOTATIONS: ReadonlySet<string> = new Set([
  ANNOTATIONS.attempt,
  ANNOTATIONS.cancelCause,
  ANNOTATIONS.cancelledAt,
]);
