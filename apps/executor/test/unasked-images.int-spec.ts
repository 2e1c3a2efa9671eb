import { succeeded } from '@slipway/contracts';
import { suiteWorld } from './executor-world.js';

describe('a step without a command, whose registry does not answer', () => {
  const world = suiteWorld();
  const image = 'registry.example/team/tool:1';
  world.unreachable.add(image);

  it('is waited for and shown, and the time of its run goes on', async () => {
    await world.submit('r', {
      timeout: '1s',
      taskSpec: { steps: [{ name: 'only', image }] },
    });
    const shown = await world.until('the run says why it waits', () => succeeded(world.taskRun('r')!));
    expect(shown).toMatchObject({
      status: 'Unknown',
      reason: 'PullImageFailed',
      message: expect.stringContaining('The registry does not answer') as string,
    });
    expect(succeeded(await world.done('r'))).toMatchObject({ status: 'False', reason: 'TaskRunTimeout' });
  });
});
