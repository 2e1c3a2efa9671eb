// The lines of a file that end: what a crash tore off, or is being written, is none.

import type { FileHandle } from 'node:fs/promises';

const READ_BYTES = 128 * 1024;

/** The whole lines between two offsets, and the offset behind each. */
export async function* wholeLines(
  file: FileHandle,
  start: number,
  end: number,
): AsyncGenerator<{ text: string; after: number }> {
  let rest = Buffer.alloc(0);
  let offset = start;
  while (offset < end) {
    const block = Buffer.allocUnsafe(Math.min(READ_BYTES, end - offset));
    const { bytesRead } = await file.read(block, 0, block.length, offset);
    if (bytesRead === 0) return;
    let lineStart = offset - rest.length;
    offset += bytesRead;
    const bytes =
      rest.length === 0 ? block.subarray(0, bytesRead) : Buffer.concat([rest, block.subarray(0, bytesRead)]);
    let at = 0;
    for (let newline = bytes.indexOf(10, at); newline >= 0; newline = bytes.indexOf(10, at)) {
      const text = bytes.toString('utf8', at, newline);
      lineStart += newline + 1 - at;
      at = newline + 1;
      yield { text, after: lineStart };
    }
    rest = bytes.subarray(at);
  }
}
