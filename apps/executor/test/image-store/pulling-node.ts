// A node that pulls images into a folder of the test's own, and images to pull that are as wrong as is asked for.

import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { NetworkGuard, RemoteHttp } from '@slipway/guarded-http';
import type { RegistryCredentials } from '@slipway/oci';
import type { OciRegistry } from '@slipway/testing';
import { platformOf } from '../../src/core/platform.js';
import { ImagePulls, type ImagePullsOptions, type PullRequest } from '../../src/io/image-store/image-pulls.js';
import { ImageStore } from '../../src/io/image-store/image-store.js';
import { file, tarOf } from './tar-of.js';

/** Who may pull from a closed registry. */
export const ADA = { user: 'ada', password: 'lovelace' };

export interface PullingNode {
  /** A process that may ask this machine, over the folder of the test. */
  start(options?: Partial<ImagePullsOptions>): Promise<{ store: ImageStore; pulls: ImagePulls }>;
  /** Of the images. */
  folder(): string;
  /** Digests of the images that are there, without `sha256:`. */
  images(): string[];
  /** What is left of pulls: folders that nobody sees. */
  leftovers(): string[];
}

/** One for each test of the file; what was started is stopped, and the folder removed. */
export function pullingNode(): PullingNode {
  let place: string;
  const stops: (() => Promise<void>)[] = [];
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'slipway-pulls-'));
  });
  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
    rmSync(place, { recursive: true, force: true });
  });
  const folder = (): string => join(place, 'images');
  return {
    folder,
    async start(options = {}) {
      const store = await ImageStore.open(folder());
      const pulls = new ImagePulls({
        http: new RemoteHttp(new NetworkGuard(['127.0.0.1'])),
        plainRegistries: [],
        platform: platformOf(process.arch),
        limits: { imageBytes: 16 << 20, files: 1000, layers: 20 },
        keepsOwners: process.getuid?.() === 0,
        store,
        concurrency: 4,
        timeoutMs: 30_000,
        storeBytes: 1 << 30,
        inUse: () => false,
        logger: { info: () => undefined, warn: () => undefined },
        ...options,
      });
      stops.push(() => pulls.stop());
      return { store, pulls };
    },
    images: () => readdirSync(folder()).filter((name) => /^[0-9a-f]{64}$/.test(name)),
    leftovers: () => ['.pulling', '.trash'].flatMap((name) => readdirSync(join(folder(), name))),
  };
}

export function request(
  image: string,
  credentials?: RegistryCredentials,
  rest: Partial<PullRequest> = {},
): PullRequest {
  return { image, policy: 'IfNotPresent', tenant: 'ns', credentials: () => Promise.resolve(credentials), ...rest };
}

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Forgets what earlier tests have made of it, save its images. */
export function resetRegistry(registry: OciRegistry): void {
  registry.credentials = undefined;
  registry.overrides.clear();
  registry.requests.length = 0;
}

export interface OddImage {
  layer?: Uint8Array;
  size?: number;
  diffId?: string;
}

/** An image of one layer, `:1`, wrong where it is said to be. */
export async function pushImage(
  registry: OciRegistry,
  repository: string,
  { layer, size, diffId }: OddImage = {},
): Promise<{ layer: string; digest: string }> {
  const tar = await tarOf([file('hello', repository)]);
  const packed = layer ?? gzipSync(tar);
  const config = Buffer.from(JSON.stringify({ rootfs: { diff_ids: [diffId ?? digestOf(tar)] } }));
  const blob = registry.pushBlob(packed);
  const digest = registry.pushManifest(repository, '1', {
    schemaVersion: 2,
    config: { digest: registry.pushBlob(config), size: config.length },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: blob, size: size ?? packed.length }],
  });
  return { layer: blob, digest };
}
