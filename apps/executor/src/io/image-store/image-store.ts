// The root file systems that this node has pulled, each in the folder of its manifest's digest.
//
//   I1. A folder that has a digest for a name is whole: it is filled and checked elsewhere, and renamed. Whatever is
//       elsewhere when the store opens is rubbish.
//   I2. Who may use an image is stored with it: hashes of the credentials by which a registry gave its manifest, for each
//       repository that gave all of its bytes. Knowing a digest is no permission.
//   I3. An image that a pod uses is not removed.

import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageConfig, RegistryCredentials } from '@slipway/oci';
import { imagesToRemove } from '../../core/image-eviction.js';
import { removeAside, removeFolder } from '../process-runtime/files.js';

export interface StoredImage {
  /** `sha256:…` of the manifest for this machine. */
  digest: string;
  /** The folder that is its root. */
  rootfs: string;
  config: ImageConfig;
}

/** What an image's own file says. */
interface ImageRecord {
  digest: string;
  config: ImageConfig;
  sizeBytes: number;
  usedMs: number;
  /** Proofs of access by repository, newest last (I2). */
  proofs: Record<string, string[]>;
}

/** What `adopt` is told of a folder. */
export interface FilledImage {
  digest: string;
  config: ImageConfig;
  sizeBytes: number;
  repository: string;
  proof: string;
}

/** Everybody: the registry asked for no credentials. */
const ANYONE = 'anyone';
/** When an image was used is known this well after a restart. */
const USED_MS = 60_000;
const MOST_PROOFS = 1000;
const MOST_TAGS = 10_000;
const FOLDER = /^[0-9a-f]{64}$/;

export class ImageStore {
  readonly #images = new Map<string, ImageRecord>();
  /** Digest of what a reference meant when a registry was last asked. */
  readonly #tags: Map<string, string>;
  readonly #key: Buffer;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly folder: string,
    private readonly now: () => number,
  ) {
    this.#key = keyIn(join(folder, 'key'));
    this.#tags = new Map(Object.entries(readJson<Record<string, string>>(join(folder, 'tags.json')) ?? {}));
  }

  /** Makes the folder, and clears away what a process left there that was killed (I1). */
  static async open(folder: string, now: () => number = Date.now): Promise<ImageStore> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const store = new ImageStore(folder, now);
    mkdirSync(store.#trash, { recursive: true, mode: 0o700 });
    await store.#empty();
    for (const name of readdirSync(folder)) if (FOLDER.test(name)) await store.#takeUp(name);
    return store;
  }

  /** Who these credentials are, as it is stored: no way leads back from it (I2). */
  proofOf(credentials: RegistryCredentials | undefined): string {
    if (credentials === undefined) return ANYONE;
    const { user, password } = credentials;
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([user, password]))
      .digest('hex');
  }

  /** `sha256:…` of what the reference meant last; undefined: it is not known. */
  meaningOf(reference: string): string | undefined {
    return this.#tags.get(reference);
  }

  remember(reference: string, digest: string): void {
    if (this.#tags.get(reference) === digest) return;
    this.#tags.delete(reference);
    this.#tags.set(reference, digest);
    if (this.#tags.size > MOST_TAGS) this.#tags.delete(this.#tags.keys().next().value!);
    writeWhole(join(this.folder, 'tags.json'), JSON.stringify(Object.fromEntries(this.#tags)));
  }

  /** The image, where that repository gave it to somebody with this proof, or to anyone (I2). */
  get(digest: string, repository: string, proof: string): StoredImage | undefined {
    const proofs = this.#images.get(digest)?.proofs[repository] ?? [];
    return proofs.includes(proof) || proofs.includes(ANYONE) ? this.#use(digest) : undefined;
  }

  /** The image, where that repository has given all of it; from now on this proof holds. */
  prove(digest: string, repository: string, proof: string): StoredImage | undefined {
    const image = this.#images.get(digest);
    const proofs = image?.proofs[repository];
    if (image === undefined || proofs === undefined) return undefined;
    if (!proofs.includes(proof)) {
      image.proofs[repository] = [...proofs, proof].slice(-MOST_PROOFS);
      this.#write(image);
    }
    return this.#use(digest);
  }

  /** A folder to fill, which nobody sees yet. */
  newFolder(): string {
    const folder = join(this.#pulling, randomUUID());
    mkdirSync(join(folder, 'rootfs'), { recursive: true, mode: 0o755 });
    return folder;
  }

  /** A filled and checked folder takes its place, or adds its repository to the image that is there (I1). */
  adopt(folder: string, found: FilledImage): Promise<StoredImage> {
    return this.#inTurn(() => this.#adopt(folder, found));
  }

  async #adopt(folder: string, found: FilledImage): Promise<StoredImage> {
    const { repository, proof, ...image } = found;
    const known = this.#images.get(image.digest);
    if (known === undefined) {
      const record = { ...image, usedMs: this.now(), proofs: { [repository]: [proof] } };
      writeWhole(join(folder, 'image.json'), JSON.stringify(record));
      await rename(folder, this.#path(image.digest));
      this.#images.set(image.digest, record);
    } else {
      known.proofs[repository] = [...(known.proofs[repository] ?? []), proof];
      this.#write(known);
      await this.discard(folder);
    }
    return this.#use(image.digest);
  }

  /** A folder that was not filled after all. */
  async discard(folder: string): Promise<void> {
    await removeFolder(folder, this.#trash);
  }

  /** Removes what is too much; I3. */
  evict(maxBytes: number, inUse: (digest: string) => boolean): Promise<string[]> {
    return this.#inTurn(() => this.#evict(maxBytes, inUse));
  }

  async #evict(maxBytes: number, inUse: (digest: string) => boolean): Promise<string[]> {
    const removed = imagesToRemove([...this.#images.values()], maxBytes, inUse);
    for (const digest of removed) {
      this.#images.delete(digest);
      await removeFolder(this.#path(digest), this.#trash);
    }
    return removed;
  }

  /** A folder that is on its way out must be gone before another of its name comes. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  get #pulling(): string {
    return join(this.folder, '.pulling');
  }

  get #trash(): string {
    return join(this.folder, '.trash');
  }

  #path(digest: string): string {
    return join(this.folder, digest.replace('sha256:', ''));
  }

  #use(digest: string): StoredImage {
    const image = this.#images.get(digest)!;
    const isStale = this.now() - image.usedMs > USED_MS;
    image.usedMs = this.now();
    if (isStale) this.#write(image);
    return { digest, config: image.config, rootfs: join(this.#path(digest), 'rootfs') };
  }

  #write(image: ImageRecord): void {
    writeWhole(join(this.#path(image.digest), 'image.json'), JSON.stringify(image));
  }

  async #empty(): Promise<void> {
    if (existsSync(this.#pulling)) await removeFolder(this.#pulling, this.#trash);
    mkdirSync(this.#pulling, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(this.#trash)) await removeAside(join(this.#trash, name));
  }

  async #takeUp(name: string): Promise<void> {
    const path = join(this.folder, name);
    const image = readJson<ImageRecord>(join(path, 'image.json'));
    if (image?.digest === `sha256:${name}`) this.#images.set(image.digest, image);
    else await removeFolder(path, this.#trash);
  }
}

function keyIn(path: string): Buffer {
  if (!existsSync(path)) writeWhole(path, randomBytes(32));
  return readFileSync(path);
}

function writeWhole(path: string, content: string | Buffer): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
