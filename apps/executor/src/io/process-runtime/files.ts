// Reading what containers may have written, and removing what they left.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** At most the first `limit` bytes of a regular file; empty when there is none. Never follows a link, never waits. */
export function readBounded(path: string, limit: number): Buffer {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const size = fstatSync(file).size;
    const bytes = Buffer.allocUnsafe(Math.min(size, limit));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } catch {
    return Buffer.alloc(0);
  } finally {
    closeSync(file);
  }
}

/** Moves the folder aside, so that it is gone at once, and removes it. Folders that nobody may write are opened first. */
export async function removeFolder(path: string, trash: string): Promise<void> {
  const aside = join(trash, `${basename(path)}.${process.hrtime.bigint()}`);
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    await rm(aside, { recursive: true, force: true });
  } catch {
    await openFolders(aside);
    await rm(aside, { recursive: true, force: true });
  }
}

async function openFolders(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, 0o700);
  for (const name of await readdir(path)) await openFolders(join(path, name));
}
