/** The checksum CRC-32C (Castagnoli) as Cloud Storage writes it: big endian, in base64. */
export class Crc32c {
  #value = 0xffffffff;

  update(bytes: Buffer): void {
    let value = this.#value;
    for (const byte of bytes) value = TABLE[(value ^ byte) & 0xff]! ^ (value >>> 8);
    this.#value = value;
  }

  base64(): string {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE((this.#value ^ 0xffffffff) >>> 0);
    return bytes.toString('base64');
  }
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ 0x82f63b78;
  return value;
});
