// Every example of docs/control-flow.md, on a platform of its own.

import { jest } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, slipway, start, temporaryFolder, type Started } from './slipway.js';

jest.setTimeout(240_000);

const EXAMPLES = join(ROOT, 'examples/control-flow');
const folder = temporaryFolder();
const at = ['--kubeconfig', join(folder.path, 'data/kubeconfig')];
let platform: Started;

const up = async (): Promise<Started> => {
  const started = start(['up', '--data', join(folder.path, 'data'), '--port', '0']);
  await started.says(/export KUBECONFIG=/);
  return started;
};
const run = (name: string): Started => start(['run', join(EXAMPLES, `${name}.yaml`), ...at]);

beforeAll(async () => {
  platform = await up();
});

afterAll(async () => {
  platform.signal('SIGKILL');
  await platform.ended;
  folder.remove();
});

// prettier-ignore
const outcomes: [example: string, code: number, says: RegExp[]][] = [
  ['retry', 0, [/3 attempts/, /attempts = 3/]],
  ['until', 0, [/page 3[\s\S]*read all before page 4/, /next = 4/]],
  ['for-each', 0, [/deployed to canary[\s\S]*\[deploy\[1\] : deploy\] deployed to east[\s\S]*deployed to west/]],
  ['run-all', 1, [/Tasks Completed: 3 \(Failed: 1, Cancelled 0\), Skipped: 1/, /Preceding Tasks failed/]],
  ['fail-fast', 1, [/Tasks Completed: 2 \(Failed: 1, Cancelled 1\), Skipped: 0/]],
  ['branch', 0, [/binary: none, documents: published/]],
  ['recursion', 0, [/\[again\/say\] succeeded after/, /Succeeded|Completed/]],
];

test.each(outcomes)('%s.yaml ends with exit code %i, as its page says', async (example, code, says) => {
  const ended = await run(example).ended;
  for (const text of says) expect(ended.out).toMatch(text);
  expect(ended.code).toBe(code);
});

test('approval.yaml waits until its user approves, and says who did', async () => {
  const waiting = run('approval');
  const name = /pipelinerun\/(\S+) created/.exec(await waiting.says(/pipelinerun\/\S+ created/))![1]!;
  const open = async (): Promise<string> => {
    for (;;) {
      const { out } = await slipway('approvals', ...at);
      if (out.includes(name)) return out;
    }
  };
  expect(await open()).toContain(`${name} ask: 0 of 1 of admin, ann, group:release-managers`);
  expect((await slipway('approve', name, '-m', 'looks good', ...at)).out).toBe(`approval/${name}-ask: approved\n`);
  const ended = await waiting.ended;
  expect(ended.out).toContain('released, approved by admin');
  expect(ended.code).toBe(0);
  expect((await slipway('approve', name, ...at)).err).toContain('waits for no approval any more');
});

test('a rejected approval fails its run', async () => {
  const waiting = run('approval');
  const name = /pipelinerun\/(\S+) created/.exec(await waiting.says(/pipelinerun\/\S+ created/))![1]!;
  for (;;) {
    const rejected = await slipway('reject', name, 'ask', ...at);
    if (rejected.code === 0) break;
  }
  expect((await waiting.ended).code).toBe(1);
});

test('rerun runs a run once more with another param, and ends as it does', async () => {
  const first = await run('recursion').ended;
  const name = /pipelinerun\/(\S+) created/.exec(first.out)![1]!;
  expect((await slipway('describe', name, ...at)).out).toMatch(/└ ✓ again .*\n {4}├ ✓ say [\s\S]* {8}├ ✓ say /);
  expect((await slipway('logs', name, ...at)).out).toMatch(/\[say : say\] 3\n[\s\S]*\[again\/again\/say : say\] 1\n/);
  const again = await slipway('rerun', name, '--param', 'number=1', ...at);
  expect(again.out).toContain(`slipway.dev/rerun-of ${name}`);
  expect(again.out).toContain('[say : say] 1\n');
  expect(again.code).toBe(0);
});

test('rerun --failed runs what failed and what follows it, and takes over the rest with its results and volume', async () => {
  const first = await run('rerun').ended;
  expect(first.out).toContain('there is no such target');
  expect(first.code).toBe(1);
  const name = /pipelinerun\/(\S+) created/.exec(first.out)![1]!;
  const again = await slipway('rerun', name, '--failed', '--param', 'target=staging', ...at);
  expect(again.out).toContain('deployed 1.2.3 to staging');
  expect(again.out).toContain('built 1 time');
  expect(again.out).not.toContain('[build');
  expect(again.code).toBe(0);
  const second = /pipelinerun\/(\S+) created/.exec(again.out)![1]!;
  const { out } = await slipway('describe', second, ...at);
  expect(out).toMatch(/State: +Succeeded/);
  expect(out).toContain(`taken over from ${name}`);
});

test('a loop goes on with its next run after the platform was killed in the middle of it', async () => {
  const first = run('until');
  const name = /pipelinerun\/(\S+) created/.exec(await first.says(/page 1/))![1]!;
  platform.signal('SIGKILL');
  await Promise.all([platform.ended, first.ended]);
  platform = await up();
  await slipway('logs', name, '--follow', ...at);
  const { out } = await slipway('describe', name, ...at);
  expect(out).toMatch(/State: +Succeeded/);
  expect(out).toMatch(/page\[0\][\s\S]*page\[1\][\s\S]*page\[2\]/);
});

test('docs/control-flow.md shows every example as it is, and the README leads there', () => {
  const page = readFileSync(join(ROOT, 'docs/control-flow.md'), 'utf8');
  for (const file of readdirSync(EXAMPLES)) expect(page).toContain(readFileSync(join(EXAMPLES, file), 'utf8'));
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('](docs/control-flow.md)');
});
