// `npm run images [-- --tag TAG] [--output DIR] [--only NAME,…]`: every image of an installation as a docker-archive, on a
// machine that no registry is reachable from. Wants root, Debian's packages and what `npm ci` wants.
//
// Slipway's image is that of deploy/Dockerfile, made by buildah. Base images are stood in for by Debian's own packages and by this
// machine's node and npm, the images of NATS and PostgreSQL by Debian's packages of those (deploy/stand-ins).
//
//   M1. What npm and apt need to know of this machine (settings, proxies, authorities, caches) is mounted while they run, and in
//       no layer.
//   M2. A stand-in is never called what it stands in for in buildah's store, only in the archive that is asked for.

import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { entrypointImage } from './entrypoint-image.mjs';
import { ensureTools, setUp } from './setup.mjs';

const STAND_IN = 'localhost/slipway-stand-in';
const RELEASE = 'bookworm';

/**
 * Builds images, or takes what is built and unchanged.
 *
 * @param {string} root the checkout
 * @param {{ tag?: string, output: string, only?: string[] }} options `tag` of Slipway's own, its version where it is not given, and
 *   `content` for one that follows from what is in it; `only`: of `slipway`, `entrypoint`, `nats`, `postgres`
 * @returns {Promise<{ name: string, file: string }[]>} each as `docker load`, `ctr images import` and the like take it
 */
export async function buildImages(root, { tag = versionOf(root), output, only }) {
  if (process.getuid() !== 0) throw new Error('images are built by root: buildah and mmdebstrap want to be that');
  await ensureTools('images');
  await setUp(root, { platform: true });
  mkdirSync(output, { recursive: true });
  const makers = {
    slipway: () => slipwayArchive(root, tag, output),
    entrypoint: () => entrypointArchive(root, `slipway/entrypoint:${tag}`, join(output, 'entrypoint.tar')),
    nats: () => serverStandIn(root, 'nats', output),
    postgres: () => serverStandIn(root, 'postgres', output),
  };
  const made = [];
  for (const [name, make] of Object.entries(makers)) {
    if (only === undefined || only.includes(name)) made.push(await make());
  }
  return made;
}

function versionOf(root) {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}

/** Of what nobody but the build makes. */
const NOT_SOURCES = new Set(['node_modules', 'dist', '.git', '.slipway', '.turbo']);

function slipwayImage(root) {
  const base = nodeStandIn(root);
  const image = 'localhost/slipway';
  const args = ['--build-arg', `BASE=${base}`, '--build-arg', `BUILD_BASE=${base}`];
  say('slipway');
  // A copy: somebody may go on writing in the checkout, and then the second build would not be that of the first.
  const context = mkdtempSync(join(tmpdir(), 'slipway-sources-'));
  try {
    const filter = (path) => !NOT_SOURCES.has(basename(path));
    cpSync(root, context, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true, filter });
    const dockerfile = join(context, 'deploy/Dockerfile');
    // The stage that runs npm first, by itself: the image is then made without these mounts, from what is built.
    build(`${image}-build`, context, dockerfile, [...args, '--target', 'build', ...npmVolumes()]);
    build(image, context, dockerfile, args);
  } finally {
    rmSync(context, { recursive: true });
  }
  return image;
}

function slipwayArchive(root, tag, output) {
  const image = slipwayImage(root);
  const name = `slipway:${tag === 'content' ? idOf(image).slice(0, 12) : tag}`;
  return archive(image, name, join(output, 'slipway.tar'));
}

function idOf(image) {
  const format = '{{.FromImageID}}';
  return execFileSync('buildah', ['inspect', '--type=image', '--format', format, image], { encoding: 'utf8' }).trim();
}

function entrypointArchive(root, name, file) {
  say(name);
  const program = readFileSync(join(root, 'packages/entrypoint/build/entrypoint'));
  writeFileSync(file, entrypointImage(program, name));
  return { name, file };
}

/** What the manifests call the server's image. */
export async function serverImage(root, name) {
  const { parse } = await import('yaml');
  const { images } = parse(readFileSync(join(root, 'deploy/kubernetes', name, 'kustomization.yaml'), 'utf8'));
  return `${name}:${images.find((image) => image.name === name).newTag}`;
}

async function serverStandIn(root, name, output) {
  return archive(standIn(root, name, debian()), await serverImage(root, name), join(output, `${name}.tar`));
}

/** M1. */
function npmVolumes() {
  const ask = (key) => execFileSync('npm', ['config', 'get', key], { cwd: '/', encoding: 'utf8' }).trim();
  const settings = [
    [ask('globalconfig'), '/usr/local/etc/npmrc'],
    [ask('userconfig'), '/root/.npmrc'],
    [ask('cafile'), ask('cafile')],
  ];
  const volumes = settings
    .filter(([from]) => from.startsWith('/') && existsSync(from))
    .map(([from, to]) => `${from}:${to}:ro`);
  const cache = ask('cache');
  mkdirSync(cache, { recursive: true });
  return [...volumes, `${cache}:/root/.npm`].flatMap((volume) => ['--volume', volume]);
}

/** M1. How this machine's apt reaches its packages (proxies, and what counts as out of date), as a file of settings. */
function aptSettings(folder) {
  const file = join(folder, 'apt.conf');
  const lines = execFileSync('apt-config', ['dump', '--format', '%F "%v";%n', 'Acquire'], { encoding: 'utf8' }).split(
    '\n',
  );
  const kept = lines.filter(
    (line) => !/^Acquire(::(IndexTargets|Changelogs|CompressionTypes|cdrom)\b.*)? "/.test(line),
  );
  writeFileSync(file, kept.join('\n'));
  return file;
}

/** Debian as mmdebstrap makes it, from where this machine's apt takes its packages. Kept until it is removed from the store. */
function debian() {
  const image = `${STAND_IN}/debian:${RELEASE}`;
  if (exists(image)) return image;
  say(`debian:${RELEASE}, from packages`);
  const folder = mkdtempSync(join(tmpdir(), 'slipway-debian-'));
  try {
    const tar = join(folder, 'root.tar');
    const sources = ['/etc/apt/sources.list', '/etc/apt/sources.list.d/debian.sources'].filter(
      (file) => existsSync(file) && readFileSync(file, 'utf8').includes(RELEASE),
    );
    const settings = [`--aptopt=${aptSettings(folder)}`, '--customize-hook=rm "$1/etc/apt/apt.conf.d/99mmdebstrap"'];
    const without = ['man', 'locale', 'doc', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
    const args = ['--quiet', '--mode=root', '--variant=minbase', '--include=ca-certificates', ...settings, ...without];
    run('mmdebstrap', [...args, RELEASE, tar, ...sources]);
    const container = execFileSync('buildah', ['from', 'scratch'], { encoding: 'utf8' }).trim();
    try {
      run('buildah', ['add', container, tar, '/']);
      run('buildah', [
        'config',
        '--env',
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        container,
      ]);
      run('buildah', ['commit', container, image]);
    } finally {
      run('buildah', ['rm', container]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return image;
}

/** Debian with the node that runs this and its npm, copied into a folder that is the build's context. */
function nodeStandIn(root) {
  const image = `${STAND_IN}/node:${process.versions.node}`;
  if (exists(image)) return image;
  const base = debian();
  const context = mkdtempSync(join(tmpdir(), 'slipway-node-'));
  try {
    cpSync(realpathSync(process.execPath), join(context, 'node'));
    const npm = execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim();
    cpSync(join(npm, 'npm'), join(context, 'npm'), { recursive: true });
    return standIn(root, 'node', base, { image, context });
  } finally {
    rmSync(context, { recursive: true });
  }
}

function standIn(root, name, base, { image = `${STAND_IN}/${name}`, context = join(root, 'deploy/stand-ins') } = {}) {
  say(`a stand-in for ${name}`);
  build(image, context, join(root, 'deploy/stand-ins', `${name}.Dockerfile`), ['--build-arg', `BASE=${base}`]);
  return image;
}

/** `--layers`: a step whose inputs are as before is not done again. */
function build(image, context, dockerfile, args) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-apt-'));
  try {
    const how = ['--isolation=chroot', '--pull-never', '--layers'];
    const apt = ['--volume', `${aptSettings(folder)}:/etc/apt/apt.conf.d/99build:ro`];
    run('buildah', ['bud', ...how, ...apt, ...args, '-t', image, '-f', dockerfile, context]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** M2. Renamed into place, so nobody loads a half. */
function archive(image, name, file) {
  rmSync(`${file}.new`, { force: true });
  run('buildah', ['push', '--quiet', image, `docker-archive:${file}.new:${name}`]);
  renameSync(`${file}.new`, file);
  return { name, file };
}

function exists(image) {
  return spawnSync('buildah', ['inspect', '--type=image', image], { stdio: 'ignore' }).status === 0;
}

/** What a program says goes to standard error: standard output is for the answer. */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${command} ${args[0]} failed: ${error?.message ?? `status ${status}`}`);
}

function say(what) {
  console.error(`images: ${what}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = resolve(import.meta.dirname, '..');
  const { values } = parseArgs({
    options: {
      tag: { type: 'string' },
      output: { type: 'string', default: join(root, '.slipway/images') },
      only: { type: 'string' },
    },
  });
  const images = await buildImages(root, { ...values, output: resolve(values.output), only: values.only?.split(',') });
  for (const { name, file } of images) console.log(`${name} ${file}`);
}
