import {
  SHARD_LABEL,
  shardOf,
  type Build,
  type BuildSpec,
  type BuildStep,
  type BuildTemplateSpec,
  type TaskRun,
  type UsedTemplate,
} from '@slipway/contracts';
import { compileBuild } from './compile-build.js';

const step = { name: 's', image: 'i' };

function build(spec: BuildSpec, metadata: Partial<Build['metadata']> = {}): Build {
  return {
    apiVersion: 'build.knative.dev/v1alpha1',
    kind: 'Build',
    metadata: { name: 'b', namespace: 'ns', uid: 'u', ...metadata },
    spec: { steps: [step], ...spec },
  };
}
function compiled(spec: BuildSpec, metadata: Partial<Build['metadata']> = {}): TaskRun {
  const made = compileBuild(build(spec, metadata), []);
  if ('reason' in made) throw new Error(made.message);
  return made;
}

test('compileBuild makes a TaskRun of the same name that belongs to the Build', () => {
  const labels = { own: 'label', [SHARD_LABEL]: '7' };
  const annotations = { own: 'a', 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
  expect(compiled({ serviceAccountName: 'sa', timeout: '90s' }, { labels, annotations })).toEqual({
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: 'b',
      namespace: 'ns',
      labels: { ...labels, 'build.knative.dev/buildName': 'b' },
      annotations: { own: 'a', 'slipway.dev/pending-timeout': '1h0m0s' },
      ownerReferences: [
        {
          apiVersion: 'build.knative.dev/v1alpha1',
          kind: 'Build',
          name: 'b',
          uid: 'u',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { serviceAccountName: 'sa', timeout: '1m30s', taskSpec: { steps: [step] } },
  });
});

describe('compileBuild', () => {
  test('gives the TaskRun the shard that the Build has by its name', () => {
    expect(compiled({}).metadata.labels?.[SHARD_LABEL]).toBe(String(shardOf('ns', 'b')));
  });

  const times: [given: string, spec: BuildSpec, annotation: string | undefined, then: [string, string]][] = [
    ['ten minutes, and one hour before', {}, undefined, ['10m0s', '1h0m0s']],
    ['what the Build says', { timeout: '500s' }, '30m', ['8m20s', '30m']],
    ['ten minutes for a zero, as Go leaves a field that nobody set', { timeout: '0s' }, '0', ['10m0s', '0']],
    ['one hour before where what is given is no time', {}, 'soon', ['10m0s', '1h0m0s']],
  ];
  test.each(times)('limits the time to %s', (_given, spec, annotation, [timeout, pending]) => {
    const annotations = annotation === undefined ? {} : { 'slipway.dev/pending-timeout': annotation };
    const made = compiled(spec, { annotations });
    expect([made.spec.timeout, made.metadata.annotations?.['slipway.dev/pending-timeout']]).toEqual([timeout, pending]);
  });

  test('passes on where the pod may run', () => {
    const affinity = { nodeAffinity: {} };
    expect(compiled({ nodeSelector: { disk: 'ssd' }, affinity }).spec.podTemplate).toEqual({
      nodeSelector: { disk: 'ssd' },
      affinity,
    });
  });

  test('puts git and gcs sources first in the order of the list, then custom ones in theirs, then the steps (B2)', () => {
    const git = { url: 'https://h/a', revision: 'main' };
    const { taskSpec, resources } = compiled({
      sources: [
        { name: 'first', custom: { image: 'c1', resources: { limits: { cpu: '1' } } } },
        { git },
        { custom: { image: 'c2' } },
        { name: 'bucket', targetPath: 'data', gcs: { location: 'gs://b/o.zip' } },
        { name: 'm', gcs: { type: 'Manifest', location: 'gs://b/m.json' }, targetPath: 'm' },
      ],
    }).spec;
    expect(taskSpec?.resources?.inputs).toEqual([
      { name: 'git-source-1', type: 'git', targetPath: '.' },
      { name: 'gcs-source-bucket', type: 'storage', targetPath: 'data' },
      { name: 'gcs-source-m', type: 'storage', targetPath: 'm' },
    ]);
    expect(resources?.inputs?.map(({ name, resourceSpec }) => [name, paramsOf(resourceSpec?.params)])).toEqual([
      ['git-source-1', git],
      ['gcs-source-bucket', { type: 'build-gcs', location: 'gs://b/o.zip', artifactType: 'Archive' }],
      ['gcs-source-m', { type: 'build-gcs', location: 'gs://b/m.json', artifactType: 'Manifest' }],
    ]);
    expect(taskSpec?.steps).toEqual([
      { name: 'custom-source-first', image: 'c1', computeResources: { limits: { cpu: '1' } } },
      { name: 'custom-source', image: 'c2' },
      step,
    ]);
  });

  const mounts: [given: string, sources: BuildSpec['sources'], then: object[] | undefined][] = [
    ['nothing without a subPath', [{ git: GIT(), name: 'a' }], undefined],
    [
      'the directory of one source as /workspace, wherever it stands in the list',
      [{ git: GIT(), name: 'a', subPath: 'go' }, { git: GIT(), name: 'b', targetPath: 'b' }],
      [{ name: 'workspace', mountPath: '/workspace', subPath: 'go' }],
    ],
    [
      'each of several directories in the place of its target',
      [
        { git: GIT(), name: 'a', targetPath: 'a', subPath: 'a/x' },
        { git: GIT(), name: 'b', targetPath: 'b', subPath: 'b/y' },
      ],
      [
        { name: 'workspace', mountPath: '/workspace/a', subPath: 'a/x' },
        { name: 'workspace', mountPath: '/workspace/b', subPath: 'b/y' },
      ],
    ],
  ]; // prettier-ignore
  test.each(mounts)('lets steps see %s', (_given, sources, then) => {
    const steps = compiled({ sources: [...sources!, { name: 'c', custom: { image: 'c' } }] }).spec.taskSpec?.steps;
    expect(steps).toEqual([
      { name: 'custom-source-c', image: 'c' },
      { ...step, ...(then === undefined ? {} : { volumeMounts: then }) },
    ]);
  });

  test('leaves a step what it mounts at /workspace itself', () => {
    const own = { name: 'v', mountPath: '/workspace/' };
    const { taskSpec } = compiled({
      source: { git: GIT(), subPath: 'go' },
      steps: [{ ...step, volumeMounts: [own] }],
    }).spec;
    expect(taskSpec?.steps?.[0]?.volumeMounts).toEqual([own]);
  });

  const repositories: [volume: object, path: string, revision: string][] = [
    [{ repository: 'https://h/org/repo.git' }, '/git-volume/repo', 'HEAD'],
    [{ repository: 'git@h:repo/', revision: 'v1' }, '/git-volume/repo', 'v1'],
    [{ repository: 'https://h/repo', directory: '.' }, '/git-volume', 'HEAD'],
    [{ repository: 'https://h/repo', directory: 'src' }, '/git-volume/src', 'HEAD'],
  ];
  test.each(repositories)('clones into a gitRepo volume: %j', (gitRepo, path, revision) => {
    const volumes = [{ name: 'v', gitRepo } as never, { name: 'w', emptyDir: {} }];
    const { taskSpec } = compiled({ volumes }).spec;
    expect(taskSpec?.volumes).toEqual([{ name: 'v', emptyDir: {} }, { name: 'w', emptyDir: {} }]);
    const [clone] = taskSpec?.steps ?? [];
    expect(clone).toMatchObject({ name: 'git-volume-v', volumeMounts: [{ name: 'v', mountPath: '/git-volume' }] });
    expect(clone?.args).toEqual(['-url', (gitRepo as { repository: string }).repository, '-revision', revision, '-path', path]);
  }); // prettier-ignore

  test('refuses what its templates make impossible, in the words of Knative (B3)', () => {
    const template: BuildTemplateSpec = { parameters: [{ name: 'A' }], steps: [step] };
    expect(compileBuild(build({ steps: [], template: { name: 't' } }), [{ use: { name: 't' }, template }])).toEqual({
      reason: 'BuildValidationFailed',
      message: 'UnsatisfiedParameter: build does not specify these required parameters: [{A }]',
    });
  });

  const called = (A: string, ...steps: BuildStep[]): UsedTemplate => ({
    use: { name: 't', arguments: [{ name: 'A', value: A }] },
    template: { steps, volumes: [{ name: 'v-${A}', emptyDir: {} }] },
  });
  const named = { ...step, name: '${A}' };
  const sources: Partial<BuildSpec> = { sources: [{ name: '1', git: GIT(), targetPath: 'a' }, { git: GIT() }] };
  const names: [given: string, template: UsedTemplate, spec: Partial<BuildSpec>, then: string][] = [
    ['that two steps of a template come to share', called('s', named, step), {}, 'step name "s" must be unique'],
    ['that a source has', called('custom-source', named), { source: { custom: { image: 'i' } } }, 'step name "custom-source" must be unique'],
    ['that two sources share, one by its place', called('a', named), sources, 'step name "git-source-1" must be unique'],
    ['that a step without one has by its place', called('unnamed-1', named, { image: 'i' }), {}, 'step name "unnamed-1" must be unique'],
    ['that is a path', called('../../x', named), {}, 'step name "../../x" must be a DNS label of at most 52 characters'],
    ['that is too long for a container’s', called('x'.repeat(53), named), {}, `step name "${'x'.repeat(53)}" must be a DNS label of at most 52 characters`],
    ['that no volume can have', called('X', step), {}, 'volume name "v-X" must be a DNS label'],
  ]; // prettier-ignore
  test.each(names)('refuses a name %s (B3)', (_given, template, spec, message) => {
    const refusal = { reason: 'BuildValidationFailed', message };
    expect(compileBuild(build({ steps: [], template: template.use, ...spec }), [template])).toEqual(refusal);
  });

  test('does not pass on the annotation of templates: they are in the TaskRun', () => {
    const annotations = { 'slipway.dev/templates': '[]' };
    expect(compiled({}, { annotations }).metadata.annotations).toEqual({ 'slipway.dev/pending-timeout': '1h0m0s' });
  });
});

function GIT(): { url: string; revision: string } {
  return { url: 'https://h/r', revision: 'main' };
}

function paramsOf(params: { name: string; value: string }[] | undefined): object {
  return Object.fromEntries((params ?? []).map(({ name, value }) => [name, value]));
}
