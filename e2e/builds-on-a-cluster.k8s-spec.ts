// Builds of Knative, and resources of 2020, whose pods run in a real cluster: each ends there as it does on the process runtime.

import { resolve } from 'node:path';
import { isDone, succeeded, type Build, type BuildStep, type KubeObject, type TaskRun } from '@slipway/contracts';
import { startGitServer, type GitServer } from '../apps/resources/test/git-server.js';
import { Kubectl } from '../conformance/kubectl.js';
import { startPlatform } from '../conformance/platform.js';
import { eventually } from '@slipway/testing';
import { nodeAddress, startClusterPlatform } from './cluster.js';

const SLIPWAY = resolve(import.meta.dirname, '../slipway');
const KUBECONFIG = process.env['E2E_KUBECONFIG']!;
const BUILDS = 'build.knative.dev/v1alpha1';
const LIMIT = { deadlineMs: 150_000 };
const BASIC = 'kubernetes.io/basic-auth';

type Ask = (args: readonly string[], input?: string) => Promise<string>;

/** A platform: where runs are objects, and where what their pods mount is. */
interface Side {
  runs: Ask;
  mounted: Ask;
  stop(): Promise<void>;
}

let git: GitServer;
let locked: GitServer;
let commit: string;
let sides: { cluster: Side; process: Side };

async function onCluster(): Promise<Side> {
  const env = { RESOURCE_STEPS_IMAGE: process.env['SLIPWAY_IMAGE']! };
  const world = await startClusterPlatform(SLIPWAY, KUBECONFIG, env);
  return {
    runs: (args, input) => world.ofPlatform(args, input),
    mounted: (args, input) => world.ofCluster(args, input),
    stop: () => world.stop(),
  };
}

async function asProcesses(): Promise<Side> {
  const platform = await startPlatform(SLIPWAY);
  const kubectl = new Kubectl(platform.kubeconfig);
  const ask: Ask = async (args, input) => {
    const { code, stdout, stderr } = await kubectl.run(args, input);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  return { runs: ask, mounted: ask, stop: () => platform.stop() };
}

beforeAll(async () => {
  const host = await nodeAddress(KUBECONFIG);
  [git, locked] = await Promise.all([startGitServer(undefined, host), startGitServer(undefined, host)]);
  commit = git.commit('repo', { 'README.md': 'of the repository\n', 'go/BUILD': 'of a folder\n' });
  git.commit('other', { 'README.md': 'of another\n' });
  locked.commit('secret', { 'README.md': 'for few\n' });
  locked.credentials = { user: 'ci', password: 'pass-of-the-source' };
  const [cluster, process] = await Promise.all([onCluster(), asProcesses()]);
  sides = { cluster, process };
}, 300_000);
afterAll(async () => {
  await Promise.all([git?.close(), locked?.close(), sides?.cluster.stop(), sides?.process.stop()]);
}, 60_000);

const sh = (line: string, more: Partial<BuildStep> = {}): BuildStep => ({
  image: 'busybox',
  command: ['sh'],
  args: ['-euc', line],
  ...more,
});
const show = (line: string, more: Partial<BuildStep> = {}): BuildStep => sh(line, { name: 'show', ...more });

async function create(ask: Ask, ...objects: object[]): Promise<void> {
  if (objects.length === 0) return;
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await ask(['create', '-f', '-'], JSON.stringify(list));
}

function ended<T extends KubeObject & { status?: object }>(runs: Ask, kind: string, name: string): Promise<T> {
  return eventually(
    async () => {
      const run = JSON.parse(await runs(['get', kind, name, '-o', 'json'])) as T;
      if (!isDone(run)) throw new Error(JSON.stringify(run.status));
      return run;
    },
    { ...LIMIT, what: `the end of ${name}` },
  );
}

interface Case {
  spec: () => object;
  annotations?: Record<string, string>;
  /** Templates, and what pods mount. */
  beside?: { runs?: () => object[]; mounted?: () => object[] };
  /** What is done once the Build runs. */
  then?: (runs: Ask, name: string) => Promise<unknown>;
}

/** What can be told of a Build without saying where its pod ran. */
interface Outcome {
  end: string;
  completed: string[] | undefined;
  commits: (string | undefined)[];
  shown: string;
}

async function outcomeOn({ runs, mounted }: Side, name: string, given: Case): Promise<Outcome> {
  const { spec, annotations = {}, beside = {} } = given;
  await create(mounted, ...(beside.mounted?.() ?? []));
  await create(runs, ...(beside.runs?.() ?? []));
  await create(runs, { apiVersion: BUILDS, kind: 'Build', metadata: { name, annotations }, spec: spec() });
  if (given.then !== undefined) {
    await eventually(async () => (await building(runs, name)) === 'Building', { ...LIMIT, what: `${name} builds` });
    await given.then(runs, name);
  }
  const build = await ended<Build>(runs, 'build', name);
  const { status, reason = '', message = '' } = succeeded(build)!;
  const pod = build.status?.cluster?.podName ?? '';
  const shows = build.status?.stepsCompleted?.includes('build-step-show') === true && status === 'True';
  return {
    end: withoutPlaces(`${status} ${reason} ${message}`.trim()),
    completed: build.status?.stepsCompleted,
    commits: (build.status?.sources ?? []).map((source) => source.git?.commit),
    shown: shows ? (await runs(['logs', pod, '-c', 'build-step-show'])).replace(/^slipway: Image .*\n/gm, '') : '',
  };
}

async function building(runs: Ask, name: string): Promise<string | undefined> {
  return succeeded(JSON.parse(await runs(['get', 'build', name, '-o', 'json'])) as Build)?.reason;
}

/** Without the digest of an image, names of pods and the namespace. */
function withoutPlaces(text: string): string {
  return text.replaceAll(/\(image: "[^"]*"\)/g, '(image)').replaceAll(/-n [\w-]+ logs [\w-]+/g, '-n NS logs POD');
}

const source = (repository = 'repo', revision = 'main'): object => ({
  git: { url: `${git.url}/${repository}.git`, revision },
});
const account = (name: string): object[] => [
  {
    ...{ apiVersion: 'v1', kind: 'Secret', type: BASIC },
    metadata: { name, annotations: { 'build.knative.dev/git-0': locked.url } },
    stringData: { username: 'ci', password: 'pass-of-the-source' },
  },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name }, secrets: [{ name }] },
];
const fetchLocked = { git: { revision: 'main' } };
const lockedSource = (): object => ({ git: { ...fetchLocked.git, url: `${locked.url}/secret.git` } });
const template = {
  apiVersion: BUILDS,
  kind: 'BuildTemplate',
  metadata: { name: 'greet' },
  spec: {
    parameters: [{ name: 'WHO' }, { name: 'DIR', default: '/workspace' }],
    steps: [show('echo "${WHO} in $(pwd)"; cat README.md', { workingDir: '${DIR}' })],
  },
};
const cancel = (runs: Ask, name: string): Promise<string> =>
  runs(['patch', 'build', name, '--type=merge', '-p', '{"spec":{"status":"BuildCancelled"}}']);

const cases: Record<string, [given: Case, expected: () => Partial<Outcome>]> = {
  'git-source': [
    {
      spec: () => ({
        source: source(),
        steps: [show('cat README.md go/BUILD; echo $HOME; git status --short', { image: 'debian:bookworm' })],
      }),
    },
    () => ({ end: 'True', commits: [commit], shown: 'of the repository\nof a folder\n/builder/home\n' }),
  ],
  'several-sources': [
    {
      spec: () => ({
        sources: [
          { name: 'a', targetPath: 'a', ...source() },
          { name: 'b', targetPath: 'b', ...source('other') },
        ],
        steps: [show('cat a/README.md b/README.md; touch a/written b/written')],
      }),
    },
    () => ({ end: 'True', shown: 'of the repository\nof another\n' }),
  ],
  'sub-path': [
    { spec: () => ({ source: { ...source(), subPath: 'go' }, steps: [show('pwd; ls')] }) },
    () => ({ end: 'True', shown: '/workspace\nBUILD\n' }),
  ],
  'template-arguments': [
    {
      spec: () => ({
        source: source(),
        template: { name: 'greet', arguments: [{ name: 'WHO', value: 'all of you' }] },
      }),
      beside: { runs: () => [template] },
    },
    () => ({ end: 'True', shown: 'all of you in /workspace\nof the repository\n' }),
  ],
  volumes: [
    {
      spec: () => ({
        volumes: [
          { name: 'shared', emptyDir: {} },
          { name: 'config', configMap: { name: 'settings' } },
        ],
        steps: [
          sh('cp /config/key /one/key', {
            volumeMounts: [
              { name: 'shared', mountPath: '/one' },
              { name: 'config', mountPath: '/config' },
            ],
          }),
          show('cat /two/key', { volumeMounts: [{ name: 'shared', mountPath: '/two' }] }),
        ],
      }),
      beside: {
        mounted: () => [
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { key: 'value\n' } },
        ],
      },
    },
    () => ({ end: 'True', shown: 'value\n', completed: ['build-step-unnamed-0', 'build-step-show'] }),
  ],
  credentials: [
    {
      spec: () => ({
        serviceAccountName: 'may-fetch',
        source: lockedSource(),
        steps: [show('cat README.md; grep -c . $HOME/.gitconfig $HOME/.git-credentials')],
      }),
      beside: { mounted: () => account('may-fetch') },
    },
    () => ({ end: 'True' }),
  ],
  'init-containers': [
    {
      spec: () => ({
        serviceAccountName: 'plain',
        source: lockedSource(),
        steps: [sh('cat README.md > /workspace/copy'), show('cat /workspace/copy; ls -a $HOME')],
      }),
      annotations: { 'slipway.dev/step-order': 'init-containers' },
      beside: { mounted: () => account('plain') },
    },
    () => ({ end: 'True', completed: ['build-step-unnamed-0', 'build-step-show'] }),
  ],
  'no-such-revision': [
    { spec: () => ({ source: source('repo', 'nowhere'), steps: [show('cat README.md')] }) },
    () => ({ end: expect.stringMatching(/^False GitRevisionNotFound /) as string }),
  ],
  'no-credentials': [
    { spec: () => ({ source: lockedSource(), steps: [show('cat README.md')] }) },
    () => ({ end: expect.stringMatching(/^False Git(AuthMissing|AuthInvalid|AuthRequired)\w* /) as string }),
  ],
  'failing-step': [
    { spec: () => ({ source: source(), steps: [sh('exit 7', { name: 'bad' }), show('true')] }) },
    () => ({
      end: expect.stringMatching(/^False BuildFailed build step "build-step-bad" exited with code 7 /) as string,
    }),
  ],
  'timed-out': [
    { spec: () => ({ timeout: '5s', steps: [sh('sleep 600')] }) },
    () => ({ end: 'False BuildTimeout Build "timed-out" failed to finish within "5s"' }),
  ],
  cancelled: [
    { spec: () => ({ steps: [sh('sleep 600')] }), then: cancel },
    () => ({ end: 'False BuildCancelled Build "cancelled" was cancelled' }),
  ],
};

test.each(Object.entries(cases))(
  'a Build ends on a cluster as it does among processes: %s',
  async (name, row) => {
    const [given, expected] = row;
    const [there, here] = await Promise.all([
      outcomeOn(sides.cluster, name, given),
      outcomeOn(sides.process, name, given),
    ]);
    expect(there).toMatchObject(expected());
    expect(there).toEqual(here);
  },
  300_000,
);

test('a git resource is brought, and the digest of an image is told, on a cluster as among processes', async () => {
  const digest = `sha256:${'d'.repeat(64)}`;
  const taskRun = {
    apiVersion: 'tekton.dev/v1alpha1',
    kind: 'TaskRun',
    metadata: { name: 'resources' },
    spec: {
      taskSpec: {
        inputs: { resources: [{ name: 'source', type: 'git' }] },
        outputs: { resources: [{ name: 'built', type: 'image' }] },
        steps: [
          {
            name: 'build',
            image: 'busybox',
            command: ['sh', '-euc'],
            args: [
              `cat $(inputs.resources.source.path)/README.md; echo '{"manifests":[{"digest":"${digest}"}]}' > $(outputs.resources.built.path)/index.json`,
            ],
          },
        ],
      },
      inputs: {
        resources: [
          {
            name: 'source',
            resourceSpec: {
              type: 'git',
              params: [
                { name: 'url', value: `${git.url}/repo.git` },
                { name: 'revision', value: 'main' },
              ],
            },
          },
        ],
      },
      outputs: {
        resources: [
          { name: 'built', resourceSpec: { type: 'image', params: [{ name: 'url', value: 'registry/image' }] } },
        ],
      },
    },
  };
  const outcome = async ({ runs }: Side): Promise<object> => {
    await create(runs, taskRun);
    const run = await ended<TaskRun>(runs, 'taskruns.v1beta1.tekton.dev', 'resources');
    const { resourcesResult = [] } = run.status as { resourcesResult?: { key: string; value: string }[] };
    const printed = await runs(['logs', 'resources-pod', '-c', 'step-build']).catch(String);
    return {
      status: succeeded(run)?.status,
      message: succeeded(run)?.status === 'True' ? '' : succeeded(run)?.message,
      results: resourcesResult.map(({ key, value }) => `${key}=${value}`).sort(),
      printed: printed.replace(/^slipway: Image .*\n/gm, ''),
    };
  };
  const [there, here] = await Promise.all([outcome(sides.cluster), outcome(sides.process)]);
  expect(there).toMatchObject({ status: 'True', printed: 'of the repository\n' });
  expect(there).toMatchObject({
    results: expect.arrayContaining([`digest=${digest}`, `commit=${commit}`]) as string[],
  });
  expect(there).toEqual(here);
}, 300_000);
