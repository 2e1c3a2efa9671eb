// One file of one commit, fetched with git.
//
//   G1. What R1 to R4 say of git against a remote (remote-git.ts).
//   G2. The file is read from git's objects: there is no work tree, so no symbolic link and no `..` leads anywhere.
//   G3. Nothing is left behind.

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAX_DOCUMENT_BYTES } from '@slipway/contracts';
import { RemoteGit, type GitLimits, type GitTarget } from './remote-git.js';
import { unresolvable } from './resolver.js';

export interface GitFile {
  commit: string;
  data: Buffer;
}

const LIMITS: GitLimits = { fileBytes: 256 << 20, outputBytes: MAX_DOCUMENT_BYTES };
const LINK = '120000';
const PREFIX = 'slipway-remote-';

/** Throws `not-found` with what git said; `AbortError` when the signal ended it. */
export async function fetchGitFile(
  target: GitTarget,
  revision: string,
  path: string,
  signal: AbortSignal,
): Promise<GitFile> {
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  try {
    const git = new RemoteGit(folder, target, LIMITS, signal);
    await git.run(['init', '--quiet', '--bare', '.']);
    await fetchCommit(git, revision);
    const commit = (await git.run(['rev-parse', '--verify', 'FETCH_HEAD^{commit}'])).toString().trim();
    const [entry = ''] = (await git.run(['ls-tree', '-z', commit, '--', path])).toString().split('\0');
    const [, mode = '', type = '', object = ''] = /^(\d+) (\w+) ([0-9a-f]+)\t/.exec(entry) ?? [];
    if (object === '')
      throw unresolvable(`there is no file "${path}" at revision ${revision} (${commit.slice(0, 12)})`);
    if (mode === LINK || type !== 'blob') throw unresolvable(`"${path}" is no regular file`); // G2
    return { commit, data: await git.run(['cat-file', 'blob', object]) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what processes left behind that were killed (G3). */
export async function removeLeftovers(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  const left = names.filter((name) => name.startsWith(PREFIX) && !isAlive(Number(/-(\d+)-/.exec(name)?.[1])));
  await Promise.all(left.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true })));
}

function isAlive(pid: number): boolean {
  try {
    return Number.isInteger(pid) && process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

/** One commit without its files; all of the history where the server gives single commits to nobody. */
async function fetchCommit(git: RemoteGit, revision: string): Promise<void> {
  const shallow = ['--depth=1', '--filter=blob:none'];
  try {
    await git.run(['fetch', '--quiet', '--no-tags', ...shallow, '--', 'origin', revision]);
  } catch (thrown) {
    const isCommit = /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(revision);
    if (!isCommit || !/not our ref|unadvertised object/i.test((thrown as Error).message)) throw thrown;
    await git.run(['fetch', '--quiet', '--filter=blob:none', '--', 'origin', '+refs/*:refs/remotes/origin/*']);
    await git.run(['update-ref', '--no-deref', 'FETCH_HEAD', revision]);
  }
}
