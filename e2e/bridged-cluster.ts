// A real API server with Tekton's CRDs, the registry beside it as a process of its own that can be killed, and scheduler and
// executor; pods are faked.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { connectBus, type Bus } from '@slipway/bus';
import {
  PIPELINE_RUNS,
  PODS,
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
/** A pod that runs until it is stopped. */
export const FOR_EVER_MS = 3_600_000;
const programs = findApiServer();
if (programs === undefined) process.stderr.write('there is no kube-apiserver: the tests that use it are skipped\n');
export const describeWithApiServer = programs === undefined ? describe.skip : describe;

export interface BridgedCluster {
  server: () => TestApiServer;
  /** Slipway's own. */
  store: () => Store;
  /** Anew, with pods that run so long. */
  startTheExecutor: (fakedRunMs: number) => Promise<void>;
  startTheRegistry: () => Promise<void>;
  killTheRegistry: () => Promise<void>;
  kubectl: (args: string, input?: string) => Promise<string>;
  apply: (...objects: object[]) => Promise<string>;
  until: <T>(what: string, look: () => Promise<T | undefined | false>) => Promise<T>;
  /** An object as the cluster has it. */
  read: <T extends KubeObject>(resource: string, name: string) => Promise<T | undefined>;
  /** The run as the cluster has it, when it is over there. */
  ended: (name: string) => Promise<PipelineRun>;
  stored: (name: string) => Promise<PipelineRun | undefined>;
  shownTaskRuns: (name: string) => Promise<TaskRun[]>;
  /** Resolves when the run has a pod that runs. */
  running: (name: string) => Promise<TaskRun>;
  /** Names. */
  podsOf: (name: string) => Promise<string[]>;
}

/** For the tests of a file. Runs are those of the namespace `default`. */
export function bridgedCluster(): BridgedCluster {
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

  return {
    server: () => server,
    store: () => store,
    startTheExecutor,
    startTheRegistry,
    killTheRegistry,
    kubectl,
    apply,
    read,
    until,
    ended,
    stored,
    shownTaskRuns,
    running,
    podsOf,
  };
}

export const unknown = { type: 'Succeeded', status: 'Unknown' };
export const image = 'busybox';
export const step = (): object => ({ image, command: ['true'] });
export const inline = (name: string): object => ({ name, taskSpec: { steps: [step()] } });
export const meta = (name: string): object => ({ name, namespace: 'default' });
export const inTeam = (name: string): object => ({ name, namespace: 'team' });
const v1 = (kind: string, name: string, spec: object): object => ({
  apiVersion: 'tekton.dev/v1',
  kind,
  metadata: meta(name),
  spec,
});
export const task = (name: string, spec: object): object => v1('Task', name, spec);
export const pipeline = (name: string, tasks: object[]): object => v1('Pipeline', name, { tasks });
export const pipelineRun = (name: string, spec: object): object =>
  v1('PipelineRun', name, { managedBy: 'slipway.dev', ...spec });
export const taskRun = (name: string, spec: object): object =>
  v1('TaskRun', name, { managedBy: 'slipway.dev', ...spec });
export const stepAction = (name: string): object => ({
  apiVersion: 'tekton.dev/v1beta1',
  kind: 'StepAction',
  metadata: meta(name),
  spec: { image, command: ['true'] },
});
