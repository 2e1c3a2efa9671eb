// Reading what containers may have written, and removing what they left.

import { execFile } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

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

/** Moves the folder aside, so that it is gone at once, and removes it. */
export async function removeFolder(path: string, trash: string): Promise<void> {
  const aside = join(trash, `${basename(path)}.${process.hrtime.bigint()}`);
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await removeAside(aside);
}

/** Removes what was moved aside: also folders that nobody may write, and those deeper than a path may be long. */
export async function removeAside(aside: string): Promise<void> {
  try {
    await rm(aside, { recursive: true, force: true });
  } catch {
    const run = promisify(execFile);
    await run('chmod', ['-R', 'u+rwx', aside]).catch(() => undefined); // removing tells what is wrong
    await run('rm', ['-rf', aside]);
  }
}
