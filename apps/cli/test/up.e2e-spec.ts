import { jest } from '@jest/globals';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipelineRun, slipway, start, temporaryFolder, type Started } from './slipway.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const kubeconfig = join(folder.path, 'data/kubeconfig');
const file = join(folder.path, 'run.json');
let platform: Started;

const up = (): Started => start(['up', '--data', join(folder.path, 'data'), '--port', '0']);

beforeAll(async () => {
  writeFileSync(file, pipelineRun({ build: 'echo built', test: 'echo tested' }));
  platform = up();
  await platform.says(/export KUBECONFIG=/);
});

afterAll(async () => {
  platform.signal('SIGKILL');
  await platform.ended;
  folder.remove();
});

test('up writes a kubeconfig and a token that only their owner can read', () => {
  for (const name of ['kubeconfig', 'token', 'tokens.json', 'tls/server-key.pem', 'tls/ca-key.pem']) {
    expect([name, statSync(join(folder.path, 'data', name)).mode & 0o077]).toEqual([name, 0]);
  }
  expect(JSON.parse(readFileSync(kubeconfig, 'utf8'))).toMatchObject({ kind: 'Config', 'current-context': 'slipway' });
});

test.each([
  ['up', up],
  ['run --data', () => start(['run', file, '--data', join(folder.path, 'data')])],
])('%s refuses a second platform in the same folder, and says which process has it', async (_, second) => {
  const { code, err } = await second().ended;
  expect(err).toMatch(/A platform runs in .* already \(process \d+\)/);
  expect(code).toBe(2);
});

test.each([
  ['up', 'up', '--port', '0'],
  ['run', 'run', file],
])('%s says which folder it cannot make, and exits 2', async (_, ...command) => {
  const { code, err } = await slipway(...command, '--data', join(file, 'data'));
  expect(err).toMatch(/^error: The data folder .*run\.json\/data cannot be written \(ENOTDIR\)\.\nhint: .*--data/);
  expect(code).toBe(2);
});

test.each([
  ['an address of another machine', '192.0.2.1', 'EADDRNOTAVAIL'],
  ['a name of nobody', 'nobody.invalid', 'ENOTFOUND|EAI_AGAIN'],
])('up says that it cannot listen on %s, and exits 2', async (_, host, why) => {
  const { code, err } = await slipway('up', '--host', host, '--port', '0', '--data', join(folder.path, 'other'));
  expect(err).toMatch(new RegExp(`^error: Port 0 of ${host} cannot be listened on \\((${why})\\)\\.\nhint: .*--host`));
  expect(code).toBe(2);
});

test('run --kubeconfig uses the running platform, whose runs logs, describe, graph and cancel then know', async () => {
  const run = await slipway('run', file, '--kubeconfig', kubeconfig);
  expect(run.code).toBe(0);
  const name = /pipelinerun\/(\S+) created/.exec(run.out)?.[1] ?? '';
  const at = ['--kubeconfig', kubeconfig];
  const [all, one, description, graph, cancelled, unknown, noStep, noStepOfTaskRun] = await Promise.all([
    slipway('logs', name, ...at),
    slipway('logs', name, 'test', 'only', ...at),
    slipway('describe', name, ...at),
    slipway('graph', name, ...at),
    slipway('cancel', name, ...at),
    slipway('logs', 'nobody', ...at),
    slipway('logs', name, 'test', 'nothing', ...at),
    slipway('logs', `${name}-test`, 'nothing', ...at),
  ]);
  expect(all.out).toContain('[build : only] built\n[test : only] tested\n');
  expect(one.out).toBe('tested\n');
  expect(description.out).toMatch(/State: +Succeeded[\s\S]*✓ build[\s\S]*✓ only[\s\S]*✓ test/);
  expect(graph.out).toBe('  1  build\n  2  test   after build\n');
  expect(cancelled.err).toContain('has ended already');
  expect(unknown.err).toContain(name);
  expect(noStep.err).toMatch(/has no log of a step "nothing"[\s\S]*Its steps with logs are only\./);
  expect(noStepOfTaskRun.err).toMatch(/has no log of a step "nothing"[\s\S]*Its steps with logs are only\./);
  expect([cancelled.code, unknown.code, noStep.code, noStepOfTaskRun.code]).toEqual([2, 2, 2, 2]);
});

test('run on a platform that is not there says what to do', async () => {
  const { code, err } = await slipway('run', file, '--server', 'http://127.0.0.1:9');
  expect(err).toMatch(/Nothing answers at http:\/\/127\.0\.0\.1:9\.[\s\S]*slipway up/);
  expect(code).toBe(3);
});

test('up starts nats-server again when it was killed, and goes on', async () => {
  const { pid, kill } = natsOf(join(folder.path, 'data'));
  kill();
  const { code } = await slipway('run', file, '--kubeconfig', kubeconfig);
  expect(code).toBe(0);
  expect(natsOf(join(folder.path, 'data')).pid).not.toBe(pid);
});

test('up stops on SIGTERM with exit code 0, and has everything again when it is started again', async () => {
  platform.signal('SIGTERM');
  expect((await platform.ended).code).toBe(0);
  platform = up();
  await platform.says(/export KUBECONFIG=/);
  const { out } = await slipway('run', file, '--kubeconfig', kubeconfig);
  const name = /pipelinerun\/(\S+) created/.exec(out)?.[1] ?? '';
  expect((await slipway('logs', name, '--kubeconfig', kubeconfig)).out).toContain('[build : only] built\n');
});

/** The nats-server whose configuration lies in the data folder. */
function natsOf(data: string): { pid: number; kill: () => void } {
  const isIt = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`nats-server\0-c\0${data}/`);
    } catch {
      return false; // it has ended meanwhile
    }
  };
  const pid = Number(readdirSync('/proc').find((name) => /^\d+$/.test(name) && isIt(name)));
  return { pid, kill: () => process.kill(pid, 'SIGKILL') };
}
