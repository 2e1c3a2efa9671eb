// Fetching one revision, and checking it out.

import { existsSync, lstatSync, rmSync } from 'node:fs';
import { SlipwayError } from '@slipway/contracts';
import { redactUrl } from '../../core/git-address.js';
import { gitFailure } from '../../core/git-failures.js';
import type { Repository } from './folder.js';
import type { Options, Retry } from './options.js';
import { GitError, type Git } from './process.js';

/** What a server says that hands out no single commits; what it does hand out may have it. */
const SINGLE_COMMITS_REFUSED = /not our ref|unadvertised object|no such remote ref|couldn't find remote ref/i;
const EVERYTHING = ['+refs/heads/*:refs/remotes/origin/*', '+refs/*:refs/slipway/origin/*'];

/** Keeps what was brought from being forgotten until the fetch has seen it. */
export const PRELOADED = 'refs/slipway/preloaded';

/** Brings objects that the fetch will want, so that it need not transfer them. */
export type Preload = (repository: Repository) => Promise<void>;

/** Makes the repository, fetches, and answers the commit that was meant. */
export async function fetchRevision(
  git: Git,
  options: Options,
  repository: Repository,
  preload: Preload,
): Promise<string> {
  const cwd = repository.folder;
  git.run(['init', '--quiet', '--template=', '.'], { cwd });
  git.run(['config', '--local', 'core.hooksPath', '/dev/null'], { cwd }); // for whoever runs git here later
  if (!options.sslVerify) git.run(['config', '--local', 'http.sslVerify', 'false'], { cwd });
  git.run(['remote', 'add', '--', 'origin', git.url], { cwd });
  // Tekton's: what is fetched later is what is asked for, not every branch of a repository of which one was wanted.
  if (options.depth > 0) git.run(['config', '--local', '--unset-all', 'remote.origin.fetch'], { cwd });
  await preload(repository);
  await retried(options.retry, git, () => fetchOnce(git, options, cwd));
  const commit = commitOf(git, options, cwd);
  git.ask(['update-ref', '-d', PRELOADED], { cwd });
  repository.settle();
  return commit;
}

function fetchOnce(git: Git, options: Options, cwd: string): void {
  const { revision, refspecs, depth, filter } = options;
  const wanted = refspecs.length > 0 ? refspecs : [revision ?? 'HEAD'];
  const common = ['fetch', '--recurse-submodules=no', '--update-head-ok', '--force'];
  const partial = filter === undefined ? [] : [`--filter=${filter}`];
  const limits = depth > 0 ? [`--depth=${depth}`] : existsSync(`${cwd}/.git/shallow`) ? ['--unshallow'] : [];
  try {
    git.run([...common, ...partial, ...limits, '--', 'origin', ...wanted], { cwd });
  } catch (error) {
    if (!isCommit(revision) || refspecs.length > 0 || !SINGLE_COMMITS_REFUSED.test(String(error))) throw error;
    const found = EVERYTHING.some((refspec) => {
      const deep = existsSync(`${cwd}/.git/shallow`) ? ['--unshallow'] : [];
      git.run([...common, ...partial, ...deep, '--tags', '--', 'origin', refspec], { cwd });
      return git.ask(['cat-file', '-e', `${revision}^{commit}`], { cwd }) !== undefined;
    });
    if (!found) throw error;
  }
}

function commitOf(git: Git, { revision, refspecs, url }: Options, cwd: string): string {
  const named = refspecs.length === 0 && !isCommit(revision) ? 'FETCH_HEAD' : (revision ?? 'FETCH_HEAD');
  const commit = git.ask(['rev-parse', '--verify', '--quiet', '--end-of-options', `${named}^{commit}`], { cwd });
  if (isCommit(commit)) return commit;
  throw new SlipwayError('invalid', 'GitRevisionNotFound', `revision ${named} not found in ${redactUrl(url)}`, {
    hint: 'What was fetched has no such commit. Check revision and refspec.',
  });
}

/** Makes the work tree what the commit says, or the part of it that is wanted. */
export function checkOut(git: Git, options: Options, commit: string, wasSparse: boolean): void {
  const { sparse, revision, refspecs } = options;
  if (sparse.length > 0) {
    const isCone = sparse.every((path) => /^[^*?[\]!\\"#]+$/.test(path));
    const lines = isCone ? sparse.map((path) => path.replace(/^(\.?\/)+/, '')) : sparse;
    git.run(['sparse-checkout', 'set', isCone ? '--cone' : '--no-cone', '--stdin'], { input: `${lines.join('\n')}\n` });
  } else if (wasSparse) {
    git.run(['sparse-checkout', 'set', '--no-cone', '--stdin'], { input: '/*\n' });
  }
  const isBranch =
    refspecs.length > 0 &&
    revision !== undefined &&
    git.ask(['show-ref', '--verify', `refs/heads/${revision}`]) !== undefined;
  git.run(['checkout', '--quiet', '--force', ...(isBranch ? [revision, '--'] : ['--detach', commit, '--'])]);
  if (wasSparse && sparse.length === 0) git.run(['sparse-checkout', 'disable']);
}

/** Submodules, all that they have in turn included, from servers only; in full where no server gives single commits. */
export async function updateSubmodules(git: Git, { depth, submodulePaths, retry, filter }: Options): Promise<void> {
  clearSubmoduleFolders(git);
  const update = (limits: string[]): void => {
    const flags = ['--quiet', '--init', '--recursive', '--force', ...limits];
    git.run(['submodule', 'update', ...flags, '--', ...submodulePaths]);
  };
  const partial = filter === undefined ? [] : [`--filter=${filter}`];
  await retried(retry, git, () => {
    if (depth === 0) return update(partial);
    try {
      update([...partial, `--depth=${depth}`]);
    } catch (error) {
      if (gitFailure(String(error), git.circumstances).reason !== 'GitRevisionNotFound') throw error;
      git.run(['submodule', 'deinit', '--all', '--force', '--quiet']);
      rmSync('.git/modules', { recursive: true, force: true });
      update(partial);
    }
  });
}

/**
 * What whoever had the folder before left where a submodule comes goes: git takes a repository that stands there for the
 * submodule's own, with settings that are programs, and goes through links. Submodules of submodules are in the same folders.
 */
function clearSubmoduleFolders(git: Git): void {
  const settings = existsSync('.gitmodules') ? ['--file', '.gitmodules'] : ['--blob', ':.gitmodules']; // as git looks
  const found = git.ask(['config', ...settings, '-z', '--get-regexp', '^submodule\\..*\\.path$']) ?? '';
  for (const entry of found.split('\0').filter((one) => one.includes('\n'))) {
    const path = entry.slice(entry.indexOf('\n') + 1);
    // Only what the index has as a submodule, which a path that leads out never is.
    const listed = git.ask(['ls-files', '--stage', '-z', '--', `:(literal)${path}`]) ?? '';
    if (!listed.startsWith('160000 ') || !listed.endsWith(`\t${path}\0`)) continue;
    const parts = path.split('/');
    const ways = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
    const link = ways.find((way) => lstatSync(way, { throwIfNoEntry: false })?.isSymbolicLink());
    rmSync(link ?? path, { recursive: true, force: true });
  }
}

/** Waits and tries again when the far side, and not the request, is at fault. */
async function retried(retry: Retry, git: Git, work: () => void): Promise<void> {
  for (let attempt = 1, delayMs = retry.initialMs; ; attempt++) {
    try {
      return work();
    } catch (error) {
      const passing = error instanceof GitError && gitFailure(error.message, git.circumstances).passing;
      if (!passing || attempt >= retry.attempts) throw error;
      process.stdout.write(`git-init: attempt ${attempt} failed, trying again: ${error.message.split('\n').at(-1)}\n`);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      delayMs = Math.min(retry.maxMs, delayMs * retry.factor);
    }
  }
}

function isCommit(text: string | undefined): text is string {
  return text !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}
