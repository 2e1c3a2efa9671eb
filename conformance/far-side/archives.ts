// The archives that the storage examples fetch: one file each.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CONTENT = Buffer.from('some text\n');

/** Names and bytes. `folder` is written into. */
export function archives(folder: string): [name: string, content: Buffer][] {
  const below = join(folder, 'archive');
  mkdirSync(below);
  writeFileSync(join(below, 'file.txt'), CONTENT);
  const tar = spawnSync('tar', ['-czf', '-', '-C', below, 'file.txt']);
  return [
    ['archive.tar.gz', tar.stdout],
    ['archive.zip', zipOf('file.txt', CONTENT)],
    ['rules_docker-master.zip', zipOf('rules_docker-master/WORKSPACE', CONTENT)],
  ];
}

/** A zip archive with one file, stored as it is. */
function zipOf(name: string, content: Buffer): Buffer {
  const fields = Buffer.alloc(26); // what the local and the central header share, from "version needed" on
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(0x21, 8); // 1980-01-01
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(content.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), content]);
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
    fields,
    Buffer.alloc(14), // comment, disk, attributes, and the local header at 0
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
