import type { Pod, Step, TaskRun, TaskRunSpec, TaskSpec } from '@slipway/contracts';
import { buildPod } from './build-pod.js';
import type { Delivery } from './entrypoint-delivery.js';
import { knownImageProcess } from './images.js';

const build = (
  spec: TaskSpec,
  over: { run?: TaskRunSpec; attempt?: number; annotations?: Record<string, string>; delivery?: Delivery } = {},
): Pod => {
  const metadata = { name: 'r', namespace: 'ns', uid: 'u', labels: { 'slipway.dev/shard': '7' } };
  const taskRun: TaskRun = {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { ...metadata, ...(over.annotations === undefined ? {} : { annotations: over.annotations }) },
    spec: over.run ?? {},
  };
  return buildPod({
    taskRun,
    spec,
    attempt: over.attempt ?? 0,
    delivery: over.delivery ?? { kind: 'host', path: '/bin-dir' },
    timeout: '1h0m0s',
    commandOf: knownImageProcess,
  });
};
const step = (over: Partial<Step> = {}): Step => ({ name: 'a', image: 'busybox', command: ['true'], ...over });
const mountsOf = (pod: Pod, container = 0): string[] =>
  pod.spec.containers[container]!.volumeMounts!.map(({ name, mountPath }) => `${name}:${mountPath}`);

/** Of each container, below /tekton/run. */
const runMountsOf = (pod: Pod): string[][] =>
  pod.spec.containers.map(({ volumeMounts = [] }) =>
    volumeMounts
      .filter(({ mountPath }) => mountPath.startsWith('/tekton/run/'))
      .map(({ mountPath, readOnly }) => (readOnly === true ? `ro ${mountPath}` : mountPath)),
  );

describe('buildPod', () => {
  it('gives the same pod for the same run, whenever it is asked (P1)', () => {
    const spec: TaskSpec = { steps: [step({ script: 'echo' }), step({ name: 'b' })], sidecars: [{ image: 'busybox' }] };
    expect(build(spec)).toEqual(build(structuredClone(spec)));
  });

  it('belongs to its run, in its shard', () => {
    const { metadata } = build({ steps: [step()] });
    expect(metadata).toMatchObject({
      name: 'r-pod',
      namespace: 'ns',
      labels: { 'slipway.dev/shard': '7', 'tekton.dev/taskRun': 'r', 'tekton.dev/taskRunUID': 'u' },
      ownerReferences: [{ kind: 'TaskRun', name: 'r', uid: 'u', controller: true, blockOwnerDeletion: true }],
    });
  });

  it('inherits annotations, but not how the run was applied', () => {
    const annotations = { mine: 'x', 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    expect(build({ steps: [step()] }, { annotations }).metadata.annotations).toEqual({ mine: 'x' });
  });

  it('carries small scripts in annotations, with a shebang', () => {
    const pod = build({ steps: [step({ script: 'echo hi' }), step({ name: 'b', script: '\n#!/bin/bash\necho' })] });
    expect(pod.metadata.annotations).toEqual({
      'slipway.dev/script-0': '#!/bin/sh\nset -e\necho hi',
      'slipway.dev/script-1': '#!/bin/bash\necho',
    });
    expect(pod.spec.initContainers).toBeUndefined();
    expect(pod.spec.volumes!.find(({ name }) => name === 'tekton-internal-scripts')?.downwardAPI?.items).toEqual([
      { path: 'script-0', fieldRef: { fieldPath: "metadata.annotations['slipway.dev/script-0']" }, mode: 0o755 },
      { path: 'script-1', fieldRef: { fieldPath: "metadata.annotations['slipway.dev/script-1']" }, mode: 0o755 },
    ]);
  });

  it('has large scripts written by an init container', () => {
    const text = `echo ${'x'.repeat(300_000)}`;
    const pod = build({ steps: [step({ script: text })] });
    expect(pod.metadata.annotations).toEqual({});
    const [prepare, ...others] = pod.spec.initContainers!;
    expect(others).toEqual([]);
    const [entrypoint, subcommand, flag, path, ...pieces] = prepare!.command!;
    expect([entrypoint, subcommand, flag, path]).toEqual([
      '/tekton/bin/entrypoint',
      'step-init',
      '-script',
      '/tekton/scripts/script-0',
    ]);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(128 * 1024);
    const written = pieces.map((piece) => Buffer.from(piece, 'base64').toString()).join('');
    expect(written).toBe(`#!/bin/sh\nset -e\n${text}`);
  });

  describe('on a cluster', () => {
    const cluster = (nativeSidecars: boolean): Delivery => ({
      kind: 'image',
      image: 'e:1',
      features: { nativeSidecars, imageVolumes: false },
    });

    it('makes of one plain step an ordinary container, whose image says what it runs', () => {
      const { initContainers, containers, volumes } = build(
        { steps: [{ name: 'a', image: 'unknown', args: ['x'] }] },
        { delivery: cluster(false) },
      ).spec;
      expect(initContainers).toBeUndefined();
      expect(containers[0]).toMatchObject({ name: 'step-a', image: 'unknown', args: ['x'] });
      expect(containers[0]!.command).toBeUndefined();
      expect(volumes!.map(({ name }) => name).filter((name) => /bin|run/.test(name))).toEqual([]);
    });

    it('runs a script of one plain step by its file', () => {
      const { containers } = build(
        { steps: [step({ script: 'echo', command: [] })] },
        { delivery: cluster(false) },
      ).spec;
      expect(containers[0]!.command).toEqual(['/tekton/scripts/script-0']);
    });

    it('has one init container that brings the entrypoint, links and large scripts (P3)', () => {
      const steps = [step({ script: `cat /tekton/steps/step-a/exitCode #${'x'.repeat(300_000)}` })];
      const { initContainers } = build({ steps }, { delivery: cluster(false) }).spec;
      expect(initContainers).toHaveLength(1);
      expect(initContainers![0]).toMatchObject({ name: 'prepare', image: 'e:1' });
      expect(initContainers![0]!.command!.slice(1, 7)).toEqual([
        ...['init', '/entrypoint', '/tekton/bin/entrypoint', 'step-a', '-script', '/tekton/scripts/script-0'],
      ]);
      expect(
        initContainers![0]!.volumeMounts!.map(({ mountPath, readOnly }) => [mountPath, readOnly ?? false]),
      ).toEqual([
        ['/tekton/bin', false],
        ['/tekton/steps', false],
        ['/tekton/scripts', false],
      ]);
    });

    it.each<[string, string, object]>([
      ['busybox', 'behind the default command, as with Tekton', { command: ['sh', '-c', 'ls'] }],
      ['bash', 'to the entrypoint of the image', { args: ['-c', 'ls'] }],
      ['example.com/strange:1', 'to what nobody knows', { args: ['-c', 'ls'] }],
    ])('gives arguments of a step that names no command, of image %s, %s', (image, _where, process) => {
      const { containers } = build(
        { steps: [{ name: 'a', image, args: ['-c', 'ls'] }] },
        { delivery: cluster(false) },
      ).spec;
      const { command, args } = containers[0]!;
      expect({ command, args }).toEqual(process);
    });

    it('leaves sidecars to the cluster where it knows them, and waits for nobody', () => {
      const spec: TaskSpec = { steps: [step()], sidecars: [{ name: 'db', image: 'busybox' }] };
      const native = build(spec, { delivery: cluster(true) }).spec;
      expect(native.initContainers).toMatchObject([{ name: 'sidecar-db', restartPolicy: 'Always' }]);
      expect(native.containers.map(({ name, command }) => [name, command])).toEqual([['step-a', ['true']]]);
      const ordinary = build(spec, { delivery: cluster(false) }).spec;
      expect(ordinary.containers.map(({ name }) => name)).toEqual(['step-a', 'sidecar-db']);
      expect(ordinary.containers[0]!.args).toContain('/tekton/downward/ready');
    });
  });

  it('links the directories of steps only where a step names one (P3)', () => {
    expect(build({ steps: [step({ script: 'cat /tekton/steps/step-a/exitCode' })] }).spec.initContainers).toMatchObject(
      [{ name: 'prepare', command: ['/tekton/bin/entrypoint', 'step-init', 'step-a'] }],
    );
    expect(build({ steps: [step()] }).spec.initContainers).toBeUndefined();
  });

  it('mounts nothing of ours where the user mounts something (P2)', () => {
    const volumeMounts = [{ name: 'mine', mountPath: '/workspace/' }];
    const pod = build({ volumes: [{ name: 'mine', emptyDir: {} }], steps: [step({ volumeMounts })] });
    expect(mountsOf(pod).filter((mount) => mount.includes(':/workspace'))).toEqual(['mine:/workspace/']);
  });

  it('lets a step write only to its own directory, and read that of the step before', () => {
    const pod = build({ steps: [step(), step({ name: 'b' }), step({ name: 'c' })] });
    expect(runMountsOf(pod)).toEqual([
      ['/tekton/run/0'],
      ['ro /tekton/run/0', '/tekton/run/1'],
      ['ro /tekton/run/1', '/tekton/run/2'],
    ]);
  });

  it.each([
    ['exit codes', 'cat /tekton/steps/step-a/exitCode'],
    ['results', 'echo $(steps.a.results.r)'],
    ['folders', 'ls /tekton/run'],
  ])('lets steps read %s of all others where one of them asks', (_what, script) => {
    const pod = build({ steps: [step(), step({ name: 'b' }), step({ name: 'c', script })] });
    expect(runMountsOf(pod)[2]).toEqual(['ro /tekton/run/0', 'ro /tekton/run/1', '/tekton/run/2']);
  });

  it.each([
    ['/tekton/steps', 'cat /tekton/steps/step-a/exitCode'],
    ['/tekton/artifacts', 'ls /tekton/artifacts'],
  ])('mounts %s only where a step can see that it is there', (path, script) => {
    const paths = (pod: Pod): string[] => pod.spec.containers[0]!.volumeMounts!.map(({ mountPath }) => mountPath);
    expect(paths(build({ steps: [step(), step({ name: 'b' })] }))).not.toContain(path);
    expect(paths(build({ steps: [step(), step({ name: 'b', script })] }))).toContain(path);
  });

  it('merges the template below each step', () => {
    const pod = build({
      stepTemplate: {
        image: 'ubuntu',
        env: [
          { name: 'A', value: 'template' },
          { name: 'B', value: 'template' },
        ],
        securityContext: { runAsUser: 1, runAsGroup: 2 },
      },
      steps: [{ name: 'a', command: ['x'], env: [{ name: 'A', value: 'own' }], securityContext: { runAsUser: 9 } }],
    });
    expect(pod.spec.containers[0]).toMatchObject({
      image: 'ubuntu',
      env: [
        { name: 'A', value: 'own' },
        { name: 'B', value: 'template' },
      ],
      securityContext: { runAsUser: 9, runAsGroup: 2 },
    });
  });

  it('takes resources from the run over the step, and shares those of the whole out', () => {
    const spec: TaskSpec = {
      steps: [step({ computeResources: { requests: { cpu: '1', memory: '1Gi' } } }), step({ name: 'b' })],
    };
    const perStep = build(spec, { run: { stepSpecs: [{ name: 'a', computeResources: { requests: { cpu: '2' } } }] } });
    expect(perStep.spec.containers[0]!.resources).toEqual({ requests: { cpu: '2', memory: '1Gi' } });
    const whole = build(spec, {
      run: { computeResources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '4' } } },
    });
    expect(whole.spec.containers.map(({ resources }) => resources)).toEqual([
      { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '4' } },
      { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '4' } },
    ]);
  });

  it("takes a sidecar's resources from the run, field by field over its own", () => {
    const sidecars = [
      { name: 'db', image: 'i', computeResources: { requests: { cpu: '1', memory: '1Gi' } } },
      { name: 'cache', image: 'i' },
    ];
    const sidecarSpecs = [{ name: 'db', computeResources: { requests: { cpu: '2' }, limits: { cpu: '4' } } }];
    const { containers } = build({ steps: [step()], sidecars }, { run: { sidecarSpecs } }).spec;
    expect(containers.map(({ name, resources }) => [name, resources])).toEqual([
      ['step-a', undefined],
      ['sidecar-db', { requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '4' } }],
      ['sidecar-cache', undefined],
    ]);
  });

  it('lets the entrypoint copy the streams of a step, and of no other', () => {
    const captured = step({ stdoutConfig: { path: '/out' }, stderrConfig: { path: '/err' } });
    const { containers } = build({ steps: [captured, step({ name: 'b' })] }).spec;
    const flags = (args: string[] = []): string[] =>
      args.filter((_, i) => /^-std(out|err)_path$/.test(args[i - 1] ?? ''));
    expect(containers.map(({ args }) => flags(args))).toEqual([['/out', '/err'], []]);
  });

  it('takes what a pod template says', () => {
    const pod = build(
      { steps: [step()] },
      {
        run: {
          podTemplate: {
            env: [{ name: 'E', value: '1' }],
            nodeSelector: { a: 'b' },
            securityContext: { runAsUser: 5 },
          },
        },
      },
    );
    expect(pod.spec).toMatchObject({
      nodeSelector: { a: 'b' },
      securityContext: { runAsUser: 5 },
      restartPolicy: 'Never',
    });
    expect(pod.spec.containers[0]!.env).toEqual([{ name: 'E', value: '1' }]);
    expect(pod.spec.env).toBeUndefined();
  });

  it("sets a pod template's variables over those of the steps", () => {
    const own = step({ env: [{ name: 'E', value: 'own' }, { name: 'F', value: '$(E)' }] }); // prettier-ignore
    const { containers } = build(
      { steps: [own] },
      { run: { podTemplate: { env: [{ name: 'E', value: 'over' }] } } },
    ).spec;
    expect(containers[0]!.env).toEqual([
      { name: 'E', value: 'over' },
      { name: 'F', value: '$(E)' },
    ]);
  });

  it('leaves nothing in a container that only Tekton understands', () => {
    const full = step({
      displayName: 'A',
      onError: 'continue',
      timeout: '1s',
      results: [{ name: 'r' }],
      workspaces: [],
    });
    const allowed = ['name', 'image', 'command', 'args', 'env', 'volumeMounts', 'terminationMessagePath'];
    expect(Object.keys(build({ steps: [full] }).spec.containers[0]!).filter((key) => !allowed.includes(key))).toEqual(
      [],
    );
  });

  it('asks the table of known images what runs when a step does not say', () => {
    const [container] = build({ steps: [{ name: 'a', image: 'docker.io/library/busybox:1.36', args: ['-c', 'ls'] }] })
      .spec.containers;
    expect(container!.args!.slice(-5)).toEqual(['-entrypoint', 'sh', '--', '-c', 'ls']);
    expect(() => build({ steps: [{ name: 'a', image: 'example.com/strange:1' }] })).toThrow(
      /step "a" names no command/,
    );
  });
});
