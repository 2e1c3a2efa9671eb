// Scheduler, registry and executor over a real nats-server; pods are faked.

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDone, succeeded, type PipelineRun, type PipelineSpec, type TaskRun } from '@slipway/contracts';
import type { RunningService } from '@slipway/service';
import { eventually, startTestNats, tempDir, type TestNats } from '@slipway/testing';
import { startExecutor } from '../apps/executor/src/start.js';
import { startRegistry, type RunningRegistry } from '../apps/registry/src/start.js';
import { startScheduler } from '../apps/scheduler/src/start.js';

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
    tokensFile,
  });
  scheduler = await startTheScheduler();
  executor = await startExecutor({
    ...common(),
    instance: 'executor-0',
    runtime: 'faked',
    fakedRunMs: 1,
    stateDir: dir.path,
    binDir: dir.path,
    graceMs: 1000,
    stepFailureReason: 'StepFailed',
    defaultTimeoutMs: 3_600_000,
    events: false,
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

function task(name: string, ...runAfter: string[]): NonNullable<PipelineSpec['tasks']>[number] {
  return {
    name,
    taskSpec: { steps: [{ name: 's', image: 'busybox', script: 'true' }] },
    ...(runAfter.length === 0 ? {} : { runAfter }),
  };
}

async function create(name: string, pipelineSpec: PipelineSpec): Promise<void> {
  await api('POST', 'pipelineruns', {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name },
    spec: { pipelineSpec },
  });
}

async function done(name: string): Promise<PipelineRun> {
  const read = () => api<PipelineRun>('GET', `pipelineruns/${name}`);
  return eventually(
    async () => {
      const run = await read();
      if (!isDone(run)) throw new Error(JSON.stringify(run.status));
      return run;
    },
    { what: `the end of ${name}`, deadlineMs: 50_000 },
  );
}

async function api<Answer = unknown>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${registry.url}/apis/tekton.dev/v1/namespaces/default/${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}
