// Ended pods go by the policies of their namespace, over an API server that does what it is told.

import {
  SHARD_COUNT,
  timeOf,
  type KeptByOutcome,
  type KubeObject,
  type Pod,
  type RetentionPolicySpec,
} from '@slipway/contracts';
import { Metrics, createLogger } from '@slipway/service';
import { eventually } from '@slipway/testing';
import { CLUSTER_LABELS } from '../../src/core/cluster-pod.js';
import { ApiClient } from '../../src/io/kubernetes-runtime/api-client.js';
import { PodCollector } from '../../src/io/kubernetes-runtime/pod-collector.js';
import { RateLimit } from '../../src/io/kubernetes-runtime/rate-limit.js';
import { MemoryObjects } from '../memory-world.js';
import { ScriptedCluster } from './scripted-cluster.js';

const HOUR_MS = 3_600_000;
const ALL_SHARDS: ReadonlySet<number> = new Set(Array.from({ length: SHARD_COUNT }, (_, i) => i));

let cluster: ScriptedCluster;
let objects: MemoryObjects;
let collectors: PodCollector[];

beforeEach(async () => {
  cluster = await ScriptedCluster.start();
  objects = new MemoryObjects();
  collectors = [];
});
afterEach(async () => {
  await Promise.all(collectors.map((collector) => collector.stop()));
  await cluster.stop();
});

function collect(more: { fallback?: KeptByOutcome; shards?: () => ReadonlySet<number> } = {}): PodCollector {
  const limit = new RateLimit({ perSecond: 1000, burst: 1000 });
  const access = { server: cluster.url, options: () => Promise.resolve({}) };
  const collector = new PodCollector({
    api: new ApiClient(access, limit, { requested: () => undefined }),
    cache: objects.cache,
    installation: 'test',
    shards: () => ALL_SHARDS,
    now: Date.now,
    logger: createLogger('executor', 'silent'),
    metrics: new Metrics('executor'),
    ...more,
  });
  collectors.push(collector);
  collector.start();
  return collector;
}

/** A pod that ended so long ago; released unless it says otherwise. */
function pod(name: string, ageMs: number, { exitCode = 0, isReleased = true } = {}): void {
  const stored: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'ns',
      uid: `cluster-${name}`,
      labels: {
        [CLUSTER_LABELS.installation]: 'test',
        [CLUSTER_LABELS.podUid]: name,
        ...(isReleased ? { [CLUSTER_LABELS.released]: 'true' } : {}),
      },
    },
    spec: { containers: [] },
    status: {
      phase: 'Succeeded',
      containerStatuses: [
        {
          ...{ name: 'step-only', ready: false, restartCount: 0, image: '', imageID: '' },
          state: { terminated: { exitCode, finishedAt: timeOf(Date.now() - ageMs) } },
        },
      ],
    },
  };
  cluster.put('pods', stored);
}

async function policy(name: string, spec: RetentionPolicySpec, namespace = 'ns'): Promise<void> {
  const object: KubeObject & { spec: object } = {
    apiVersion: 'slipway.dev/v1alpha1',
    kind: 'RetentionPolicy',
    metadata: { name, namespace },
    spec,
  };
  await objects.commit({ writes: [{ op: 'create', object }] });
}

const names = ['a', 'b', 'c', 'd', 'live'];
const there = (): string[] => names.filter((name) => cluster.pod(name) !== undefined);
const left = (...expected: string[]): Promise<unknown> =>
  eventually(() => there().join() === expected.join(), {
    what: `only ${expected.join()} are left of ${there().join()}`,
  });

test('pods go by age and by count of their outcome, but none that is still in hand', async () => {
  await policy('default', { pods: { succeeded: { for: '1h' }, failed: { keep: 1 } } });
  pod('a', 2 * HOUR_MS);
  pod('b', 0);
  pod('c', 3 * HOUR_MS, { exitCode: 1 });
  pod('d', 2 * HOUR_MS, { exitCode: 1 });
  pod('live', 9 * HOUR_MS, { isReleased: false });
  collect();
  await left('b', 'd', 'live');
});

test('pods that end later, and policies that come later, are seen by the watch', async () => {
  pod('a', 2 * HOUR_MS);
  collect();
  await policy('default', { pods: { succeeded: { keep: 1 } } });
  pod('b', HOUR_MS);
  await left('b');
  pod('c', 0);
  await left('c');
});

test('a namespace without policies is under the rule of the installation, and one with a policy is not', async () => {
  await policy('of-another', { pods: { succeeded: { keep: 0 } } }, 'other');
  pod('a', 2 * HOUR_MS);
  pod('b', 0);
  const collector = collect({ fallback: { succeeded: { for: '1h' } } });
  await left('b');
  await policy('default', { succeeded: { keep: 100 } });
  pod('c', 3 * HOUR_MS);
  pod('d', 3 * HOUR_MS);
  await policy('pods', { pods: { succeeded: { keep: 2 } } });
  await left('b', 'd');
  collector.shardsChanged();
  await left('b', 'd');
});

test('where nobody has a policy for pods, nothing is asked', async () => {
  await policy('default', { succeeded: { keep: 1 } });
  pod('a', 2 * HOUR_MS);
  collect();
  await policy('another', { failed: { keep: 1 } });
  expect(cluster.requests).toEqual([]);
});

test('only the holder of the namespace removes, and who comes to hold it goes on', async () => {
  await policy('default', { pods: { succeeded: { for: '1h' } } });
  pod('a', 2 * HOUR_MS);
  let held: ReadonlySet<number> = new Set();
  const second = collect({ shards: () => held });
  await eventually(() => cluster.requests.length >= 2); // it lists and watches
  expect(there()).toEqual(['a']);
  held = ALL_SHARDS;
  second.shardsChanged();
  await left();
});

test('one that was removed by another, or is another by now, is no failure', async () => {
  await policy('default', { pods: { succeeded: { for: '1h' } } });
  cluster.refuse({ method: 'DELETE', path: /pods\/a$/, code: 404, message: 'pods "a" not found', times: 1 });
  pod('a', 3 * HOUR_MS);
  pod('b', 2 * HOUR_MS);
  collect();
  await left('a');
});

test('a server that refuses is asked once, not again and again', async () => {
  await policy('default', { pods: { succeeded: { for: '1h' } } });
  cluster.refuse({ method: 'DELETE', path: /pods/, code: 500, message: 'etcd is away' });
  for (const name of ['a', 'b', 'c', 'd']) pod(name, 2 * HOUR_MS);
  collect();
  await eventually(() => cluster.writes.length > 0);
  pod('live', 2 * HOUR_MS); // what else happens does not make it try
  await eventually(() => cluster.requests.length >= 3);
  expect(cluster.writes).toHaveLength(1);
});
