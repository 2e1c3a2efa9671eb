import type { PipelineResourceSpec, ResourcePlanRequest } from '@slipway/contracts';
import { planResources, type Known } from './plan.js';

const git = (params: Record<string, string>): PipelineResourceSpec => resource('git', params);
const image = (params: Record<string, string>): PipelineResourceSpec => resource('image', params);
const resource = (type: string, params: Record<string, string>): PipelineResourceSpec => ({
  type,
  params: Object.entries(params).map(([name, value]) => ({ name, value })),
});

/** A task that declares a git input `source` and an image output `built`, bound to `repo` and `picture`. */
const request = (over: Partial<ResourcePlanRequest> = {}): ResourcePlanRequest => ({
  namespace: 'default',
  taskRunName: 'build',
  serviceAccountName: 'default',
  declared: { inputs: [{ name: 'source', type: 'git' }], outputs: [{ name: 'built', type: 'image' }] },
  bound: {
    inputs: [{ name: 'source', resourceRef: { name: 'repo' } }],
    outputs: [{ name: 'built', resourceRef: { name: 'picture' } }],
  },
  ...over,
});
const known = (over: Partial<Known> = {}): Known => ({
  resources: new Map([
    ['repo', git({ url: 'https://example.com/repo', revision: 'v1' })],
    ['picture', image({ URL: 'registry/picture' })],
  ]),
  secrets: [],
  gitConfig: [],
  mirrors: [],
  credentialPolicy: { knownHosts: 'accept-new' },
  ...over,
});

test('planResources puts the git source before the task and the digest exporter after it', () => {
  const { before, after } = planResources(request(), known());
  expect(before.map(({ command, args }) => [command, args])).toEqual([
    [['mkdir', '-p', '--'], ['/workspace/output/built']],
    [['/ko-app/git-init'], ['-url', 'https://example.com/repo', '-revision', 'v1', '-path', '/workspace/source']],
  ]);
  expect(after.map(({ command, args }) => [command, args])).toEqual([
    [
      ['/ko-app/imagedigestexporter'],
      [
        '-images',
        '[{"name":"picture","type":"image","url":"registry/picture","digest":"","OutputImageDir":"/workspace/output/built"}]',
      ],
    ],
  ]);
  expect(before[1]!.name).toMatch(/^git-source-repo-[0-9a-f]{5}$/);
  expect(after[0]!.name).toMatch(/^image-digest-exporter-[0-9a-f]{5}$/);
});

test('planResources gives the same plan for the same request, and other names for another run (P1)', () => {
  expect(planResources(request(), known())).toEqual(planResources(request(), known()));
  const other = planResources(request({ taskRunName: 'other' }), known());
  expect(other.before[0]!.name).not.toBe(planResources(request(), known()).before[0]!.name);
});

test('planResources answers every spelling, an output also as an input that nobody declared', () => {
  const { replacements } = planResources(request(), known());
  expect(replacements).toMatchObject({
    'resources.inputs.source.path': '/workspace/source',
    'inputs.resources.source.revision': 'v1',
    'inputs.resources.source.refspec': '',
    'resources.source.path': '/workspace/source',
    'outputs.resources.built.path': '/workspace/output/built',
    'resources.outputs.built.url': 'registry/picture',
    'inputs.resources.built.path': '/workspace/output/built',
  });
});

test('planResources leaves an input its own values where an output has the same name', () => {
  const declared = {
    inputs: [{ name: 'same', type: 'git' }],
    outputs: [{ name: 'same', type: 'image' }],
  };
  const bound = {
    inputs: [{ name: 'same', resourceRef: { name: 'repo' } }],
    outputs: [{ name: 'same', resourceRef: { name: 'picture' } }],
  };
  const { replacements } = planResources(request({ declared, bound }), known());
  expect(replacements['inputs.resources.same.path']).toBe('/workspace/same');
  expect(replacements['outputs.resources.same.path']).toBe('/workspace/output/same');
});

test('planResources gives an optional resource that is not bound empty values and no step', () => {
  const declared = { inputs: [{ name: 'source', type: 'git', optional: true }] };
  const plan = planResources(request({ declared, bound: {} }), known());
  expect(plan.before).toEqual([]);
  expect(plan.replacements['inputs.resources.source.path']).toBe('');
});

test('planResources takes a resource that is given inline', () => {
  const bound = { inputs: [{ name: 'source', resourceSpec: git({ url: 'https://example.com/x', depth: '0' }) }] };
  const { before } = planResources(
    request({ declared: { inputs: [{ name: 'source', type: 'git' }] }, bound }),
    known(),
  );
  expect(before[0]!.args).toEqual(['-url', 'https://example.com/x', '-path', '/workspace/source', '-depth', '0']);
});

test('the params of a git resource are flags of its step', () => {
  const params = {
    ...{
      url: 'https://x/y',
      submodulePaths: 'a,b',
      sparseCheckoutDirectories: 'docs',
      filter: 'blob:none',
      lfs: 'true',
    },
    ...{ submodules: 'false', sslVerify: 'false', deleteExisting: 'true', retryMaxAttempts: '1' },
  };
  const declared = { inputs: [{ name: 'source', type: 'git' }] };
  const { before } = planResources(
    request({ declared, bound: { inputs: [{ name: 'source', resourceSpec: git(params) }] } }),
    known(),
  );
  expect(before[0]!.args!.slice(4)).toEqual([
    ...[
      '-submodulePaths=a,b',
      '-sparseCheckoutDirectories=docs',
      '-filter=blob:none',
      '-lfs=true',
      '-retryMaxAttempts=1',
    ],
    ...['-deleteExisting', '-submodules=false', '-sslVerify=false'],
  ]);
});

test('planResources gives a cluster its secrets as files that one step sees, and nothing of them as text', () => {
  const spec: PipelineResourceSpec = {
    ...resource('cluster', { URL: 'https://10.0.0.1:6443', username: 'admin', Insecure: 'true' }),
    secrets: [{ fieldName: 'cadata', secretName: 'cluster-secrets', secretKey: 'cadataKey' }],
  };
  const { before, volumes } = planResources(
    request({
      declared: { inputs: [{ name: 'cluster', type: 'cluster' }] },
      bound: { inputs: [{ name: 'cluster', resourceSpec: spec }] },
    }),
    known(),
  );
  expect(volumes).toEqual([
    {
      name: expect.stringMatching(/^tekton-resource-secrets-/) as string,
      projected: { sources: [{ secret: { name: 'cluster-secrets', items: [{ key: 'cadataKey', path: 'cadata' }] } }] },
    },
  ]);
  expect(before).toMatchObject([
    {
      command: ['/ko-app/kubeconfigwriter'],
      args: ['-destinationDir', '/workspace/cluster', '-secretsDir', '/tekton/resource-secrets'],
      volumeMounts: [{ name: volumes[0]!.name, mountPath: '/tekton/resource-secrets', readOnly: true }],
    },
  ]);
  expect(JSON.parse(before[0]!.env![0]!.value!)).toEqual({
    name: 'cluster',
    url: 'https://10.0.0.1:6443',
    username: 'admin',
    insecure: true,
  });
});

const copied = {
  pipelineRunName: 'run',
  declared: { inputs: [{ name: 'source', type: 'git' }], outputs: [{ name: 'out', type: 'git' }] },
  bound: {
    inputs: [{ name: 'source', resourceRef: { name: 'repo' }, paths: ['/pvc/a/repo', '/pvc/b/repo'] }],
    outputs: [{ name: 'out', resourceRef: { name: 'repo' }, paths: ['/pvc/me/repo'] }],
  },
};

test('planResources copies an input from where other tasks left it, and does not fetch it', () => {
  const { before, after, volumes } = planResources(request(copied), known());
  expect(before.map(({ command, args }) => [command![0], args])).toEqual([
    ['mkdir', ['/workspace/output/out']],
    ['sh', ['/pvc/a/repo', '/workspace/source', '/pvc/b/repo', '/workspace/source']],
  ]);
  expect(after.map(({ command, args }) => [command![0], args])).toEqual([
    ['sh', ['/workspace/output/out', '/pvc/me/repo']],
  ]);
  expect(volumes).toEqual([{ name: 'tekton-resource-copies', persistentVolumeClaim: { claimName: 'run-pvc' } }]);
  for (const { volumeMounts } of [before[1]!, after[0]!]) {
    expect(volumeMounts).toEqual([{ name: 'tekton-resource-copies', mountPath: '/pvc' }]);
  }
  expect(before[1]!.name).not.toBe(after[0]!.name);
});

test('planResources copies by paths that a TaskRun names by itself, with no claim of its own', () => {
  const { before, volumes } = planResources(
    {
      ...request({
        bound: { ...request().bound, inputs: [{ ...request().bound.inputs![0]!, paths: ['/cache/repo'] }] },
      }),
    },
    known(),
  );
  expect([before[1]!.args, volumes]).toEqual([['/cache/repo', '/workspace/source'], []]);
});

test('planResources names the targets of events, and gives a cloudEvent output neither step nor folder', () => {
  const plan = planResources(
    request({
      declared: { outputs: [{ name: 'told', type: 'cloudEvent' }] },
      bound: { outputs: [{ name: 'told', resourceSpec: resource('cloudEvent', { targetURI: 'http://sink:8080' }) }] },
    }),
    known(),
  );
  expect(plan).toMatchObject({ before: [], after: [], cloudEventTargets: ['http://sink:8080'] });
  expect(plan.replacements['resources.outputs.told.target-uri']).toBe('http://sink:8080');
});

const secretOf = (fieldName: string): Partial<PipelineResourceSpec> => ({
  secrets: [{ fieldName, secretName: 'creds', secretKey: 'key' }],
});
const GCS = ['/ko-app/gcs', '-mode', 'download', '-location', 'gs://bkt/o', '-path', '/workspace/in'];
// prettier-ignore
const programs: [given: string, spec: PipelineResourceSpec, words: string[]][] = [
  ['an object of storage', resource('storage', { type: 'gcs', location: 'gs://bkt/o' }), GCS],
  ['a folder of storage, with its key as a file', { ...resource('storage', { Type: 'gcs', location: 'gs://bkt/o', dir: 'y' }), ...secretOf('GOOGLE_APPLICATION_CREDENTIALS') }, [...GCS, '-dir=true', '-credentials', '/tekton/resource-secrets/google_application_credentials']],
  ['the source of a build', resource('storage', { type: 'build-gcs', location: 'gs://bkt/o', artifactType: 'ZipArchive' }), [...GCS, '-artifactType', 'ZipArchive']],
  ['a pull request, with its token as a file', { ...resource('pullRequest', { url: 'https://github.com/a/b/pull/1' }), ...secretOf('authToken') }, ['/ko-app/pullrequest-init', '-url', 'https://github.com/a/b/pull/1', '-path', '/workspace/in', '-mode', 'download', '-tokenFile', '/tekton/resource-secrets/authtoken']],
];
test.each(programs)('planResources fetches %s', (_given, spec, words) => {
  const { before, volumes } = planResources(
    request({
      declared: { inputs: [{ name: 'in', type: spec.type }] },
      bound: { inputs: [{ name: 'in', resourceSpec: spec }] },
    }),
    known({ mirrors: [{ from: 'https://elsewhere/', to: 'http://secret-mirror/' }] }),
  );
  expect(before.map(({ command, args }) => [...command!, ...args!])).toEqual([words]);
  expect(volumes).toHaveLength(spec.secrets === undefined ? 0 : 1);
  expect(JSON.stringify(before)).not.toMatch('secret-mirror'); // a mirror that does not matter is not shown
});

// prettier-ignore
const refused: [given: string, request: Partial<ResourcePlanRequest>, repo: PipelineResourceSpec, then: RegExp][] = [
  ['a resource that the run does not bind', { bound: {} }, git({ url: 'https://x/y' }), /inputs resource "source" .* not bound/],
  ['a resource that does not exist', { bound: { ...request().bound, inputs: [{ name: 'source', resourceRef: { name: 'gone' } }] } }, git({}), /"gone" not found/],
  ['a resource of another type', {}, image({ url: 'x' }), /must be of type git/],
  ['a type that there is not', { declared: { inputs: [{ name: 'source', type: 'helm' }] } }, resource('helm', {}), /type helm, which is not supported/],
  ['storage of a kind that there is not', { declared: { inputs: [{ name: 'source', type: 'storage' }] } }, resource('storage', { type: 's3', location: 'gs://bkt/o' }), /type must be gcs or build-gcs/],
  ['storage at no place', { declared: { inputs: [{ name: 'source', type: 'storage' }] } }, resource('storage', { type: 'gcs', location: 'b/o' }), /has not the form gs:/],
  ['the source of a build that is nothing known', { declared: { inputs: [{ name: 'source', type: 'storage' }] } }, resource('storage', { type: 'build-gcs', location: 'gs://bkt/o', artifactType: 'Rar' }), /artifactType must be one of/],
  ['a pull request that is none', { declared: { inputs: [{ name: 'source', type: 'pullRequest' }] } }, resource('pullRequest', { url: 'https://github.com/a/b' }), /has not the form/],
  ['a secret field that the type does not have', { declared: { inputs: [{ name: 'source', type: 'pullRequest' }] } }, { ...resource('pullRequest', { url: 'https://github.com/a/b/pull/1' }), secrets: [{ fieldName: 'x', secretName: 's', secretKey: 'k' }] }, /pullRequest has none such/],
  ['a cluster without the URL of its API server', { declared: { inputs: [{ name: 'source', type: 'cluster' }] } }, resource('cluster', { url: 'file:///etc' }), /not the http or https URL/],
  ['a target of events that is no URL', { declared: { outputs: [{ name: 'built', type: 'cloudEvent' }] }, bound: { outputs: [{ name: 'built', resourceRef: { name: 'repo' } }] } }, resource('cloudEvent', { targetURI: 'sink:8080' }), /must begin with http/],
  ['a target of events with a password in it', { declared: { outputs: [{ name: 'built', type: 'cloudEvent' }] }, bound: { outputs: [{ name: 'built', resourceRef: { name: 'repo' } }] } }, resource('cloudEvent', { targetURI: 'http://u:p@sink' }), /user or a password/],
  ['a git resource without url', {}, git({}), /refused: it is empty/],
  ['a path of this machine', {}, git({ url: '/etc' }), /path of this machine/],
  ['a revision that git would take for an option', {}, git({ url: 'https://x/y', revision: '--upload-pack=touch /x' }), /begins with "-"/],
  ['a refspec that git would take for an option', {}, git({ url: 'https://x/y', refspec: 'main --upload-pack=x' }), /begins with "-"/],
  ['a depth that is no number', {}, git({ url: 'https://x/y', depth: '1; x' }), /depth must be/],
  ['paths that lead into what the platform has in the pod', { bound: { ...request().bound, inputs: [{ name: 'source', resourceRef: { name: 'repo' }, paths: ['/tekton/creds'] }] } }, git({ url: 'https://x/y' }), /paths must be absolute/],
  ['paths that lead out', { bound: { ...request().bound, inputs: [{ name: 'source', resourceRef: { name: 'repo' }, paths: ['/pvc/../tekton'] }] } }, git({ url: 'https://x/y' }), /paths must be absolute/],
  ['a target path outside of the workspace', { declared: { inputs: [{ name: 'source', type: 'git', targetPath: '../../etc' }] } }, git({ url: 'https://x/y' }), /not below \/workspace/],
  ['a target path that is absolute and elsewhere', { declared: { inputs: [{ name: 'source', type: 'git', targetPath: '/tekton/bin' }] } }, git({ url: 'https://x/y' }), /not below \/workspace/],
];
test.each(refused)('planResources refuses %s', (_given, over, repo, then) => {
  const resources = new Map([...known().resources, ['repo', repo]]);
  expect(() => planResources(request(over), known({ resources }))).toThrow(then);
});
