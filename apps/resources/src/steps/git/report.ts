// What git-init leaves in the termination message: which commit it was, or why there is none.

import { writeFileSync } from 'node:fs';
import { failureEntries, type TerminationEntry, type ToldFailure } from '@slipway/contracts';
import { redactUrl } from '../../core/git-address.js';
import type { Options } from './options.js';
import type { Git } from './process.js';

const MAX_AUTHOR = 200;

export function reportCommit(git: Git, { url, terminationMessagePath, resourceName }: Options, commit: string): void {
  const about = resourceName === undefined ? {} : { resourceName, resourceRef: { name: resourceName } };
  const format = '--format=%an <%ae>%n%ct';
  const [author = '', date = ''] = (git.ask(['log', '-1', '--no-show-signature', format, commit, '--']) ?? '').split(
    '\n',
  );
  const facts = {
    commit,
    url: redactUrl(url),
    author: author.replace(/[\x00-\x1f\x7f]/g, '').slice(0, MAX_AUTHOR),
    'committer-date': date,
    date: rfc3339(date),
  };
  const entries = Object.entries(facts).map(([key, value]) => ({ key, value, ...about }));
  write(terminationMessagePath, entries);
}

export function reportFailure(terminationMessagePath: string, failure: ToldFailure): void {
  write(terminationMessagePath, failureEntries(failure));
}

function rfc3339(seconds: string): string {
  return /^\d{1,12}$/.test(seconds) ? new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z') : '';
}

/** Best effort: a step that a user wrote may have no such file, and the commit is checked out all the same. */
function write(path: string, entries: readonly TerminationEntry[]): void {
  try {
    writeFileSync(path, JSON.stringify(entries));
  } catch (error) {
    process.stderr.write(`git-init: ${path} cannot be written: ${(error as Error).message}\n`);
  }
}
