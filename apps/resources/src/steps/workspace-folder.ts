// Folders that a task has had, in steps that see what it did not: by a link it could have them sent away, or overwritten.

import { lstatSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const WORKSPACE = '/workspace';

/** Throws where a link on the way to a folder leads out of the workspace. What is not there yet leads nowhere. */
export function checkFolder(path: string): void {
  const wanted = resolve(path);
  const root = wanted.startsWith(`${WORKSPACE}/`) ? WORKSPACE : dirname(wanted);
  let there = wanted;
  while (there !== root && lstatSync(there, { throwIfNoEntry: false }) === undefined) there = dirname(there);
  if (there === root) return;
  const [inside, real] = [realpathSync(root), realpathSync(there)];
  if (inside === '/' || real.startsWith(`${inside}/`)) return;
  throw new Error(`${path} leads out of ${root}, to ${real}`);
}
