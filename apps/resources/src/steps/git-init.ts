// The program `/ko-app/git-init`: brings the sources of a git resource into a folder and reports the commit.
//
//   G1. Nothing that a user wrote is ever an option to git: URL and revision are checked, and stand behind `--`.
//   G2. No password is in an argument: those in the URL reach git when it asks for them, for their host only.
//   G3. git speaks to hosts over http, https, ssh and git only, submodules and redirects included.
//   G4. The checkout runs nothing: no hooks, no filters of the repository's own, no settings of who had the folder before.
//   G5. What fails ends the step, with a word for it and what can be done, once in the log and once in the message.

import { rmSync } from 'node:fs';
import { SlipwayError } from '@slipway/contracts';
import { redactUrl } from '../core/git-address.js';
import { gitError } from '../core/git-failures.js';
import { checkOut, fetchRevision, updateSubmodules } from './git/fetch.js';
import { emptyFolder, enterFolder, openRepository, type Repository } from './git/folder.js';
import { fetchLfsFiles } from './git/lfs.js';
import { mirrorDoor } from './git/mirror-door.js';
import { parseFlags, type Options } from './git/options.js';
import { Git, GitError } from './git/process.js';
import { reportCommit, reportFailure } from './git/report.js';

const FAILED = 1;
/** Go's flag package ends with this, too. */
const REFUSED = 2;
const TERMINATION_FLAG = /^--?terminationMessagePath(?:=(.*))?$/;

async function main({ argv, env }: typeof process): Promise<void> {
  const args = argv.slice(2);
  let exitCode = REFUSED;
  try {
    const options = parseFlags(args, env);
    exitCode = FAILED;
    enterFolder(options.path);
    if (options.deleteExisting) emptyFolder();
    const git = new Git(options, env);
    const commit = await bring(git, options);
    reportCommit(git, options, commit);
    process.stdout.write(`Successfully cloned ${redactUrl(options.url)} @ ${commit} in path ${process.cwd()}\n`);
  } catch (error) {
    process.exitCode = exitCode;
    tell(error, terminationPath(args));
  }
}

async function bring(git: Git, options: Options): Promise<string> {
  try {
    const { commit, wasSparse } = await fetched(git, options, openRepository());
    checkOut(git, options, commit, wasSparse);
    if (options.submodules) await updateSubmodules(git, options);
    fetchLfsFiles(git, options, (words) => process.stdout.write(words));
    return commit;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const { kind, reason, message, hint } = gitError(error.message, git.circumstances);
    const help = options.friendlyErrors && hint !== undefined ? { hint } : {};
    throw new SlipwayError(kind, reason, message, { ...help, cause: error.message });
  }
}

async function fetched(
  git: Git,
  options: Options,
  repository: Repository,
): Promise<{ commit: string; wasSparse: boolean }> {
  const { isKept, wasSparse } = repository;
  try {
    return { commit: await fetchRevision(git, options, repository, mirrorDoor(git, options)), wasSparse };
  } catch (error) {
    repository.abandon();
    const isUnknown = error instanceof GitError && gitError(error.message, git.circumstances).reason === 'GitFailed';
    if (!isKept || !isUnknown) throw error;
    process.stdout.write('git-init: the repository that is there is no good, beginning anew\n');
    rmSync('.git', { recursive: true, force: true });
    return fetched(git, options, openRepository());
  }
}

/** G5. The log has all that git said; the message has the line of it that names the cause. */
function tell(thrown: unknown, terminationMessagePath: string): void {
  const error = thrown instanceof SlipwayError ? thrown : undefined;
  const reason = error?.reason ?? 'GitFailed';
  const message = redactUrl((thrown as Error).message);
  const hint = error?.hint === undefined ? '' : error.hint;
  const said = typeof error?.cause === 'string' ? redactUrl(error.cause) : message;
  process.stderr.write(`git-init: ${said}\n${hint === '' ? '' : `hint (${reason}): ${hint}\n`}`);
  reportFailure(terminationMessagePath, { reason, message: hint === '' ? message : `${message}. ${hint}` });
}

function terminationPath(args: readonly string[]): string {
  const at = args.findIndex((arg) => TERMINATION_FLAG.test(arg));
  return (at < 0 ? undefined : (TERMINATION_FLAG.exec(args[at]!)?.[1] ?? args[at + 1])) ?? '/tekton/termination';
}

void main(process);
