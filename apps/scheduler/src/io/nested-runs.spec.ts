import { setTimeout as sleep } from 'node:timers/promises';
import {
  ANNOTATIONS,
  SHARD_LABEL,
  succeeded,
  type KubeObject,
  type PipelineRun,
  type PipelineTask,
  type TaskRun,
} from '@slipway/contracts';
import { task } from '../../test/builders.js';
import { World } from '../../test/world.js';

let world: World;
afterEach(() => world.stop());

const inner = (name: string, ...tasks: PipelineTask[]): PipelineTask => ({ name, pipelineSpec: { tasks } });

async function until(isTrue: () => boolean): Promise<void> {
  const endMs = Date.now() + 10_000;
  while (!isTrue()) {
    if (Date.now() > endMs) throw new Error('it did not come about');
    await sleep(2);
  }
}

function reasonOf(taskRun: string): string | undefined {
  return succeeded(world.store.objects.get(`taskruns.tekton.dev/ns/${taskRun}`) as TaskRun)?.reason;
}

describe('a pipeline in a pipeline', () => {
  test('runs as a child of its own, and its results are those of its task', async () => {
    world = new World();
    world.resultsOf = () => ({ digest: 'sha256:1' });
    world.start();
    const compile = { ...task('compile'), taskSpec: { results: [{ name: 'digest' }], steps: [] } };
    await world.createRun('r', {
      pipelineSpec: {
        params: [{ name: 'who' }],
        tasks: [
          {
            name: 'build',
            pipelineSpec: {
              tasks: [compile, { ...task('say', 'compile'), params: [{ name: 'to', value: '$(params.who)' }] }],
              results: [{ name: 'image', value: 'app@$(tasks.compile.results.digest)' }],
            },
          },
          { ...task('use'), params: [{ name: 'image', value: '$(tasks.build.results.image)' }] },
        ],
        results: [{ name: 'out', value: '$(tasks.build.results.image)' }],
      },
      params: [{ name: 'who', value: 'world' }],
    });
    const run = await world.done('r');
    expect(succeeded(run)).toMatchObject({ reason: 'Succeeded' });
    expect(world.created).toEqual(['r-build-compile', 'r-build-say', 'r-use']);
    expect(run.status?.results).toEqual([{ name: 'out', value: 'app@sha256:1' }]);
    expect(run.status?.childReferences).toEqual([
      { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'r-build', pipelineTaskName: 'build' },
      { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'r-use', pipelineTaskName: 'use' },
    ]);
    const child = world.run('r-build')!;
    expect(child.metadata.labels).toMatchObject({
      'tekton.dev/pipelineRun': 'r',
      'tekton.dev/pipelineTask': 'build',
      'tekton.dev/memberOf': 'tasks',
      'tekton.dev/pipeline': 'r-build',
    });
    expect(child.metadata.annotations?.[ANNOTATIONS.depth]).toBe('1');
    expect(child.metadata.ownerReferences).toMatchObject([{ kind: 'PipelineRun', name: 'r', controller: true }]);
    const shards = [...world.store.objects.values()].flatMap(({ metadata }) => metadata.labels?.[SHARD_LABEL] ?? []);
    expect(new Set(shards).size).toBe(1);
    const say = world.store.objects.get('taskruns.tekton.dev/ns/r-build-say') as KubeObject & { spec: object };
    expect(say.spec).toMatchObject({ params: [{ name: 'to', value: 'world' }] });
    expect(say.metadata.annotations?.[ANNOTATIONS.depth]).toBeUndefined();
  });

  test('fans out, keeps its guards, and a failure of one that may fail is ignored', async () => {
    world = new World((name) => (name === 'r-each-1-a' ? 'failed' : 'succeeded'));
    world.start();
    await world.createRun('r', {
      pipelineSpec: {
        tasks: [
          {
            name: 'each',
            matrix: { params: [{ name: 'os', value: ['linux', 'mac'] }] },
            pipelineSpec: { params: [{ name: 'os' }], tasks: [task('a')] },
            onError: 'continue',
          },
          { ...inner('never', task('a')), when: [{ input: 'x', operator: 'in', values: ['y'] }] },
          task('after', 'each'),
        ],
        finally: [inner('last', task('clean'))],
      },
    });
    const run = await world.done('r');
    expect(succeeded(run)).toMatchObject({
      reason: 'Completed',
      message: 'Tasks Completed: 3 (Failed: 1 (Ignored: 1), Cancelled 0), Skipped: 1',
    });
    expect(world.created.sort()).toEqual(['r-after', 'r-each-0-a', 'r-each-1-a', 'r-last-clean']);
  });

  test('is tried again as a run of its own, and the earlier attempts stay as they ended', async () => {
    world = new World((name) => (name === 'r-p-retry2-a' ? 'succeeded' : 'failed'));
    world.start();
    await world.createRun('r', { pipelineSpec: { tasks: [{ ...inner('p', task('a')), retries: 3 }] } });
    const run = await world.done('r');
    expect(succeeded(run)).toMatchObject({ reason: 'Succeeded' });
    expect(world.created).toEqual(['r-p-a', 'r-p-retry1-a', 'r-p-retry2-a']);
    expect(run.status?.childReferences).toMatchObject([{ name: 'r-p-retry2', pipelineTaskName: 'p' }]);
    expect(['r-p', 'r-p-retry1', 'r-p-retry2'].map((name) => succeeded(world.run(name)!)?.reason)).toEqual([
      'Failed',
      'Failed',
      'Succeeded',
    ]);
  });

  test('fails its task when the last attempt has failed', async () => {
    world = new World(() => 'failed');
    world.start();
    await world.createRun('r', { pipelineSpec: { tasks: [{ ...inner('p', task('a')), retries: 1 }] } });
    expect(succeeded(await world.done('r'))).toMatchObject({
      reason: 'Failed',
      message: 'Tasks Completed: 1 (Failed: 1, Cancelled 0), Skipped: 0',
    });
    expect(world.created).toEqual(['r-p-a', 'r-p-retry1-a']);
  });

  test('that starts itself ends at the greatest depth, with a reason, and is not tried again for it', async () => {
    world = new World();
    world.start();
    const again: PipelineTask = { name: 'n', pipelineRef: { name: 'loop' }, retries: 5 };
    const loop = { metadata: { name: 'loop', namespace: 'ns' }, spec: { tasks: [again] } };
    await world.create({ apiVersion: 'tekton.dev/v1', kind: 'Pipeline', ...loop });
    await world.createRun('r', {
      pipelineSpec: { tasks: [{ ...again, retries: 0, onError: 'continue' }, task('b', 'n')] },
    });
    const run = await world.done('r');
    expect(succeeded(run)).toMatchObject({ status: 'True' });
    const isRun = (object: KubeObject): object is PipelineRun => object.kind === 'PipelineRun';
    const runs = [...world.store.objects.values()].filter(isRun);
    const depths = runs.map(({ metadata }) => Number(metadata.annotations?.[ANNOTATIONS.depth] ?? 0));
    expect(depths.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(succeeded(world.run('r-n')!)?.reason).toBe('MaxDepthExceeded'); // said all the way up
    const deepest = runs.find(({ metadata }) => metadata.annotations?.[ANNOTATIONS.depth] === '11')!;
    expect(succeeded(deepest)?.message).toContain('is nested 11 deep, the maximum is 10');
  });

  const modes: [mode: string, ends: string[], finallyRuns: string[]][] = [
    ['Cancelled', ['r-p-a', 'r-b'], []],
    ['CancelledRunFinally', ['r-p-a', 'r-b'], ['r-f', 'r-p-f']],
  ];
  test.each(modes)('is asked to end as its parent is: %s', async (mode, ends, finallyRuns) => {
    world = new World((name) => (name.endsWith('-f') ? 'succeeded' : 'running'));
    world.start();
    const p = { name: 'p', pipelineSpec: { tasks: [task('a'), task('late', 'a')], finally: [task('f')] } };
    await world.createRun('r', { pipelineSpec: { tasks: [p, task('b')], finally: [task('f')] } });
    await until(() => world.created.length === 2);
    await world.ask('r', mode);
    expect(succeeded(await world.done('r'))).toMatchObject({ status: 'False', reason: 'Cancelled' });
    const child = await world.done('r-p');
    expect(succeeded(child)).toMatchObject({ status: 'False', reason: 'Cancelled' });
    expect(child.spec.status).toBe(mode);
    expect(child.metadata.annotations?.[ANNOTATIONS.cancelCause]).toBe(
      'PipelineRun cancelled as the PipelineRun it belongs to has been cancelled.',
    );
    expect(world.created.filter((name) => name.endsWith('f')).sort()).toEqual(finallyRuns);
    await until(() => ends.every((name) => reasonOf(name) === 'TaskRunCancelled'));
  });

  test('lets its tasks end and runs its finally tasks when its parent is stopped', async () => {
    let isOver = false;
    world = new World((name) => (isOver || name.endsWith('-f') ? 'succeeded' : 'running'));
    world.start();
    const p = { name: 'p', pipelineSpec: { tasks: [task('a'), task('late', 'a')], finally: [task('f')] } };
    await world.createRun('r', { pipelineSpec: { tasks: [p, task('late', 'p')] } });
    await until(() => world.created.length === 1);
    await world.ask('r', 'StoppedRunFinally');
    await until(() => world.run('r-p')?.spec.status === 'StoppedRunFinally');
    isOver = true;
    const key = 'taskruns.tekton.dev/ns/r-p-a';
    await world.store.commit({ writes: [{ op: 'update', object: world.store.objects.get(key)! }] });
    expect(succeeded(await world.done('r'))).toMatchObject({ reason: 'Cancelled' });
    expect(world.created).toEqual(['r-p-a', 'r-p-f']);
    expect(reasonOf('r-p-a')).toBe('Succeeded');
  });

  test('is cancelled when the time of its parent is up, and counts as failed', async () => {
    world = new World((name) => (name === 'r-f' ? 'succeeded' : 'running'));
    world.start();
    await world.createRun('r', {
      pipelineSpec: { tasks: [inner('p', task('a'))], finally: [task('f')] },
      timeouts: { tasks: '30m', pipeline: '1h' },
    });
    await until(() => world.created.length === 1);
    world.nowMs = () => Date.now() + 31 * 60_000;
    await world.restart();
    expect(succeeded(await world.done('r'))).toMatchObject({ reason: 'PipelineRunTimeout' });
    expect(world.created).toEqual(['r-p-a', 'r-f']);
    expect(succeeded(await world.done('r-p'))?.reason).toBe('Cancelled');
  });

  test('ends by itself when its own time is up', async () => {
    world = new World(() => 'running');
    world.start();
    await world.createRun('r', { pipelineSpec: { tasks: [{ ...inner('p', task('a')), timeout: '200ms' }] } });
    expect(succeeded(await world.done('r'))).toMatchObject({ reason: 'Failed' });
    expect(succeeded(await world.done('r-p'))?.message).toBe('PipelineRun "r-p" failed to finish within "200ms"');
  });

  test('goes on where it was when the scheduler starts again, and starts nothing twice', async () => {
    world = new World();
    world.start();
    const deep = inner('x', inner('y', task('a'), task('b', 'a')), task('c', 'y'));
    await world.createRun('r', { pipelineSpec: { tasks: [deep, { ...task('d', 'x') }] } });
    for (let i = 0; i < 6; i++) {
      await sleep(5);
      await world.restart();
    }
    expect(succeeded(await world.done('r'))).toMatchObject({ reason: 'Succeeded' });
    expect(world.created).toEqual(['r-x-y-a', 'r-x-y-b', 'r-x-c', 'r-d']);
  });
});
