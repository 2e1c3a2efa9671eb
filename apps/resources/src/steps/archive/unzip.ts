// A zip archive, unpacked by its central directory. Stored and deflated entries; no encryption, no second volume, and at
// most 4 GiB, as in the format's first 64 thousand entries.

import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { readAll } from '../rest-client.js';
import type { Target } from './target.js';

const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const MAX_DIRECTORY_BYTES = 256 << 20;
const MAX_LINK_BYTES = 4096;
const TYPE_MASK = 0o170000;
const LINK_TYPE = 0o120000;

interface Entry {
  name: string;
  method: number;
  isEncrypted: boolean;
  compressedSize: number;
  headerAt: number;
  /** Of Unix; 0 where the archive was made elsewhere. */
  mode: number;
}

/** Throws an Error that names what in the archive cannot be unpacked. */
export async function unzip(file: string, target: Target): Promise<void> {
  const handle = await open(file, 'r');
  try {
    for (const entry of await entriesOf(handle)) await unpack(entry, handle, file, target);
  } finally {
    await handle.close();
  }
}

async function unpack(entry: Entry, handle: FileHandle, file: string, target: Target): Promise<void> {
  const { name, mode, method, compressedSize } = entry;
  if (name.endsWith('/')) return target.makeFolder(name);
  if (entry.isEncrypted) throw new Error(`"${name}" is encrypted`);
  if (method !== 0 && method !== 8) throw new Error(`"${name}" is compressed in a way that is not known (${method})`);
  const local = await bytesAt(handle, entry.headerAt, 30);
  if (local.readUInt32LE(0) !== 0x04034b50) throw new Error(`"${name}" is not where the archive says`);
  const start = entry.headerAt + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  const stored =
    compressedSize === 0 ? Readable.from([]) : createReadStream(file, { start, end: start + compressedSize - 1 });
  const content = method === 8 && compressedSize > 0 ? stored.pipe(createInflateRaw()) : stored;
  if ((mode & TYPE_MASK) === LINK_TYPE) {
    return target.link(name, (await readAll(content, MAX_LINK_BYTES)).toString('utf8'));
  }
  return target.write(name, mode === 0 ? 0o644 : mode, content);
}

async function entriesOf(handle: FileHandle): Promise<Entry[]> {
  const { size } = await handle.stat();
  const tailBytes = Math.min(size, END_BYTES + MAX_COMMENT_BYTES);
  const tail = await bytesAt(handle, size - tailBytes, tailBytes);
  const at = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (at < 0 || at + END_BYTES > tail.length) throw new Error('the file is not a zip archive, or a broken one');
  const count = tail.readUInt16LE(at + 10);
  const [bytes, start] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  if (count === 0xffff || start === 0xffffffff) throw new Error('the zip archive is too large: use a tar.gz instead');
  if (bytes > MAX_DIRECTORY_BYTES) throw new Error('the zip archive lists too much');
  const directory = await bytesAt(handle, start, bytes);
  const entries: Entry[] = [];
  for (let offset = 0; entries.length < count;) {
    if (offset + 46 > directory.length || directory.readUInt32LE(offset) !== 0x02014b50) {
      throw new Error('the list of the zip archive is broken');
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => directory.readUInt16LE(offset + field));
    entries.push({
      name: directory.subarray(offset + 46, offset + 46 + nameBytes!).toString('utf8'),
      isEncrypted: (directory.readUInt16LE(offset + 8) & 1) !== 0,
      method: directory.readUInt16LE(offset + 10),
      compressedSize: directory.readUInt32LE(offset + 20),
      headerAt: directory.readUInt32LE(offset + 42),
      mode: directory.readUInt32LE(offset + 38) >>> 16,
    });
    offset += 46 + nameBytes! + extraBytes! + commentBytes!;
  }
  return entries;
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, position);
  if (bytesRead !== length) throw new Error('the zip archive ends too early');
  return bytes;
}
