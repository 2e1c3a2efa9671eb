// The programs that npm cannot give: where they are looked for, and how each system installs them.

import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const SERVER_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** `any`: one of these programs is enough. `apt`, `dnf`, `brew`: packages by package manager. */
const TOOLS = [
  {
    name: 'nats-server',
    any: ['nats-server'],
    for: ['platform', 'test'],
    why: 'carries messages between the services',
    apt: ['nats-server'],
    dnf: ['nats-server'],
    apk: ['nats-server'],
  },
  {
    name: 'bwrap',
    any: ['bwrap'],
    for: ['platform', 'test'],
    why: 'runs the steps in namespaces of their own',
    apt: ['bubblewrap'],
    dnf: ['bubblewrap'],
    apk: ['bubblewrap'],
  },
  {
    name: 'a C compiler',
    any: ['musl-gcc', 'gcc', 'cc'],
    for: ['build', 'test'],
    why: 'builds the entrypoint of steps',
    apt: ['gcc', 'libc6-dev', 'musl-tools'],
    dnf: ['gcc', 'glibc-static'],
    apk: ['gcc', 'musl-dev'],
  },
  {
    name: 'make',
    any: ['make'],
    for: ['build', 'test'],
    why: 'builds the entrypoint of steps',
    apt: ['make'],
    dnf: ['make'],
    apk: ['make'],
  },
  {
    name: 'git',
    any: ['git'],
    for: ['test'],
    why: 'serves repositories to tests',
    apt: ['git'],
    dnf: ['git'],
    apk: ['git'],
  },
  {
    name: 'buildah',
    any: ['buildah'],
    for: ['images'],
    why: 'builds images without a daemon',
    apt: ['buildah'],
    dnf: ['buildah'],
    apk: ['buildah'],
  },
  {
    name: 'mmdebstrap',
    any: ['mmdebstrap'],
    for: ['images'],
    why: 'makes base images of packages',
    apt: ['mmdebstrap'],
    dnf: ['mmdebstrap'],
    apk: ['mmdebstrap'],
  },
];

export function programPath() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...folders, ...SERVER_FOLDERS.filter((folder) => !folders.includes(folder))].join(delimiter);
}

/** @param {'platform' | 'build' | 'test' | 'images'} purpose */
export function missingTools(purpose) {
  return TOOLS.filter((tool) => tool.for.includes(purpose) && !tool.any.some(isInstalled));
}

/** Installs with apt when this may be done without asking; otherwise throws, saying exactly what to type. */
export async function installTools(missing, { say, run }) {
  if (process.platform !== 'linux')
    throw new Error(
      instructions(missing, 'A platform runs on Linux only; on this system use --server with a platform elsewhere.'),
    );
  const packages = [...new Set(missing.flatMap((tool) => tool.apt))];
  const root = process.getuid() === 0;
  if (!isDebian() || !isInstalled('apt-get') || (!root && !isInstalled('sudo'))) throw new Error(instructions(missing));
  const [command, ...first] = root ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  const options = { failed: instructions(missing), env: { DEBIAN_FRONTEND: 'noninteractive' } };
  say(`installing ${packages.join(', ')} with apt`);
  const install = () =>
    run(command, [...first, 'install', '-y', '-q', '--no-install-recommends', ...packages], options);
  try {
    await install();
  } catch {
    await run(command, [...first, 'update', '-q'], options); // a fresh image has no package lists, an old one stale ones
    await install();
  }
  const still = missing.filter((tool) => !tool.any.some(isInstalled));
  if (still.length > 0) throw new Error(instructions(still));
}

function instructions(missing, note) {
  const lines = [`missing: ${missing.map((tool) => `${tool.name} (${tool.why})`).join('; ')}`];
  const of = (manager) => [...new Set(missing.flatMap((tool) => tool[manager]))].join(' ');
  if (note !== undefined) lines.push(note);
  else if (isDebian()) lines.push(`Install with: sudo apt-get update && sudo apt-get install -y ${of('apt')}`);
  else if (isInstalled('dnf')) lines.push(`Install with: sudo dnf install -y ${of('dnf')}`);
  else if (isInstalled('apk')) lines.push(`Install with: apk add ${of('apk')}`);
  else
    lines.push(
      `Install them with your package manager; Debian calls them ${of('apt')}. nats-server: https://github.com/nats-io/nats-server/releases`,
    );
  return lines.join('\n  ');
}

function isDebian() {
  try {
    return /^(ID|ID_LIKE)=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

function isInstalled(program) {
  return programPath()
    .split(delimiter)
    .some((folder) => {
      try {
        accessSync(join(folder, program), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
