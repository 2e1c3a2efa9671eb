import type { ContainerState, Pod, PodStatus } from '@slipway/contracts';
import { restartCause, restarted, startDueMs } from './unstarted.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');

function pod(restarts = 0, status: PodStatus = { phase: 'Pending' }): Pod {
  const annotations = restarts === 0 ? {} : { 'slipway.dev/restarts': `${restarts} 2026-01-01T00:00:00Z` };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', annotations }, spec: { containers: [] }, status };
}

function failed(state?: ContainerState, reason = 'Evicted'): PodStatus {
  const statuses =
    state === undefined ? [] : [{ name: 'step-a', state, ready: false, restartCount: 0, image: '', imageID: '' }];
  return { phase: 'Failed', reason, message: 'low on memory', containerStatuses: statuses };
}

function initFailed(name: string, reason?: string): PodStatus {
  const state = { terminated: { exitCode: 1 } };
  return {
    ...{ phase: 'Failed', ...(reason === undefined ? {} : { reason }) },
    initContainerStatuses: [{ name, state, ready: false, restartCount: 0, image: '', imageID: '' }],
    containerStatuses: failed({ waiting: { reason: 'PodInitializing' } }).containerStatuses!,
  };
}

describe('restartCause', () => {
  test.each<[string, Pod, PodStatus, boolean]>([
    ['a pod that its node refused', pod(), failed(undefined, 'OutOfcpu'), true],
    [
      'a pod that was evicted while it waited for its images',
      pod(),
      failed({ waiting: { reason: 'ContainerCreating' } }),
      true,
    ],
    ['a pod whose step ran (U1)', pod(), failed({ terminated: { exitCode: 137 } }), false],
    [
      'a pod whose step was once seen to run (U1)',
      pod(0, { ...failed({ running: {} }), phase: 'Running' }),
      failed(),
      false,
    ],
    ['a pod that ran out of time', pod(), failed(undefined, 'DeadlineExceeded'), false],
    ['a pod whose step, as an init container, ran (U1)', pod(), initFailed('step-a', 'Evicted'), false],
    ['a pod that was evicted before its entrypoint was there', pod(), initFailed('prepare', 'Evicted'), true],
    ['a pod whose entrypoint did not come (U3)', pod(), initFailed('prepare'), false],
    ['a pod whose source has not the folder that the build wants (U3)', pod(), initFailed('sub-path'), false],
    ['a pod that waits', pod(), { phase: 'Pending' }, false],
    ['the seventh in the same place', pod(7), failed(), true],
    ['the eighth in the same place (U2)', pod(8), failed(), false],
  ])('%s', (_what, stored, onNode, isRestarted) => {
    expect(restartCause(stored, onNode) !== undefined).toBe(isRestarted);
  });

  test('says why', () => {
    expect(restartCause(pod(), failed())).toEqual({ reason: 'Evicted', message: 'low on memory' });
  });
});

test('each restart waits twice as long as the one before, a minute at most (U2)', () => {
  let stored = pod();
  const waits: number[] = [];
  expect(startDueMs(stored)).toBe(0);
  for (let i = 0; i < 8; i++) {
    stored = restarted(stored, NOW);
    waits.push((startDueMs(stored) - NOW) / 1000);
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  expect(stored.status).toEqual({});
});
