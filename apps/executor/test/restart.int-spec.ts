import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PODS, TASK_RUNS, succeeded, type TaskRunSpec } from '@slipway/contracts';
import { tempDir } from '@slipway/testing';
import { ExecutorWorld } from './executor-world.js';

const SLOW: TaskRunSpec = {
  taskSpec: {
    steps: [
      { name: 'slow', image: 'ubuntu', script: 'echo begin; sleep 0.6; echo end' },
      { name: 'last', image: 'ubuntu', script: 'echo last' },
    ],
  },
};

describe('an executor that comes and goes', () => {
  let world: ExecutorWorld;
  let dir: Awaited<ReturnType<typeof tempDir>>;
  const runs = (name: string) =>
    world.until('the first step runs', () => world.taskRun(name)?.status?.steps?.[0]?.running);
  const own = (lines: string[]) => lines.filter((line) => !line.startsWith('slipway: '));

  beforeEach(async () => {
    dir = await tempDir();
    world = new ExecutorWorld(dir.path);
    await world.start();
  });
  afterEach(async () => {
    await world.destroy();
    await dir.remove();
  });

  it('takes a running pod up where it is: nothing runs twice, no line is missing or repeated', async () => {
    await world.submit('restarted', SLOW);
    await runs('restarted');
    await world.stop();
    await world.start();
    expect(succeeded(await world.done('restarted'))?.status).toBe('True');
    expect(own(await world.log('restarted-pod', 'step-slow'))).toEqual(['begin', 'end']);
    expect(await world.log('restarted-pod', 'step-last')).toEqual(['last']);
    await world.cleanedUp('restarted-pod');
  });

  it('sees what ended while it was away', async () => {
    await world.submit('away', SLOW);
    await runs('away');
    await world.stop();
    await new Promise((resolve) => setTimeout(resolve, 900));
    await world.start();
    expect(succeeded(await world.done('away'))?.status).toBe('True');
    expect(own(await world.log('away-pod', 'step-slow'))).toEqual(['begin', 'end']);
  });

  it('starts a pod that was stored and never started, once', async () => {
    world.failStarts();
    await world.submit('stored', SLOW);
    await world.until('the pod is stored', () => world.pod('stored-pod'));
    await world.stop();
    await world.start();
    expect(succeeded(await world.done('stored'))?.status).toBe('True');
    expect(own(await world.log('stored-pod', 'step-slow'))).toEqual(['begin', 'end']);
  });

  it('fails a run whose pod died with its supervisor, and says so', async () => {
    await world.submit('killed', { taskSpec: { steps: [{ name: 's', image: 'ubuntu', script: 'sleep 60' }] } });
    await runs('killed');
    const uid = world.pod('killed-pod')!.metadata.uid!;
    const state = readFileSync(join(dir.path, 'pods', uid, 'c', 'step-s', 'state'), 'utf8');
    process.kill(parentOf(Number(state.split(' ')[1])), 'SIGKILL');
    const run = await world.done('killed');
    expect(succeeded(run)).toMatchObject({ status: 'False' });
    expect(succeeded(run)?.message).toMatch(/step-s/);
    await world.cleanedUp('killed-pod');
  });

  it('ends the pod of a deleted run', async () => {
    await world.submit('deleted', {
      podTemplate: { terminationGracePeriodSeconds: 1 },
      taskSpec: { steps: [{ image: 'ubuntu', script: 'sleep 60' }] },
    });
    await runs('deleted');
    const key = { resource: TASK_RUNS, namespace: 'ns', name: 'deleted' };
    await world.objects.commit({ writes: [{ op: 'delete', key }] });
    await world.until('the pod is gone', async () => (await world.runtime.pods()).length === 0 || undefined);
    expect(world.pod('deleted-pod')).toBeUndefined();
  });

  it('fails a run whose pod was deleted', async () => {
    await world.submit('podless', {
      podTemplate: { terminationGracePeriodSeconds: 1 },
      taskSpec: { steps: [{ image: 'ubuntu', script: 'sleep 60' }] },
    });
    await runs('podless');
    const key = { resource: PODS, namespace: 'ns', name: 'podless-pod' };
    await world.objects.commit({ writes: [{ op: 'delete', key }] });
    expect(succeeded(await world.done('podless'))).toMatchObject({ status: 'False', reason: 'PodLost' });
    await world.until('the pod is gone', async () => (await world.runtime.pods()).length === 0 || undefined);
  });

  it('sends again what the bus has lost', async () => {
    await world.submit('lost', SLOW);
    await runs('lost');
    world.logs.loses = true;
    await world.done('lost');
    world.logs.loses = false;
    world.logs.reconnect();
    expect(own(await world.log('lost-pod', 'step-slow'))).toEqual(['begin', 'end']);
    expect(await world.log('lost-pod', 'step-last')).toEqual(['last']);
    await world.cleanedUp('lost-pod');
  });

  it('gives a poison run up, and its neighbour does not notice', async () => {
    world.objects.beforeCommit = ({ writes }) => {
      if (writes.some((write) => write.op === 'create' && write.object.metadata.name === 'poison-pod')) {
        throw new TypeError('cannot read properties of undefined');
      }
    };
    await world.submit('poison', { taskSpec: { steps: [{ image: 'ubuntu', script: 'true' }] } });
    await world.submit('healthy', { taskSpec: { steps: [{ image: 'ubuntu', script: 'true' }] } });
    expect(succeeded(await world.done('healthy'))?.status).toBe('True');
    expect(succeeded(await world.done('poison'))).toMatchObject({ status: 'False', reason: 'InternalError' });
  });
});

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}
