// What needs no platform.

import { start } from './slipway.js';

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
