// The folder that is checked out into.
//
//   F1. The folder is where it was said to be: no link on the way leads out of the workspace. It is entered once, then
//       looked at, and everything is done from inside of it, so no link that comes later matters.
//   F2. Of a repository that is already there only commits and files are kept, as objects, refs and index. Its settings,
//       hooks, attributes, alternates and locks were written by whoever had the folder before, and some are programs.
//   F3. A repository that is new becomes `.git` when all of it was fetched: what was killed in between left nothing.

import { lstatSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, type Dirent } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SlipwayError } from '@slipway/contracts';

const WORKSPACE = '/workspace';
const KEPT = ['HEAD', 'index', 'logs', 'objects', 'packed-refs', 'refs', 'shallow'];
const NEW = '.git.slipway';

/** Makes the folder and enters it. Throws `invalid` when it is not where it was said to be (F1). */
export function enterFolder(path: string): void {
  const wanted = resolve(path);
  const root = wanted.startsWith(`${WORKSPACE}/`) ? WORKSPACE : dirname(wanted);
  mkdirSync(root, { recursive: true });
  const inside = realpathSync(root);
  const check = (real: string): void => {
    if (inside === '/' || real === inside || real.startsWith(`${inside}/`)) return;
    throw new SlipwayError('invalid', 'GitPathRefused', `-path ${path} leads out of ${root}, to ${real}`, {
      hint: 'Remove the link that an earlier step or run left there.',
    });
  };
  let there = wanted;
  while (lstatSync(there, { throwIfNoEntry: false }) === undefined) there = dirname(there);
  check(realOf(there));
  try {
    mkdirSync(wanted, { recursive: true });
    process.chdir(wanted);
  } catch (error) {
    throw new SlipwayError('invalid', 'GitFolderUnwritable', `${wanted}: ${(error as Error).message}`);
  }
  check(process.cwd());
}

/** Where a path is; a link to nothing is where it stands. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw new SlipwayError('invalid', 'GitPathRefused', `-path leads through ${path}, a link to nothing`);
  }
}

/** Removes what is in the folder, never what links in it lead to. What is a mount of its own stays. */
export function emptyFolder(): void {
  for (const name of readdirSync('.')) {
    try {
      rmSync(name, { recursive: true, force: true });
    } catch (error) {
      if ((error as { code?: string }).code !== 'EBUSY') throw error;
    }
  }
}

export interface Repository {
  /** Where git is to be run until `settle`. */
  folder: string;
  /** Whether there was one before. */
  isKept: boolean;
  /** Whether only a part of its work tree was checked out. */
  wasSparse: boolean;
  /** Makes it the folder's repository (F3). */
  settle(): void;
  /** Removes what is not settled. */
  abandon(): void;
}

/** A place for git: the repository that is there, made harmless (F2), or a new one beside it. */
export function openRepository(): Repository {
  rmSync(NEW, { recursive: true, force: true });
  const nothing = (): void => undefined;
  const isFolder = lstatSync('.git', { throwIfNoEntry: false })?.isDirectory() === true;
  const wasSparse = isFolder && isFile('.git/info/sparse-checkout');
  if (isFolder && makeHarmless('.git'))
    return { folder: '.', isKept: true, wasSparse, settle: nothing, abandon: nothing };
  rmSync('.git', { recursive: true, force: true });
  mkdirSync(NEW);
  return {
    folder: NEW,
    isKept: false,
    wasSparse: false,
    settle: () => {
      renameSync(join(NEW, '.git'), '.git');
      rmSync(NEW, { recursive: true, force: true });
    },
    abandon: () => rmSync(NEW, { recursive: true, force: true }),
  };
}

/** F2. Answers whether there is something to keep. */
function makeHarmless(git: string): boolean {
  for (const name of readdirSync(git)) {
    if (!KEPT.includes(name)) rmSync(join(git, name), { recursive: true, force: true });
  }
  rmSync(join(git, 'objects/info'), { recursive: true, force: true });
  let isSound = isFile(join(git, 'HEAD'));
  for (const entry of entriesBelow(git)) {
    const path = join(entry.parentPath, entry.name);
    // The objects that a partial clone left out cannot be had without its settings.
    if (entry.name.endsWith('.promisor') || (!entry.isFile() && !entry.isDirectory())) isSound = false;
    else if (entry.isFile() && entry.name.endsWith('.lock')) rmSync(path);
  }
  return isSound;
}

function entriesBelow(folder: string): Dirent[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true });
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
