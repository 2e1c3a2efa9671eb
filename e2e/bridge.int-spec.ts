// Runs of an installed Tekton's API that Slipway serves: a real API server with Tekton's CRDs, the registry as a process of its
// own that is killed, and scheduler and executor beside it; pods are faked.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { connectBus, type Bus } from '@slipway/bus';
import {
  PIPELINE_RUNS,
  PODS,
  TASK_RUNS,
  isDone,
  succeeded,
  type KubeObject,
  type PipelineRun,
  type TaskRun,
} from '@slipway/contracts';
import { freePort, type RunningService } from '@slipway/service';
import { busStore, type Store } from '@slipway/store';
import {
  buildTestProgram,
  eventually,
  findApiServer,
  startTestApiServer,
  startTestNats,
  tempDir,
  type TestApiServer,
  type TestNats,
  type TestProgram,
} from '@slipway/testing';
import { parseAllDocuments } from 'yaml';
import { startExecutor } from '../apps/executor/src/start.js';
import { startScheduler } from '../apps/scheduler/src/start.js';
import { fakedExecutor } from './faked-executor.js';
import { tektonCrds } from './tekton-crds.js';

const run = promisify(execFile);
const OVERLAY = resolve(import.meta.dirname, '../deploy/kubernetes/overlays/beside-tekton');
const REGISTRY = resolve(import.meta.dirname, '../apps/registry/src/main.ts');
const ACCOUNT = 'system:serviceaccount:slipway:slipway-registry';
const LIMIT_MS = 30_000;
/** What the registry is allowed, and the Secret that it writes; no API server without nodes runs the rest. */
const APPLIED = /^(Namespace|ClusterRole|ClusterRoleBinding|Role|RoleBinding|Secret)$/;
const FOR_EVER_MS = 3_600_000;
const programs = findApiServer();
if (programs === undefined) process.stderr.write('there is no kube-apiserver: the tests that use it are skipped\n');

(programs === undefined ? describe.skip : describe)('runs of an installed Tekton with managedBy slipway.dev', () => {
  let server: TestApiServer;
  let nats: TestNats;
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let program: TestProgram;
  let registry: ChildProcess;
  let scheduler: RunningService;
  let executor: RunningService;
  let bus: Bus;
  let store: Store;
  const common = () => ({
    natsUrl: nats.url,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'error',
    logFormat: 'text' as const,
  });
  const startTheExecutor = async (fakedRunMs: number): Promise<void> => {
    await executor?.stop();
    executor = await startExecutor({ ...common(), instance: 'executor-0', ...fakedExecutor(dir.path), fakedRunMs });
  };
  const startTheRegistry = async (): Promise<void> => {
    const port = await freePort();
    registry = spawn(process.execPath, [program.path], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        NATS_URL: nats.url,
        HOST: '127.0.0.1',
        PORT: String(port),
        DATABASE: `sqlite:${join(dir.path, 'registry.db')}`,
        CLUSTER: server.of(ACCOUNT),
        BESIDE_TEKTON: 'true',
        LOG_LEVEL: 'error',
      },
    });
    await eventually(() => store.heads(), { deadlineMs: LIMIT_MS, what: 'the registry answers' });
  };
  const killTheRegistry = async (): Promise<void> => {
    const ended = new Promise((done) => registry.once('exit', done));
    registry.kill('SIGKILL');
    await ended;
  };

  const kubectl = async (args: string, input = ''): Promise<string> => {
    const running = run('kubectl', ['--kubeconfig', server.admin, ...args.split(' ')], { maxBuffer: 64 << 20 });
    running.child.stdin?.end(input);
    return (await running).stdout;
  };
  const apply = (...objects: object[]): Promise<string> =>
    kubectl('apply -f -', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  const read = async <T extends KubeObject>(resource: string, name: string): Promise<T | undefined> => {
    const text = await kubectl(`get ${resource} ${name} --ignore-not-found --show-managed-fields -o json`);
    return text === '' ? undefined : (JSON.parse(text) as T);
  };
  const until = <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> =>
    eventually(look, { deadlineMs: LIMIT_MS, what }) as Promise<T>;
  const ended = (name: string): Promise<PipelineRun> =>
    until(`${name} is over in the cluster`, async () => {
      const found = await read<PipelineRun>('pipelinerun', name);
      return found !== undefined && isDone(found) && found;
    });
  const stored = (name: string): Promise<PipelineRun | undefined> => store.get(PIPELINE_RUNS, 'default', name);
  const shownTaskRuns = async (name: string): Promise<TaskRun[]> => {
    const text = await kubectl(`get taskruns -l tekton.dev/pipelineRun=${name} -o json`);
    return (JSON.parse(text) as { items: TaskRun[] }).items;
  };
  /** The run has a pod that runs. */
  const running = (name: string): Promise<TaskRun> =>
    until(`${name} runs in the cluster`, async () => {
      const [first] = await shownTaskRuns(name);
      return first !== undefined && succeeded(first)?.reason === 'Running' && first;
    });
  const podsOf = async (name: string): Promise<string[]> => {
    const pods = await store.list(PODS, { labelSelector: `tekton.dev/pipelineRun=${name}` });
    return pods.items.map(({ metadata }) => metadata.name);
  };

  beforeAll(async () => {
    [server, nats, dir, program] = await Promise.all([
      startTestApiServer(programs!, [ACCOUNT]),
      startTestNats(),
      tempDir(),
      buildTestProgram(REGISTRY),
    ]);
    bus = await connectBus({ url: nats.url, name: 'test' });
    store = busStore(bus);
    const manifests = parseAllDocuments(await kubectl(`kustomize ${OVERLAY}`)).map((one) => one.toJS() as KubeObject);
    await kubectl('apply -f -', tektonCrds());
    await apply(...manifests.filter(({ kind }) => kind === 'Namespace'));
    await apply(...manifests.filter(({ kind }) => APPLIED.test(kind)));
    await kubectl('wait --for=condition=Established --all crd');
    await startTheRegistry();
    scheduler = await startScheduler({ ...common(), instance: 'scheduler-0' });
    await startTheExecutor(1);
  }, 120_000);

  afterAll(async () => {
    await executor?.stop();
    await scheduler?.stop();
    await killTheRegistry();
    await bus?.close();
    await Promise.all([server?.close(), nats?.close()]);
    program?.remove();
    await dir?.remove();
  }, 60_000);

  test('one that is applied with all it refers to runs to its end, and its TaskRuns are seen', async () => {
    await apply(
      stepAction('say'),
      task('greet', { steps: [{ name: 'one', ref: { name: 'say' } }] }),
      pipeline('both', [
        { name: 'first', taskRef: { name: 'greet' } },
        { name: 'second', taskRef: { name: 'greet' }, runAfter: ['first'] },
      ]),
      pipelineRun('both-1', { pipelineRef: { name: 'both' } }),
    );
    const done = await ended('both-1');
    expect(succeeded(done)).toMatchObject({ status: 'True', reason: 'Succeeded' });
    expect(done.status?.childReferences?.map(({ name }) => name)).toEqual(['both-1-first', 'both-1-second']);
    const children = await until('both TaskRuns are over in the cluster', async () => {
      const shown = await shownTaskRuns('both-1');
      return shown.length === 2 && shown.every(isDone) && shown;
    });
    for (const child of children) {
      expect(child.spec.managedBy).toBe('slipway.dev');
      expect(child.metadata.labels).toMatchObject({ 'tekton.dev/pipeline': 'both', 'tekton.dev/task': 'greet' });
      expect(child.metadata.ownerReferences).toMatchObject([
        { kind: 'PipelineRun', name: 'both-1', uid: done.metadata.uid, controller: true },
      ]);
      expect(child.status?.steps).toMatchObject([{ terminated: { exitCode: 0 } }]);
    }
  });

  test('a TaskRun of a user does as well, and a definition that changed is read anew', async () => {
    await apply(task('changing', { steps: [step()] }), taskRun('changing-1', { taskRef: { name: 'changing' } }));
    const over = async (name: string): Promise<TaskRun> =>
      until(`${name} is over`, async () => {
        const found = await read<TaskRun>('taskrun', name);
        return found !== undefined && isDone(found) && found;
      });
    expect((await over('changing-1')).status?.steps).toHaveLength(1);
    await apply(
      task('changing', { steps: [step(), step()] }),
      taskRun('changing-2', { taskRef: { name: 'changing' } }),
    );
    expect((await over('changing-2')).status?.steps).toHaveLength(2);
    await kubectl('delete task changing');
    await apply(taskRun('changing-3', { taskRef: { name: 'changing' } }));
    expect(succeeded(await over('changing-3'))).toMatchObject({ status: 'False' });
  });

  test('runs of others are left alone, and not stored', async () => {
    await apply(
      pipelineRun('theirs', { pipelineSpec: { tasks: [inline('a')] }, managedBy: undefined }),
      pipelineRun('kueues', { pipelineSpec: { tasks: [inline('a')] }, managedBy: 'kueue.x-k8s.io/multikueue' }),
      pipelineRun('ours', { pipelineSpec: { tasks: [inline('a')] } }),
    );
    await ended('ours'); // was applied last
    for (const name of ['theirs', 'kueues']) {
      const found = await read<PipelineRun>('pipelinerun', name);
      expect(found).not.toHaveProperty('status');
      expect(found?.metadata.managedFields?.length).toBe(1);
      expect(await stored(name)).toBeUndefined();
    }
  });

  test('one that a RetentionPolicy removes goes in the cluster, and its TaskRuns with it', async () => {
    await apply(pipelineRun('short-lived', { pipelineSpec: { tasks: [inline('a')] } }));
    await ended('short-lived');
    const policy = {
      apiVersion: 'slipway.dev/v1alpha1',
      kind: 'RetentionPolicy',
      metadata: meta('none'),
      spec: { succeeded: { keep: 0 } },
    } as KubeObject;
    await store.commit({ writes: [{ op: 'create', object: policy }] });
    await until('the run has gone', async () => (await read('pipelinerun', 'short-lived')) === undefined);
    await until('its TaskRun is seen no more', async () => (await shownTaskRuns('short-lived')).length === 0);
    await until('nothing is stored', async () => (await stored('short-lived')) === undefined);
    const key = { resource: 'retentionpolicies.slipway.dev', namespace: 'default', name: 'none' };
    await store.commit({ writes: [{ op: 'delete', key }] });
  });

  test('pipelines in pipelines are seen below each other', async () => {
    const inner = { name: 'inner', pipelineSpec: { tasks: [inline('a')] } };
    await apply(pipelineRun('outer', { pipelineSpec: { tasks: [inner] } }));
    const outer = await ended('outer');
    expect(succeeded(outer)?.reason).toBe('Succeeded');
    const middle = await ended('outer-inner');
    expect(middle.spec.managedBy).toBe('slipway.dev');
    expect(middle.metadata.ownerReferences).toMatchObject([{ name: 'outer', uid: outer.metadata.uid }]);
    const [leaf] = await until('the TaskRun of the inner one is over', async () => {
      const shown = await shownTaskRuns('outer-inner');
      return shown.length === 1 && shown.every(isDone) && shown;
    });
    expect(leaf?.metadata.ownerReferences).toMatchObject([{ name: 'outer-inner', uid: middle.metadata.uid }]);
  });

  test('what is shown and deleted by somebody is shown again while its run is there', async () => {
    await apply(pipelineRun('shown-again', { pipelineSpec: { tasks: [inline('a')] } }));
    await ended('shown-again');
    const [first] = await until('its TaskRun is over', async () => {
      const shown = await shownTaskRuns('shown-again');
      return shown.length === 1 && shown.every(isDone) && shown;
    });
    await kubectl('delete taskrun shown-again-a');
    await until('it is there again', async () => {
      const [again] = await shownTaskRuns('shown-again');
      return again !== undefined && again.metadata.uid !== first?.metadata.uid && isDone(again);
    });
  });

  test('one that had begun, and that the store has lost, is not run once more', async () => {
    await apply(pipelineRun('lost', { pipelineSpec: { tasks: [inline('a')] }, managedBy: 'example.com/nobody' }));
    const begun = { ...(await read<PipelineRun>('pipelinerun', 'lost'))!, status: { conditions: [unknown] } };
    await kubectl(
      'replace --raw /apis/tekton.dev/v1/namespaces/default/pipelineruns/lost/status -f -',
      JSON.stringify(begun),
    );
    await kubectl('patch pipelinerun lost --type merge -p {"spec":{"managedBy":"slipway.dev"}}'); // no webhook forbids it here
    expect(succeeded(await ended('lost'))?.reason).toBe('RunLost');
    expect(await stored('lost')).toBeUndefined();
  });

  test('one that Slipway does not accept ends and says why', async () => {
    await apply(pipelineRun('wrong', { pipelineSpec: { tasks: [inline('a'), inline('a')] } }));
    const condition = succeeded(await ended('wrong'));
    expect(condition).toMatchObject({ status: 'False', reason: 'InvalidRun' });
    expect(condition?.message).toContain('PipelineRun "wrong"');
    expect(await stored('wrong')).toBeUndefined();
  });

  describe('while a step runs', () => {
    beforeAll(() => startTheExecutor(FOR_EVER_MS));
    afterAll(() => startTheExecutor(1));

    test('is cancelled in the cluster', async () => {
      await apply(pipelineRun('stopped', { pipelineSpec: { tasks: [inline('a')] } }));
      await running('stopped');
      await kubectl(`patch pipelinerun stopped --type merge -p {"spec":{"status":"Cancelled"}}`);
      expect(succeeded(await ended('stopped'))).toMatchObject({ status: 'False', reason: 'Cancelled' });
      await until('its TaskRun is cancelled, too', async () => {
        const [child] = await shownTaskRuns('stopped');
        return succeeded(child!)?.reason === 'TaskRunCancelled';
      });
    });

    test('deleted in the cluster, it goes with all it made', async () => {
      await apply(pipelineRun('unwanted', { pipelineSpec: { tasks: [inline('a')] } }));
      await running('unwanted');
      expect(await podsOf('unwanted')).toHaveLength(1);
      await kubectl('delete pipelinerun unwanted');
      await until('nothing is stored', async () => (await stored('unwanted')) === undefined);
      await until('its pod goes', async () => (await podsOf('unwanted')).length === 0);
      await until('its TaskRun is seen no more', async () => (await shownTaskRuns('unwanted')).length === 0);
    });

    test('deleted with its dependents before it, nothing of it is shown again', async () => {
      await apply(pipelineRun('foreground', { pipelineSpec: { tasks: [inline('a')] } }));
      await running('foreground');
      await kubectl('delete pipelinerun foreground --cascade=foreground --timeout=30s'); // waits until it has gone
      await until('nothing is stored', async () => (await stored('foreground')) === undefined);
      await until('its pod goes', async () => (await podsOf('foreground')).length === 0);
      expect(await shownTaskRuns('foreground')).toEqual([]);
    });

    test('goes with its namespace', async () => {
      await kubectl('create namespace team');
      const placed = {
        ...pipelineRun('placed', { pipelineSpec: { tasks: [inline('a')] } }),
        metadata: inTeam('placed'),
      };
      await apply(placed);
      const isStored = async (): Promise<boolean> => (await store.get(TASK_RUNS, 'team', 'placed-a')) !== undefined;
      await until('its TaskRun is stored', isStored);
      await kubectl('delete namespace team --timeout=60s');
      await until('nothing is stored', async () => !(await isStored()));
      expect(await store.get(PIPELINE_RUNS, 'team', 'placed')).toBeUndefined();
    }, 90_000);

    test('deleted and made anew under its name while the registry was killed, it is another run', async () => {
      await apply(pipelineRun('again', { pipelineSpec: { tasks: [inline('a')] } }));
      const before = await running('again');
      const first = await stored('again');
      await killTheRegistry();
      await kubectl('delete pipelinerun again');
      await apply(pipelineRun('again', { pipelineSpec: { tasks: [inline('b')] } }));
      await startTheRegistry();
      await until('the new run has its own TaskRun', async () => {
        const shown = await shownTaskRuns('again');
        return shown.length === 1 && shown[0]?.metadata.name === 'again-b' && succeeded(shown[0])?.reason === 'Running';
      });
      const second = await stored('again');
      expect(second?.metadata.uid).not.toBe(first?.metadata.uid);
      expect(await store.get(TASK_RUNS, 'default', before.metadata.name)).toBeUndefined();
      expect(await podsOf('again')).toHaveLength(1);
    });

    test('is cancelled while the registry was killed', async () => {
      await apply(pipelineRun('late', { pipelineSpec: { tasks: [inline('a')] } }));
      await running('late');
      await killTheRegistry();
      await kubectl(`patch pipelinerun late --type merge -p {"spec":{"status":"Cancelled"}}`);
      await startTheRegistry();
      expect(succeeded(await ended('late'))?.reason).toBe('Cancelled');
    });
  });

  test('goes on while the registry is killed again and again, and no task runs twice', async () => {
    const tasks = Array.from({ length: 12 }, (_, i) => ({
      ...inline(`t${i}`),
      ...(i === 0 ? {} : { runAfter: [`t${i - 1}`] }),
    }));
    await apply(pipelineRun('killed', { pipelineSpec: { tasks } }));
    for (const count of [1, 4, 8]) {
      await until(`${count} TaskRuns are seen`, async () => (await shownTaskRuns('killed')).length >= count);
      await killTheRegistry();
      await startTheRegistry();
    }
    expect(succeeded(await ended('killed'))?.reason).toBe('Succeeded');
    await until('every TaskRun is seen to be over', async () => {
      const shown = await shownTaskRuns('killed');
      return shown.length === 12 && shown.every(isDone);
    });
    expect(await podsOf('killed')).toHaveLength(12);
  }, 120_000);

  test('goes on while the API server is away, and tells of it afterwards', async () => {
    await startTheExecutor(FOR_EVER_MS);
    await apply(pipelineRun('apart', { pipelineSpec: { tasks: [inline('a')] } }));
    await running('apart');
    await server.kill();
    const child = (await store.get<TaskRun>(TASK_RUNS, 'default', 'apart-a'))!;
    const spec = { ...child.spec, status: 'TaskRunCancelled' };
    await store.commit({ writes: [{ op: 'update', object: { ...child, spec } as KubeObject }] });
    await until('it is over here', async () => isDone((await stored('apart')) ?? {}));
    await server.start();
    expect(succeeded(await ended('apart'))?.status).toBe('False');
    await startTheExecutor(1);
    await apply(pipelineRun('afterwards', { pipelineSpec: { tasks: [inline('a')] } }));
    expect(succeeded(await ended('afterwards'))?.reason).toBe('Succeeded');
  }, 120_000);
});

const unknown = { type: 'Succeeded', status: 'Unknown' };
const image = 'busybox';
const step = (): object => ({ image, command: ['true'] });
const inline = (name: string): object => ({ name, taskSpec: { steps: [step()] } });
const meta = (name: string): object => ({ name, namespace: 'default' });
const inTeam = (name: string): object => ({ name, namespace: 'team' });
const v1 = (kind: string, name: string, spec: object): object => ({
  apiVersion: 'tekton.dev/v1',
  kind,
  metadata: meta(name),
  spec,
});
const task = (name: string, spec: object): object => v1('Task', name, spec);
const pipeline = (name: string, tasks: object[]): object => v1('Pipeline', name, { tasks });
const pipelineRun = (name: string, spec: object): object =>
  v1('PipelineRun', name, { managedBy: 'slipway.dev', ...spec });
const taskRun = (name: string, spec: object): object => v1('TaskRun', name, { managedBy: 'slipway.dev', ...spec });
const stepAction = (name: string): object => ({
  apiVersion: 'tekton.dev/v1beta1',
  kind: 'StepAction',
  metadata: meta(name),
  spec: { image, command: ['true'] },
});
