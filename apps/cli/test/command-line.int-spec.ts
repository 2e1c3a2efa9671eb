// What needs no platform.

import { start } from './slipway.js';

test.each(['graph', 'lint', 'convert'])('%s of a bad file does not speak of what it never does', async (command) => {
  const { code, err } = await start([command, '-'], { input: 'a: [' }).ended;
  expect(err).toMatch(/^error: The input has one problem\.\n {2}standard input: document 1, line 1/);
  expect(code).toBe(2);
});
