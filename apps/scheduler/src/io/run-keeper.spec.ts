import { setTimeout as sleep } from 'node:timers/promises';
import {
  CUSTOM_RUNS,
  SlipwayError,
  TASK_RUNS,
  succeeded,
  type CommitRequest,
  type KubeObject,
  type PipelineRun,
  type TaskRun,
} from '@slipway/contracts';
import { task } from '../../test/builders.js';
import { World } from '../../test/world.js';

let world: World;
afterEach(() => world.stop());

describe('RunKeeper', () => {
  test('runs a pipeline to its end, with two commits for one task, and tells it in events', async () => {
    world = new World();
    world.start();
    await world.createRun('r', { pipelineSpec: { tasks: [task('a')] } });
    const run = await world.done('r');
    expect(succeeded(run)).toMatchObject({ status: 'True', reason: 'Succeeded' });
    expect(run.status).toMatchObject({
      startTime: expect.any(String) as string,
      completionTime: expect.any(String) as string,
      childReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'r-a', pipelineTaskName: 'a' }],
    });
    expect(run.metadata.labels?.['tekton.dev/pipeline']).toBe('r');
    expect(world.store.commits.filter(({ fence }) => fence !== undefined)).toHaveLength(2);
    const events = [...world.store.objects.values()].filter(({ kind }) => kind === 'Event');
    expect(events.map((event) => (event as KubeObject & { reason: string }).reason)).toEqual(['Started', 'Succeeded']);
  });

  test('writes the TaskRun that Tekton would', async () => {
    world = new World(() => 'running');
    world.start();
    await world.create({
      apiVersion: 'tekton.dev/v1',
      kind: 'Pipeline',
      metadata: { name: 'p', namespace: 'ns', labels: { app: 'x' }, annotations: { note: 'n' } },
      spec: {
        params: [{ name: 'v', default: 'd' }],
        workspaces: [{ name: 'w' }],
        tasks: [
          {
            name: 't',
            taskRef: { name: 'task' },
            retries: 2,
            timeout: '5m',
            params: [{ name: 'v', value: '$(params.v)-$(context.pipelineRun.name)' }],
            workspaces: [{ name: 'in', workspace: 'w', subPath: '$(params.v)' }],
          },
        ],
      },
    } as KubeObject);
    await world.create({
      apiVersion: 'tekton.dev/v1',
      kind: 'Task',
      metadata: { name: 'task', namespace: 'ns' },
      spec: { params: [{ name: 'v' }], workspaces: [{ name: 'in' }] },
    } as KubeObject);
    await world.createRun('r', {
      pipelineRef: { name: 'p' },
      taskRunTemplate: { serviceAccountName: 'robot' },
      workspaces: [{ name: 'w', subPath: 'base', volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'] } } }],
    });
    const taskRun = await found<TaskRun>('TaskRun');
    const claim = await found('PersistentVolumeClaim');
    const uid = world.run('r')!.metadata.uid!;
    const owner = {
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      name: 'r',
      uid,
      controller: true,
      blockOwnerDeletion: true,
    };
    expect(taskRun).toMatchObject({
      metadata: {
        name: 'r-t',
        labels: {
          app: 'x',
          'tekton.dev/pipeline': 'p',
          'tekton.dev/pipelineRun': 'r',
          'tekton.dev/pipelineRunUID': uid,
          'tekton.dev/pipelineTask': 't',
          'tekton.dev/memberOf': 'tasks',
          'tekton.dev/task': 'task',
          'app.kubernetes.io/managed-by': 'tekton-pipelines',
          'slipway.dev/shard': expect.stringMatching(/^\d+$/) as string,
        },
        annotations: { note: 'n' },
        ownerReferences: [owner],
      },
      spec: {
        serviceAccountName: 'robot',
        taskRef: { kind: 'Task', name: 'task' },
        retries: 2,
        timeout: '5m',
        params: [{ name: 'v', value: 'd-r' }],
        workspaces: [{ name: 'in', subPath: 'base/d', persistentVolumeClaim: { claimName: claim.metadata.name } }],
      },
    });
    expect(claim.metadata).toMatchObject({
      name: expect.stringMatching(/^pvc-[0-9a-f]{10}$/) as string,
      ownerReferences: [owner],
    });
  });

  test('takes a string parameter named like an undeclared git resource as the URL of the repository', async () => {
    world = new World(() => 'running');
    world.start();
    await world.create({
      apiVersion: 'tekton.dev/v1',
      kind: 'Task',
      metadata: { name: 'test', namespace: 'ns' },
      spec: { resources: { inputs: [{ name: 'repo', type: 'git' }] }, steps: [] },
    } as KubeObject);
    await world.createRun('r', {
      pipelineSpec: {
        params: [{ name: 'repo' }],
        tasks: [{ name: 't', taskRef: { name: 'test' }, resources: { inputs: [{ name: 'repo', resource: 'repo' }] } }],
      },
      params: [{ name: 'repo', value: 'https://git.example/a' }],
    });
    expect((await found<TaskRun>('TaskRun')).spec.resources).toEqual({
      inputs: [
        { name: 'repo', resourceSpec: { type: 'git', params: [{ name: 'url', value: 'https://git.example/a' }] } },
      ],
    });
  });

  test('waits while a run is pending, and starts it when it is not any more', async () => {
    world = new World();
    world.start();
    await world.createRun('r', { status: 'PipelineRunPending', pipelineSpec: { tasks: [task('a')] } });
    await until(() => succeeded(world.run('r')!)?.reason === 'PipelineRunPending');
    expect(world.run('r')?.status?.startTime).toBeUndefined();
    await patch((run) => ({ ...run, spec: { pipelineSpec: run.spec.pipelineSpec! } }));
    expect(succeeded(await world.done('r'))?.reason).toBe('Succeeded');
  });

  test('a pending run can be cancelled, and starts nothing', async () => {
    world = new World();
    world.start();
    await world.createRun('r', { status: 'PipelineRunPending', pipelineSpec: { tasks: [task('a')] } });
    await until(() => succeeded(world.run('r')!)?.reason === 'PipelineRunPending');
    await world.ask('r', 'Cancelled');
    expect(succeeded(await world.done('r'))).toMatchObject({ status: 'False', reason: 'Cancelled' });
    expect(world.created).toEqual([]);
  });

  test.each(['CancelledRunFinally', 'StoppedRunFinally'])(
    'a pending run that is asked to end by %s ends',
    async (ask) => {
      world = new World();
      world.start();
      await world.createRun('r', {
        status: 'PipelineRunPending',
        pipelineSpec: { tasks: [task('a')], finally: [task('f')] },
      });
      await until(() => succeeded(world.run('r')!)?.reason === 'PipelineRunPending');
      await world.ask('r', ask);
      expect(succeeded(await world.done('r'))).toMatchObject({ status: 'False', reason: 'Cancelled' });
      expect(world.created).toEqual(['r-f']);
    },
  );

  test('cancels TaskRuns and the run on request', async () => {
    world = new World(() => 'running');
    world.start();
    await world.createRun('r', { pipelineSpec: { tasks: [task('a'), task('b', 'a')] } });
    const { metadata } = await found<TaskRun>('TaskRun');
    await patch((run) => ({ ...run, spec: { ...run.spec, status: 'Cancelled' } }));
    expect(succeeded(await world.done('r'))).toMatchObject({ status: 'False', reason: 'Cancelled' });
    await until(
      () =>
        (world.store.objects.get(`taskruns.tekton.dev/ns/${metadata.name}`) as TaskRun).spec.status ===
        'TaskRunCancelled',
    );
    expect(world.run('r')?.status?.childReferences).toHaveLength(1);
  });

  test('ends a run at its deadline, though nothing happens (K4)', async () => {
    world = new World(() => 'running');
    world.start();
    await world.createRun('r', { timeouts: { pipeline: '1s' }, pipelineSpec: { tasks: [task('a')] } });
    expect(succeeded(await world.done('r'))).toMatchObject({ reason: 'PipelineRunTimeout' });
  });

  test('reads again after a lost compare-and-set, and creates no TaskRun twice (K1, K2)', async () => {
    world = new World();
    let left = 3;
    world.store.before = ({ fence }) => {
      if (fence !== undefined && left-- > 0) throw new SlipwayError('conflict', 'Conflict', 'somebody else wrote');
    };
    world.start();
    await world.createRun('r', { pipelineSpec: { tasks: [task('a'), task('b', 'a')] } });
    expect(succeeded(await world.done('r'))?.reason).toBe('Succeeded');
    expect(world.created).toEqual(['r-a', 'r-b']);
  });

  test('gives up a poison run with the reason, and its neighbours go on (K3)', async () => {
    world = new World();
    world.store.before = ({ writes }) => {
      if (writes.some((write) => write.op === 'create' && write.object.metadata.name === 'poison-a')) {
        throw new SlipwayError('invalid', 'Invalid', 'spec.steps[0].image: Invalid value');
      }
    };
    world.start();
    await world.createRun('poison', { pipelineSpec: { tasks: [task('a')] } });
    await world.createRun('r', { pipelineSpec: { tasks: [task('a')] } });
    expect(succeeded(await world.done('r'))?.status).toBe('True');
    expect(succeeded(await world.done('poison'))).toMatchObject({
      status: 'False',
      reason: 'CreateRunFailed',
      message: 'spec.steps[0].image: Invalid value',
    });
  });

  describe('a run that is given up', () => {
    const tasks = [task('a'), { name: 'c', taskRef: { apiVersion: 'example.dev/v1', kind: 'Wait' } }];
    const nested = { name: 'p', pipelineSpec: { tasks: [task('deep')] } };
    const poison = task('z', 'first');

    async function giveUp(before: (request: CommitRequest) => void = () => {}): Promise<PipelineRun> {
      world = new World((name) => (name === 'r-first' ? 'succeeded' : 'running'));
      world.store.before = (request) => {
        before(request);
        if (request.writes.some((write) => write.op === 'create' && write.object.metadata.name === 'r-z')) {
          throw new SlipwayError('invalid', 'Invalid', 'spec.steps[0].image: Invalid value');
        }
      };
      world.start();
      await world.createRun('r', { pipelineSpec: { tasks: [task('first'), poison, ...tasks, nested] } });
      return world.done('r');
    }
    const statusOf = (resource: string, name: string): unknown =>
      (world.store.objects.get(`${resource}/ns/${name}`) as TaskRun | undefined)?.spec.status;

    test('leaves none of its children running (K3)', async () => {
      expect(succeeded(await giveUp())?.reason).toBe('CreateRunFailed');
      expect(statusOf(TASK_RUNS, 'r-a')).toBe('TaskRunCancelled');
      expect(statusOf(CUSTOM_RUNS, 'r-c')).toBe('RunCancelled');
      expect(succeeded(await world.done('r-p'))?.reason).toBe('Cancelled');
      const { spec } = world.store.objects.get(`${TASK_RUNS}/ns/r-a`) as TaskRun;
      expect(spec.statusMessage).toBe('TaskRun cancelled as the PipelineRun it belongs to has failed.');
    });

    test('leaves none running and says why, whenever its scheduler is killed (K3)', async () => {
      let isKilled = false;
      const ending = giveUp(({ writes }) => {
        if (!writes.some((write) => write.op === 'update' && write.object.metadata.name === 'r-a')) return;
        if (isKilled) return;
        isKilled = true;
        setImmediate(() => void world.restart());
        throw new SlipwayError('transient', 'Unreachable', 'killed');
      });
      expect(succeeded(await ending)).toMatchObject({
        reason: 'CreateRunFailed',
        message: expect.stringMatching(/image/) as string,
      });
      expect(isKilled).toBe(true);
      expect(statusOf(TASK_RUNS, 'r-a')).toBe('TaskRunCancelled');
    });

    test('asks again when the store did not answer (K3)', async () => {
      let left = 2;
      const run = await giveUp(({ writes }) => {
        const isAsk = writes.some((write) => write.op === 'update' && write.object.metadata.name === 'r-a');
        if (isAsk && left-- > 0) throw new SlipwayError('transient', 'Unreachable', 'no answer');
      });
      expect(succeeded(run)?.reason).toBe('CreateRunFailed');
      expect(statusOf(TASK_RUNS, 'r-a')).toBe('TaskRunCancelled');
    });

    test('ends also when one of them cannot be asked, and asks the others (K3)', async () => {
      const run = await giveUp(({ writes }) => {
        if (writes.some((write) => write.op === 'update' && write.object.metadata.name === 'r-a')) {
          throw new SlipwayError('invalid', 'Invalid', 'spec: cannot be changed');
        }
      });
      expect(succeeded(run)).toMatchObject({ status: 'False', message: 'spec.steps[0].image: Invalid value' });
      expect(statusOf(CUSTOM_RUNS, 'r-c')).toBe('RunCancelled');
    });
  });

  test('a run that fails over a result of one task leaves no other running, and starts none', async () => {
    world = new World((name) => (name === 'r-first' ? 'succeeded' : 'running'));
    world.resultsOf = (name) => (name === 'r-first' ? { next: 'No Name' } : {});
    world.start();
    const first = { name: 'first', taskSpec: { steps: [], results: [{ name: 'next' }] } };
    const chosen = { name: 'chosen', taskRef: { name: '$(tasks.first.results.next)' } };
    await world.createRun('r', { pipelineSpec: { tasks: [first, task('slow'), task('beside', 'first'), chosen] } });
    expect(succeeded(await world.done('r'))).toMatchObject({ status: 'False', reason: 'PipelineValidationFailed' });
    await sleep(20); // whatever was started would have begun
    const taskRuns = [...world.store.objects.values()].filter(({ kind }) => kind === 'TaskRun') as TaskRun[];
    const running = taskRuns.filter(
      ({ spec, status }) => spec.status === undefined && status?.conditions === undefined,
    );
    expect(running.map(({ metadata }) => metadata.name)).toEqual([]);
  });

  test('a tenant whose runs are many and slow holds up no other (K5)', async () => {
    world = new World();
    const { store } = world;
    const commit = store.commit.bind(store);
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    store.commit = async (request) => {
      const isBusy = request.writes.some((one) => one.op !== 'delete' && one.object.metadata.namespace === 'busy');
      if (request.fence !== undefined && isBusy) await held;
      return commit(request);
    };
    world.start();
    for (let i = 0; i < 300; i++) {
      const metadata = { name: `r${i}`, namespace: 'busy' };
      const spec = { pipelineSpec: { tasks: [task('a')] } };
      await world.create({ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata, spec } as KubeObject);
    }
    await world.createRun('r', { pipelineSpec: { tasks: [task('a')] } });
    const run = await world.done('r', 2_000).finally(letGo);
    expect(succeeded(run)?.reason).toBe('Succeeded');
  });

  test('writes nothing into shards that it does not own', async () => {
    world = new World();
    world.owns = false;
    world.start();
    await world.createRun('r', { pipelineSpec: { tasks: [task('a')] } });
    await until(() => world.running === 0);
    expect(world.store.commits).toHaveLength(1);
  });

  test('ends every run as it would have, restarted at any time, and starts no task twice', async () => {
    for (let round = 0; round < 15; round++) {
      world = new World((name) => (name.endsWith('-c') && round % 3 === 0 ? 'failed' : 'succeeded'));
      world.start();
      const tasks = [task('a'), task('b', 'a'), task('c', 'a'), task('d', 'b', 'c'), task('e', 'd')];
      await world.createRun('r', { pipelineSpec: { tasks, finally: [task('f')] } });
      for (let i = 0; i < 4; i++) {
        await sleep((round * 7 + i * 3) % 5);
        await world.restart();
      }
      const run = await world.done('r');
      expect(succeeded(run)?.reason).toBe(round % 3 === 0 ? 'Failed' : 'Succeeded');
      expect(new Set(world.created).size).toBe(world.created.length);
      expect(world.created.at(-1)).toBe('r-f');
      await world.stop();
    }
  });

  test('runs a pipeline of 2,000 parallel tasks without rewriting its status for each', async () => {
    world = new World();
    world.start();
    await world.createRun('r', { pipelineSpec: { tasks: Array.from({ length: 2000 }, (_, i) => task(`t${i}`)) } });
    const run = await world.done('r', 60_000);
    expect(succeeded(run)?.message).toBe('Tasks Completed: 2000 (Failed: 0, Cancelled 0), Skipped: 0');
    expect(run.status?.childReferences).toHaveLength(2000);
    const rewrites = world.store.commits.filter(
      ({ fence, writes }) => fence && writes.some(({ op }) => op === 'update-status'),
    );
    expect(rewrites.length).toBeLessThan(50);
  }, 90_000);
});

test('fits the status of a huge run into what the store takes, and its TaskRuns are all there', async () => {
  world = new World();
  world.store.before = ({ writes }) => {
    for (const write of writes) {
      if (write.op !== 'delete' && JSON.stringify(write.object).length > 1_500_000) {
        throw new SlipwayError('too-large', 'RequestEntityTooLarge', 'larger than 1500000 bytes');
      }
    }
  };
  world.start();
  await world.createRun('r', { pipelineSpec: { tasks: Array.from({ length: 9000 }, (_, i) => task(`t${i}`)) } });
  const run = await world.done('r', 100_000);
  expect(succeeded(run)?.message).toBe('Tasks Completed: 9000 (Failed: 0, Cancelled 0), Skipped: 0');
  expect(world.created).toHaveLength(9000);
}, 120_000);

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i++) await sleep(2);
  expect(condition()).toBe(true);
}

async function found<T extends KubeObject>(kind: string): Promise<T> {
  const find = (): KubeObject | undefined => [...world.store.objects.values()].find((object) => object.kind === kind);
  await until(() => find() !== undefined);
  return find() as T;
}

/** As a user does: over what is stored, again when somebody else was first. */
async function patch(change: (run: PipelineRun) => PipelineRun): Promise<void> {
  await world.store.commit({ writes: [{ op: 'update', object: change(world.run('r')!) }] }).catch(() => patch(change));
}
