import { timeOf, type Pod } from '@slipway/contracts';
import { CLUSTER_LABELS } from './cluster-pod.js';
import { endedPod, slimEndedPod } from './ended-pod.js';

const RELEASED = { [CLUSTER_LABELS.podUid]: 'stored', [CLUSTER_LABELS.released]: 'true' };

function pod(containers: Record<string, [exitCode: number, endedMs: number]>, metadata: object = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'c', labels: RELEASED, creationTimestamp: timeOf(1000), ...metadata },
    spec: { containers: [] },
    status: {
      phase: 'Succeeded',
      containerStatuses: Object.entries(containers).map(([name, [exitCode, endedMs]]) => ({
        ...{ name, ready: false, restartCount: 0, image: 'i', imageID: '' },
        state: { terminated: { exitCode, finishedAt: timeOf(endedMs) } },
      })),
    },
  };
}

test.each<[string, Pod, object]>([
  ['succeeded with its steps', pod({ 'step-a': [0, 5000], 'step-b': [0, 9000] }), { outcome: 'succeeded', endedMs: 9000 }],
  ['failed with one of them', pod({ 'step-a': [1, 5000], 'step-b': [0, 9000] }), { outcome: 'failed' }],
  ['does not mind its sidecars', pod({ 'step-a': [0, 5000], 'sidecar-s': [137, 6000] }), { outcome: 'succeeded', endedMs: 6000 }],
  ['failed when nothing of it ran, as long ago as it was made', pod({}), { outcome: 'failed', endedMs: 1000 }],
])('an ended pod %s', (_, given, is) => {
  expect(endedPod(given)).toMatchObject({ uid: 'stored', clusterUid: 'c', namespace: 'n', name: 'p', ...is });
  expect(endedPod(slimEndedPod(given))).toEqual(endedPod(given));
}); // prettier-ignore

test.each<[string, object]>([
  ['is still in hand', { labels: { [CLUSTER_LABELS.podUid]: 'stored' } }],
  ['is nobody of ours', { labels: { [CLUSTER_LABELS.released]: 'true' } }],
  ['goes already', { deletionTimestamp: timeOf(0) }],
  ['is to be kept', { annotations: { 'slipway.dev/keep': 'true' } }],
])('a pod that %s is none', (_, metadata) => {
  const given = pod({ 'step-a': [0, 5000] }, metadata);
  expect(endedPod(given)).toBeUndefined();
  expect(endedPod(slimEndedPod(given))).toBeUndefined();
});
