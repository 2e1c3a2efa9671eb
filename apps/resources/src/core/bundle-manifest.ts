// Tekton bundles: an image whose layers are objects, each named by its annotations.

import { SlipwayError } from '@slipway/contracts';

export interface BundleLayer {
  digest: string;
  sizeBytes: number;
}

const MAX_OBJECTS = 20;
const ANNOTATION = 'dev.tekton.image.';
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Digest of the manifest to read instead, when this one is a list of manifests by platform. */
export function manifestInIndex(manifest: unknown): string | undefined {
  const entries = listIn(manifest, 'manifests');
  if (entries === undefined) return undefined;
  const platformOf = (entry: unknown): unknown => field(field(entry, 'platform'), 'architecture');
  const chosen = entries.find((entry) => platformOf(entry) === 'amd64') ?? entries[0];
  const digest = field(chosen, 'digest');
  if (typeof digest === 'string' && DIGEST.test(digest)) return digest;
  throw noBundle('its index names no manifest');
}

/** The layer of an object. Throws `invalid` for what is no bundle, `not-found` when the object is not in it. */
export function bundleLayer(manifest: unknown, kind: string, name: string): BundleLayer {
  const layers = listIn(manifest, 'layers');
  if (layers === undefined) throw noBundle('its manifest has no layers');
  if (layers.length > MAX_OBJECTS) throw noBundle(`contained more than the maximum ${MAX_OBJECTS} allow objects`);
  const found = layers.map(readLayer).find((layer) => layer.kind === kind && layer.name === name);
  if (found !== undefined) return found;
  const message = `could not find object in image with kind: ${kind} and name: ${name}`;
  throw new SlipwayError('not-found', 'ResolutionFailed', message);
}

function readLayer(layer: unknown, index: number): BundleLayer & { kind: string; name: string } {
  const annotation = (key: string): string => {
    const value = field(field(layer, 'annotations'), `${ANNOTATION}${key}`);
    if (typeof value === 'string') return value;
    throw noBundle(`the layer ${index} does not contain a ${ANNOTATION}${key} annotation`);
  };
  annotation('apiVersion');
  const [kind, name] = [annotation('kind'), annotation('name')];
  if (kind.toLowerCase().replace(/s$/, '') !== kind) {
    throw noBundle(
      `the layer ${index} the annotation ${ANNOTATION}kind must be lowercased and singular, found ${kind}`,
    );
  }
  const [digest, sizeBytes] = [field(layer, 'digest'), field(layer, 'size')];
  if (typeof digest !== 'string' || !DIGEST.test(digest) || typeof sizeBytes !== 'number') {
    throw noBundle(`the layer ${index} has no digest or size`);
  }
  return { kind, name, digest, sizeBytes };
}

function noBundle(why: string): SlipwayError {
  return new SlipwayError('invalid', 'NoBundle', `invalid tekton bundle, error: ${why}`);
}

function listIn(value: unknown, key: string): unknown[] | undefined {
  const list = field(value, key);
  return Array.isArray(list) ? list : undefined;
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
