// Between a folder and a bucket: what `gsutil cp`, `gsutil rsync -d -r` and Cloud Build's fetcher and uploader do.

import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { folderPrefix, isPattern, matches, uploadName, type GcsLocation } from '../../core/gcs-location.js';
import { Target } from '../archive/target.js';
import { untar } from '../archive/untar.js';
import { unzip } from '../archive/unzip.js';
import type { Bucket, StoredObject } from './bucket.js';

type BucketOf = (name: string) => Bucket;

const AT_ONCE = 8;
const MAX_MANIFEST_BYTES = 64 << 20;

/** `gsutil cp`: one object, or those of a pattern, into a folder. Answers how many. */
export async function fetchObjects(bucketOf: BucketOf, location: GcsLocation, folder: string): Promise<number> {
  const bucket = bucketOf(location.bucket);
  const objects = isPattern(location.name)
    ? (await bucket.list(location.name.slice(0, location.name.indexOf('*')))).filter(({ name }) =>
        matches(location.name, name),
      )
    : [await bucket.find(location.name)].filter((object) => object !== undefined);
  if (objects.length === 0) throw new Error(`there is no object gs://${location.bucket}/${location.name}`);
  const target = new Target(folder);
  await inParallel(objects, (object) => fetchTo(bucket, object, target, basename(object.name)));
  return objects.length;
}

/** `gsutil rsync -d -r`: the folder has afterwards what the bucket has below the location, and nothing else. */
export async function fetchFolder(bucketOf: BucketOf, location: GcsLocation, folder: string): Promise<number> {
  const bucket = bucketOf(location.bucket);
  const prefix = folderPrefix(location);
  const objects = (await bucket.list(prefix)).filter(({ name }) => !name.endsWith('/')); // folders of the console
  if (objects.length === 0) throw new Error(`there is nothing below gs://${location.bucket}/${prefix}`);
  const target = new Target(folder);
  const wanted = new Set(objects.map(({ name }) => name.slice(prefix.length)));
  for (const { path, name } of filesBelow(folder)) if (!wanted.has(name)) rmSync(path);
  await inParallel(objects, (object) => fetchTo(bucket, object, target, object.name.slice(prefix.length)));
  return objects.length;
}

/** Cloud Build's fetcher: an archive, unpacked, or the objects that a manifest names. */
export async function fetchArtifact(
  bucketOf: BucketOf,
  location: GcsLocation,
  type: string,
  folder: string,
): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'gcs-'));
  try {
    const bucket = bucketOf(location.bucket);
    const object = await bucket.find(location.name);
    if (object === undefined) throw new Error(`there is no object gs://${location.bucket}/${location.name}`);
    const file = join(scratch, 'artifact');
    await bucket.download(object, file);
    const target = new Target(folder);
    if (type === 'Manifest') await fetchManifest(bucketOf, file, target);
    else await (type === 'TarGzArchive' ? untar : unzip)(file, target);
    target.finish();
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** `gsutil cp <folder>/*`: the files of a folder, not those of its folders. */
export async function sendFiles(bucketOf: BucketOf, location: GcsLocation, folder: string): Promise<number> {
  const bucket = bucketOf(location.bucket);
  const files = filesBelow(folder).filter(({ name }) => !name.includes('/'));
  if (files.length === 0) throw new Error(`there is no file in ${folder}`);
  await inParallel(files, ({ path, name }) => bucket.upload(path, uploadName(location, name, files.length)));
  return files.length;
}

/** `gsutil rsync -d -r`: the bucket has afterwards below the location what the folder has, and nothing else. */
export async function sendFolder(bucketOf: BucketOf, location: GcsLocation, folder: string): Promise<number> {
  const bucket = bucketOf(location.bucket);
  const prefix = folderPrefix(location);
  const files = filesBelow(folder);
  const kept = new Set(files.map(({ name }) => prefix + name));
  const extra = (await bucket.list(prefix)).filter(({ name }) => !kept.has(name));
  await inParallel(files, ({ path, name }) => bucket.upload(path, prefix + name));
  await inParallel(extra, ({ name }) => bucket.delete(name)); // last: what fails before has cost nothing
  return files.length;
}

/** Cloud Build's uploader: each file under its digest, in the bucket of the manifest that lists them. */
export async function sendManifest(bucketOf: BucketOf, location: GcsLocation, folder: string): Promise<number> {
  const bucket = bucketOf(location.bucket);
  const files = filesBelow(folder);
  const manifest: Record<string, { sourceUrl: string; sha1sum: string }> = {};
  for (const { path, name } of files) {
    const sha1sum = createHash('sha1').update(readFileSync(path)).digest('hex');
    Object.defineProperty(manifest, name, {
      value: { sourceUrl: `gs://${location.bucket}/${sha1sum}`, sha1sum },
      enumerable: true,
    });
  }
  await inParallel(files, async ({ path, name }) => {
    const { sha1sum } = manifest[name]!;
    if ((await bucket.find(sha1sum)) === undefined) await bucket.upload(path, sha1sum);
  });
  await bucket.put(location.name, Buffer.from(JSON.stringify(manifest)));
  return files.length;
}

async function fetchTo(bucket: Bucket, object: StoredObject, target: Target, name: string): Promise<void> {
  target.count(object.size);
  await bucket.download(object, target.place(name));
}

async function fetchManifest(bucketOf: BucketOf, file: string, target: Target): Promise<void> {
  if (lstatSync(file).size > MAX_MANIFEST_BYTES) throw new Error('the manifest is larger than 64 MiB');
  let manifest: Record<string, { sourceUrl?: unknown; sha1sum?: unknown }>;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8')) as typeof manifest;
  } catch {
    throw new Error('the manifest is not JSON');
  }
  await inParallel(Object.entries(manifest), async ([name, { sourceUrl, sha1sum }]) => {
    const [, bucketName, object] =
      /^gs:\/\/([^/]+)\/([^#]+)/.exec(typeof sourceUrl === 'string' ? sourceUrl : '') ?? [];
    if (bucketName === undefined || object === undefined)
      throw new Error(`the manifest has no sourceUrl for "${name}"`);
    const found = await bucketOf(bucketName).find(object);
    if (found === undefined) throw new Error(`there is no object gs://${bucketName}/${object} for "${name}"`);
    target.count(found.size);
    const path = target.place(name);
    await bucketOf(bucketName).download(found, path);
    if (typeof sha1sum !== 'string' || sha1sum === '') return;
    const is = createHash('sha1').update(readFileSync(path)).digest('hex');
    if (is !== sha1sum.toLowerCase()) throw new Error(`"${name}" has the digest ${is}, not ${sha1sum}`);
  });
}

/**
 * The files below a folder by their names in it. Links are left out: a task could make one to what only this step sees,
 * its credentials for one.
 */
function filesBelow(folder: string): { path: string; name: string }[] {
  const found: { path: string; name: string }[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found.push({ path, name: relative(folder, path) });
    else if (entry.isSymbolicLink()) process.stdout.write(`${relative(folder, path)} is a link, and left out\n`);
  }
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
