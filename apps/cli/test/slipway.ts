// The command line as a user starts it: a process, its output, its exit code.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../../..');

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

export interface Started {
  ended: Promise<Ended>;
  /** Resolves with what was printed once the text is there; throws when the command ends without it. */
  says(text: RegExp): Promise<string>;
  signal(name: NodeJS.Signals): void;
}

export function start(
  args: readonly string[],
  options: { input?: string; env?: Record<string, string> } = {},
): Started {
  const env = Object.entries({ KUBECONFIG: '', NO_COLOR: '', ...options.env }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const child = spawn('env', [...env, join(ROOT, 'slipway'), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  const listeners = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    for (const listener of listeners) listener();
  });
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const ended = new Promise<Ended>((done) => child.once('close', (code) => done({ code, out, err })));
  return {
    ended,
    says: (text) =>
      new Promise((done, fail) => {
        const look = (): void => {
          if (!text.test(out)) return;
          listeners.delete(look);
          done(out);
        };
        listeners.add(look);
        look();
        void ended.then(() => fail(new Error(`ended without saying ${String(text)}:\n${out}\n${err}`)));
      }),
    signal: (name) => child.kill(name),
  };
}

export function slipway(...args: string[]): Promise<Ended> {
  return start(args).ended;
}

export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A PipelineRun of one-step tasks in a row: `pipelineRun({ build: 'echo hi', test: 'exit 3' })`. */
export function pipelineRun(scripts: Record<string, string>): string {
  const names = Object.keys(scripts);
  const tasks = names.map((name, i) => ({
    name,
    ...(i === 0 ? {} : { runAfter: [names[i - 1]] }),
    taskSpec: { steps: [{ name: 'only', image: 'busybox', script: scripts[name] }] },
  }));
  return JSON.stringify({
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { generateName: 'test-' },
    spec: { pipelineSpec: { tasks } },
  });
}
