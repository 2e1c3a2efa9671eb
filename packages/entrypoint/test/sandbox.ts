// Runs the entrypoint, built with sanitizers, with a /tekton of its own.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const PACKAGE = resolve(import.meta.dirname, '..');
export const STATIC = join(PACKAGE, 'build/entrypoint');
export const SANITIZED = join(PACKAGE, 'build/sanitized/entrypoint');

export function build(...targets: string[]): void {
  execFileSync('make', ['-s', '-C', PACKAGE, ...targets], { stdio: 'inherit' });
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Entry {
  key: string;
  value: string;
  type: number;
}

/** A /tekton on the host's root; every path of the options is inside. */
export class Tekton {
  readonly folder = mkdtempSync(join(tmpdir(), 'slipway-tekton-'));
  readonly #children: ChildProcess[] = [];

  constructor() {
    for (const name of ['run', 'results', 'steps', 'home']) mkdirSync(join(this.folder, name));
  }

  path(path: string): string {
    return join(this.folder, path.replace(/^\/tekton\//, ''));
  }

  exists(path: string): boolean {
    return existsSync(this.path(path));
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  /** What the step left at /tekton/termination. */
  message(path = '/tekton/termination'): Entry[] {
    return JSON.parse(this.read(path)) as Entry[];
  }

  /** Starts the entrypoint; `ended` resolves with what became of it. */
  start(args: readonly string[], env: Record<string, string> = {}): { child: ChildProcess; ended: Promise<Ended> } {
    const host = ['/usr', '/etc', '/bin', '/sbin', '/lib', '/lib64'].filter((path) => existsSync(path));
    const sandbox = [
      ...host.flatMap((path) => ['--ro-bind', path, path]),
      ...['--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp', '--bind', this.folder, '/tekton'],
      ...['--ro-bind', dirname(SANITIZED), '/bin-of-ours', '--dir', userInfo().homedir, '--die-with-parent'],
    ];
    const child = spawn('bwrap', [...sandbox, '/bin-of-ours/entrypoint', ...args], {
      env: { PATH: '/usr/bin:/bin', HOME: '/tekton/home', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    const out: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => (out[name] += text));
    }
    const ended = new Promise<Ended>((done) => child.once('close', (code) => done({ code, ...out })));
    return { child, ended };
  }

  async run(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
    return this.start(args, env).ended;
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Resolves once the condition holds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}
