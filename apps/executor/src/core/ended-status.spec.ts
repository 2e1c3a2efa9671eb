import { timeOf, type ContainerStatus, type PodStatus } from '@slipway/contracts';
import { endedStatus } from './ended-status.js';

const container = (name: string, state: ContainerStatus['state']): ContainerStatus => ({
  ...{ name, ready: true, restartCount: 0, image: '', imageID: '' },
  state,
});
const DONE = { terminated: { exitCode: 0, finishedAt: timeOf(2000) } };
const status: PodStatus = {
  phase: 'Running',
  containerStatuses: [
    container('step-a', DONE),
    container('step-b', { running: { startedAt: timeOf(3000) } }),
    container('step-c', { waiting: { reason: 'PodInitializing' } }),
  ],
};

test('endedStatus ends what ran, and leaves what had ended or never began', () => {
  const ended = endedStatus(status, 'PodLost', 'nobody knows', 5000);
  expect(ended).toMatchObject({ phase: 'Failed', reason: 'PodLost', message: 'nobody knows' });
  expect(ended.containerStatuses?.map(({ state }) => state)).toEqual([
    DONE,
    { terminated: { exitCode: 137, reason: 'PodLost', startedAt: timeOf(3000), finishedAt: timeOf(5000) } },
    { waiting: { reason: 'PodInitializing' } },
  ]);
});

test('endedStatus keeps the reason that the cluster gave', () => {
  expect(endedStatus({ ...status, reason: 'Evicted' }, 'PodLost', 'nobody knows', 5000).reason).toBe('Evicted');
});
