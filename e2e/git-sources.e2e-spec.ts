// Git sources on a whole platform: what a run says of them, and the node's mirror cache behind its door.

import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { isDone, succeeded, type TaskRun } from '@slipway/contracts';
import { eventually } from '@slipway/testing';
import { startGitServer, type GitServer } from '../apps/resources/test/git-server.js';
import { Kubectl } from '../conformance/kubectl.js';
import { startPlatform, type Platform } from '../conformance/platform.js';

const CACHED = 'comes from the mirror cache of the node';

let git: GitServer;
let platform: Platform;
let kubectl: Kubectl;
let commit: string;

beforeAll(async () => {
  git = await startGitServer();
  commit = git.commit('repo', { 'README.md': 'hello', 'large.bin': randomBytes(100_000).toString('latin1') });
  const environment = { ...process.env, ALLOWED_NETWORKS: '127.0.0.1' };
  platform = await startPlatform(resolve(import.meta.dirname, '../slipway'), [], environment);
  kubectl = new Kubectl(platform.kubeconfig);
}, 300_000);
afterAll(async () => {
  await platform.stop();
  await git.close();
});

/** Runs a task that reads the README of the repository; what became of it, and the log of its source. */
async function run(
  name: string,
  params: Record<string, string>,
  { annotations = {}, script = 'cat source/README.md', env = [] }: Spec = {},
): Promise<{ run: TaskRun; log: string; sent: number }> {
  const before = git.sentBytes;
  const all = Object.entries({ url: `${git.url}/repo.git`, ...params }).map(([key, value]) => ({ name: key, value }));
  const taskRun = {
    ...{ apiVersion: 'tekton.dev/v1beta1', kind: 'TaskRun', metadata: { name, annotations } },
    spec: {
      resources: { inputs: [{ name: 'source', resourceSpec: { type: 'git', params: all } }] },
      taskSpec: {
        resources: { inputs: [{ name: 'source', type: 'git' }] },
        stepTemplate: { env },
        steps: [{ name: 'read', image: 'ubuntu', workingDir: '/workspace', script }],
      },
    },
  };
  const { code, stderr } = await kubectl.run(['create', '-f', '-'], JSON.stringify(taskRun));
  if (code !== 0) throw new Error(stderr);
  const done = async (): Promise<TaskRun> => {
    const found = await kubectl.json<TaskRun>(['get', 'taskrun', name]);
    if (!isDone(found)) throw new Error(`${name} is ${succeeded(found)?.reason}`);
    return found;
  };
  const ended = await eventually(done, { deadlineMs: 60_000 });
  const { stdout } = await kubectl.run(['logs', ended.status!.podName!, '--all-containers']);
  return { run: ended, log: stdout, sent: git.sentBytes - before };
}
interface Spec {
  annotations?: Record<string, string>;
  script?: string;
  env?: { name: string; value: string }[];
}

test('a run says which commit its source is, and the next one gets it from the mirror cache', async () => {
  const first = await run('first', { revision: 'main' });
  expect(succeeded(first.run)?.status).toBe('True');
  const facts = Object.fromEntries(first.run.status!.resourcesResult!.map(({ key, value }) => [key, value]));
  expect(facts).toMatchObject({ commit, url: `${git.url}/repo.git`, author: 'Test <test@localhost>' });
  expect(facts['date']).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/);
  const second = await run('second', { revision: 'main' });
  expect([second.log, second.sent < 10_000]).toEqual([expect.stringContaining(CACHED), true]);
  expect(second.log).toContain('hello');
}, 180_000);

test('a source that fails is why the run failed, told once, with what to do', async () => {
  const { run: failed, log } = await run('gone', { revision: 'gone' });
  expect(succeeded(failed)).toMatchObject({
    status: 'False',
    reason: 'GitRevisionNotFound',
    message: expect.stringMatching(/git-source-.*couldn't find remote ref gone.*Check the revision/) as string,
  });
  expect(log.match(/couldn't find remote ref/g)).toHaveLength(1);
}, 120_000);

test('a pod with a network of its own has no door', async () => {
  const { run: ended, log } = await run('alone', {}, { annotations: { 'slipway.dev/network': 'pod' } });
  expect(succeeded(ended)?.reason).toBe('GitHostUnreachable');
  expect(log).not.toContain(CACHED);
}, 120_000);

test('a step that takes over the source step by its environment finds a door, and no mirror', async () => {
  const look = `const fs = require('fs'); console.log('door:', fs.readdirSync('/tekton/git-mirror').join());
    try { fs.writeFileSync('/tekton/git-mirror/x', ''); console.log('written'); } catch (e) { console.log('refused:', e.code); }`;
  const code = Buffer.from(look).toString('base64');
  const inline = `--import=data:text/javascript,import{createRequire}from'module';const%20require=createRequire('/');eval(Buffer.from('${code}','base64').toString())`;
  const { log } = await run('taken', {}, { env: [{ name: 'NODE_OPTIONS', value: inline }] });
  expect(log).toContain('door: socket');
  expect(log).toContain('refused: EROFS');
}, 120_000);
