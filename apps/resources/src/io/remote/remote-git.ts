// git against a remote of somebody's: everything closed that a URL, a server or a repository could open.
//
//   R1. The URL reaches git as a setting; only http and https are spoken.
//   R2. git connects to the address that was checked, and follows no redirect by itself.
//   R3. Secrets reach git in its environment, for their origin only: no argument, file or message has them.
//   R4. Time, the size of each file that git writes and the size of what it prints are bounded.

import { spawn } from 'node:child_process';
import type { LookupAddress } from 'node:dns';
import { unresolvable } from './resolver.js';

export interface GitTarget {
  /** Checked: http or https, without credentials. */
  url: string;
  /** Where its host is (R2). */
  addresses: readonly LookupAddress[];
  /** The value of an `Authorization` header (R3). */
  authorization: string | undefined;
  /** The operator's settings. */
  settings: readonly (readonly [key: string, value: string])[];
  /** Where git is. */
  programPath: string;
}

export interface GitLimits {
  /** git ends when a file that it writes gets larger. */
  fileBytes: number;
  /** git ends when it prints more. */
  outputBytes: number;
}

const BLOCK_BYTES = 512;

export class RemoteGit {
  readonly #env: NodeJS.ProcessEnv;

  constructor(
    private readonly folder: string,
    private readonly target: GitTarget,
    private readonly limits: GitLimits,
    private readonly signal: AbortSignal,
  ) {
    this.#env = environment(folder, target);
  }

  /** What git prints. Throws `not-found` with what it said; `AbortError` when the signal ended it. */
  run(args: readonly string[], input = ''): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      // The shell only sets the limit (R4): what follows the script are its positional arguments, never its text.
      const blocks = Math.ceil(this.limits.fileBytes / BLOCK_BYTES);
      const script = `ulimit -f ${blocks} && exec timeout -k 1 600 git "$@"`;
      const child = spawn('/bin/sh', ['-c', script, 'git', ...args], {
        cwd: this.folder,
        env: this.#env,
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      });
      child.stdin.on('error', () => undefined); // it has ended, and says why itself
      child.stdin.end(input);
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
        if (bytes > this.limits.outputBytes) kill();
        else chunks.push(chunk);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        complaint = (complaint + chunk.toString()).slice(-4096);
      });
      child.on('error', reject);
      child.on('close', (code) => {
        this.signal.removeEventListener('abort', kill);
        if (this.signal.aborted) reject(this.signal.reason as Error);
        else if (bytes > this.limits.outputBytes)
          reject(unresolvable(`the file is larger than ${this.limits.outputBytes} bytes`));
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
    ['http.followRedirects', 'false'], // R2
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
  if (authorization !== undefined) own.push([`http.${origin}/.extraHeader`, `Authorization: ${authorization}`]); // R3
  const all = [...settings.filter(([key]) => !/^url\./i.test(key)), ...own];
  return {
    PATH: programPath,
    HOME: folder,
    LC_ALL: 'C',
    GIT_LITERAL_PATHSPECS: '1', // R1: a path is a path
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
