// git as a child process with everything closed that a repository or a server could open.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ALLOWED_PROTOCOLS } from '../../core/git-address.js';
import type { GitCircumstances } from '../../core/git-failures.js';
import { FSCK_SETTINGS } from '../../core/git-fsck.js';
import type { Options } from './options.js';
import { namesIn, sshCommand } from './ssh-command.js';
import { credentialsOf } from './url-credentials.js';

/** Variables that would make git work on another repository than the one in the folder, or with programs of others. */
const FOREIGN = [
  ...['GIT_DIR', 'GIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_INDEX_FILE', 'GIT_NAMESPACE', 'GIT_OBJECT_DIRECTORY'],
  ...['GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_CONFIG', 'GIT_CONFIG_PARAMETERS', 'GIT_TEMPLATE_DIR', 'GIT_TRACE_CURL'],
];

/** What git said when it failed, without what is secret in it. */
export class GitError extends Error {
  override readonly name = 'GitError';
}

export class Git {
  /** The URL without the credentials in it. */
  readonly url: string;
  readonly circumstances: GitCircumstances;
  readonly env: NodeJS.ProcessEnv;
  readonly #secrets: string[];

  constructor(options: Options, env: NodeJS.ProcessEnv) {
    const credentials = credentialsOf(options.url, env['HOME']);
    const keys = namesIn(join(env['HOME'] ?? '/', '.ssh'));
    this.url = credentials.url;
    this.#secrets = credentials.secrets;
    this.circumstances = { protocol: protocolOf(this.url), hasSshKey: keys.some((name) => /^id_/.test(name)) };
    const settings: [key: string, value: string][] = [
      ['safe.directory', '*'],
      ['core.hooksPath', '/dev/null'],
      ['core.fsmonitor', 'false'],
      ['core.protectHFS', 'true'],
      ['core.protectNTFS', 'true'],
      ['protocol.allow', 'never'],
      ...['http', 'https', 'ssh', 'git'].map((name): [string, string] => [`protocol.${name}.allow`, 'always']),
      ['http.followRedirects', 'initial'],
      ['http.lowSpeedLimit', '1'],
      ['http.lowSpeedTime', '120'],
      ...FSCK_SETTINGS,
      ['submodule.recurse', 'false'],
      ['gc.auto', '0'],
      ['maintenance.auto', 'false'],
      ['advice.detachedHead', 'false'],
      ['init.defaultBranch', 'main'],
      ...credentials.settings,
    ];
    if (!options.sslVerify) settings.push(['http.sslVerify', 'false']);
    const inherited = { ...env };
    for (const name of FOREIGN) delete inherited[name];
    this.env = {
      GIT_SSH_COMMAND: sshCommand(env['HOME']),
      ...inherited,
      ...credentials.env,
      LC_ALL: 'C',
      LANGUAGE: 'C',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: '',
      SSH_ASKPASS: '',
      GIT_ALLOW_PROTOCOL: ALLOWED_PROTOCOLS,
      GIT_CONFIG_NOSYSTEM: '1',
      ...configuration(settings, Number(env['GIT_CONFIG_COUNT'] ?? 0)),
    };
  }

  /** Throws GitError. `input` is given to git's standard input. */
  run(args: readonly string[], { cwd, input }: { cwd?: string; input?: string | undefined } = {}): string {
    const { status, signal, stdout, stderr, error } = this.#spawn(args, cwd, input);
    const failed = (why: string): GitError => new GitError(this.redact(why));
    if (error !== undefined) throw failed(`git cannot be run: ${error.message}`);
    if (status === 0) return stdout.trim();
    const said = stderr.trim();
    throw failed(said === '' ? `git ${args[0]} ended with ${signal ?? `exit code ${status}`}` : said);
  }

  /** What git answers, or undefined when it says no. */
  ask(args: readonly string[], { cwd, input }: { cwd?: string; input?: string | undefined } = {}): string | undefined {
    const { status, stdout } = this.#spawn(args, cwd, input);
    return status === 0 ? stdout.trim() : undefined;
  }

  redact(text: string): string {
    return this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  }

  #spawn(args: readonly string[], cwd: string | undefined, input: string | undefined) {
    return spawnSync('git', args, {
      ...(cwd === undefined ? {} : { cwd }),
      ...(input === undefined ? {} : { input }),
      env: this.env,
      encoding: 'utf8',
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
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

function protocolOf(url: string): GitCircumstances['protocol'] {
  if (/^https?:/i.test(url)) return 'http';
  return /^git:/i.test(url) ? 'other' : 'ssh';
}
