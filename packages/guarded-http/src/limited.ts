// Reading with a limit: nothing from outside is ever read to its end only because it goes on.

import { createGunzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import { unfetchable } from './unfetchable.js';

/** All of a stream, or `not-found` once it is longer than `maxBytes`. */
export async function readLimited(stream: Readable, maxBytes: number, what: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      stream.destroy();
      throw unfetchable(`${what} is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What gzip packed, or `not-found` once it is longer than `maxBytes`: a bomb costs no more than that. */
export async function gunzipLimited(packed: Uint8Array, maxBytes: number, what: string): Promise<Buffer> {
  const gunzip = createGunzip();
  gunzip.end(packed);
  try {
    return await readLimited(gunzip, maxBytes, what);
  } catch (thrown) {
    if ((thrown as { code?: string }).code?.startsWith('Z_') !== true) throw thrown;
    throw unfetchable(`${what} cannot be unpacked`, undefined, thrown);
  }
}
