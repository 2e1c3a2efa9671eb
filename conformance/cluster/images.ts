// Images of a cluster without a registry: one Debian with the tools that steps take for granted, under every name that the
// files have. What stands in for single tools in the process runtime is in it too, at the same paths.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { StandIn } from '../far-side/stand-ins.js';
import { programFolders } from './image-names.js';

const PACKAGES = [
  ...['bash', 'coreutils', 'procps', 'busybox', 'perl', 'python3', 'jq', 'git', 'openssh-client', 'ca-certificates'],
  ...['curl', 'wget', 'skopeo', 'unzip', 'gettext-base'],
];
/** What no step reads. */
const LEFT_OUT = ['man', 'locale', 'doc', 'info'];

const NODE = '/usr/local/bin/node';
const CONFIG = { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['bash'] };

/** The layer that all have, made once from Debian's packages. */
export function baseLayer(cache: string): string {
  const key = createHash('sha256')
    .update(JSON.stringify([PACKAGES, LEFT_OUT]))
    .digest('hex');
  const file = join(cache, `conformance-base-${key.slice(0, 12)}.tar`);
  if (existsSync(file)) return file;
  mkdirSync(cache, { recursive: true });
  const unfinished = `${file}.${process.pid}.tar`;
  const excluded = LEFT_OUT.map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`);
  execFileSync(
    'mmdebstrap',
    [
      ...['--quiet', '--mode=root', '--variant=apt', `--include=${PACKAGES.join()}`, ...excluded],
      ...['--customize-hook=ln -sf python3 "$1/usr/bin/python"', 'bookworm', unfinished],
      ...aptSources(),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  renameSync(unfinished, file);
  return file;
}

/** This machine's own. */
function aptSources(): string[] {
  const folder = '/etc/apt/sources.list.d';
  const parts = readdirSync(folder).filter((name) => /\.(sources|list)$/.test(name));
  const files = [...parts.map((name) => join(folder, name)), '/etc/apt/sources.list'];
  return files.filter((file) => existsSync(file));
}

/** A layer with this machine's Node. */
export function nodeLayer(file: string): string {
  return layer(file, [{ at: NODE, from: process.execPath }]);
}

/** A layer with the folder of the stand-ins where it is on this machine, and links to what is in it. */
export function standInLayer(file: string, folder: string, standIns: readonly StandIn[]): string {
  return layer(file, [
    { at: folder, from: folder },
    ...programFolders(standIns).map((path) => ({
      at: `/usr/local/bin/${basename(path)}`,
      from: join(path, basename(path)),
    })),
    ...standIns.flatMap(({ mounts = {} }) => Object.entries(mounts).map(([at, from]) => ({ at, from }))),
  ]);
}

/** A layer with the programs of Slipway's own steps. */
export function ownStepsLayer(file: string, koApp: string): string {
  return layer(file, [
    { at: '/ko-app', from: koApp },
    { at: '/ko-app/node', link: NODE },
  ]);
}

/** A layer in which `sh` is busybox, as in the images that are built on it. */
export function ashLayer(file: string): string {
  return layer(
    file,
    ['sh', 'ash'].map((name) => ({ at: `/usr/bin/${name}`, link: 'busybox' })),
  );
}

type Part = { at: string } & ({ from: string } | { link: string });

/** An archive of copies and links, each at its own path; the later of two at one path counts. */
function layer(file: string, parts: readonly Part[]): string {
  const root = `${file}.root`;
  for (const { at, ...part } of parts) {
    const target = join(root, at);
    mkdirSync(dirname(target), { recursive: true });
    if ('from' in part) execFileSync('cp', ['-rT', '--remove-destination', part.from, target]);
    else {
      rmSync(target, { force: true });
      symlinkSync(part.link, target);
    }
  }
  execFileSync('tar', ['-cf', file, '--owner=0', '--group=0', '--numeric-owner', '-C', root, '.']);
  return file;
}

/** `<folder>.tar`, as nodes import it. */
export async function imageArchive(folder: string, name: string, layers: readonly string[]): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const digests = await Promise.all(layers.map(sha256));
  const config = JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: CONFIG,
    rootfs: { type: 'layers', diff_ids: digests.map((digest) => `sha256:${digest}`) },
  });
  layers.forEach((path, i) => symlinkSync(path, join(folder, `${digests[i]}.tar`)));
  writeFileSync(join(folder, 'config.json'), config);
  const Layers = digests.map((digest) => `${digest}.tar`);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers }]));
  execFileSync('tar', ['-chf', `${folder}.tar`, '-C', folder, 'manifest.json', 'config.json', ...Layers]);
  return `${folder}.tar`;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}
