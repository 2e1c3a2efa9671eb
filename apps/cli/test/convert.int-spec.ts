// Where `slipway convert` writes, and what its exit code says.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, type Ended } from './slipway.js';

const OLD = 'apiVersion: tekton.dev/v1beta1\nkind: Task\nmetadata: {name: t}\nspec: {steps: [{image: x}]}\n';
const NEW = OLD.replace('v1beta1', 'v1');
const LEFT = OLD.replace('{steps', '{resources: {inputs: [{name: s, type: storage}]}, steps');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-convert-'));
  writeFileSync(join(folder, 'a.yaml'), OLD);
  writeFileSync(join(folder, 'b.yaml'), NEW);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const slipway = (args: string[], options: { input?: string } = {}): Promise<Ended> => start(args, options).ended;
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

test('prints all files as one stream', async () => {
  const ended = await slipway(['convert', folder]);
  expect(ended).toEqual({ code: 0, err: '', out: `${NEW}---\n${NEW}` });
  expect(text('a.yaml')).toBe(OLD);
});

test('reads standard input', async () => {
  expect(await slipway(['convert', '-'], { input: OLD })).toEqual({ code: 0, err: '', out: NEW });
});

test('writes into a folder, by the names of the files', async () => {
  expect(await slipway(['convert', folder, '-o', join(folder, 'new')])).toEqual({ code: 0, err: '', out: '' });
  expect([text('new/a.yaml'), text('new/b.yaml'), text('a.yaml')]).toEqual([NEW, NEW, OLD]);
});

test('writes in place, and only what changed', async () => {
  const before = statSync(join(folder, 'b.yaml')).mtimeMs;
  expect(await slipway(['convert', '--in-place', folder])).toEqual({ code: 0, err: '', out: '' });
  expect([text('a.yaml'), text('b.yaml')]).toEqual([NEW, NEW]);
  expect(statSync(join(folder, 'b.yaml')).mtimeMs).toBe(before);
});

test('exits with 1 when something is left to do, and says where', async () => {
  const { code, out, err } = await slipway(['convert', '-'], { input: LEFT });
  expect({ code, out }).toEqual({ code: 1, out: LEFT });
  expect(err).toMatch(/^standard input: document 1, line 4, column \d+: Task "t": .*storage has no form in v1\. .+\n$/);
});

test.each([
  ['a file that is no YAML', ['convert', '-'], 'a: ['],
  ['standard input in place', ['convert', '--in-place', '-'], OLD],
  ['a folder that cannot be made', ['convert', '-', '-o', '/dev/null/new'], OLD],
])('exits with 2 and writes nothing for %s', async (_what, args, input) => {
  expect(await slipway(args, { input })).toMatchObject({ code: 2, out: '' });
});
