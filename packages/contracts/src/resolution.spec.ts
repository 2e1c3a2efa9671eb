import type { KubeObject } from './kube.js';
import { isDnsLabel } from './names.js';
import { remoteOwnerOf, remoteRefOf, resolutionOf, resolutionRequestFor } from './resolution.js';

const run = (kind: string, name: string, uid: string, owner?: object): KubeObject =>
  ({
    apiVersion: 'tekton.dev/v1',
    kind,
    metadata: { name, namespace: 'ns', uid, ...(owner === undefined ? {} : { ownerReferences: [owner] }) },
  }) as KubeObject;
const parent = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'p', uid: 'u1', controller: true };
const params = [
  { name: 'url', value: 'https://example.com/a.git' },
  { name: 'pathInRepo', value: 'task.yaml' },
];

describe('resolutionRequestFor', () => {
  const owner = remoteOwnerOf(run('PipelineRun', 'p', 'u1'), 7);
  const nameOf = (resolver: string, given = params, of = owner): string =>
    resolutionRequestFor(of, { resolver, params: given }).metadata.name;

  test('gives the same name to the same reference, whatever the order of its params', () => {
    expect(nameOf('git')).toMatch(/^git-[0-9a-f]{32}$/);
    expect(nameOf('git', [...params].reverse())).toBe(nameOf('git'));
  });

  test('gives another name to another param, resolver or run', () => {
    const others = [
      nameOf('http'),
      nameOf('git', [{ name: 'urlh', value: 'ttps://example.com/a.git' }, params[1]!]),
      nameOf('git', params, remoteOwnerOf(run('PipelineRun', 'p', 'u2'), 7)),
      nameOf('git', params, remoteOwnerOf(run('TaskRun', 'p', 'u1'), 7)),
    ];
    expect(new Set([...others, nameOf('git')]).size).toBe(5);
  });

  test.each(['x'.repeat(10_000), 'Git', '-_-', 'ä/../', ''])('makes a name of any resolver: %j', (resolver) => {
    expect(isDnsLabel(nameOf(resolver.slice(0, 10_000)))).toBe(true);
  });

  test('is owned by the run, in its shard, with the label of its resolver', () => {
    expect(resolutionRequestFor(owner, { resolver: 'git', params })).toMatchObject({
      apiVersion: 'resolution.tekton.dev/v1beta1',
      kind: 'ResolutionRequest',
      metadata: {
        namespace: 'ns',
        labels: { 'resolution.tekton.dev/type': 'git', 'slipway.dev/shard': '7' },
        ownerReferences: [{ kind: 'PipelineRun', name: 'p', uid: 'u1', controller: true }],
      },
      spec: { params },
    });
  });
});

test('remoteOwnerOf gives the TaskRuns of one PipelineRun one owner, so that they share an answer', () => {
  const first = remoteOwnerOf(run('TaskRun', 'p-a', 'u2', parent), 7);
  expect(first.reference).toEqual(parent);
  expect(remoteOwnerOf(run('TaskRun', 'p-b', 'u3', parent), 7)).toEqual(first);
});

test('remoteOwnerOf gives a PipelineRun in a pipeline to itself: it waits for its answers, not its parent', () => {
  const child = remoteOwnerOf(run('PipelineRun', 'p-c', 'u4', parent), 7);
  expect(child.reference).toMatchObject({ kind: 'PipelineRun', name: 'p-c', uid: 'u4', controller: true });
});

test('remoteRefOf reads the bundle of a v1beta1 reference as the bundles resolver', () => {
  expect(remoteRefOf({ bundle: 'gcr.io/x/y:1', name: 'build' }, 'Task')).toEqual({
    resolver: 'bundles',
    params: [
      { name: 'bundle', value: 'gcr.io/x/y:1' },
      { name: 'name', value: 'build' },
      { name: 'kind', value: 'task' },
    ],
  });
  expect(remoteRefOf({ name: 'build' }, 'Task')).toBeUndefined();
  expect(remoteRefOf({ name: 'build', resolver: '' }, 'Task')).toBeUndefined();
});

test('resolutionOf reads the document of an answer, with every character', () => {
  const document = 'description: "größer → ✓"';
  const answered = (status: string, rest: object): KubeObject & { status: object } => ({
    ...run('ResolutionRequest', 'r', 'u'),
    status: { conditions: [{ type: 'Succeeded', status, reason: 'X', message: 'why' }], ...rest },
  });
  const data = Buffer.from(document).toString('base64');
  const refSource = { uri: 'git+https://example.com' };
  expect(resolutionOf(answered('True', { data, source: refSource }))).toEqual({
    kind: 'resolved',
    document,
    refSource,
  });
  expect(resolutionOf(answered('False', {}))).toEqual({ kind: 'failed', reason: 'X', message: 'why' });
  expect(resolutionOf(answered('Unknown', {}))).toEqual({ kind: 'resolving' });
  expect(resolutionOf(run('ResolutionRequest', 'r', 'u'))).toEqual({ kind: 'resolving' });
});
