// The program git-init, built as it is shipped, and run as a step runs it.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { toldFailure, type TerminationEntry, type ToldFailure } from '@slipway/contracts';
import { build } from 'esbuild';

export interface Finished {
  code: number | null;
  output: string;
  path: string;
  message: (TerminationEntry & { resourceRef?: { name: string } })[];
  /** What the message says of the commit, by key. */
  facts: Record<string, string>;
  failure: ToldFailure | undefined;
  /** Command lines of every process of this machine that was seen while it ran, where they were watched. */
  commandLines: string[];
}

export interface RunOptions {
  env?: Record<string, string>;
  path?: string;
  cwd?: string;
  /** The home, in place of the user's own: ssh looks nowhere else. */
  home?: string;
  /** The home that HOME names, of user 65532, whose home in the user database is not there: as pods of a cluster run. */
  strangersHome?: string;
  /** Folder with the socket of a mirror cache. */
  door?: string;
  /** Watches the command lines of all processes, which keeps a processor busy. */
  watch?: boolean;
}

export interface GitInitProgram {
  /** A folder for the test's own files, and the home of the steps. */
  folder: string;
  /** Runs the program with these flags. It checks out into a new folder, or into the one that is named. */
  run(args: readonly string[], options?: RunOptions): Promise<Finished>;
  remove(): void;
}

const SOURCE = join(import.meta.dirname, '../src/steps/git-init.ts');

export async function buildGitInit(entry = SOURCE): Promise<GitInitProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-git-init-'));
  const program = join(folder, 'git-init.cjs');
  await build({ entryPoints: [entry], outfile: program, bundle: true, format: 'cjs', platform: 'node' });
  let runs = 0;
  return {
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
    async run(args, options = {}) {
      const { env = {}, path = join(folder, `checkout-${++runs}`), cwd = folder } = options;
      const { home, strangersHome, door, watch } = options;
      const termination = join(folder, `termination-${++runs}`);
      writeFileSync(termination, '');
      const fast = ['-retryInitial', '1ms', '-terminationMessagePath', termination];
      const { homedir } = userInfo();
      const inHome = home === undefined ? [] : ['bwrap', '--dev-bind', '/', '/', '--bind', home, homedir];
      const atDoor =
        door === undefined ? [] : ['bwrap', '--tmpfs', '/', ...wholeRoot(), '--bind', door, '/tekton/git-mirror'];
      const asStranger = strangersHome === undefined ? [] : strangersWords(folder);
      const flags = [...(path === '' ? [] : ['-path', path]), ...fast, ...args];
      const [command, ...words] = [...inHome, ...asStranger, ...atDoor, process.execPath, program, ...flags];
      const child = spawn(command!, words, {
        cwd,
        env: {
          PATH: process.env['PATH'],
          HOME: strangersHome ?? (home === undefined ? folder : homedir),
          TEKTON_RESOURCE_NAME: 'repo',
          ...env,
        },
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const commandLines: string[] = [];
      const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
      let isRunning = true;
      void closed.then(() => (isRunning = false));
      while (watch === true && isRunning) {
        commandLines.push(...allCommandLines());
        await new Promise((resolve) => setImmediate(resolve));
      }
      const code = await closed;
      const text = readFileSync(termination, 'utf8');
      const message = text === '' ? [] : (JSON.parse(text) as Finished['message']);
      const facts = Object.fromEntries(message.map(({ key, value }) => [key, value]));
      return {
        code,
        output,
        path,
        message,
        facts,
        failure: toldFailure(message),
        commandLines,
      };
    },
  };
}

function strangersWords(folder: string): string[] {
  const users = join(folder, 'passwd');
  writeFileSync(users, 'stranger:x:65532:65532::/nonexistent:/usr/sbin/nologin\n');
  const who = ['--unshare-user', '--uid', '65532', '--gid', '65532'];
  return ['bwrap', '--dev-bind', '/', '/', '--ro-bind', users, '/etc/passwd', ...who];
}

function allCommandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return [];
      }
    });
}

/** Every folder of the root in another one, where more can be mounted. */
function wholeRoot(): string[] {
  return readdirSync('/').flatMap((name) => (name === 'tekton' ? [] : ['--dev-bind-try', `/${name}`, `/${name}`]));
}
