// `node scripts/entrypoint-image.mjs NAME FILE.tar`: the image that brings the entrypoint into pods, as an archive that
// `docker load`, `ctr images import`, `kind load image-archive` and `skopeo` take. Its only file is the program; there is
// nothing to pull it from and nothing to build it with.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const BLOCK = 512;
const NOBODY = '65532';
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };

/** The archive's bytes: the same for the same program, whenever they are made. */
export function entrypointImage(program, name, architecture = ARCHITECTURES[process.arch] ?? process.arch) {
  const layer = tar([{ path: 'entrypoint', mode: 0o755, bytes: program }]);
  const config = json({
    architecture,
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: { Entrypoint: ['/entrypoint'], User: NOBODY },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
  });
  const layerPath = `${sha256(layer)}.tar`;
  const configPath = `${sha256(config)}.json`;
  const manifest = json([{ Config: configPath, RepoTags: [name], Layers: [layerPath] }]);
  return tar([
    { path: configPath, mode: 0o644, bytes: config },
    { path: layerPath, mode: 0o644, bytes: layer },
    { path: 'manifest.json', mode: 0o644, bytes: manifest },
  ]);
}

function tar(files) {
  const parts = files.flatMap(({ path, mode, bytes }) => [header(path, mode, bytes.length), padded(bytes)]);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

/** POSIX ustar. */
function header(path, mode, size) {
  const block = Buffer.alloc(BLOCK);
  const octal = (value, length) => value.toString(8).padStart(length - 1, '0') + '\0';
  block.write(path, 0, 100);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(' '.repeat(8), 148); // the sum is taken with spaces in its own place
  block.write('0', 156);
  block.write('ustar\0' + '00', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(sum.toString(8).padStart(6, '0') + '\0 ', 148);
  return block;
}

function padded(bytes) {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

function json(value) {
  return Buffer.from(JSON.stringify(value));
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [name, file] = process.argv.slice(2);
  if (name === undefined || file === undefined)
    throw new Error('usage: node scripts/entrypoint-image.mjs NAME FILE.tar');
  const program = join(resolve(import.meta.dirname, '..'), 'packages/entrypoint/build/entrypoint');
  writeFileSync(file, entrypointImage(readFileSync(program), name));
}
