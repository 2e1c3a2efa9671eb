import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, pipelineRun, slipway, start } from './slipway.js';

jest.setTimeout(120_000);

test('run shows the log of every step of the quickstart and exits 0, without colours where nobody looks', async () => {
  const { code, out, err } = await slipway('run', join(ROOT, 'examples/quickstart.yaml'));
  expect(err.replace(/^slipway: .*\n/gm, '')).toBe('');
  expect(code).toBe(0);
  expect(out).toContain('[compose : write] Wrote a greeting for Slipway.\n');
  expect(out).toContain('[compose : measure] It is 15 letters long.\n');
  expect(out).toContain('[decorate : pick] Picked an ornament.\n');
  expect(out).toContain('[print : frame] * Hello, Slipway! *\n');
  expect(out).toMatch(/PipelineRun greeting-card-\w+: Succeeded/);
  expect(out).not.toContain('\x1b');
});

test('run reads standard input, exits 1 when a run failed, and says where', async () => {
  const input = pipelineRun({ build: 'echo built', test: 'echo "no way" >&2; exit 3', deploy: 'echo never' });
  const { code, out } = await start(['run', '-'], { input }).ended;
  expect(code).toBe(1);
  expect(out).toContain('[build : only] built\n');
  expect(out).toContain('[test : only] no way\n');
  expect(out).toMatch(/✗ test .*exited with code 3/);
  expect(out).not.toContain('never\n');
});

test('run follows many tasks at once without a word of its own', async () => {
  const tasks = Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`t${i}`, 'sleep 0.5']));
  const { code, err } = await start(['run', '-'], { input: pipelineRun(tasks) }).ended;
  expect(err.replace(/^slipway: .*\n/gm, '')).toBe('');
  expect(code).toBe(0);
});

test('run --output json prints the finished objects and nothing else', async () => {
  const { code, out } = await start(['run', '-', '--output', 'json'], { input: pipelineRun({ a: 'true', b: 'true' }) })
    .ended;
  expect(code).toBe(0);
  const { kind, items } = JSON.parse(out) as {
    kind: string;
    items: { kind: string; status: { conditions: { status: string }[] } }[];
  };
  expect(kind).toBe('List');
  expect(items.map((item) => item.kind)).toEqual(['PipelineRun', 'TaskRun', 'TaskRun']);
  expect(items.every((item) => item.status.conditions[0]?.status === 'True')).toBe(true);
});

// prettier-ignore
const refused: [given: string, input: string, then: RegExp][] = [
  ['YAML that is none', 'a: [', /standard input: document 1, line 1/],
  ['a cycle', pipelineRun({ a: 'true', b: 'true' }).replace('"name":"a"', '"name":"a","runAfter":["b"]'), /document 1.*spec.pipelineSpec.tasks.*cycle/s],
  ['a wrong type, by field and value', pipelineRun({ a: 'true' }).replace('"name":"a"', '"name":"a","retries":"many"'), /spec\.pipelineSpec\.tasks\[0\]\.retries.*many/s],
  ['an unknown field', pipelineRun({ a: 'true' }).replace('"name":"a"', '"name":"a","bogus":1'), /spec\.pipelineSpec\.tasks\[0\]\.bogus/],
  ['a name that is none', pipelineRun({ a: 'true' }).replace('"generateName":"test-"', '"name":"Not_A_Name"'), /document 1, line 1.*metadata\.name.*Not_A_Name/s],
  ['files without a run', 'apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec: {tasks: [{name: a, taskRef: {name: t}}]}\n', /creates no run.*Pipeline "p"/s],
];

test.each(refused)('run refuses %s with exit code 2', async (_given, input, then) => {
  const { code, out, err } = await start(['run', '-'], { input }).ended;
  expect(err).toMatch(then);
  expect(out).toBe('');
  expect(code).toBe(2);
});

test('run refuses --image with a folder that is not there', async () => {
  const { code, err } = await start(['run', '-', '--image', 'busybox=/nowhere'], { input: pipelineRun({ a: 'true' }) })
    .ended;
  expect(err).toMatch(/^error: --image busybox=\/nowhere: There is no folder \/nowhere\.\n/);
  expect(code).toBe(2);
});

test('run cancels on Ctrl-C, exits 130, and leaves no process behind', async () => {
  const marker = `30${process.pid}${Date.now() % 1000}`;
  const run = start(['run', '-'], { input: pipelineRun({ slow: `echo started; sleep ${marker}` }) });
  await run.says(/\[slow : only\] started/);
  run.signal('SIGINT');
  const { code, out } = await run.ended;
  expect(code).toBe(130);
  expect(out).toMatch(/⊘ slow/);
  expect(commandLines().filter((line) => line.includes(marker))).toEqual([]);
});

test('run is no success where its reader goes away before the run has ended', async () => {
  const child = spawn(join(ROOT, 'slipway'), ['run', '-'], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdout.once('data', () => child.stdout.destroy());
  child.stdin.end(pipelineRun({ a: 'echo "to nobody"; exit 3' }));
  expect(await once(child, 'exit')).toEqual([141, null]);
});

test('run strips what a terminal would obey from what steps print', async () => {
  const { out } = await start(['run', '-'], {
    input: pipelineRun({ a: String.raw`printf 'x\033]0;title\007\033[2Jy\n'` }),
  }).ended;
  expect(out).toContain('[a : only] xy\n');
});

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return ''; // it has ended meanwhile
      }
    });
}
