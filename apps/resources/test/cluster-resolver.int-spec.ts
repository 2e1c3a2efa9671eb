// The cluster resolver, and the namespaces that it opens.

import type { KubeObject } from '@slipway/contracts';
import type { ClusterNamespaces } from '../src/io/remote/cluster-resolver.js';
import { remoteWorld, type RemoteWorld } from './remote-world.js';

function world(cluster: ClusterNamespaces = { allowed: [], blocked: [] }): RemoteWorld {
  const made = remoteWorld({ cluster });
  for (const namespace of ['ns', 'shared', 'secret']) {
    const metadata = { name: 'build', namespace, uid: `uid-${namespace}`, labels: { team: namespace } };
    const spec = { steps: [{ image: namespace }] };
    made.objects.add({ apiVersion: 'tekton.dev/v1', kind: 'Task', metadata, spec } as KubeObject);
  }
  return made;
}

test('gives an object of the own namespace, as it would be applied', async () => {
  const { data, refSource } = await world().resolve('cluster', { kind: 'task', name: 'build' });
  expect(JSON.parse(Buffer.from(data).toString())).toEqual({
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    metadata: { name: 'build', namespace: 'ns', labels: { team: 'ns' } },
    spec: { steps: [{ image: 'ns' }] },
  });
  expect(refSource).toMatchObject({ uri: '/apis/tekton.dev/v1/namespaces/ns/task/build@uid-ns' });
});

// prettier-ignore
test.each([
  ['another namespace by default', { allowed: [], blocked: [] }, 'shared', /access to specified namespace shared is not allowed/],
  ['a blocked one, though all are open', { allowed: ['*'], blocked: ['secret'] }, 'secret', /access to specified namespace secret is blocked/],
  ['one that is only like an open one', { allowed: ['share'], blocked: [] }, 'shared', /is not allowed/],
  ['a namespace with a way out of it', { allowed: ['shared'], blocked: [] }, 'shared/../secret', /is not allowed/],
])('refuses %s', async (_, cluster, namespace, says) => {
  await expect(world(cluster).text('cluster', { name: 'build', namespace })).rejects.toThrow(says);
});

test.each([[['shared']], [['*']]])('opens what the operator opens: %j', async (allowed) => {
  const given = await world({ allowed, blocked: [] }).text('cluster', { name: 'build', namespace: 'shared' });
  expect(given).toMatch(/"image":"shared"/);
});

test('the own namespace is never closed', async () => {
  await expect(world({ allowed: [], blocked: ['*'] }).text('cluster', { name: 'build' })).resolves.toMatch(/Task/);
});

test.each([
  [{ kind: 'secret', name: 'build' }, /"kind" must be one of task, pipeline, stepaction/],
  [{ kind: 'task' }, /"name" is missing/],
  [{ kind: 'task', name: 'nothing' }, /the task "nothing" does not exist in namespace "ns"/],
])('says what is wrong with %j', async (params, says) => {
  await expect(world().text('cluster', params as Record<string, string>)).rejects.toThrow(says);
});
