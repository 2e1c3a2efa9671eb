// One file of one commit, fetched with git.
//
//   G1. Nothing of the user's is ever an option or a program: the URL reaches git as a setting, the revision behind `--`,
//       after both were checked; only http and https are spoken.
//   G2. git connects to the address that was checked, and follows no redirect by itself.
//   G3. The file is read from git's objects: there is no work tree, so no symbolic link and no `..` leads anywhere.
//   G4. Secrets reach git in its environment, for their origin only: no argument, file or message has them.
//   G5. Time, the size of each file that git writes and the size of what it prints are bounded; nothing is left behind.

import { spawn } from 'node:child_process';
import type { LookupAddress } from 'node:dns';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAX_DOCUMENT_BYTES } from '@slipway/contracts';
import { unresolvable } from './resolver.js';

export interface GitTarget {
  /** Checked: http or https, without credentials. */
  url: string;
  /** Where its host is (G2). */
  addresses: readonly LookupAddress[];
  /** The value of an `Authorization` header (G4). */
  authorization: string | undefined;
  /** The operator's settings. */
  settings: readonly (readonly [key: string, value: string])[];
  /** Where git is. */
  programPath: string;
}

export interface GitFile {
  commit: string;
  data: Buffer;
}

/** git ends when a file that it writes gets larger. In blocks of 512 bytes: 256 MiB. */
const FILE_BLOCKS = 524_288;
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
    const git = new RemoteGit(folder, target, signal);
    await git.run(['init', '--quiet', '--bare', '.']);
    await git.fetch(revision);
    const commit = (await git.run(['rev-parse', '--verify', 'FETCH_HEAD^{commit}'])).toString().trim();
    const [entry = ''] = (await git.run(['ls-tree', '-z', commit, '--', path])).toString().split('\0');
    const [, mode = '', type = '', object = ''] = /^(\d+) (\w+) ([0-9a-f]+)\t/.exec(entry) ?? [];
    if (object === '')
      throw unresolvable(`there is no file "${path}" at revision ${revision} (${commit.slice(0, 12)})`);
    if (mode === LINK || type !== 'blob') throw unresolvable(`"${path}" is no regular file`); // G3
    return { commit, data: await git.run(['cat-file', 'blob', object]) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what processes left behind that were killed (G5). */
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

class RemoteGit {
  readonly #env: NodeJS.ProcessEnv;

  constructor(
    private readonly folder: string,
    private readonly target: GitTarget,
    private readonly signal: AbortSignal,
  ) {
    this.#env = environment(folder, target);
  }

  /** One commit without its files; all of the history where the server gives single commits to nobody. */
  async fetch(revision: string): Promise<void> {
    const shallow = ['--depth=1', '--filter=blob:none'];
    try {
      await this.run(['fetch', '--quiet', '--no-tags', ...shallow, '--', 'origin', revision]);
    } catch (thrown) {
      const isCommit = /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(revision);
      if (!isCommit || !/not our ref|unadvertised object/i.test((thrown as Error).message)) throw thrown;
      await this.run(['fetch', '--quiet', '--filter=blob:none', '--', 'origin', '+refs/*:refs/remotes/origin/*']);
      await this.run(['update-ref', '--no-deref', 'FETCH_HEAD', revision]);
    }
  }

  run(args: readonly string[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      // The shell only sets the limit (G5): what follows the script are its positional arguments, never its text.
      const script = `ulimit -f ${FILE_BLOCKS} && exec timeout -k 1 600 git "$@"`;
      const child = spawn('/bin/sh', ['-c', script, 'git', ...args], {
        cwd: this.folder,
        env: this.#env,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      const chunks: Buffer[] = [];
      let [bytes, complaint] = [0, ''];
      const kill = (): void => {
        try {
          process.kill(-child.pid!, 'SIGKILL');
        } catch {
          // It has ended.
        }
      };
      this.signal.addEventListener('abort', kill, { once: true });
      if (this.signal.aborted) kill();
      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_DOCUMENT_BYTES) kill();
        else chunks.push(chunk);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        complaint = (complaint + chunk.toString()).slice(-4096);
      });
      child.on('error', reject);
      child.on('close', (code) => {
        this.signal.removeEventListener('abort', kill);
        if (this.signal.aborted) reject(this.signal.reason as Error);
        else if (bytes > MAX_DOCUMENT_BYTES)
          reject(unresolvable(`the file is larger than ${MAX_DOCUMENT_BYTES} bytes`));
        else if (code === 0) resolve(Buffer.concat(chunks));
        else reject(this.#failure(complaint, code));
      });
    });
  }

  #failure(complaint: string, code: number | null): Error {
    const lines = complaint.split('\n').filter((line) => /^(fatal|error|remote):/.test(line));
    const said = (lines.length > 0 ? lines.slice(0, 3).join('; ') : `git ended with code ${code}`).trim();
    const { authorization } = this.target;
    const secret = authorization?.split(' ').at(-1) ?? '';
    return unresolvable(secret === '' ? said : said.replaceAll(secret, '***'), hintFor(said));
  }
}

function environment(
  folder: string,
  { url, addresses, authorization, settings, programPath }: GitTarget,
): NodeJS.ProcessEnv {
  const { protocol, hostname, port, origin } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const pin = `${host}:${port || (protocol === 'https:' ? 443 : 80)}:${addresses.map(({ address }) => address).join(',')}`;
  const own: [key: string, value: string][] = [
    ['remote.origin.url', url],
    ['protocol.allow', 'never'],
    ['protocol.http.allow', 'always'],
    ['protocol.https.allow', 'always'],
    ['http.followRedirects', 'false'], // G2
    ['http.curloptResolve', pin],
    ['http.lowSpeedLimit', '1'],
    ['http.lowSpeedTime', '60'],
    ['credential.helper', ''],
    ['core.hooksPath', '/dev/null'],
    ['core.fsmonitor', 'false'],
    ['fetch.recurseSubmodules', 'false'],
    ['gc.auto', '0'],
    ['maintenance.auto', 'false'],
  ];
  if (authorization !== undefined) own.push([`http.${origin}/.extraHeader`, `Authorization: ${authorization}`]); // G4
  const all = [...settings.filter(([key]) => !/^url\./i.test(key)), ...own];
  return {
    PATH: programPath,
    HOME: folder,
    LC_ALL: 'C',
    GIT_LITERAL_PATHSPECS: '1', // G1: a path is a path
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GIT_ALLOW_PROTOCOL: 'http:https',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: String(all.length),
    ...Object.fromEntries(
      all.flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, key],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
  };
}

// prettier-ignore
const HINTS: readonly [said: RegExp, hint: string][] = [
  [/could not read Username|Authentication failed|error: 40[13]/i, 'Name a secret with a token in the param gitToken.'],
  [/couldn't find remote ref|not our ref/i, 'Give a branch, a tag, a full ref or a commit that the repository has.'],
  [/not found|error: 404/i, 'Look at the URL of the repository; a private one needs the param gitToken.'],
];

function hintFor(said: string): string | undefined {
  return HINTS.find(([pattern]) => pattern.test(said))?.[1];
}
