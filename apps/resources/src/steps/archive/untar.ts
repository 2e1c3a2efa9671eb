// A tar archive, compressed with gzip, unpacked while it is read. Formats: ustar, pax, and GNU's long names.

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Target } from './target.js';

const BLOCK = 512;
const MAX_HEADER_BYTES = 1 << 20;

interface Header {
  name: string;
  size: number;
  mode: number;
  type: string;
  linkName: string;
}

/** Throws an Error that names what in the archive cannot be unpacked. */
export async function untar(file: string, target: Target): Promise<void> {
  const unzipped = createReadStream(file).pipe(createGunzip());
  const bytes = new ByteReader(unzipped[Symbol.asyncIterator]() as AsyncIterator<Buffer>);
  let longName: string | undefined;
  let longLink: string | undefined;
  for (;;) {
    const block = await bytes.take(BLOCK);
    if (block === undefined || block.every((byte) => byte === 0)) break;
    const header = headerOf(block);
    const padding = (BLOCK - (header.size % BLOCK)) % BLOCK;
    if (['x', 'g', 'L', 'K'].includes(header.type)) {
      if (header.size > MAX_HEADER_BYTES) throw new Error('the archive has a header that is larger than 1 MiB');
      const text = ((await bytes.take(header.size)) ?? Buffer.alloc(0)).toString('utf8');
      if (header.type === 'L') longName = text.replace(/\0.*$/s, '');
      if (header.type === 'K') longLink = text.replace(/\0.*$/s, '');
      if (header.type === 'x') {
        longName = paxValue(text, 'path') ?? longName;
        longLink = paxValue(text, 'linkpath') ?? longLink;
      }
    } else {
      await unpack({ ...header, name: longName ?? header.name, linkName: longLink ?? header.linkName }, bytes, target);
      longName = longLink = undefined;
    }
    await bytes.take(padding);
  }
  unzipped.destroy();
}

async function unpack({ name, size, mode, type, linkName }: Header, bytes: ByteReader, target: Target): Promise<void> {
  switch (type) {
    case '0':
    case '\0':
    case '7':
      return target.write(name, mode, Readable.from(bytes.pieces(size)));
    case '5':
      if (name.replaceAll(/[./]/g, '') !== '' || name.includes('..')) target.makeFolder(name);
      return;
    case '2':
      return target.link(name, linkName);
    case '1':
      throw new Error(`"${name}" is a second name of "${linkName}": such links are not unpacked`);
    default:
      throw new Error(`"${name}" is a device or a pipe`);
  }
}

function headerOf(block: Buffer): Header {
  const text = (start: number, length: number): string =>
    block
      .subarray(start, start + length)
      .toString('utf8')
      .replace(/\0.*$/s, '');
  const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (sum !== octal(block, 148, 8)) throw new Error('the file is not a tar archive, or a broken one');
  const prefix = text(257, 5) === 'ustar' && block[262] === 0 ? text(345, 155) : '';
  return {
    name: prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`,
    mode: octal(block, 100, 8),
    size: octal(block, 124, 12),
    type: String.fromCharCode(block[156]!),
    linkName: text(157, 100),
  };
}

/** Numbers are octal text; GNU writes large ones in base 256. */
function octal(block: Buffer, start: number, length: number): number {
  const field = block.subarray(start, start + length);
  if ((field[0]! & 0x80) !== 0) return Number(field.readBigUInt64BE(length - 8));
  const value = parseInt(
    field
      .toString('latin1')
      .replaceAll(/[\0 ]+/g, ' ')
      .trim() || '0',
    8,
  );
  if (!Number.isSafeInteger(value) || value < 0) throw new Error('the archive has a number that is none');
  return value;
}

/** A record is `<length> <key>=<value>\n`. Lengths are bytes, so only the last `=` of a line without breaks is looked for. */
function paxValue(records: string, key: string): string | undefined {
  return new RegExp(`(?:^|\\n)\\d+ ${key}=([^\\n]*)\\n`).exec(records)?.[1];
}

/** Bytes of a stream in the pieces that are asked for. */
class ByteReader {
  #rest: Buffer = Buffer.alloc(0);

  constructor(private readonly chunks: AsyncIterator<Buffer>) {}

  /** So many bytes; undefined at the end. Throws when the stream ends in between. */
  async take(size: number): Promise<Buffer | undefined> {
    if (size === 0) return Buffer.alloc(0);
    const pieces: Buffer[] = [];
    for await (const piece of this.pieces(size)) pieces.push(piece);
    return pieces.length === 0 ? undefined : Buffer.concat(pieces);
  }

  async *pieces(size: number): AsyncGenerator<Buffer> {
    for (let left = size; left > 0;) {
      if (this.#rest.length === 0) {
        const next = await this.chunks.next();
        if (next.done === true) {
          if (left === size) return;
          throw new Error('the archive ends in the middle of a file');
        }
        this.#rest = next.value;
      }
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }
}
