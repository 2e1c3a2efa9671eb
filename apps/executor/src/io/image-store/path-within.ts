// Paths inside a root file system whose links a stranger made.
//
//   P1. Links are followed as a kernel follows them for a process whose root this is: an absolute one begins at the root,
//       and `..` ends there.
//   P2. What comes out has no link in it, so it can mean nothing outside. True for as long as nobody changes the folder.

import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { SlipwayError } from '@slipway/contracts';

/** As many as a kernel follows. */
const MAX_LINKS = 40;

/** The host's path of a path of the root, there or not. `followLast: false` leaves the last part as it is: a link to be. */
export function pathWithin(root: string, path: string, { followLast = true } = {}): string {
  const ahead = partsOf(path).reverse();
  const behind: string[] = [];
  for (let links = 0; ahead.length > 0;) {
    const part = ahead.pop()!;
    if (part === '..') {
      behind.pop(); // P1
      continue;
    }
    const target = ahead.length === 0 && !followLast ? undefined : linkTarget(join(root, ...behind, part));
    if (target === undefined) {
      behind.push(part);
      continue;
    }
    if (++links > MAX_LINKS) throw new SlipwayError('invalid', 'BadImage', `${path} is behind too many links.`);
    if (target.startsWith('/')) behind.length = 0; // P1
    ahead.push(...partsOf(target).reverse());
  }
  return join(root, ...behind);
}

function linkTarget(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(path) : undefined;
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
