// The pods of Knative Builds, and of steps that no entrypoint orders.

import type { Container, Pod, ResourcePlan, Step, TaskRun, TaskSpec } from '@slipway/contracts';
import { buildPod } from './build-pod.js';
import type { Delivery } from './entrypoint-delivery.js';
import { knownImageProcess } from './images.js';
import { orderProblem } from './plain-order.js';

const PLAN: ResourcePlan = {
  before: [{ name: 'git-source-0', image: 'slipway.dev/resource-steps', command: ['/ko-app/git-init'] }],
  after: [],
  volumes: [],
  cloudEventTargets: [],
  replacements: {},
  credentials: {
    volumes: [{ name: 'secret-volume', secret: { secretName: 'creds' } }],
    volumeMounts: [{ name: 'secret-volume', mountPath: '/tekton/creds-secrets/creds', readOnly: true }],
    entrypointArgs: ['-basic-git=creds=https://h'],
    env: [],
  },
};
const BUILD_OWNER = {
  apiVersion: 'build.knative.dev/v1alpha1',
  kind: 'Build',
  name: 'b',
  uid: 'b-uid',
  controller: true,
};

interface Given {
  annotations?: Record<string, string>;
  plan?: ResourcePlan;
  owner?: 'Build' | 'nobody';
  delivery?: Delivery;
}
const HOST: Delivery = { kind: 'host', path: '/bin-dir' };
const CLUSTER: Delivery = { kind: 'image', image: 'e:1', features: { nativeSidecars: true, imageVolumes: false } };

const build = (spec: TaskSpec, { annotations = {}, plan, owner = 'Build', delivery = HOST }: Given = {}): Pod => {
  const taskRun: TaskRun = {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      ...{ name: 'b', namespace: 'ns', uid: 'u', annotations, labels: { 'build.knative.dev/buildName': 'b' } },
      ...(owner === 'Build' ? { ownerReferences: [BUILD_OWNER] } : {}),
    },
    spec: {},
  };
  const paths = { delivery, timeout: '10m', attempt: 0 };
  return buildPod({ taskRun, spec, ...paths, ...(plan === undefined ? {} : { plan }), commandOf: knownImageProcess });
};
const step = (over: Partial<Step> = {}): Step => ({ name: 'a', image: 'busybox', command: ['true'], ...over });
const mount = (container: Container, path: string): string | undefined =>
  container.volumeMounts!.find(({ mountPath }) => mountPath === path)?.name;
const argument = ({ args = [] }: Container, flag: string): string | undefined => args[args.indexOf(flag) + 1];
const all = (pod: Pod): Container[] => [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
const PLAIN = { 'slipway.dev/step-order': 'init-containers' };

describe('the pod of a Build', () => {
  it('is called and labelled as Knative’s, and belongs to its run', () => {
    const { metadata } = build({ steps: [step()] });
    expect(metadata.name).toMatch(/^b-pod-[0-9a-f]{6}$/);
    expect(metadata.labels).toMatchObject({ 'build.knative.dev/buildName': 'b' });
    expect(metadata.annotations).toEqual({ 'sidecar.istio.io/inject': 'false' });
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'TaskRun', name: 'b' }]);
  });

  it('lets the user have sidecars injected all the same', () => {
    const annotations = { 'sidecar.istio.io/inject': 'true' };
    expect(build({ steps: [step()] }, { annotations }).metadata.annotations).toEqual(annotations);
  });

  it('names containers after sources, steps, and places among its own steps', () => {
    const pod = build({ steps: [step({ name: 'custom-source' }), step(), { image: 'busybox' }] }, { plan: PLAN });
    expect(all(pod).map(({ name }) => name)).toEqual([
      ...['build-step-git-source-0', 'build-step-custom-source', 'build-step-a', 'build-step-unnamed-2'],
    ]);
  });

  it('has a home and a workspace, unless a step mounts something there, however it writes the path', () => {
    const volumeMounts = [
      { name: 'mine', mountPath: '/workspace/../workspace/' },
      { name: 'mine', mountPath: '//builder/./home' },
    ];
    const pod = build({
      volumes: [{ name: 'mine', emptyDir: {} }],
      steps: [step(), step({ name: 'b', volumeMounts })],
    });
    const [first, second] = pod.spec.containers as [Container, Container];
    expect([mount(first, '/workspace'), mount(first, '/builder/home')]).toEqual(['workspace', 'home']);
    expect([mount(second, '/workspace'), mount(second, '/builder/home')]).toEqual([undefined, undefined]);
    expect(first).toMatchObject({ workingDir: '/workspace', env: [{ name: 'HOME', value: '/builder/home' }] });
  });

  it('leaves the message to the step, at its own path or a container’s', () => {
    const pod = build({ steps: [step(), step({ name: 'b', terminationMessagePath: '/tmp/message' })] }, { plan: PLAN });
    expect(pod.spec.containers.map((container) => container.terminationMessagePath)).toEqual([
      ...['/tekton/termination', '/dev/termination-log', '/tmp/message'],
    ]);
    expect(pod.spec.containers.map((container) => argument(container, '-termination_path'))).toEqual([
      ...['/tekton/termination', '/dev/termination-log', '/tmp/message'],
    ]);
    expect(pod.spec.containers.map(({ args }) => args!.includes('-keep_message'))).toEqual([false, true, true]);
  });

  it.each([
    ['ubuntu', ['cat', 'BUILD'], ['cat', '--', 'BUILD']],
    ['ubuntu', undefined, ['/bin/bash', '--']],
    ['gcr.io/cloud-builders/git', ['status'], ['git', '--', 'status']],
  ])('runs image %s with %j as a container engine does', (image, args, then) => {
    const pod = build({ steps: [{ name: 'a', image, ...(args === undefined ? {} : { args }) }] });
    const given = pod.spec.containers[0]!.args!;
    expect(given.slice(given.indexOf('-entrypoint') + 1)).toEqual(then);
  });

  it('lays credentials out as Knative did, in every step', () => {
    const pod = build({ steps: [step()] }, { plan: PLAN });
    for (const container of all(pod)) {
      expect(container.args).toEqual(
        expect.arrayContaining(['-credentials_layout=knative-build', '-basic-git=creds=https://h']),
      );
      expect(mount(container, '/tekton/creds-secrets/creds')).toBe('secret-volume');
    }
  });
});

describe('a sub-path of the workspace', () => {
  const subPath = { volumeMounts: [{ name: 'workspace', mountPath: '/workspace', subPath: 'go' }] };
  const steps = [step({ name: 'custom-source' }), step({ ...subPath }), step({ name: 'b', ...subPath })];

  it('is mounted once the sources are there, and it was looked at', () => {
    const pod = build({ steps }, { plan: PLAN });
    expect(pod.spec.initContainers!.map(({ name }) => name)).toEqual([
      ...['build-step-git-source-0', 'build-step-custom-source', 'sub-path'],
    ]);
    expect(pod.spec.containers.map(({ name }) => name)).toEqual(['build-step-a', 'build-step-b']);
    expect(pod.spec.initContainers![2]).toMatchObject({
      command: ['/tekton/bin/entrypoint'],
      args: ['check-folders', '/workspace', 'go'],
    });
  });

  it('is looked at between init containers, too', () => {
    const pod = build({ steps }, { plan: PLAN, annotations: PLAIN });
    expect(all(pod).map(({ name }) => name)).toEqual([
      ...['credential-initializer', 'build-step-git-source-0', 'build-step-custom-source', 'sub-path'],
      ...['build-step-a', 'build-step-b'],
    ]);
  });

  it('of a volume of the user is left to the node', () => {
    const volumeMounts = [{ name: 'mine', mountPath: '/x', subPath: 'y' }];
    const pod = build({
      volumes: [{ name: 'mine', emptyDir: {} }],
      steps: [step(), step({ name: 'b', volumeMounts })],
    });
    expect(pod.spec.initContainers).toBeUndefined();
  });
});

describe('credentials for some steps', () => {
  const annotations = { 'slipway.dev/credentials-for': 'clone, push' };
  const steps = ['clone', 'test', 'push'].map((name) => step({ name }));

  it.each([
    ['Build', {}, '/builder/home'],
    ['nobody', {}, '/tekton/home'],
    ['Build', PLAIN, '/builder/home'],
    ['nobody', PLAIN, '/tekton/home'],
  ] as const)('are out of reach of the others (made by %s, %j)', (owner, order, home) => {
    const pod = build({ steps }, { owner, plan: PLAN, annotations: { ...annotations, ...order } });
    const homes = new Map<string, string | undefined>();
    for (const container of all(pod)) {
      const name = container.name.replace(/^(build-)?step-/, '');
      const sees = JSON.stringify([container.args, container.volumeMounts]).includes('creds=https://h');
      const mounts = mount(container, '/tekton/creds-secrets/creds') !== undefined;
      homes.set(name, mount(container, home));
      const isPlain = 'slipway.dev/step-order' in order;
      const expected = isPlain ? name === 'credential-initializer' : name !== 'test';
      expect([name, sees, mounts]).toEqual([name, expected, expected]);
    }
    const withCredentials = ['git-source-0', 'clone', 'push'].map((name) => homes.get(name));
    expect(new Set(withCredentials)).toEqual(new Set(['tekton-internal-credentials-home']));
    expect(homes.get('test')).not.toBe('tekton-internal-credentials-home');
  });

  it('are those of every step where nobody asks', () => {
    const pod = build({ steps }, { plan: PLAN });
    expect(all(pod).every(({ args }) => args!.includes('-basic-git=creds=https://h'))).toBe(true);
    expect(pod.spec.volumes!.some(({ name }) => name === 'tekton-internal-credentials-home')).toBe(false);
  });
});

describe('steps as init containers', () => {
  it('are plain: what they say is what runs, and the last is the pod’s own', () => {
    const steps = [step({ args: ['x'] }), step({ name: 'b', script: 'echo' }), { image: 'ubuntu', args: ['ls'] }];
    const pod = build({ steps }, { annotations: PLAIN });
    expect(pod.spec.initContainers!.map(({ name }) => name)).toEqual([
      ...['credential-initializer', 'build-step-a', 'build-step-b'],
    ]);
    expect(pod.spec.containers.map(({ name }) => name)).toEqual(['build-step-unnamed-2']);
    const [, a, b] = pod.spec.initContainers as [Container, Container, Container];
    expect([a.command, a.args]).toEqual([['true'], ['x']]);
    expect([b.command, b.args]).toEqual([['/tekton/scripts/script-1'], undefined]);
    expect(pod.spec.containers[0]).toMatchObject({ args: ['ls'], env: [{ name: 'HOME' }] });
    expect(pod.spec.containers[0]!.command).toBeUndefined();
    for (const container of [a, b, ...pod.spec.containers]) {
      expect(mount(container, '/tekton/bin')).toBeUndefined();
      expect(container.terminationMessagePath).toBeUndefined();
    }
  });

  it('of a TaskRun have a home for credentials, and an initializer only with credentials', () => {
    const bare = build({ steps: [step(), step({ name: 'b' })] }, { owner: 'nobody', annotations: PLAIN });
    expect(all(bare).map(({ name }) => name)).toEqual(['step-a', 'step-b']);
    expect(bare.spec.containers[0]!.env).toEqual([{ name: 'HOME', value: '/tekton/home' }]);
    const { spec } = build({ steps: [step()] }, { owner: 'nobody', annotations: PLAIN, plan: { ...PLAN, before: [] } });
    expect(spec.initContainers).toMatchObject([
      {
        name: 'credential-initializer',
        command: ['/tekton/bin/entrypoint'],
        args: ['write-credentials', '/tekton/home', '-basic-git=creds=https://h'],
      },
    ]);
  });
});

describe('on a cluster', () => {
  it('plain steps get nothing injected: what the platform does is in containers of its own', () => {
    const subPath = { volumeMounts: [{ name: 'workspace', mountPath: '/workspace', subPath: 'go' }] };
    const steps = [step({ name: 'custom-source' }), step(subPath)];
    const pod = build({ steps }, { plan: PLAN, annotations: PLAIN, delivery: CLUSTER });
    const own = all(pod).filter(({ image }) => image === 'e:1');
    expect(own.map(({ name, command, args }) => [name, command, args![0]])).toEqual([
      ['credential-initializer', ['/entrypoint'], 'write-credentials'],
      ['sub-path', ['/entrypoint'], 'check-folders'],
    ]);
    expect(all(pod).some((container) => mount(container, '/tekton/bin') !== undefined)).toBe(false);
  });

  it('a Build of one plain step is that container', () => {
    const pod = build({ steps: [{ name: 'a', image: 'x', args: ['y'] }] }, { delivery: CLUSTER });
    expect(pod.spec.initContainers).toBeUndefined();
    expect(pod.spec.containers[0]).toMatchObject({ name: 'build-step-a', args: ['y'], workingDir: '/workspace' });
    expect(pod.spec.containers[0]!.command).toBeUndefined();
  });
});

// prettier-ignore
const orders: [what: string, annotations: Record<string, string> | undefined, spec: TaskSpec, then: RegExp | undefined][] = [
  ['nothing that needs an entrypoint', PLAIN, { steps: [step({ script: 'echo', onError: 'stopAndFail' })] }, undefined],
  ['everything, with the entrypoint', { 'slipway.dev/step-order': 'entrypoint' }, { results: [{ name: 'r' }], steps: [step()] }, undefined],
  ['an order that there is not', { 'slipway.dev/step-order': 'random' }, { steps: [step()] }, /one of entrypoint, init-containers, not "random"/],
  ['results', PLAIN, { results: [{ name: 'r' }], steps: [step()] }, /results of the task/],
  ['sidecars', PLAIN, { sidecars: [{ name: 's' }], steps: [step()] }, /sidecars/],
  ['results of a step', PLAIN, { steps: [step({ results: [{ name: 'r' }] })] }, /results of steps/],
  ['guards', PLAIN, { steps: [step({ when: [{ input: 'a', operator: 'in', values: ['a'] }] })] }, /`when`/],
  ['a step that may fail', PLAIN, { steps: [step({ onError: 'continue' })] }, /`onError`/],
  ['a limit of a step', PLAIN, { steps: [step({ timeout: '1s' })] }, /`timeout`/],
  ['a captured stream', PLAIN, { steps: [step({ stdoutConfig: { path: '/x' } })] }, /stdoutConfig/],
  ['another step’s result', PLAIN, { steps: [step({ args: ['$(steps.a.results.b)'] })] }, /of other steps/],
  ['another step’s exit code', PLAIN, { steps: [step({ script: 'cat /tekton/steps/step-a/exitCode' })] }, /exit codes/],
  ['artifacts', PLAIN, { steps: [step({ script: 'cat $(artifacts.path)' })] }, /artifacts/],
  ['the folder of credentials', PLAIN, { steps: [step({ args: ['$(credentials.path)'] })] }, /credentials\.path/],
  ['several of these', PLAIN, { results: [{ name: 'r' }], steps: [step({ timeout: '1s' })] }, /results of the task; `timeout`/],
];
test.each(orders)('orderProblem judges %s', (_what, annotations, spec, then) => {
  const problem = orderProblem(annotations, { spec: {} }, spec);
  if (then === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(then);
});

test('orderProblem refuses breakpoints', () => {
  const run = { spec: { debug: { breakpoints: { onFailure: 'enabled' } } } };
  expect(orderProblem(PLAIN, run, { steps: [step()] })).toMatch(/breakpoints/);
});
