import { succeeded, type TaskRunSpec } from '@slipway/contracts';
import { suiteWorld } from './executor-world.js';

const IMAGE = 'ubuntu';

describe('a TaskRun with breakpoints', () => {
  const world = suiteWorld();

  const steps: NonNullable<TaskRunSpec['taskSpec']>['steps'] = [
    { name: 'bad', image: IMAGE, script: 'exit 3' },
    { name: 'after', image: IMAGE, script: 'echo ran' },
  ];
  const waits = (name: string): Promise<true> =>
    world.until<true>(`${name} waits`, () => {
      const uid = world.pod(`${name}-pod`)?.metadata.uid ?? '';
      return world.logs.text(uid, 'step-bad').some((line) => line.includes('the step waits')) || undefined;
    });
  const decide = (name: string, text: string): Promise<void> =>
    world.update(name, (run) => ({
      ...run,
      metadata: { ...run.metadata, annotations: { ...run.metadata.annotations, 'slipway.dev/debug': text } },
    }));

  it('lets the steps behind a failed one run when somebody says so', async () => {
    await world.submit('mended', { debug: { breakpoints: { onFailure: 'enabled' } }, taskSpec: { steps } });
    await waits('mended');
    await decide('mended', 'bad continue');
    const run = await world.done('mended');
    expect(succeeded(run)).toMatchObject({ status: 'True' });
    expect(run.status?.steps?.map(({ terminationReason }) => terminationReason)).toEqual(['Completed', 'Completed']);
  });

  it('fails as it would have when somebody says that', async () => {
    await world.submit('given-up', { debug: { breakpoints: { onFailure: 'enabled' } }, taskSpec: { steps } });
    await waits('given-up');
    await decide('given-up', 'bad fail-continue');
    const run = await world.done('given-up');
    expect(succeeded(run)).toMatchObject({ status: 'False', message: '"step-bad" exited with code 3: Error' });
    expect(run.status?.steps?.[1]?.terminationReason).toBe('Skipped');
  });

  it('waits before a step, and again when that fails', async () => {
    const breakpoints = { onFailure: 'enabled', beforeSteps: ['bad'] };
    await world.submit('twice', { debug: { breakpoints }, taskSpec: { steps } });
    await waits('twice');
    await decide('twice', 'bad continue, bad continue');
    expect(succeeded(await world.done('twice'))).toMatchObject({ status: 'True' });
  });

  it('ends at its timeout all the same', async () => {
    const debug = { breakpoints: { onFailure: 'enabled' } };
    const run = await world.run('late', { timeout: '1s', debug, taskSpec: { steps } });
    expect(succeeded(run)).toMatchObject({ status: 'False', reason: 'TaskRunTimeout' });
  });
});
