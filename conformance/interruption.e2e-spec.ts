import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eventually, tempDir } from '@slipway/testing';

const ROOT = resolve(import.meta.dirname, '..');
const withKubectl = spawnSync('kubectl', ['version', '--client']).status === 0 ? test : test.skip;
const MINUTES_MS = 120_000;
/** Whose command line names it. */
const MARK = `conformance-${process.pid}`;

const SLEEPER = `
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {name: sleeper}
spec:
  taskSpec:
    steps:
    - {name: sleep, image: busybox, command: [sh, -c, 'sleep 3600 # ${MARK}; true']}
`;

const exited = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('exit', (code) => resolve(code)));

/** Processes of this machine that name the mark. */
function marked(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').includes(MARK);
      } catch {
        return false; // it has just ended
      }
    });
}

withKubectl(
  'the runner leaves nothing behind when it is ended while a step runs: no platform, no process, no folder',
  async () => {
    const dir = await tempDir();
    const [data, temporary] = [join(dir.path, 'data'), join(dir.path, 'tmp')];
    mkdirSync(join(data, 'tekton-v1/taskruns'), { recursive: true });
    mkdirSync(temporary);
    writeFileSync(join(data, 'tekton-v1/taskruns/sleeper.yaml'), SLEEPER);
    const args = ['scripts/run-ts.mjs', 'conformance/main.ts', 'tekton-v1', '--data', data];
    const env = { ...process.env, TMPDIR: temporary };
    const runner = spawn(process.execPath, args, { cwd: ROOT, env, stdio: 'ignore' });
    try {
      const ended = exited(runner);
      await eventually(() => marked().length > 0, { deadlineMs: MINUTES_MS, what: 'the step runs' });
      runner.kill('SIGINT');
      expect(await ended).toBe(130);
      expect(readdirSync(temporary)).toEqual([]);
      expect(marked()).toEqual([]);
    } finally {
      runner.kill('SIGKILL');
      await dir.remove();
    }
  },
  2 * MINUTES_MS,
);
