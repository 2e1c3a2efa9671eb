// One image out of a registry: its manifest for this machine, and then all of it into a folder.
//
//   L1. Nothing is unpacked that is not what its digest says; manifest, configuration, layers and what they unpack to.
//   L2. Sizes come from the manifest before anything is fetched, and no more bytes than that are read.

import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { SlipwayError } from '@slipway/contracts';
import type { RemoteHttp } from '@slipway/guarded-http';
import {
  RegistryClient,
  isPlainRegistry,
  manifestFor,
  parseImageConfig,
  parseManifest,
  type ImageConfig,
  type ImageManifest,
  type ImageReference,
  type Layer,
  type Packing,
  type Platform,
  type RegistryCredentials,
} from '@slipway/oci';
import { unpackLayer } from './unpack-layer.js';

export interface PullSettings {
  http: RemoteHttp;
  plainRegistries: readonly string[];
  platform: Platform;
  limits: ImageLimits;
  /** Whether files get the owners that the image names. */
  keepsOwners: boolean;
}

export interface ImageLimits {
  /** Of one image: what is fetched, and what it unpacks to. */
  imageBytes: number;
  files: number;
  layers: number;
}

/** An image as a registry offers it to these credentials. */
export interface OfferedImage {
  /** `sha256:…` of the manifest for this machine. */
  digest: string;
  manifest: ImageManifest;
  client: RegistryClient;
}

const MAX_CONFIG_BYTES = 4 << 20;
/** Layers of one image that are fetched at the same time. */
const CONCURRENCY = 3;

/** Asks for the manifest, of this machine's platform where there are several. */
export async function findImage(
  image: ImageReference,
  credentials: RegistryCredentials | undefined,
  settings: PullSettings,
  signal: AbortSignal,
): Promise<OfferedImage> {
  const isPlain = isPlainRegistry(image.registry, settings.plainRegistries);
  const client = new RegistryClient(settings.http, image, { isPlain, credentials, signal });
  const found = await client.manifest(image.reference);
  const inner = manifestFor(found.content, settings.platform);
  const { digest, content } = inner === undefined ? found : await client.manifest(inner);
  return { digest, manifest: parseManifest(content), client };
}

export async function configOf({ client, manifest }: OfferedImage): Promise<ImageConfig> {
  const { digest, sizeBytes } = manifest.config;
  if (sizeBytes > MAX_CONFIG_BYTES) throw tooLarge(`its configuration has ${sizeBytes} bytes`);
  return parseImageConfig((await client.blob(digest, sizeBytes)).toString()); // L1
}

/** Fills the folder `rootfs` of a new folder; how large it became. */
export async function fillFolder(
  folder: string,
  offered: OfferedImage,
  settings: PullSettings,
): Promise<{ config: ImageConfig; sizeBytes: number }> {
  const { limits, keepsOwners } = settings;
  const { layers } = offered.manifest;
  checkSizes(layers, limits);
  const config = await configOf(offered);
  if (config.diffIds.length !== layers.length) {
    const message = `The image cannot be read: it has ${layers.length} layers, and its configuration names ${config.diffIds.length}.`;
    throw new SlipwayError('invalid', 'BadImage', message);
  }
  const files = layers.map((_, i) => join(folder, `layer-${i}`));
  await inParallel(layers, (layer, i) => fetchLayer(offered.client, layer, files[i]!));
  const root = join(folder, 'rootfs');
  const budget = { bytes: limits.imageBytes, files: limits.files };
  for (const [i, { packing }] of layers.entries()) {
    const unpacked = hashed(config.diffIds[i]!, `what layer ${i} unpacks to`);
    await unpackLayer([createReadStream(files[i]!), ...unpacking(packing), unpacked], { root, budget, keepsOwners });
    await rm(files[i]!);
  }
  await promisify(execFile)('sync', ['-f', root]); // on the disk before it has its name
  return { config, sizeBytes: limits.imageBytes - budget.bytes };
}

/** L2 */
function checkSizes(layers: readonly Layer[], limits: ImageLimits): void {
  if (layers.length > limits.layers) throw tooLarge(`it has ${layers.length} layers, and may have ${limits.layers}`);
  const bytes = layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (bytes > limits.imageBytes) throw tooLarge(`its layers have ${bytes} bytes, and may have ${limits.imageBytes}`);
}

async function fetchLayer(client: RegistryClient, { digest, sizeBytes }: Layer, path: string): Promise<void> {
  const body = await client.blobStream(digest);
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > sizeBytes) break; // L2
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    body.destroy();
    await file.close();
  }
  if (bytes !== sizeBytes || `sha256:${hash.digest('hex')}` !== digest) throw wrongDigest(`layer ${digest}`); // L1
}

/** The first failure ends it; the others are waited for, so that nobody writes into a folder that is given up. */
async function inParallel(
  layers: readonly Layer[],
  fetch: (layer: Layer, index: number) => Promise<void>,
): Promise<void> {
  const ahead = [...layers.entries()];
  let failure: unknown;
  const worker = async (): Promise<void> => {
    for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
      try {
        await fetch(next[1], next[0]);
      } catch (thrown) {
        failure ??= thrown;
        ahead.length = 0;
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  if (failure !== undefined) throw failure as Error;
}

function unpacking(packing: Packing): Transform[] {
  switch (packing) {
    case 'none':
      return [];
    case 'gzip':
      return [zlib.createGunzip()];
    case 'zstd':
      return [zstd()];
  }
}

/** Node.js has it since 22.15. */
function zstd(): Transform {
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };
  if (createZstdDecompress !== undefined) return createZstdDecompress();
  const message = `A layer of the image is packed with zstd, which Node.js ${process.versions.node} cannot unpack.`;
  throw new SlipwayError('invalid', 'BadImage', message, {
    hint: 'Run the executor with Node.js 22.15 or newer, or have the image packed with gzip.',
  });
}

/** Passes bytes on, and fails at their end when they are not what the digest says (L1). */
function hashed(digest: string, what: string): Transform {
  const hash = createHash('sha256');
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      done(`sha256:${hash.digest('hex')}` === digest ? null : wrongDigest(what));
    },
  });
}

function wrongDigest(what: string): SlipwayError {
  return new SlipwayError(
    'not-found',
    'DigestMismatch',
    `The registry's bytes are not what their digest says: ${what}.`,
  );
}

function tooLarge(why: string): SlipwayError {
  return new SlipwayError('too-large', 'ImageTooLarge', `The image is larger than this node takes: ${why}.`, {
    hint: 'An operator can allow more with IMAGE_MAX_BYTES, IMAGE_MAX_FILES.',
  });
}
