// Files of Git LFS: pointers in the repository, contents on a server.

import { SlipwayError } from '@slipway/contracts';
import { checkGitUrl } from '../../core/git-address.js';
import type { Options } from './options.js';
import { GitError, type Git } from './process.js';

/** Where .lfsconfig may say that contents are. */
const ADDRESSES = '^(lfs\\.(url|pushurl)|remote\\..*\\.lfs(push)?url)$';
const LEFT_POINTERS = 'files of Git LFS are left as pointers';

/** Replaces the pointers of the work tree by their contents, as the options say. Throws `invalid` when that fails. */
export function fetchLfsFiles(git: Git, { lfs }: Options, print: (words: string) => void): void {
  if (lfs === 'never' || !hasPointers(git)) return;
  if (git.ask(['lfs', 'version']) === undefined) {
    const hint = 'Use an image with git-lfs for the step, or set lfs to "false" to keep the pointers.';
    if (lfs === 'auto') return print(`git-init: git-lfs is not here: ${LEFT_POINTERS}.\nhint: ${hint}\n`);
    throw new SlipwayError('invalid', 'GitLfsMissing', 'the repository has files of Git LFS and git-lfs is not here', {
      hint,
    });
  }
  checkAddresses(git);
  try {
    git.run(['lfs', 'install', '--local', '--skip-repo', '--force']);
    git.run(['lfs', 'pull', 'origin']);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const said = error.message.split('\n').filter((line) => line.trim() !== '');
    throw new SlipwayError('invalid', 'GitLfsFailed', said.slice(-3).join('; ').slice(0, 500), {
      hint: `Check that the credentials are for the LFS server, too; with lfs set to "false" ${LEFT_POINTERS}.`,
    });
  }
}

function hasPointers(git: Git): boolean {
  const attributes = [':(glob)**/.gitattributes'];
  return git.ask(['grep', '--cached', '--quiet', '-e', 'filter=lfs', '--', ...attributes]) !== undefined;
}

/** The repository's own settings may name other servers; no path of this machine, and no program. */
function checkAddresses(git: Git): void {
  const found = git.ask(['config', '--blob', 'HEAD:.lfsconfig', '--get-regexp', ADDRESSES]) ?? '';
  for (const line of found.split('\n').filter((one) => one !== '')) checkGitUrl(line.slice(line.indexOf(' ') + 1));
}
