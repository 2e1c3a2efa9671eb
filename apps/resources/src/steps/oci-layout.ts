// The digest in an OCI layout, read as what it is: files that a task wrote.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

export interface ListedImage {
  name: string;
  url: string;
  OutputImageDir: string;
}
export type Digest = { kind: 'digest'; digest: string } | { kind: 'none' } | { kind: 'broken'; because: string };

const MAX_INDEX_BYTES = 1 << 20;

/** The `-images` argument, or the sentence that says what is wrong with it. */
export function parseImages(json: string): ListedImage[] | string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return '-images is not JSON';
  }
  if (!Array.isArray(value)) return '-images is not a list';
  const images = (value as Partial<ListedImage>[]).map(({ name, url, OutputImageDir }) => ({
    name,
    url,
    OutputImageDir,
  }));
  const strings = images.every((image) => Object.values(image).every((part) => typeof part === 'string'));
  return strings ? (images as ListedImage[]) : '-images has an entry without name, url or OutputImageDir';
}

/** The digest of the only manifest of a layout's index.json. */
export function readDigest(folder: string): Digest {
  const read = readIndex(join(folder, 'index.json'));
  if (read.kind !== 'text') return read;
  let index: { manifests?: { digest?: unknown }[] };
  try {
    index = JSON.parse(read.text) as typeof index;
  } catch {
    return { kind: 'broken', because: 'index.json is not JSON' };
  }
  const manifests: unknown = index?.manifests;
  if (!Array.isArray(manifests) || manifests.length === 0)
    return { kind: 'broken', because: 'index.json lists no manifest' };
  if (manifests.length > 1)
    return { kind: 'broken', because: 'index.json lists several manifests; one image is expected' };
  const { digest } = manifests[0] as { digest?: unknown };
  if (typeof digest !== 'string' || !/^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$/.test(digest)) {
    return { kind: 'broken', because: 'the manifest in index.json has no digest of the form sha256:<64 hex digits>' };
  }
  return { kind: 'digest', digest };
}

/** Never follows a link, never waits on a pipe, never reads more than an index may have. */
function readIndex(path: string): { kind: 'text'; text: string } | Digest {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'none' };
    return { kind: 'broken', because: code === 'ELOOP' ? 'index.json is a symbolic link' : `index.json: ${code}` };
  }
  try {
    const { size } = fstatSync(file);
    if (!fstatSync(file).isFile()) return { kind: 'broken', because: 'index.json is not a file' };
    if (size > MAX_INDEX_BYTES) return { kind: 'broken', because: 'index.json is larger than 1 MiB' };
    const bytes = Buffer.alloc(size);
    return { kind: 'text', text: bytes.toString('utf8', 0, readSync(file, bytes, 0, size, 0)) };
  } finally {
    closeSync(file);
  }
}
