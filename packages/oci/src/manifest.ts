// Manifests of images, and lists of them by platform.

import { SlipwayError } from '@slipway/contracts';

export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;

export interface Blob {
  digest: string;
  sizeBytes: number;
}

export type Packing = 'none' | 'gzip' | 'zstd';

export interface Layer extends Blob {
  packing: Packing;
}

export interface ImageManifest {
  config: Blob;
  /** The lowest first. */
  layers: Layer[];
}

/** As images name it: `linux`, `arm64`, and `v8` or nothing. */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const LAYER =
  /^application\/vnd\.(oci\.image\.layer(\.nondistributable)?\.v1|docker\.image\.rootfs(\.foreign)?\.diff)\.tar(?:[.+](gzip|zstd))?$/;

/** Digest of the manifest for a platform, when this one is a list; undefined when it is not. Throws `invalid`. */
export function manifestFor(manifest: unknown, platform: Platform): string | undefined {
  const entries: unknown = field(manifest, 'manifests');
  if (!isList(entries)) return undefined;
  const found = entries.filter((entry) => isFor(field(entry, 'platform'), platform));
  const exact = found.find((entry) => field(field(entry, 'platform'), 'variant') === platform.variant);
  const chosen = exact ?? found[0];
  if (chosen === undefined) throw noPlatform(entries, platform);
  return digestIn(chosen, 'an entry of its index');
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

function isFor(value: unknown, { os, architecture }: Platform): boolean {
  return field(value, 'os') === os && field(value, 'architecture') === architecture;
}

function noPlatform(entries: readonly unknown[], { os, architecture }: Platform): SlipwayError {
  const there = entries.map((entry) => {
    const platform = field(entry, 'platform');
    return `${String(field(platform, 'os'))}/${String(field(platform, 'architecture'))}`;
  });
  const known = [...new Set(there)].filter((name) => !/un(known|defined)/.test(name)).slice(0, 20);
  const message = `no match for platform ${os}/${architecture} in the image's index: it has ${known.join(', ') || 'none'}`;
  return new SlipwayError('invalid', 'NoPlatform', message);
}

/** What an image is made of. Throws `invalid` for what is no image, or one of a kind that cannot be read. */
export function parseManifest(manifest: unknown): ImageManifest {
  const layers = field(manifest, 'layers');
  if (field(manifest, 'schemaVersion') === 1)
    throw bad('its manifest is of schema 1, which registries gave up in 2017');
  if (!isList(layers)) throw bad('its manifest has no layers');
  return {
    config: blobIn(field(manifest, 'config'), 'its configuration'),
    layers: layers.map((layer, i) => ({ ...blobIn(layer, `layer ${i}`), packing: packingOf(layer, i) })),
  };
}

function packingOf(layer: unknown, index: number): Packing {
  const type = field(layer, 'mediaType');
  const found = LAYER.exec(typeof type === 'string' ? type : '');
  if (found === null) throw bad(`layer ${index} is of the unknown type ${JSON.stringify(type)}`);
  return (found[4] as Packing | undefined) ?? 'none';
}

function blobIn(value: unknown, what: string): Blob {
  const sizeBytes = field(value, 'size');
  if (!Number.isSafeInteger(sizeBytes) || (sizeBytes as number) < 0) throw bad(`${what} has no size`);
  return { digest: digestIn(value, what), sizeBytes: sizeBytes as number };
}

function digestIn(value: unknown, what: string): string {
  const digest = field(value, 'digest');
  if (typeof digest === 'string' && DIGEST.test(digest)) return digest;
  throw bad(`${what} has no sha256 digest`);
}

function bad(why: string): SlipwayError {
  return new SlipwayError('invalid', 'BadImage', `The image cannot be read: ${why}.`);
}

/** An own property of an object; undefined of anything else. */
export function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
