// Which Image objects a template wants: one for each image of its steps that is known before anybody uses it.
//
// Names, labels and owner are Knative Build's: `<template>-<resourceVersion>-<number>`. Unlike there, defaults of
// parameters count, and tasks of Tekton have images too.

import {
  apiVersionOf,
  replacePlaceholders,
  resourceKind,
  substitute,
  IMAGES,
  type BuildTemplateSpec,
  type Condition,
  type Image,
  type KubeObject,
  type ObjectKey,
  type TaskSpec,
  type Write,
} from '@slipway/contracts';

/** Whether an image is at hand where its containers would run. */
export interface ImageState {
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
}

/** Of an Image whose image nobody has looked at yet. */
const UNDER_WAY: ImageState = { status: 'Unknown', reason: 'Pulling', message: 'It is being pulled.' };

/** More images than this are no template that a person wrote. */
const MOST_IMAGES = 100;

/** The images of a template or task, each once, in the order of the steps; none that a run still has to name. */
export function imagesOf(template: KubeObject): string[] {
  const { spec } = template as { spec?: BuildTemplateSpec | TaskSpec };
  if (spec === undefined) return [];
  const images = template.apiVersion.startsWith('tekton.dev/') ? taskImages(spec) : templateImages(spec);
  const known = images.filter((image) => image !== '' && !image.includes('$'));
  return [...new Set(known)].slice(0, MOST_IMAGES);
}

function templateImages({ parameters, steps }: BuildTemplateSpec): string[] {
  const defaults = new Map<string, string>();
  for (const { name, default: value } of parameters ?? []) if (value !== undefined) defaults.set(name, value);
  return (steps ?? []).map(({ image }) => replacePlaceholders(image ?? '', defaults));
}

function taskImages({ params, steps, sidecars, stepTemplate }: TaskSpec): string[] {
  const defaults = new Map<string, string>();
  for (const { name, default: value } of params ?? []) {
    if (typeof value !== 'string') continue;
    for (const variable of [`params.${name}`, `inputs.params.${name}`, `params["${name}"]`, `params['${name}']`]) {
      defaults.set(variable, value);
    }
  }
  const own = [...(steps ?? []), ...(sidecars ?? [])].map(({ image }) => image ?? stepTemplate?.image ?? '');
  return own.map((image) => substitute(image, { strings: defaults }));
}

/**
 * What brings the stored Images of a template to what it is now: those of older versions go, those of this one come, and
 * each says whether its image is at hand: what it said where nothing is known yet. Empty when nothing is to be done.
 */
export function imageWrites(
  template: KubeObject,
  stored: readonly Image[],
  {
    namespace,
    stateOf,
    nowMs,
  }: { namespace: string; stateOf: (image: string) => ImageState | undefined; nowMs: number },
): Write[] {
  const isGone = template.metadata.deletionTimestamp !== undefined;
  const wanted = isGone ? [] : imagesOf(template).map((image, i) => imageObject(template, image, i, namespace));
  const writes: Write[] = [];
  for (const image of wanted) {
    const there = stored.find(({ metadata }) => metadata.name === image.metadata.name);
    const known = stateOf(image.spec.image) ?? (there?.status === undefined ? UNDER_WAY : undefined);
    const status = known === undefined ? there?.status : statusOf(there, known, nowMs);
    if (there === undefined) writes.push({ op: 'create', object: { ...image, status } as Image });
    else if (there.status !== status) writes.push({ op: 'update-status', object: { ...there, status } as Image });
  }
  const kept = new Set(wanted.map(({ metadata }) => metadata.name));
  for (const { metadata } of stored) {
    if (!kept.has(metadata.name)) writes.push({ op: 'delete', key: keyOf(metadata), uid: metadata.uid ?? '' });
  }
  return writes;
}

function imageObject(template: KubeObject, image: string, index: number, namespace: string): Image {
  const { name, uid = '', resourceVersion = '' } = template.metadata;
  const owner = { apiVersion: template.apiVersion, kind: template.kind, name, uid, controller: true };
  return {
    apiVersion: apiVersionOf(resourceKind(IMAGES)!, 'v1alpha1'),
    kind: 'Image',
    metadata: {
      name: `${name}-${resourceVersion}-${String(index).padStart(5, '0')}`,
      namespace,
      labels: { controller: uid, version: resourceVersion },
      ownerReferences: [{ ...owner, blockOwnerDeletion: true }],
    },
    spec: { image },
  };
}

/** The same object where it says what it said. */
function statusOf(image: Image | undefined, { status, reason, message }: ImageState, nowMs: number): Image['status'] {
  const before = image?.status?.conditions?.find(({ type }) => type === 'Ready');
  if (before?.status === status && before.reason === reason && before.message === message) return image?.status;
  const lastTransitionTime =
    before?.status === status && before.lastTransitionTime !== undefined
      ? before.lastTransitionTime
      : new Date(nowMs).toISOString();
  const ready: Condition = { type: 'Ready', status, reason, message, lastTransitionTime };
  return { conditions: [ready] };
}

function keyOf({ namespace = '', name }: KubeObject['metadata']): ObjectKey {
  return { resource: IMAGES, namespace, name };
}
