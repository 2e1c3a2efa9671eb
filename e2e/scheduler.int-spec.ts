// Scheduler, registry and executor over a real nats-server; pods are faked.

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  isDone,
  succeeded,
  type Build,
  type KubeObject,
  type PipelineRun,
  type PipelineRunSpec,
  type PipelineSpec,
  type TaskRun,
  type TaskRunSpec,
} from '@slipway/contracts';
import type { RunningService } from '@slipway/service';
import { eventually, startTestNats, tempDir, type TestNats } from '@slipway/testing';
import { startExecutor } from '../apps/executor/src/start.js';
import { startRegistry, type RunningRegistry } from '../apps/registry/src/start.js';
import { startScheduler } from '../apps/scheduler/src/start.js';
import { fakedExecutor } from './faked-executor.js';

const TOKEN = 'test-token';
let nats: TestNats;
let dir: Awaited<ReturnType<typeof tempDir>>;
let registry: RunningRegistry;
let executor: RunningService;
let scheduler: RunningService;

const common = () => ({ natsUrl: nats.url, host: '127.0.0.1', port: 0, logLevel: 'error', logFormat: 'text' as const });
const startTheScheduler = () => startScheduler({ ...common(), instance: 'scheduler-0' });

beforeAll(async () => {
  nats = await startTestNats();
  dir = await tempDir();
  const tokensFile = join(dir.path, 'tokens.yaml');
  const tokenSha256 = createHash('sha256').update(TOKEN).digest('hex');
  await writeFile(
    tokensFile,
    JSON.stringify([{ tokenSha256, user: 'test', rules: [{ namespaces: ['*'], resources: ['*'], verbs: ['*'] }] }]),
  );
  registry = await startRegistry({
    ...common(),
    instance: 'registry-0',
    database: `sqlite:${join(dir.path, 'registry.db')}`,
    access: { kind: 'tokens', file: tokensFile },
  });
  scheduler = await startTheScheduler();
  executor = await startExecutor({
    ...common(),
    instance: 'executor-0',
    ...fakedExecutor(dir.path),
  });
}, 60_000);

afterAll(async () => {
  await executor?.stop();
  await scheduler?.stop();
  await registry?.stop();
  await nats?.close();
  await dir?.remove();
}, 60_000);

test('runs a pipeline to its end, and a second one that needs results and finally', async () => {
  await create('diamond', {
    tasks: [task('a'), task('b', 'a'), task('c', 'a'), task('d', 'b', 'c')],
    finally: [task('f')],
  });
  const run = await done('diamond');
  expect(succeeded(run)).toMatchObject({
    status: 'True',
    reason: 'Succeeded',
    message: 'Tasks Completed: 5 (Failed: 0, Cancelled 0), Skipped: 0',
  });
  expect(run.status?.childReferences?.map(({ name }) => name)).toEqual(
    ['a', 'b', 'c', 'd', 'f'].map((name) => `diamond-${name}`),
  );
}, 60_000);

test('goes on where it was when it is stopped and started in the middle of a run, and runs no task twice', async () => {
  const tasks = Array.from({ length: 30 }, (_, i) => task(`t${i}`, ...(i % 3 === 0 ? [] : [`t${i - 1}`])));
  await create('restarted', { tasks });
  for (let i = 0; i < 3; i++) {
    await scheduler.stop();
    scheduler = await startTheScheduler();
  }
  const run = await done('restarted');
  expect(succeeded(run)?.reason).toBe('Succeeded');
  const { items } = await api<{ items: TaskRun[] }>('GET', 'taskruns?labelSelector=tekton.dev/pipelineRun=restarted');
  expect(items).toHaveLength(30);
}, 60_000);

test('Builds go on while schedulers come and go: each has one TaskRun, and ends', async () => {
  const names = Array.from({ length: 20 }, (_, i) => `build-${i}`);
  const builds = '/apis/build.knative.dev/v1alpha1/namespaces/default/builds';
  const create = (name: string) =>
    send('POST', builds, {
      apiVersion: 'build.knative.dev/v1alpha1',
      kind: 'Build',
      metadata: { name },
      spec: { steps: [{ image: 'busybox', command: ['true'] }] },
    });
  for (let i = 0; i < names.length; i += 5) {
    const made = Promise.all(names.slice(i, i + 5).map(create));
    await scheduler.stop();
    scheduler = await startTheScheduler();
    await made;
  }
  for (const name of names) {
    const build = await eventually(
      async () => {
        const found = await send<Build>('GET', `${builds}/${name}`);
        if (!isDone(found)) throw new Error(JSON.stringify(found.status));
        return found;
      },
      { what: `the end of ${name}`, deadlineMs: 50_000 },
    );
    expect(succeeded(build)?.status).toBe('True');
    expect(build.status?.completionTime).toBeDefined();
  }
  const { items } = await api<{ items: TaskRun[] }>('GET', 'taskruns?labelSelector=build.knative.dev/buildName');
  expect(items.map(({ metadata }) => metadata.name).sort()).toEqual([...names].sort());
}, 90_000);

test('leaves runs of other controllers alone, and runs those that name Tekton', async () => {
  const inline = { taskSpec: task('a').taskSpec! };
  const others = { managedBy: 'kueue.example.dev/queue' };
  const ours = { managedBy: 'tekton.dev/pipeline' };
  await create('others', { tasks: [task('a')] }, others);
  await create('others-cancelled', { tasks: [task('a')] }, { ...others, status: 'Cancelled' });
  await createTaskRun('others-single', { ...inline, ...others });
  await create('ours', { tasks: [task('a')] }, ours);
  await createTaskRun('ours-single', { ...inline, ...ours });
  await scheduler.stop();
  scheduler = await startTheScheduler(); // looks at everything there is
  await create('after', { tasks: [task('a')] });
  for (const name of ['ours', 'after']) expect(succeeded(await done(name))?.reason).toBe('Succeeded');
  expect(succeeded(await done<TaskRun>('ours-single', 'taskruns'))?.reason).toBe('Succeeded');

  for (const name of ['others', 'others-cancelled'])
    expect(await api('GET', `pipelineruns/${name}`)).not.toHaveProperty('status');
  expect(await api('GET', 'taskruns/others-single')).not.toHaveProperty('status');
  const { items } = await api<{ items: TaskRun[] }>('GET', 'taskruns');
  const names = items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('others'));
  expect(names).toEqual(['others-single']);
  const pods = await fetchPods();
  expect(pods.some((name) => name.startsWith('others'))).toBe(false);
  expect(pods).toEqual(expect.arrayContaining(['ours-single-pod', 'ours-a-pod']));
}, 60_000);

function task(name: string, ...runAfter: string[]): NonNullable<PipelineSpec['tasks']>[number] {
  return {
    name,
    taskSpec: { steps: [{ name: 's', image: 'busybox', script: 'true' }] },
    ...(runAfter.length === 0 ? {} : { runAfter }),
  };
}

async function create(name: string, pipelineSpec: PipelineSpec, more: Partial<PipelineRunSpec> = {}): Promise<void> {
  await api('POST', 'pipelineruns', {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name },
    spec: { pipelineSpec, ...more },
  });
}

async function createTaskRun(name: string, spec: TaskRunSpec): Promise<void> {
  await api('POST', 'taskruns', { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name }, spec });
}

async function fetchPods(): Promise<string[]> {
  const { items } = await send<{ items: KubeObject[] }>('GET', '/api/v1/namespaces/default/pods');
  return items.map(({ metadata }) => metadata.name);
}

async function done<Run extends PipelineRun | TaskRun = PipelineRun>(
  name: string,
  plural = 'pipelineruns',
): Promise<Run> {
  const read = () => api<Run>('GET', `${plural}/${name}`);
  return eventually(
    async () => {
      const run = await read();
      if (!isDone(run)) throw new Error(JSON.stringify(run.status));
      return run;
    },
    { what: `the end of ${name}`, deadlineMs: 50_000 },
  );
}

function api<Answer = unknown>(method: string, path: string, body?: unknown): Promise<Answer> {
  return send<Answer>(method, `/apis/tekton.dev/v1/namespaces/default/${path}`, body);
}

async function send<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${registry.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}
