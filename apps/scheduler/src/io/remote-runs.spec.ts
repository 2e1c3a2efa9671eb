// Runs whose pipelines and tasks stand elsewhere, with a resolver that answers when the test says so.

import {
  RESOLUTION_REQUESTS,
  RESOLVER_LABEL,
  SlipwayError,
  succeeded,
  type PipelineRun,
  type ResolutionRequest,
  type TaskRun,
} from '@slipway/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { task } from '../../test/builders.js';
import { World } from '../../test/world.js';

let world: World;
beforeEach(() => {
  world = new World();
  world.start();
});
afterEach(() => world.stop());

const ref = (url: string) => ({ resolver: 'http', params: [{ name: 'url', value: url }] });

test('a run waits for its pipeline, says so, and runs it when the answer is there', async () => {
  await world.createRun('r', { params: [{ name: 'x', value: 'one' }], pipelineRef: ref('https://x/$(params.x)') });
  const request = await asked();
  expect(request.metadata.labels?.[RESOLVER_LABEL]).toBe('http');
  expect(request.spec).toEqual({ params: [{ name: 'url', value: 'https://x/one' }] });
  const waiting = await until(() => condition('r')?.reason === 'ResolvingPipelineRef' && world.run('r'));
  expect(succeeded(waiting)).toMatchObject({
    status: 'Unknown',
    message: 'PipelineRun ns/r awaiting remote resource',
  });
  expect(waiting.status?.startTime).toBeDefined();
  expect(waiting.status?.pipelineSpec).toBeUndefined();
  await answer(request, {
    kind: 'Pipeline',
    metadata: { name: 'p', labels: { team: 'blue' } },
    spec: { tasks: [task('a')] },
  });
  const run = await world.done('r');
  expect(succeeded(run)).toMatchObject({ status: 'True' });
  expect(run.status?.provenance).toMatchObject({ refSource: { uri: 'https://x' } });
  expect(run.status?.pipelineSpec?.tasks).toHaveLength(1);
  expect(run.metadata.labels).toMatchObject({ team: 'blue', 'tekton.dev/pipeline': 'p' });
});

test('a scheduler that is killed while a run waits asks nothing twice, and its successor goes on', async () => {
  await world.createRun('r', { pipelineRef: ref('https://x') });
  const request = await asked();
  await world.restart();
  await until(() => condition('r')?.reason === 'ResolvingPipelineRef');
  expect(requests()).toHaveLength(1);
  await world.stop();
  await answer(request, { kind: 'Pipeline', metadata: { name: 'p' }, spec: { tasks: [task('a')] } }); // nobody looks
  world.start();
  expect(succeeded(await world.done('r'))).toMatchObject({ status: 'True' });
});

test('a run that waits is ended by its own time', async () => {
  await world.createRun('r', { pipelineRef: ref('https://x'), timeouts: { pipeline: '1m' } });
  await until(() => condition('r')?.reason === 'ResolvingPipelineRef');
  world.nowMs = () => Date.now() + 120_000;
  await world.restart();
  expect(succeeded(await world.done('r'))).toMatchObject({
    status: 'False',
    reason: 'PipelineRunTimeout',
    message: 'PipelineRun "r" failed to finish within "1m0s"',
  });
});

test('a run that waits can be cancelled', async () => {
  await world.createRun('r', { pipelineRef: ref('https://x') });
  const waiting = await until(() => condition('r')?.reason === 'ResolvingPipelineRef' && world.run('r'));
  await world.store.commit({
    writes: [{ op: 'update', object: { ...waiting, spec: { ...waiting.spec, status: 'Cancelled' } } as PipelineRun }],
  });
  expect(succeeded(await world.done('r'))).toMatchObject({ status: 'False', reason: 'Cancelled' });
});

test('a pipeline that cannot be had fails the run with what the resolver said', async () => {
  await world.createRun('r', { pipelineRef: ref('https://x') });
  const request = await asked();
  await refuse(request, 'https://x answers with status 404');
  expect(succeeded(await world.done('r'))).toMatchObject({
    reason: 'CouldntGetPipeline',
    message: `Error retrieving pipeline for pipelinerun ns/r: error requesting remote resource: error getting "http" "ns/${request.metadata.name}": https://x answers with status 404`,
  });
});

test('a document that the registry refuses fails the run with all that is wrong with it', async () => {
  world.admit = () => {
    throw new SlipwayError('invalid', 'Invalid', 'spec.tasks: missing field(s)');
  };
  await world.createRun('r', { pipelineRef: ref('https://x') });
  await answer(await asked(), {});
  expect(succeeded(await world.done('r'))?.message).toMatch(/is no valid Pipeline: spec.tasks: missing field\(s\)/);
});

test('tasks that stand elsewhere are checked before anything starts, one request for equal references', async () => {
  const tasks = ['a', 'b'].map((name) => ({
    name,
    taskRef: ref('https://x/task'),
    params: [{ name: 'p', value: 'v' }],
  }));
  await world.createRun('r', { pipelineSpec: { tasks } });
  const request = await asked();
  await until(() => condition('r')?.reason === 'ResolvingTaskRef');
  expect(requests()).toHaveLength(1);
  expect(world.created).toEqual([]);
  await answer(request, { kind: 'Task', metadata: { name: 't' }, spec: { params: [{ name: 'q' }], steps: [] } });
  expect(succeeded(await world.done('r'))).toMatchObject({ status: 'False', reason: 'PipelineValidationFailed' });
  expect(world.created).toEqual([]);
});

test('a reference with a result in it is left to the TaskRun that knows the result', async () => {
  world.resultsOf = () => ({ file: 'found' });
  const first = { name: 'a', taskSpec: { ...task('a').taskSpec, results: [{ name: 'file' }] } };
  const second = { name: 'b', taskRef: ref('https://x/$(tasks.a.results.file)') };
  await world.createRun('r', { pipelineSpec: { tasks: [first, second] } });
  expect(succeeded(await world.done('r'))).toMatchObject({ status: 'True' });
  expect(requests()).toHaveLength(0);
  const taskRun = world.store.objects.get('taskruns.tekton.dev/ns/r-b') as TaskRun;
  expect(taskRun.spec.taskRef).toMatchObject({ resolver: 'http', params: [{ name: 'url', value: 'https://x/found' }] });
});

function requests(): ResolutionRequest[] {
  return [...world.store.objects.values()].filter(({ kind }) => kind === 'ResolutionRequest');
}

function condition(name: string) {
  return succeeded(world.run(name) ?? {});
}

function asked(): Promise<ResolutionRequest> {
  return until(() => requests()[0]);
}

async function answer(request: ResolutionRequest, document: object): Promise<void> {
  const status = {
    conditions: [{ type: 'Succeeded', status: 'True' as const, reason: 'ResolutionSuccessful' }],
    data: Buffer.from(JSON.stringify({ apiVersion: 'tekton.dev/v1', ...document })).toString('base64'),
    refSource: { uri: 'https://x' },
  };
  const object: ResolutionRequest = { ...stored(request), status };
  await world.store.commit({ writes: [{ op: 'update-status', object }] });
}

async function refuse(request: ResolutionRequest, message: string): Promise<void> {
  const conditions = [{ type: 'Succeeded', status: 'False' as const, reason: 'ResolutionFailed', message }];
  const object: ResolutionRequest = { ...stored(request), status: { conditions } };
  await world.store.commit({ writes: [{ op: 'update-status', object }] });
}

function stored({ metadata }: ResolutionRequest): ResolutionRequest {
  return world.store.objects.get(`${RESOLUTION_REQUESTS}/ns/${metadata.name}`)!;
}

async function until<T>(found: () => T | undefined | false, deadlineMs = 10_000): Promise<T> {
  const endMs = Date.now() + deadlineMs;
  for (;;) {
    const value = found();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > endMs) throw new Error('it did not come true');
    await sleep(2);
  }
}
