// A layer of a bundle is a tar of one file, or the file itself.

const BLOCK = 512;

/** The first regular file of a tar; undefined when the bytes are no tar. */
export function firstTarFile(data: Uint8Array): Uint8Array | undefined {
  for (let offset = 0; offset + BLOCK <= data.length;) {
    const header = data.subarray(offset, offset + BLOCK);
    const size = octal(header.subarray(124, 136));
    if (!hasChecksum(header) || size === undefined) return undefined;
    const type = header[156];
    const content = offset + BLOCK;
    if (type === 0 || type === 0x30)
      return content + size <= data.length ? data.subarray(content, content + size) : undefined;
    offset = content + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}

function hasChecksum(header: Uint8Array): boolean {
  const stored = octal(header.subarray(148, 156));
  let sum = 0;
  header.forEach((byte, i) => (sum += i >= 148 && i < 156 ? 0x20 : byte));
  return stored === sum;
}

function octal(field: Uint8Array): number | undefined {
  const text = String.fromCharCode(...field)
    .replace(/[\0 ]+$/, '')
    .trim();
  return /^[0-7]{1,11}$/.test(text) ? parseInt(text, 8) : undefined;
}
