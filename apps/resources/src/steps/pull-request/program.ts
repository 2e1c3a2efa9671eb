// What `/ko-app/pullrequest-init` does: brings the state of a pull request into a folder, or writes back what was changed
// there. The token comes as a file, and goes to the host of the pull request only.

import { parseMirrors } from '@slipway/contracts';
import { mkdirSync, readFileSync } from 'node:fs';
import { changesOf, type Change } from '../../core/pull-request-changes.js';
import type { PullRequestHost } from '../../core/pull-request-shape.js';
import { pullRequestAddress } from '../../core/pull-request-url.js';
import { GITHUB_HEADERS, GitHubPullRequest } from './github.js';
import { GitLabMergeRequest } from './gitlab.js';
import { readPullRequest, writePullRequest } from './on-disk.js';
import { RestClient } from '../rest-client.js';
import { checkFolder } from '../workspace-folder.js';

const FLAGS = ['url', 'path', 'mode', 'provider', 'insecure-skip-tls-verify', 'tokenFile'];

/** Where a program's words go. */
export type Print = (words: string) => void;

/** @returns the exit code */
export async function pullRequestInit(args: readonly string[], mirrors: string, print: Print): Promise<number> {
  const fail = (message: string, code: number): number => {
    print(`pullrequest-init: ${message}\n`);
    return code;
  };
  const flags = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [, name, value] = /^--?([A-Za-z-]+)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    if (name === undefined || !FLAGS.includes(name)) return fail(`unknown argument ${JSON.stringify(args[i])}`, 2);
    flags.set(name, value ?? args[++i] ?? '');
  }
  const mode = flags.get('mode') ?? 'download';
  const folder = flags.get('path') ?? '';
  if (mode !== 'download' && mode !== 'upload') return fail(`-mode must be download or upload, not "${mode}"`, 2);
  if (!folder.startsWith('/')) return fail('-path must be absolute', 2);
  try {
    checkFolder(folder);
    const host = hostOf(flags, mirrors);
    await (mode === 'download' ? download : upload)(host, folder, print);
    return 0;
  } catch (error) {
    return fail((error as Error).message, 1);
  }
}

function hostOf(flags: ReadonlyMap<string, string>, mirrors: string): PullRequestHost {
  const address = pullRequestAddress(flags.get('url') ?? '', flags.get('provider'));
  const tokenFile = flags.get('tokenFile');
  const token = tokenFile === undefined ? '' : readFileSync(tokenFile, 'utf8').trim();
  const isGitHub = address.provider === 'github';
  const header = isGitHub ? { authorization: `Bearer ${token}` } : { 'private-token': token };
  const client = new RestClient({
    base: address.api,
    credentials: () => Promise.resolve(token === '' ? {} : header),
    headers: isGitHub ? GITHUB_HEADERS : {},
    mirrors: parseMirrors(mirrors) ?? [],
    insecure: flags.get('insecure-skip-tls-verify') === 'true',
  });
  return isGitHub ? new GitHubPullRequest(client, address) : new GitLabMergeRequest(client, address);
}

async function download(host: PullRequestHost, folder: string, print: Print): Promise<void> {
  const pull = await host.pullRequest();
  const [comments, statuses] = [await host.comments(), await host.statuses(pull.Sha)];
  mkdirSync(folder, { recursive: true });
  writePullRequest(folder, pull, comments, statuses);
  print(`Pull request ${pull.Number} @ ${pull.Sha} is in ${folder}\n`);
}

async function upload(host: PullRequestHost, folder: string, print: Print): Promise<void> {
  const wanted = readPullRequest(folder);
  const sha = wanted.statuses === undefined ? undefined : (wanted.sha ?? (await host.pullRequest()).Sha);
  const changes = changesOf(wanted, {
    labels: wanted.labels === undefined ? [] : await host.labels(),
    comments: wanted.comments === undefined ? [] : await host.comments(),
    statuses: sha === undefined ? [] : await host.statuses(sha),
  });
  if (changes.length === 0) print('The pull request is as it is wanted: nothing is written\n');
  const problems: string[] = [];
  for (const change of changes) {
    const what = wordsOf(change);
    try {
      await perform(host, change, sha ?? '');
      print(`${what}\n`);
    } catch (error) {
      problems.push(`${what}: ${(error as Error).message}`); // the others are independent of it
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

function perform(host: PullRequestHost, change: Change, sha: string): Promise<void> {
  switch (change.kind) {
    case 'add-label':
      return host.addLabel(change.name);
    case 'remove-label':
      return host.removeLabel(change.name);
    case 'add-comment':
      return host.addComment(change.body);
    case 'remove-comment':
      return host.removeComment(change.id);
    case 'set-status':
      return host.setStatus(sha, change.status);
  }
}

function wordsOf(change: Change): string {
  switch (change.kind) {
    case 'add-label':
      return `add label ${JSON.stringify(change.name)}`;
    case 'remove-label':
      return `remove label ${JSON.stringify(change.name)}`;
    case 'add-comment':
      return 'add a comment';
    case 'remove-comment':
      return `remove comment ${change.id}`;
    case 'set-status':
      return `set status ${JSON.stringify(change.status.Label)} to ${change.status.State}`;
  }
}
