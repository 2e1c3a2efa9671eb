// What needs no platform, and what keeps one from starting.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { start, temporaryFolder } from './slipway.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

test.each([[['down', '--help']], [['down', '-h']], [['down']]])(
  '%j is refused, since there is no such command',
  async (args) => {
    const { code, out, err } = await start(args).ended;
    expect(err).toMatch(/^error: unknown command 'down'/);
    expect(out).toBe('');
    expect(code).toBe(2);
  },
);

test.each([[['--help']], [['run', '--help']], [['-h']]])('%j prints help and exits with 0', async (args) => {
  expect(await start(args).ended).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage: slipway/) as string });
});

test.each(['graph', 'lint', 'convert'])('%s of a bad file does not speak of what it never does', async (command) => {
  const { code, err } = await start([command, '-'], { input: 'a: [' }).ended;
  expect(err).toMatch(/^error: The input has one problem\.\n {2}standard input: document 1, line 1/);
  expect(code).toBe(2);
});

test.each([
  ['is not there', undefined],
  ['is no kubeconfig', 'a: ['],
])('up --runtime kubernetes with a KUBECONFIG that %s says which, and exits with 2', async (_what, content) => {
  const file = join(folder.path, 'config');
  if (content !== undefined) writeFileSync(file, content);
  const args = ['up', '--runtime', 'kubernetes', '--port', '0', '--data', join(folder.path, 'data')];
  const { code, err } = await start(args, { env: { KUBECONFIG: file } }).ended;
  expect(err).toMatch(new RegExp(`^error: The kubeconfig ${file} cannot be read[^\n]*\\.\n$`));
  expect(code).toBe(2);
});
