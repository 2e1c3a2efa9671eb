// git as a child process with everything closed that a repository or a server could open.

import { spawnSync } from 'node:child_process';
import { ALLOWED_PROTOCOLS } from '../core/git-address.js';
import type { Options } from './git-options.js';

/** Problems of old and honest histories; everything else that fsck finds ends the fetch. */
const FORGIVEN = [
  'zeroPaddedFilemode',
  'missingSpaceBeforeDate',
  'badTimezone',
  'missingEmail',
  'missingSpaceBeforeEmail',
];

export class Git {
  /** The URL without what is secret in it. */
  readonly url: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #path: string;
  readonly #secrets: string[] = [];

  constructor(options: Options, env: NodeJS.ProcessEnv) {
    this.#path = options.path;
    const { url, header, secrets } = withoutPassword(options.url);
    this.url = url;
    this.#secrets = secrets;
    const settings: [key: string, value: string][] = [
      ['safe.directory', '*'],
      ['core.hooksPath', '/dev/null'],
      ['core.fsmonitor', 'false'],
      ['protocol.allow', 'never'],
      ...['http', 'https', 'ssh', 'git'].map((name): [string, string] => [`protocol.${name}.allow`, 'always']),
      ['http.followRedirects', 'initial'],
      ['fetch.fsckObjects', 'true'],
      ...FORGIVEN.map((problem): [string, string] => [`fetch.fsck.${problem}`, 'warn']),
      ['advice.detachedHead', 'false'],
      ['init.defaultBranch', 'main'],
    ];
    if (!options.sslVerify) settings.push(['http.sslVerify', 'false']);
    if (header !== undefined) settings.push([`http.${header.scope}.extraHeader`, header.value]);
    this.#env = {
      ...env,
      LC_ALL: 'C',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: '',
      SSH_ASKPASS: '',
      GIT_ALLOW_PROTOCOL: ALLOWED_PROTOCOLS,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new',
      ...configuration(settings, Number(env['GIT_CONFIG_COUNT'] ?? 0)),
    };
  }

  /** Throws an Error with what git printed when it fails. */
  run(args: readonly string[], { inside = true } = {}): string {
    const { status, stdout, stderr, error } = this.#spawn(args, inside);
    if (error !== undefined) throw new Error(`git cannot be run: ${error.message}`);
    if (status !== 0) throw new Error(`git ${args[0]} failed: ${stderr.trim() || `exit code ${status}`}`);
    return stdout.trim();
  }

  /** What git answers, or undefined when it says no. */
  ask(args: readonly string[]): string | undefined {
    const { status, stdout } = this.#spawn(args, true);
    return status === 0 ? stdout.trim() : undefined;
  }

  redact(text: string): string {
    return this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  }

  #spawn(args: readonly string[], inside: boolean): ReturnType<typeof spawnSync> & { stdout: string; stderr: string } {
    const where = inside ? ['-C', this.#path] : [];
    return spawnSync('git', [...where, ...args], {
      env: this.#env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 16 << 20,
    });
  }
}

/**
 * git reads settings from GIT_CONFIG_COUNT and friends: out of sight of every process list, above every file. Ours come
 * after those that the step was given, so that they win.
 */
function configuration(settings: readonly (readonly [string, string])[], already: number): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { GIT_CONFIG_COUNT: String(already + settings.length) };
  settings.forEach(([key, value], i) => {
    env[`GIT_CONFIG_KEY_${already + i}`] = key;
    env[`GIT_CONFIG_VALUE_${already + i}`] = value;
  });
  return env;
}

interface Stripped {
  url: string;
  /** Sent to that origin only, so that a redirect takes no credential elsewhere. */
  header?: { scope: string; value: string };
  secrets: string[];
}

/** G2: `https://user:password@host/x` as a URL without userinfo, and the header that says the same. */
function withoutPassword(url: string): Stripped {
  if (!/^https?:\/\/[^/]*@/i.test(url)) return { url, secrets: [] };
  const parsed = new URL(url);
  const [user, password] = [decodeURIComponent(parsed.username), decodeURIComponent(parsed.password)];
  parsed.username = '';
  parsed.password = '';
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  return {
    url: parsed.href,
    header: { scope: `${parsed.origin}/`, value: `Authorization: Basic ${basic}` },
    secrets: [basic, password, encodeURIComponent(password)].filter((secret) => secret.length > 0),
  };
}
