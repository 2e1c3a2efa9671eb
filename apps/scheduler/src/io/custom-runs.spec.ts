import { setTimeout as sleep } from 'node:timers/promises';
import { CUSTOM_RUNS, succeeded, type CustomRun, type PipelineTask } from '@slipway/contracts';
import { task } from '../../test/builders.js';
import { World } from '../../test/world.js';

let world: World;
afterEach(() => world.stop());

const custom = (name: string, more: Partial<PipelineTask> = {}): PipelineTask => ({
  name,
  taskRef: { apiVersion: 'example.dev/v1', kind: 'Wait', name: 'w' },
  ...more,
});
const customRun = (name: string): CustomRun | undefined =>
  world.store.objects.get(`${CUSTOM_RUNS}/ns/${name}`) as CustomRun | undefined;

async function until(isTrue: () => boolean): Promise<void> {
  const endMs = Date.now() + 10_000;
  while (!isTrue()) {
    if (Date.now() > endMs) throw new Error('it did not come about');
    await sleep(2);
  }
}

describe('a custom task', () => {
  test('is a CustomRun that says all its controller needs, and its results go on', async () => {
    world = new World();
    world.resultsOf = () => ({ until: 'noon' });
    world.start();
    await world.createRun('r', {
      pipelineSpec: {
        params: [{ name: 'p' }],
        workspaces: [{ name: 'ws' }],
        tasks: [
          custom('w', {
            params: [{ name: 'duration', value: '$(params.p)' }],
            retries: 2,
            timeout: '5m',
            workspaces: [{ name: 'data', workspace: 'ws' }],
          }),
          { ...task('use'), params: [{ name: 'x', value: '$(tasks.w.results.until)' }] },
        ],
        finally: [
          {
            name: 'inline',
            taskSpec: {
              apiVersion: 'example.dev/v1',
              kind: 'Wait',
              metadata: { labels: { app: 'x' } },
              spec: { fields: [1, { any: true }] },
            },
            params: [{ name: 'status', value: '$(tasks.w.status)' }],
          },
        ],
        results: [{ name: 'out', value: '$(tasks.w.results.until)' }],
      },
      params: [{ name: 'p', value: '1s' }],
      workspaces: [{ name: 'ws', emptyDir: {} }],
      taskRunTemplate: { serviceAccountName: 'robot' },
    });
    const run = await world.done('r');
    expect(succeeded(run)).toMatchObject({ reason: 'Succeeded' });
    expect(run.status?.results).toEqual([{ name: 'out', value: 'noon' }]);
    expect(run.status?.childReferences?.map(({ apiVersion, kind, name }) => `${apiVersion} ${kind} ${name}`)).toEqual([
      'tekton.dev/v1beta1 CustomRun r-w',
      'tekton.dev/v1 TaskRun r-use',
      'tekton.dev/v1beta1 CustomRun r-inline',
    ]);
    const owner = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'r', uid: run.metadata.uid };
    expect(customRun('r-w')).toMatchObject({
      apiVersion: 'tekton.dev/v1beta1',
      metadata: {
        labels: {
          'tekton.dev/pipeline': 'r',
          'tekton.dev/pipelineRun': 'r',
          'tekton.dev/pipelineTask': 'w',
          'tekton.dev/memberOf': 'tasks',
        },
        ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
      },
    });
    expect(customRun('r-w')?.spec).toEqual({
      customRef: { apiVersion: 'example.dev/v1', kind: 'Wait', name: 'w' },
      params: [{ name: 'duration', value: '1s' }],
      retries: 2,
      serviceAccountName: 'robot',
      timeout: '5m',
      workspaces: [{ name: 'data', emptyDir: {} }],
    });
    expect(customRun('r-inline')?.metadata.labels?.['app']).toBe('x');
    expect(customRun('r-inline')?.spec).toEqual({
      customSpec: {
        apiVersion: 'example.dev/v1',
        kind: 'Wait',
        metadata: { labels: { app: 'x' } },
        spec: { fields: [1, { any: true }] },
      },
      params: [{ name: 'status', value: 'Succeeded' }],
      serviceAccountName: 'robot',
    });
  });

  test('fans out, and one that failed stops the run', async () => {
    world = new World((name) => (name === 'r-w-1' ? 'failed' : 'succeeded'));
    world.start();
    const matrix = { params: [{ name: 'x', value: ['a', 'b'] }] };
    await world.createRun('r', { pipelineSpec: { tasks: [custom('w', { matrix }), task('after', 'w')] } });
    expect(succeeded(await world.done('r'))).toMatchObject({ reason: 'Failed' });
    expect(world.created).toEqual(['r-w-0', 'r-w-1']);
  });

  test('is asked to cancel when its run is, in words that tell why', async () => {
    world = new World(() => 'running');
    world.start();
    await world.createRun('r', { pipelineSpec: { tasks: [custom('w')] } });
    await until(() => world.created.length === 1);
    await world.ask('r', 'CancelledRunFinally');
    const run = await world.done('r');
    expect(succeeded(run)).toMatchObject({ reason: 'Cancelled' });
    expect(customRun('r-w')?.spec).toMatchObject({
      status: 'RunCancelled',
      statusMessage: 'CustomRun cancelled as the PipelineRun it belongs to has been cancelled.',
    });
    expect(succeeded(customRun('r-w')!)?.reason).toBe('CustomRunCancelled');
  });

  test('whose controller does not answer the request to cancel is ended after a minute', async () => {
    world = new World(() => 'running');
    world.heedsCancel = false;
    world.start();
    await world.createRun('r', { pipelineSpec: { tasks: [custom('w')] }, timeouts: { pipeline: '0' } });
    await until(() => world.created.length === 1);
    await world.ask('r', 'CancelledRunFinally');
    await until(() => customRun('r-w')?.spec.status === 'RunCancelled');
    world.nowMs = () => Date.now() + 61_000;
    await world.restart();
    expect(succeeded(await world.done('r'))).toMatchObject({ reason: 'Cancelled' });
    expect(succeeded(customRun('r-w')!)?.message).toBe(
      'CustomRun "r-w" was cancelled, and its controller did not answer within "1m0s"',
    );
  });

  test('whose controller keeps no timeout is ended a minute after it, and told so', async () => {
    world = new World(() => 'running');
    world.heedsCancel = false;
    world.start();
    await world.createRun('r', { pipelineSpec: { tasks: [custom('w', { timeout: '5m' })] } });
    await until(() => world.created.length === 1);
    const startMs = Date.now();
    world.nowMs = () => startMs + 5 * 60_000 + 59_000;
    await world.restart();
    await until(() => world.running === 1);
    expect(customRun('r-w')?.spec.status).toBeUndefined();
    world.nowMs = () => startMs + 6 * 60_000 + 1_000;
    await world.restart();
    expect(succeeded(await world.done('r'))).toMatchObject({ reason: 'Failed' });
    expect(customRun('r-w')?.spec.status).toBe('RunCancelled');
    expect(succeeded(customRun('r-w')!)).toMatchObject({
      reason: 'CustomRunTimedOut',
      message: 'CustomRun "r-w" failed to finish within "5m0s", and its controller did not end it',
    });
  });
});
