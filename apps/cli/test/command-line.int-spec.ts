// What needs no platform, and what keeps one from starting.

import { mkdirSync, writeFileSync } from 'node:fs';
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

describe('which platform', () => {
  const platform = (name: string, server: string): string => {
    const data = join(folder.path, name);
    mkdirSync(data);
    const context = { name: 'c', context: { cluster: 'c', user: 'c' } };
    const config = { 'current-context': 'c', contexts: [context], clusters: [{ name: 'c', cluster: { server } }] };
    writeFileSync(join(data, 'kubeconfig'), JSON.stringify(config));
    return data;
  };

  test('--data goes before $KUBECONFIG, also where no platform was in that folder', async () => {
    const one = platform('one', 'http://127.0.0.1:1');
    const env = { KUBECONFIG: join(platform('two', 'http://127.0.0.1:2'), 'kubeconfig') };
    const errorOf = async (...data: string[]): Promise<string> =>
      (await start(['cancel', 'x', ...data], { env }).ended).err;
    expect(await errorOf()).toMatch(/^error: Nothing answers at http:\/\/127\.0\.0\.1:2\./);
    expect(await errorOf('--data', one)).toMatch(/^error: Nothing answers at http:\/\/127\.0\.0\.1:1\./);
    const none = join(folder.path, 'none');
    expect(await errorOf('--data', none)).toMatch(`error: There is no kubeconfig at ${none}/kubeconfig.`);
  });

  test.each(['not a url', 'http://[::1', 'https://'])('--server %j is refused with exit code 2', async (server) => {
    const { code, err } = await start(['describe', 'x', '--server', server]).ended;
    expect(err).toMatch(/^error: ".*" is no URL of a server\.\n/);
    expect(code).toBe(2);
  });
});
