import { succeeded } from '@slipway/contracts';
import { tempDir } from '@slipway/testing';
import { ExecutorWorld } from './executor-world.js';

const IMAGE = 'ubuntu';

describe('a TaskRun on the process runtime', () => {
  let world: ExecutorWorld;
  let dir: Awaited<ReturnType<typeof tempDir>>;

  beforeAll(async () => {
    dir = await tempDir();
    world = new ExecutorWorld(dir.path);
    await world.start();
  });
  afterAll(async () => {
    await world.destroy();
    await dir.remove();
  });

  it('runs its steps in order, reports each, and ships their lines', async () => {
    const run = await world.run('two', {
      taskSpec: {
        steps: [
          { name: 'first', image: IMAGE, script: 'echo one > /workspace/file; echo from first' },
          { name: 'second', image: IMAGE, command: ['cat'], args: ['/workspace/file'] },
        ],
      },
    });
    expect(succeeded(run)).toMatchObject({
      status: 'True',
      reason: 'Succeeded',
      message: 'All Steps have completed executing',
    });
    expect(run.status).toMatchObject({ podName: 'two-pod', steps: [{ name: 'first' }, { name: 'second' }] });
    expect(run.status?.steps?.map(({ terminationReason }) => terminationReason)).toEqual(['Completed', 'Completed']);
    expect(await world.log('two-pod', 'step-second')).toEqual(['one']);
    expect((await world.log('two-pod', 'step-first')).at(-1)).toBe('from first');
  });
});
