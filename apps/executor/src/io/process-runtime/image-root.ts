// A container's own copy of an image's root, and what is looked up in it. A stranger made it: its links lead nowhere but
// into itself (P1, P2 of image-store/path-within.ts).
//
//   G1. What the sandbox mounts, it mounts at a path without a link in it: it works as root, with the host in reach.
//   G2. No link of the image brings a mount over what the sandbox itself provides: its program, /proc, /sys, /dev.

import { execFile } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pathWithin } from '../image-store/path-within.js';
import { RefusedError } from './config-error.js';
import { readBounded } from './files.js';
import { OWN_ETC_FILES, SANDBOX_FOLDERS, isProvided, type SandboxMount } from './sandbox.js';

/** Larger user databases are somebody's mistake. */
const MAX_ETC_BYTES = 1 << 20;
/** What a container engine writes itself; the rest is the image's own where it has it. */
const ENGINE_FILES = ['hosts', 'hostname', 'resolv.conf'];

/**
 * Makes the copy, whole or not at all. What a container writes must not be there for the next one; it costs nothing where
 * the disk can share.
 */
export async function copyRoot(source: string, root: string): Promise<void> {
  if (existsSync(root)) return;
  await rm(`${root}.new`, { recursive: true, force: true });
  await promisify(execFile)('cp', ['-a', '--reflink=auto', source, `${root}.new`]);
  for (const name of SANDBOX_FOLDERS) ownFolder(join(`${root}.new`, name)); // G1
  await rename(`${root}.new`, root);
}

function ownFolder(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { mode: 0o755 });
}

/** Files of our own /etc, and where they go; of an image that was pulled, only what it lacks or cannot know. */
export function etcTargets(root: string, isPulled: boolean): { name: string; target: string }[] {
  const needed = OWN_ETC_FILES.filter(
    (name) => !isPulled || ENGINE_FILES.includes(name) || !existsInRoot(root, `/etc/${name}`),
  );
  return needed.map((name) => ({ name, target: inRoot(root, `/etc/${name}`) }));
}

/** The mounts at paths without links (G1). What is mounted below another mount is in that, and not in the root. */
export function placedMounts(root: string, mounts: readonly SandboxMount[]): SandboxMount[] {
  const placed: { from: string; to: string }[] = [];
  const byLength = [...mounts].sort((a, b) => a.target.length - b.target.length);
  const targets = new Map<SandboxMount, string>();
  for (const mount of byLength) {
    const above = placed.findLast(({ from }) => mount.target.startsWith(`${from}/`));
    const to = above === undefined ? inRoot(root, mount.target) : above.to + mount.target.slice(above.from.length);
    if (isProvided(to) && !isProvided(mount.target)) {
      const message = `mountPath ${mount.target}: a link of the image leads it to ${to}, which is not for volumes.`;
      throw new RefusedError('MountRefused', message); // G2
    }
    placed.push({ from: mount.target, to });
    targets.set(mount, to);
  }
  return mounts.map((mount) => ({ ...mount, target: targets.get(mount)! }));
}

/** A text file of the image; empty when there is none. */
export function textInRoot(root: string, path: string): string {
  return readBounded(pathWithin(root, path), MAX_ETC_BYTES).toString('utf8');
}

/** Makes the folder that processes begin in, as container engines do. */
export function makeWorkingDir(root: string, path: string): void {
  const folder = pathWithin(root, path);
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { recursive: true, mode: 0o755 });
}

function existsInRoot(root: string, path: string): boolean {
  return lstatSync(pathWithin(root, path), { throwIfNoEntry: false })?.isFile() === true;
}

/** The container's path of the same place, without links. */
function inRoot(root: string, path: string): string {
  return pathWithin(root, path).slice(root.length) || '/';
}
