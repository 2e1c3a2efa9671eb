// Pods of Knative Builds, and steps as init containers, on the process runtime.

import { readFileSync, readdirSync } from 'node:fs';
import {
  BUILDS,
  PODS,
  SlipwayError,
  isDone,
  succeeded,
  type Build,
  type CommitRequest,
  type KubeObject,
  type Pod,
  type ResourcePlan,
  type Step,
  type TaskRun,
  type TaskSpec,
  type Write,
} from '@slipway/contracts';
import { suiteWorld } from './executor-world.js';

const IMAGE = 'ubuntu';
const BUILD_OWNER = { apiVersion: 'build.knative.dev/v1alpha1', kind: 'Build', uid: 'b-uid', controller: true };
const PLAIN = { 'slipway.dev/step-order': 'init-containers' };

const world = suiteWorld();

interface Given {
  of?: 'Build' | 'nobody';
  annotations?: Record<string, string>;
  spec?: Partial<TaskRun['spec']>;
}

const submit = async (
  name: string,
  taskSpec: TaskSpec,
  { of = 'Build', annotations = {}, spec }: Given = {},
): Promise<void> =>
  world.create({
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name, annotations, ...(of === 'Build' ? { ownerReferences: [{ ...BUILD_OWNER, name }] } : {}) },
    spec: { taskSpec, ...spec },
  } as TaskRun);
const run = async (name: string, taskSpec: TaskSpec, given?: Given): Promise<TaskRun> => {
  await submit(name, taskSpec, given);
  return world.done(name);
};
const sh = (name: string | undefined, text: string, over: Partial<Step> = {}): Step => ({
  ...(name === undefined ? {} : { name }),
  ...{ image: IMAGE, command: ['/bin/sh'], args: ['-c', text] },
  ...over,
});
const lines = async (taskRun: TaskRun, container: string): Promise<string[]> =>
  (await world.log(taskRun.status!.podName!, container)).filter((line) => !line.startsWith('slipway:'));
const stepsOf = ({ status }: TaskRun): unknown =>
  status?.steps?.map(({ name, container, terminationReason }) => [name, container, terminationReason]);

describe.each([
  ['the entrypoint', {}],
  ['init containers', PLAIN],
])('a Build ordered by %s', (_order, annotations) => {
  const prefix = 'slipway.dev/step-order' in annotations ? 'plain' : 'wrapped';
  const build = (name: string, spec: TaskSpec): Promise<TaskRun> => run(`${prefix}-${name}`, spec, { annotations });

  it('has Knative’s home, workspace and names', async () => {
    const taskRun = await build('customs', {
      steps: [
        sh(
          'first',
          'echo $HOME $PWD $(context.taskRun.name 2>/dev/null); getent passwd root | cut -d: -f6; echo kept > ~/file; echo shared > file',
        ),
        sh(undefined, 'cat ~/file /workspace/file; echo $HOME', { env: [{ name: 'OTHER', value: 'x' }] }),
        { image: IMAGE, args: ['echo', 'no command'], workingDir: '/workspace/made/for/it' },
        sh('own-home', 'echo $HOME', { env: [{ name: 'HOME', value: '/workspace' }] }),
      ],
    });
    expect(succeeded(taskRun)).toMatchObject({ status: 'True', reason: 'Succeeded' });
    expect(taskRun.status?.podName).toMatch(/^(plain|wrapped)-customs-pod-[0-9a-f]{6}$/);
    expect(stepsOf(taskRun)).toEqual([
      ['first', 'build-step-first', 'Completed'],
      ['unnamed-1', 'build-step-unnamed-1', 'Completed'],
      ['unnamed-2', 'build-step-unnamed-2', 'Completed'],
      ['own-home', 'build-step-own-home', 'Completed'],
    ]);
    expect(await lines(taskRun, 'build-step-first')).toEqual(['/builder/home /workspace', '/builder/home']);
    expect(await lines(taskRun, 'build-step-unnamed-1')).toEqual(['kept', 'shared', '/builder/home']);
    expect(await lines(taskRun, 'build-step-unnamed-2')).toEqual(['no command']);
    expect(await lines(taskRun, 'build-step-own-home')).toEqual(['/workspace']);
  });

  it('shows the messages that steps leave, whatever they look like', async () => {
    const taskRun = await build('messages', {
      steps: [
        sh('plain', 'echo hello > /dev/termination-log'),
        sh('custom', `printf '{"not":"ours"}' > /tmp/foo`, { terminationMessagePath: '/tmp/foo' }),
        sh('none', 'true'),
        sh('long', 'head -c 9000 /dev/zero | tr "\\0" x > /dev/termination-log'),
      ],
    });
    const messages = taskRun.status?.steps?.map(({ terminated }) => terminated?.message);
    expect(messages?.slice(0, 3)).toEqual(['hello\n', '{"not":"ours"}', undefined]);
    expect(messages?.[3]).toMatch(/^x{3000,}$/);
  });

  it('stops at the first step that fails, and says which never began', async () => {
    const taskRun = await build('failing', {
      steps: [sh('ok', 'true'), sh('bad', 'exit 3'), sh('after', 'echo never'), sh('last', 'echo never')],
    });
    expect(succeeded(taskRun)).toMatchObject({
      status: 'False',
      reason: 'StepFailed',
      message: '"build-step-bad" exited with code 3: Error',
    });
    expect(taskRun.status?.steps?.map(({ name, terminationReason }) => [name, terminationReason])).toEqual([
      ...[
        ['ok', 'Completed'],
        ['bad', 'Error'],
      ],
      ...[
        ['after', 'Skipped'],
        ['last', 'Skipped'],
      ],
    ]);
    expect(await lines(taskRun, 'build-step-after')).not.toContain('never');
  });

  it('runs again from its first step, and ends at once when it is cancelled', async () => {
    const name = `${prefix}-again`;
    const flag = '[ -e /tmp/none ] || exit 1';
    const retried = await run(name, { steps: [sh('a', 'true'), sh('b', flag)] }, { annotations, spec: { retries: 1 } });
    expect(retried.status?.retriesStatus).toHaveLength(1);
    expect(retried.status?.retriesStatus?.[0]?.podName).not.toBe(retried.status?.podName);

    await submit(`${prefix}-cancelled`, { steps: [sh('a', 'sleep 600'), sh('b', 'true')] }, { annotations });
    await world.until('the first step runs', () => world.taskRun(`${prefix}-cancelled`)?.status?.steps?.[0]?.running);
    expect(succeeded(world.taskRun(`${prefix}-cancelled`)!)?.reason).toBe('Running');
    await world.update(`${prefix}-cancelled`, (one) => ({ ...one, spec: { ...one.spec, status: 'TaskRunCancelled' } }));
    const cancelled = await world.done(`${prefix}-cancelled`);
    expect(succeeded(cancelled)?.reason).toBe('TaskRunCancelled');
    await world.cleanedUp(cancelled.status!.podName!);
  });

  const inSubPath = { volumeMounts: [{ name: 'workspace', mountPath: '/workspace', subPath: 'go' }] };
  const subPath = async (name: string, source: string): Promise<TaskRun> =>
    build(name, {
      steps: [sh('custom-source', source), sh('look', 'pwd; ls', inSubPath), sh('again', 'ls', inSubPath)],
    });

  it('sees the part of its source that is asked for', async () => {
    const taskRun = await subPath('part', 'mkdir -p go other; touch go/file');
    expect(succeeded(taskRun)).toMatchObject({ status: 'True' });
    expect(await lines(taskRun, 'build-step-look')).toEqual(['/workspace', 'file']);
    expect(await lines(taskRun, 'build-step-again')).toEqual(['file']);
    expect(stepsOf(taskRun)).toHaveLength(3);
  });

  it.each([
    ['missing', 'true', 'subPath "go" is not in /workspace'],
    ['a-file', 'touch go', 'subPath "go" in /workspace is not a folder'],
    ['outside', 'ln -s /builder/home go', 'subPath "go" leads out of /workspace'],
    ['up', 'ln -s .. go', 'subPath "go" leads out of /workspace'],
  ])('fails and says why where that is %s', async (name, source, why) => {
    const taskRun = await subPath(name, source);
    expect(succeeded(taskRun)).toMatchObject({ status: 'False', reason: 'SubPathInvalid', message: why });
    expect(taskRun.status?.steps?.map(({ terminationReason }) => terminationReason)).toEqual([
      ...['Completed', 'Skipped', 'Skipped'],
    ]);
  });
});

describe('a TaskRun whose steps are init containers', () => {
  const plain = (name: string, spec: TaskSpec): Promise<TaskRun> =>
    run(name, spec, { of: 'nobody', annotations: PLAIN });

  it('runs steps and scripts without an entrypoint', async () => {
    const taskRun = await plain('plain-tekton', {
      steps: [
        {
          name: 'script',
          image: IMAGE,
          script: '#!/bin/sh\nls /tekton/bin 2>/dev/null; echo one > /workspace/x; echo $HOME',
        },
        sh('last', 'cat /workspace/x'),
      ],
    });
    expect(succeeded(taskRun)).toMatchObject({ status: 'True', reason: 'Succeeded' });
    expect(stepsOf(taskRun)).toEqual([
      ['script', 'step-script', 'Completed'],
      ['last', 'step-last', 'Completed'],
    ]);
    expect(await lines(taskRun, 'step-script')).toEqual(['/tekton/home']);
    expect(await lines(taskRun, 'step-last')).toEqual(['one']);
    expect(world.pod(taskRun.status!.podName!)?.spec.initContainers?.map(({ name }) => name)).toEqual(['step-script']);
  });

  it('is refused what needs an entrypoint', async () => {
    const taskRun = await plain('plain-results', { results: [{ name: 'r' }], steps: [sh('a', 'true')] });
    expect(succeeded(taskRun)).toMatchObject({
      status: 'False',
      reason: 'StepOrderUnsupported',
      message: expect.stringContaining('results of the task') as string,
    });
    expect(taskRun.status?.podName).toBeUndefined();
  });
});

describe('credentials', () => {
  const CANARIES = { username: 'canary-user', password: 'canary-password-7Z', key: 'canary-key-9Q' };
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const secret = (name: string, type: string, data: Record<string, string>): Promise<void> => {
    const metadata = { name, annotations: { 'build.knative.dev/git-0': 'https://h' } };
    return world.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type: `kubernetes.io/${type}`,
      data,
    } as KubeObject);
  };
  const mounts = ['basic', 'key'].map((name) => ({
    volume: { name: `secret-${name}`, secret: { secretName: name } },
    mount: { name: `secret-${name}`, mountPath: `/tekton/creds-secrets/${name}`, readOnly: true as const },
  }));
  const plan: ResourcePlan = {
    ...{ before: [], after: [], volumes: [], cloudEventTargets: [], replacements: {} },
    credentials: {
      volumes: mounts.map(({ volume }) => volume),
      volumeMounts: mounts.map(({ mount }) => mount),
      entrypointArgs: ['-basic-git=basic=https://h', '-basic-docker=basic=https://r', '-ssh-git=key=h'],
      env: [],
    },
  };

  beforeAll(async () => {
    await secret('basic', 'basic-auth', { username: encode(CANARIES.username), password: encode(CANARIES.password) });
    await secret('key', 'ssh-auth', { 'ssh-privatekey': encode(CANARIES.key), known_hosts: encode('h ssh-rsa AAA') });
    const secrets = [{ name: 'basic' }, { name: 'key' }];
    await world.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'builder' },
      secrets,
    } as KubeObject);
    world.logs.plan = plan;
  });

  const SHOW =
    'for f in ~/.git-credentials ~/.docker/config.json ~/.ssh/id_key; do cat $f 2>/dev/null || echo none; done; ' +
    'ls /tekton/creds-secrets 2>/dev/null; cat /proc/*/cmdline | tr "\\0" " "; env';

  it.each([
    ['a-build', 'Build', {}],
    ['a-plain-build', 'Build', PLAIN],
    ['a-task-run', 'nobody', {}],
    ['a-plain-task-run', 'nobody', PLAIN],
  ] as const)(
    'of %s show in no log, argument, status or object, and only to those steps that are named',
    async (name, of, order) => {
      const annotations = { 'slipway.dev/credentials-for': 'clone,push', ...order };
      const steps = ['clone', 'test', 'push'].map((step) => sh(step, SHOW));
      await submit(name, { steps }, { of, annotations, spec: { serviceAccountName: 'builder' } });
      let commandLines = '';
      const taskRun = await world.until('the run is done', () => {
        commandLines += allCommandLines();
        const seen = world.taskRun(name)!;
        return isDone(seen) ? seen : undefined;
      });
      expect(succeeded(taskRun)).toMatchObject({
        status: 'True',
        reason: 'Succeeded',
        message: 'All Steps have completed executing',
      });
      const prefix = of === 'Build' ? 'build-step-' : 'step-';
      const shown = await Promise.all(['clone', 'test', 'push'].map((step) => lines(taskRun, prefix + step)));
      for (const seen of [shown[0]!, shown[2]!]) expect(seen.join('\n')).toContain('***');
      expect(shown[1]!.join('\n')).not.toContain('***');

      const everything = JSON.stringify([
        ...[taskRun, world.pod(taskRun.status!.podName!), shown, world.states()],
        commandLines,
      ]);
      expect(commandLines).toContain('bwrap');
      for (const canary of Object.values(CANARIES)) {
        for (const form of [canary, encode(canary), encode(`${CANARIES.username}:${CANARIES.password}`)]) {
          expect(everything.includes(form)).toBe(false);
        }
      }
    },
  );
});

describe('a Build of which nothing is stored yet', () => {
  const commits: CommitRequest[] = [];
  const create = (name: string, spec: Partial<Build['spec']> = {}, annotations = {}): Promise<void> =>
    world.create({
      ...{ apiVersion: 'build.knative.dev/v1alpha1', kind: 'Build', metadata: { name, annotations } },
      spec: { steps: [sh('s', 'echo ran')], ...spec },
    } as Build);
  const doneBuild = (name: string): Promise<Build> =>
    world.until(`${name} is done`, () => {
      const build = world.objects.find<Build>(BUILDS, 'ns', name);
      return build !== undefined && isDone(build) ? build : undefined;
    });
  afterEach(() => {
    world.objects.beforeCommit = () => {};
    commits.length = 0;
  });

  it('gets its TaskRun, and that its pod, with one commit', async () => {
    world.objects.beforeCommit = (request) => void (request.fence !== undefined && commits.push(request));
    await create('at-once');
    expect(succeeded(await doneBuild('at-once'))?.status).toBe('True');
    const kinds = commits[0]!.writes.map((write) => (write.op === 'delete' ? '' : write.object.kind));
    expect(kinds).toEqual(['TaskRun', 'Pod', 'Build', 'Event', 'Event']);
    const taskRun = world.taskRun('at-once')!;
    expect(world.pod(taskRun.status!.podName!)!.metadata.ownerReferences).toMatchObject([
      { uid: taskRun.metadata.uid },
    ]);
    expect(await lines(taskRun, 'build-step-s')).toEqual(['ran']);
  });

  it('goes on by itself where TaskRun and pod cannot be made at once', async () => {
    world.objects.beforeCommit = ({ writes }) => {
      if (writes.some(({ op }) => op === 'create-as')) throw new TypeError('a registry that knows of no such write');
    };
    await create('one-by-one');
    expect(succeeded(await doneBuild('one-by-one'))?.status).toBe('True');
    expect(await lines(world.taskRun('one-by-one')!, 'build-step-s')).toEqual(['ran']);
  });

  it('ends as its TaskRun where its pod cannot be made at all', async () => {
    world.objects.beforeCommit = ({ writes }) => {
      const isPod = (write: Write): boolean =>
        write.op !== 'delete' && write.object.metadata.name.startsWith('poison-pod');
      if (writes.some(isPod)) throw new TypeError('cannot read properties of undefined');
    };
    await create('poison');
    expect(succeeded(await doneBuild('poison'))).toMatchObject({ status: 'False', reason: 'BuildExecuteFailed' });
  });

  it('ends where no TaskRun can be made of it, and its neighbour does not notice', async () => {
    await create('nonsense', { volumes: [{ name: 'v', gitRepo: {} } as never] }); // as no registry would store it
    await create('healthy');
    expect(succeeded(await doneBuild('healthy'))?.status).toBe('True');
    expect(succeeded(await doneBuild('nonsense'))).toMatchObject({ status: 'False', reason: 'BuildExecuteFailed' });
  });

  it('says that it waits for a registry, and for no longer than it may wait', async () => {
    const image = 'registry.example.com/app:1';
    world.unreachable.add(image);
    await create('waits', { steps: [{ image, args: ['x'] }] }, { 'slipway.dev/pending-timeout': '1s' });
    const waiting = await world.until('it says so', () => {
      const build = world.objects.find<Build>(BUILDS, 'ns', 'waits');
      return build === undefined ? undefined : succeeded(build);
    });
    expect(waiting).toMatchObject({ status: 'Unknown', reason: 'Pending' });
    expect(waiting.message).toContain('The registry does not answer.');
    expect(succeeded(await doneBuild('waits'))).toMatchObject({ status: 'False', reason: 'BuildTimeout' });
  });

  it('is begun once where the answer to that commit is lost', async () => {
    const commit = world.objects.commit.bind(world.objects);
    world.objects.commit = async (request) => {
      const reply = await commit(request);
      if (request.fence === undefined) return reply;
      world.objects.commit = commit;
      throw new SlipwayError('transient', 'Down', 'the answer was lost');
    };
    await create('unheard');
    expect(succeeded(await doneBuild('unheard'))?.status).toBe('True');
    expect(await lines(world.taskRun('unheard')!, 'build-step-s')).toEqual(['ran']);
    expect(world.objects.all<Pod>(PODS).filter(({ metadata }) => metadata.name.startsWith('unheard-'))).toHaveLength(1);
  });
});

/** Of everything that runs on this machine just now. */
function allCommandLines(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return ''; // it has ended
      }
    })
    .join('\n');
}
