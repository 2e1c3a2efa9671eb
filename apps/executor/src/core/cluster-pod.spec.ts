import type { Pod } from '@slipway/contracts';
import { CLUSTER_LABELS, clusterObject, ownedSelector, podSelector, withPullPolicy } from './cluster-pod.js';

const owner = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'r', uid: 'run-uid' };
const stored: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'p',
    namespace: 'ns',
    uid: 'ours',
    resourceVersion: '7',
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { mine: 'x', 'slipway.dev/shard': '7' },
    annotations: { a: 'b' },
    ownerReferences: [owner],
  },
  spec: { initContainers: [{ name: 'i' }], containers: [{ name: 'c', imagePullPolicy: 'Never' }] },
  status: { phase: 'Pending' },
};

describe('clusterObject', () => {
  test('keeps what the user gave, and says whose it is (C1, C2)', () => {
    const { metadata, status } = clusterObject(stored, CLUSTER_LABELS.podUid, {
      installation: 'one',
      namesOwners: false,
    });
    expect(status).toBeUndefined();
    expect(metadata).toEqual({
      name: 'p',
      namespace: 'ns',
      labels: { mine: 'x', 'slipway.dev/shard': '7', 'slipway.dev/installation': 'one', 'slipway.dev/pod-uid': 'ours' },
      annotations: { a: 'b' },
    });
  });

  test('names owners only where the cluster knows them (C3)', () => {
    const { metadata } = clusterObject(stored, CLUSTER_LABELS.podUid, { installation: 'one', namesOwners: true });
    expect(metadata.ownerReferences).toEqual([owner]);
  });
});

describe('selectors', () => {
  const all = new Set(Array.from({ length: 64 }, (_, i) => i));
  test.each<[string, ReadonlySet<number>, string | undefined]>([
    ['no shard', new Set(), undefined],
    ['some shards', new Set([12, 3]), 'slipway.dev/installation=one,slipway.dev/shard in (3,12)'],
    ['all shards', all, 'slipway.dev/installation=one,slipway.dev/shard'],
  ])('select what is of %s, and of one installation (C2)', (_what, shards, selector) => {
    expect(ownedSelector('one', shards)).toBe(selector);
    expect(podSelector('one', shards)).toBe(selector === undefined ? undefined : `${selector},!slipway.dev/released`);
  });
});

describe('withPullPolicy', () => {
  test('fills the gap that a container leaves', () => {
    const { initContainers, containers } = withPullPolicy(stored, 'IfNotPresent').spec;
    expect([...initContainers!, ...containers].map(({ imagePullPolicy }) => imagePullPolicy)).toEqual([
      'IfNotPresent',
      'Never',
    ]);
  });

  test('changes nothing where the cluster is to decide', () => {
    expect(withPullPolicy(stored, undefined)).toBe(stored);
  });
});
