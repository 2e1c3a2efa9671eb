// The program `/ko-app/git-init`: brings the sources of a git resource into a folder and reports the commit.
//
//   G1. Nothing that a user wrote is ever an option to git: URL and revision are checked, and stand behind `--`.
//   G2. No password is in an argument: those in the URL travel as a header in git's environment.
//   G3. git speaks to hosts over http, https, ssh and git only, submodules and redirects included.
//   G4. The checkout runs nothing: no hooks, no filters of the repository's own.

import { mkdirSync, writeFileSync } from 'node:fs';
import { parseFlags, type Options } from './git-options.js';
import { Git } from './git-process.js';
import { hintFor } from './git-hints.js';
import { useHomeForSsh } from './ssh-home.js';
import { redactUrl } from '../core/git-address.js';

const ATTEMPTS = 3;
const FIRST_DELAY_MS = 1000;

function main(): void {
  const { env } = process;
  const options = parseFlags(process.argv.slice(2), env);
  if (typeof options === 'string') return fail(options, 2);
  mkdirSync(options.path, { recursive: true });
  const git = new Git(options, env);
  useHomeForSsh(env['HOME']);
  try {
    const commit = fetchAndCheckOut(git, options);
    report(options, commit);
    process.stdout.write(`Successfully cloned ${redactUrl(options.url)} @ ${commit} in path ${options.path}\n`);
  } catch (error) {
    const message = git.redact((error as Error).message);
    const hint = hintFor(message);
    fail(`${message}${hint === undefined ? '' : `\nhint: ${hint}`}`, 1);
  }
}

function fetchAndCheckOut(git: Git, options: Options): string {
  git.run(['init', '--quiet', '--', options.path], { inside: false });
  git.run(['config', '--local', 'core.hooksPath', '/dev/null']); // G4, for whoever runs git here later
  if (git.ask(['remote', 'get-url', 'origin']) === undefined) git.run(['remote', 'add', '--', 'origin', git.url]);
  else git.run(['remote', 'set-url', '--', 'origin', git.url]);

  const wanted = options.refspecs.length === 0 ? [options.revision ?? 'HEAD'] : options.refspecs;
  const depth = options.depth > 0 ? [`--depth=${options.depth}`] : [];
  const fetch = (limits: string[]): string =>
    git.run(['fetch', '--recurse-submodules=no', ...limits, '--update-head-ok', '--force', '--', 'origin', ...wanted]); // G1
  retried(() => {
    try {
      fetch(depth);
    } catch (error) {
      // A server may refuse to hand out one commit; what it does hand out may contain it.
      if (!isCommit(options.revision) || !/not our ref|unadvertised object|no such remote ref/i.test(String(error)))
        throw error;
      git.run([
        'fetch',
        '--recurse-submodules=no',
        '--tags',
        '--force',
        '--',
        'origin',
        '+refs/heads/*:refs/remotes/origin/*',
      ]);
    }
  });

  const named =
    options.refspecs.length === 0 && !isCommit(options.revision) ? 'FETCH_HEAD' : (options.revision ?? 'FETCH_HEAD');
  const commit = git.ask(['rev-parse', '--verify', '--quiet', '--end-of-options', `${named}^{commit}`]);
  if (commit === undefined || !isCommit(commit))
    throw new Error(`revision ${named} not found in ${redactUrl(options.url)}`);
  git.run(['checkout', '--quiet', '--force', '--detach', commit]);
  if (options.submodules) {
    const limits = options.depth > 0 ? [`--depth=${options.depth}`] : [];
    retried(() => git.run(['submodule', 'update', '--quiet', '--init', '--recursive', '--force', ...limits]));
  }
  return commit;
}

function isCommit(text: string | undefined): text is string {
  return text !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** Waits and tries again when the far side, and not the request, is at fault. */
function retried(work: () => unknown): void {
  for (let attempt = 1; ; attempt++) {
    try {
      work();
      return;
    } catch (error) {
      const passing = /RPC failed|early EOF|timed out|Connection (reset|refused)|Could not resolve host|50[0234]/i.test(
        String(error),
      );
      if (!passing || attempt === ATTEMPTS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FIRST_DELAY_MS * 2 ** (attempt - 1));
    }
  }
}

function report({ url, terminationMessagePath, resourceName }: Options, commit: string): void {
  const about = resourceName === undefined ? {} : { resourceName, resourceRef: { name: resourceName } };
  const entries = [
    { key: 'commit', value: commit, ...about },
    { key: 'url', value: redactUrl(url), ...about },
  ];
  writeFileSync(terminationMessagePath, JSON.stringify(entries));
}

function fail(message: string, code: number): void {
  process.stderr.write(`git-init: ${message}\n`);
  process.exitCode = code;
}

main();
