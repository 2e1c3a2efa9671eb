import { jest } from '@jest/globals';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pipelineRun, slipway, start, temporaryFolder, type Started } from './slipway.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const data = (name: string): string => join(folder.path, name);
const file = data('platform.backup');
const platforms: Started[] = [];

const up = async (name: string): Promise<Started> => {
  const platform = start(['up', '--data', data(name), '--port', '0']);
  platforms.push(platform);
  await platform.says(/export KUBECONFIG=/);
  return platform;
};
const run = async (name: string, scripts: Record<string, string>): Promise<string> => {
  writeFileSync(data('run.json'), pipelineRun(scripts));
  const { code, out } = await slipway('run', data('run.json'), '--kubeconfig', join(data(name), 'kubeconfig'));
  expect([code, out]).toEqual([0, expect.stringContaining('created')]);
  return /pipelinerun\/(\S+) created/.exec(out)![1]!;
};
const shown = async (name: string, run: string): Promise<string[]> => {
  const at = ['--kubeconfig', join(data(name), 'kubeconfig')];
  const [logs, description] = await Promise.all([slipway('logs', run, ...at), slipway('describe', run, ...at)]);
  return [logs.out, description.out];
};

afterAll(async () => {
  for (const platform of platforms) platform.signal('SIGKILL');
  await Promise.all(platforms.map(({ ended }) => ended));
  folder.remove();
});

test('a backup of a running platform, restored elsewhere, has all of its runs and their logs, and none runs again', async () => {
  const first = await up('first');
  const ended = await run('first', {
    build: `printf 'one\\rtwo\\n'`,
    test: 'echo tested',
  });
  const before = await shown('first', ended);
  expect(before[0]).toContain('tested');
  const backup = await slipway('backup', file, '--data', data('first'));
  expect([backup.code, backup.out]).toEqual([
    0,
    expect.stringMatching(/holds \d+ objects and the log lines, secrets among them/),
  ]);
  expect(statSync(file).mode & 0o077).toBe(0);

  const busy = await slipway('restore', file, '--data', data('first'));
  expect([busy.code, busy.err]).toEqual([2, expect.stringContaining('A platform runs in')]);
  first.signal('SIGTERM');
  await first.ended;
  const full = await slipway('restore', file, '--data', data('first'));
  expect([full.code, full.err]).toEqual([2, expect.stringContaining('The store holds objects already.')]);

  const restored = await slipway('restore', file, '--data', data('second'));
  expect([restored.code, restored.out]).toEqual([0, expect.stringMatching(/\d+ objects and the log lines are back/)]);
  await up('second');
  expect(await shown('second', ended)).toEqual(before);
  await run('second', { build: 'echo again' });
  expect(await shown('second', ended)).toEqual(before);
});

test('a backup is refused where its file is there already, and where there is no platform', async () => {
  const again = await slipway('backup', file, '--data', data('first'));
  expect([again.code, again.err]).toEqual([2, expect.stringContaining(`${file} exists.`)]);
  const none = await slipway('backup', data('none.backup'), '--data', data('nowhere'));
  expect([none.code, none.err]).toEqual([2, expect.stringContaining('--data')]);
  const nowhere = await slipway('backup', data('nowhere/a.backup'), '--data', data('first'));
  expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining('cannot be written (ENOENT)')]);
});

const text = (): string => gunzipSync(readFileSync(file)).toString();
test.each([
  ['cut off', () => readFileSync(file).subarray(0, -20)],
  ['without its end', () => gzipSync(text().replace(/.*\n$/, ''))],
  ['without one of its objects', () => gzipSync(text().replace(/\n\{"object".*/, ''))],
  ['of a later format', () => gzipSync(text().replace('"format":1', '"format":2'))],
  ['that is something else', () => Buffer.from('PK')],
])('a file %s is refused, and nothing of it restored', async (_, content) => {
  writeFileSync(data('bad.backup'), content());
  const refused = await slipway('restore', data('bad.backup'), '--data', data('third'));
  expect([refused.code, refused.err]).toEqual([
    2,
    expect.stringMatching(/bad\.backup (is not a whole backup|has format 2)/),
  ]);
  expect(existsSync(data('third/registry.db'))).toBe(false);
});
