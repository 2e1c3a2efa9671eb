// Remote references through the whole platform: registry, scheduler, executor and resources over a real nats-server, and
// real servers of git, OCI and HTTP. Pods are faked.

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  isDone,
  succeeded,
  type Condition,
  type KubeObject,
  type PipelineRun,
  type ResolutionRequest,
} from '@slipway/contracts';
import type { TaskRun } from '@slipway/contracts';
import type { RunningService } from '@slipway/service';
import {
  eventually,
  startOciRegistry,
  startTestNats,
  tempDir,
  type OciRegistry,
  type TestNats,
} from '@slipway/testing';
import { startExecutor } from '../apps/executor/src/start.js';
import { startRegistry, type RunningRegistry } from '../apps/registry/src/start.js';
import { startResources } from '../apps/resources/src/start.js';
import { loadConfig } from '../apps/resources/src/config.js';
import { startGitServer, type GitServer } from '../apps/resources/test/git-server.js';
import { startScheduler } from '../apps/scheduler/src/start.js';
import { fakedExecutor } from './faked-executor.js';

const TOKEN = 'test-token';
let nats: TestNats;
let dir: Awaited<ReturnType<typeof tempDir>>;
let registry: RunningRegistry;
let git: GitServer;
let images: OciRegistry;
let web: Server;
let webUrl: string;
const documents = new Map<string, string>();
const running: RunningService[] = [];

const common = () => ({ natsUrl: nats.url, host: '127.0.0.1', port: 0, logLevel: 'error', logFormat: 'text' as const });

const startTheResources = (instance: string) =>
  startResources(
    loadConfig({
      NATS_URL: nats.url,
      PORT: '0',
      LOG_LEVEL: 'error',
      INSTANCE: instance,
      ALLOWED_NETWORKS: '127.0.0.1',
      REMOTE_TIMEOUT_MS: '20000',
    }),
  );

beforeAll(async () => {
  [nats, dir, git, images] = await Promise.all([startTestNats(), tempDir(), startGitServer(), startOciRegistry()]);
  web = createServer((request, response) => {
    const document = documents.get(request.url ?? '');
    response.writeHead(document === undefined ? 404 : 200).end(document);
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const tokensFile = join(dir.path, 'tokens.yaml');
  const tokenSha256 = createHash('sha256').update(TOKEN).digest('hex');
  const rules = [{ namespaces: ['*'], resources: ['*'], verbs: ['*'] }];
  await writeFile(tokensFile, JSON.stringify([{ tokenSha256, user: 'test', rules }]));
  const database = `sqlite:${join(dir.path, 'registry.db')}`;
  registry = await startRegistry({
    ...common(),
    instance: 'registry-0',
    database,
    access: { kind: 'tokens', file: tokensFile },
  });
  running.push(
    await startScheduler({ ...common(), instance: 'scheduler-0' }),
    await startTheResources('resources-0'),
    await startTheResources('resources-1'),
    await startExecutor({
      ...common(),
      instance: 'executor-0',
      ...fakedExecutor(dir.path),
    }),
  );
}, 60_000);

afterAll(async () => {
  for (const service of running.reverse()) await service.stop();
  await registry?.stop();
  await nats?.close();
  await git?.close();
  await images?.close();
  web?.close();
  await dir?.remove();
}, 60_000);

const task = (name: string): string =>
  JSON.stringify({
    apiVersion: 'tekton.dev/v1beta1',
    kind: 'Task',
    metadata: { name },
    spec: {
      params: [{ name: 'word', default: 'hello' }],
      steps: [{ image: 'busybox', script: 'echo $(params.word)' }],
    },
  });

const param = (name: string, value: string) => ({ name, value });

test('runs a pipeline from git whose tasks come from a bundle, from http and from git', async () => {
  const layer = gzipSync(task('from-bundle'));
  images.push('team/tasks', '1.0', [{ apiVersion: 'tekton.dev/v1beta1', kind: 'task', name: 'from-bundle', layer }]);
  documents.set('/task.yaml', task('from-web'));
  const pipeline = `
apiVersion: tekton.dev/v1
kind: Pipeline
metadata:
  name: remote
  labels: { team: blue }
spec:
  params: [{ name: file }]
  tasks:
    - name: a
      taskRef:
        resolver: bundles
        params:
          - { name: bundle, value: "${images.host}/team/tasks:1.0" }
          - { name: name, value: from-bundle }
    - name: b
      runAfter: [a]
      taskRef:
        resolver: http
        params: [{ name: url, value: "${webUrl}/$(params.file)" }]
    - name: c
      runAfter: [a]
      taskRef:
        resolver: git
        params:
          - { name: url, value: "${git.url}/catalog.git" }
          - { name: pathInRepo, value: tasks/c.yaml }
`;
  const commit = git.commit('catalog', { 'pipelines/remote.yaml': pipeline, 'tasks/c.yaml': task('from-git') });
  const url = param('url', `${git.url}/catalog.git`);
  await create('PipelineRun', 'remote', {
    params: [param('file', 'task.yaml'), param('branch', 'main')],
    pipelineRef: {
      resolver: 'git',
      params: [url, param('revision', '$(params.branch)'), param('pathInRepo', '/pipelines/remote.yaml')],
    },
  });
  const run = await done<PipelineRun>('pipelineruns/remote');
  expect(succeeded(run)).toMatchObject({ status: 'True', reason: 'Succeeded' });
  expect(run.metadata.labels).toMatchObject({ team: 'blue', 'tekton.dev/pipeline': 'remote' });
  expect(run.status?.provenance).toMatchObject({
    refSource: {
      uri: `git+${git.url}/catalog.git`,
      digest: { sha1: commit },
      entryPoint: 'pipelines/remote.yaml',
    },
  });
  const a = await api<TaskRun>('GET', 'taskruns/remote-a');
  expect(a.spec.taskRef).toMatchObject({ resolver: 'bundles' });
  expect(a.status?.taskSpec?.steps?.[0]?.script).toBe('echo hello');
  expect(a.status?.provenance).toMatchObject({
    refSource: { uri: `${images.host}/team/tasks`, entryPoint: 'from-bundle' },
  });
  const requests = await api<{ items: ResolutionRequest[] }>('GET', 'resolutionrequests', undefined, RESOLUTION);
  const types = requests.items.map(({ metadata }) => metadata.labels?.['resolution.tekton.dev/type']).sort();
  expect(types).toEqual(['bundles', 'git', 'git', 'http']); // one a reference: scheduler and executor share them
});

test('runs a TaskRun from http, and a request that a user makes is answered too', async () => {
  documents.set('/single.yaml', task('single'));
  await create('TaskRun', 'single', { taskRef: { resolver: 'http', params: [param('url', `${webUrl}/single.yaml`)] } });
  const run = await done<TaskRun>('taskruns/single');
  expect(succeeded(run)).toMatchObject({ status: 'True' });
  expect(run.metadata.labels).toMatchObject({ 'tekton.dev/task': 'single' });
  await api(
    'POST',
    'resolutionrequests',
    {
      apiVersion: 'resolution.tekton.dev/v1beta1',
      kind: 'ResolutionRequest',
      metadata: { name: 'by-hand', labels: { 'resolution.tekton.dev/type': 'http' } },
      spec: { params: [param('url', `${webUrl}/single.yaml`)] },
    },
    RESOLUTION,
  );
  const request = await done<ResolutionRequest>('resolutionrequests/by-hand', RESOLUTION);
  expect(succeeded(request)).toMatchObject({ status: 'True', reason: 'ResolutionSuccessful' });
  expect(Buffer.from(request.status?.data ?? '', 'base64').toString()).toBe(task('single'));
});

test('runs a pipeline of a pipeline that comes from http', async () => {
  documents.set('/inner.yaml', JSON.stringify({
    apiVersion: 'tekton.dev/v1',
    kind: 'Pipeline',
    metadata: { name: 'inner' },
    spec: { tasks: [{ name: 'x', taskRef: { resolver: 'http', params: [param('url', `${webUrl}/single.yaml`)] } }] },
  })); // prettier-ignore
  documents.set('/single.yaml', task('single'));
  const pipelineRef = { resolver: 'http', params: [param('url', `${webUrl}/inner.yaml`)] };
  await create('PipelineRun', 'outer', { pipelineSpec: { tasks: [{ name: 'in', pipelineRef }] } });
  expect(succeeded(await done<PipelineRun>('pipelineruns/outer'))).toMatchObject({ status: 'True' });
  const child = await api<PipelineRun>('GET', 'pipelineruns/outer-in');
  expect(child.status?.provenance?.refSource?.uri).toBe(`${webUrl}/inner.yaml`);
});

test('runs steps whose StepActions come from git, a bundle and the cluster, each by a request of its own', async () => {
  const action = (from: string): object => ({
    apiVersion: 'tekton.dev/v1beta1',
    kind: 'StepAction',
    metadata: { name: `from-${from}` },
    spec: { params: [{ name: 'word', default: 'nothing' }], image: 'busybox', args: [from, '$(params.word)'] },
  });
  const commit = git.commit('actions', { 'say.yaml': JSON.stringify(action('git')) });
  const layer = gzipSync(JSON.stringify(action('bundle')));
  images.push('team/actions', '1.0', [{ apiVersion: 'tekton.dev/v1beta1', kind: 'stepaction', name: 'say', layer }]);
  await api('POST', 'stepactions', action('cluster'), 'tekton.dev/v1beta1');
  const step = (name: string, resolver: string, ...params: object[]): object => ({
    name,
    ref: { resolver, params },
    params: [param('word', '$(params.word)')],
  });
  await create('TaskRun', 'actions', {
    params: [param('word', 'hello')],
    taskSpec: {
      params: [{ name: 'word' }],
      steps: [
        step('a', 'git', param('url', `${git.url}/actions.git`), param('pathInRepo', 'say.yaml')),
        step(
          'b',
          'bundles',
          param('bundle', `${images.host}/team/actions:1.0`),
          param('name', 'say'),
          param('kind', 'stepaction'),
        ),
        step('c', 'cluster', param('kind', 'stepaction'), param('name', 'from-cluster')),
      ],
    },
  });
  const run = await done<TaskRun>('taskruns/actions');
  expect(succeeded(run)).toMatchObject({ status: 'True' });
  expect(run.status?.taskSpec?.steps?.map(({ image, args }) => [image, args])).toEqual(
    ['git', 'bundle', 'cluster'].map((from) => ['busybox', [from, 'hello']]),
  );
  expect(run.status?.steps?.map(({ provenance }) => provenance?.refSource)).toEqual([
    { uri: `git+${git.url}/actions.git`, digest: { sha1: commit }, entryPoint: 'say.yaml' },
    expect.objectContaining({ uri: `${images.host}/team/actions`, entryPoint: 'say' }),
    expect.objectContaining({ uri: expect.stringMatching(/stepaction\/from-cluster@/) as string }),
  ]);
  const { items } = await api<{ items: ResolutionRequest[] }>('GET', 'resolutionrequests', undefined, RESOLUTION);
  const own = items.filter(({ metadata }) => metadata.ownerReferences?.[0]?.name === 'actions');
  expect(own.map(({ metadata }) => metadata.labels?.['resolution.tekton.dev/type']).sort()).toEqual([
    'bundles',
    'cluster',
    'git',
  ]);
  expect(own.map((request) => succeeded(request)?.reason)).toEqual(Array(3).fill('ResolutionSuccessful'));
});

test('fails a TaskRun whose StepAction is something else, and says which step names it', async () => {
  documents.set('/no-action.yaml', task('no-action'));
  const ref = { resolver: 'http', params: [param('url', `${webUrl}/no-action.yaml`)] };
  await create('TaskRun', 'no-action', { taskSpec: { steps: [{ name: 'first', ref }] } });
  expect(succeeded(await done<TaskRun>('taskruns/no-action'))).toMatchObject({
    reason: 'TaskRunResolutionFailed',
    message: expect.stringMatching(/step "first" \(index 0\): .*is a "Task", and a StepAction is wanted/) as string,
  });
});

const badRefs: [why: string, document: string, reason: string, says: RegExp][] = [
  ['is not there', '', 'CouldntGetPipeline', /answers with status 404/],
  ['is of another kind', task('x'), 'CouldntGetPipeline', /is a "Task", and a Pipeline is wanted/],
  ['breaks a rule', JSON.stringify({ apiVersion: 'tekton.dev/v1', kind: 'Pipeline', metadata: { name: 'p' }, spec: { tasks: [{ name: 'A B', taskRef: { name: 'x' } }] } }), 'CouldntGetPipeline', /tasks\[0\].name/],
]; // prettier-ignore

test.each(badRefs)('fails a run whose pipeline %s, and says why', async (why, document, reason, says) => {
  const name = `bad-${why.replaceAll(' ', '-')}`;
  if (document !== '') documents.set(`/${name}`, document);
  await create('PipelineRun', name, { pipelineRef: { resolver: 'http', params: [param('url', `${webUrl}/${name}`)] } });
  const condition = succeeded(await done<PipelineRun>(`pipelineruns/${name}`));
  expect(condition).toMatchObject({ status: 'False', reason });
  expect(condition?.message).toMatch(says);
});

test('fails a run with a task that cannot be had, and a TaskRun likewise', async () => {
  const ref = { resolver: 'http', params: [param('url', `${webUrl}/nothing`)] };
  await create('PipelineRun', 'no-task', { pipelineSpec: { tasks: [{ name: 't', taskRef: ref }] } });
  await create('TaskRun', 'no-task', { taskRef: ref });
  expect(succeeded(await done<PipelineRun>('pipelineruns/no-task'))).toMatchObject({ reason: 'CouldntGetTask' });
  expect(succeeded(await done<TaskRun>('taskruns/no-task'))).toMatchObject({ reason: 'TaskRunResolutionFailed' });
});

const TEKTON = 'tekton.dev/v1';
const RESOLUTION = 'resolution.tekton.dev/v1beta1';

async function create(kind: string, name: string, spec: object): Promise<void> {
  await api('POST', `${kind.toLowerCase()}s`, { apiVersion: TEKTON, kind, metadata: { name }, spec });
}

async function done<T extends KubeObject & { status?: { conditions?: Condition[] } }>(
  path: string,
  group = TEKTON,
): Promise<T> {
  return eventually(
    async () => {
      const object = await api<T>('GET', path, undefined, group);
      if (!isDone(object)) throw new Error(JSON.stringify(object));
      return object;
    },
    { what: `the end of ${path}`, deadlineMs: 50_000 },
  );
}

async function api<Answer = unknown>(method: string, path: string, body?: unknown, group = TEKTON): Promise<Answer> {
  const response = await fetch(`${registry.url}/apis/${group}/namespaces/default/${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}
