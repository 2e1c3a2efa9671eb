// An executor over stand-ins for the platform and the real process runtime.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  PODS,
  SHARD_COUNT,
  SlipwayError,
  TASK_RUNS,
  isDone,
  succeeded,
  type Fence,
  type KubeObject,
  type Pod,
  type TaskRun,
  type TaskRunSpec,
} from '@slipway/contracts';
import { Metrics, createLogger, type Logger } from '@slipway/service';
import { RemoteReferences, type Cache } from '@slipway/store';
import type { Delivery } from '../src/core/entrypoint-delivery.js';
import type { PodEnvironment, PodRuntime } from '../src/core/runtime.js';
import { Builds } from '../src/io/builds.js';
import { EventSender } from '../src/io/event-sender.js';
import { Executor } from '../src/io/executor.js';
import { kubeletObjects, storedEnvironment } from '../src/io/kubelet-objects.js';
import { ClaimKeeper, openCluster } from '../src/io/kubernetes-runtime/index.js';
import { PodKeeper, RELEASE_AFTER_MS } from '../src/io/pod-keeper.js';
import { PodSource } from '../src/io/pod-source.js';
import { processRuntime } from '../src/io/process-runtime/index.js';
import { TaskRuns } from '../src/io/task-runs.js';
import { Transitions } from '../src/io/transitions.js';
import type { ScriptedCluster } from './kubernetes-runtime/scripted-cluster.js';
import { MemoryLogs, MemoryObjects } from './memory-world.js';

interface TestPlatform {
  runtime: PodRuntime;
  environment: PodEnvironment;
  delivery: Delivery;
  nodeName: string | undefined;
}

const BIN_DIR = resolve(import.meta.dirname, '../../../packages/entrypoint/build');

function allFences(): Fence[] {
  return Array.from({ length: SHARD_COUNT }, (_, shard) => ({ service: 'executor', shard, token: 1 }));
}

/** A world for the tests of a file or a suite, from before the first to after the last. */
export function suiteWorld(): ExecutorWorld {
  const dir = mkdtempSync(join(tmpdir(), 'slipway-'));
  const world = new ExecutorWorld(dir);
  beforeAll(() => world.start());
  afterAll(async () => {
    await world.destroy();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  return world;
}

export class ExecutorWorld {
  readonly objects = new MemoryObjects();
  readonly logs = new MemoryLogs();
  /** Images of a registry that nobody can ask. */
  readonly unreachable = new Set<string>();
  /** Called before a pod is made in the cluster. */
  beforeStart: () => Promise<void> = () => Promise.resolve();
  #running: { executor: Executor; runtime: PodRuntime } | undefined;

  #startsFail = false;
  /** Fences of all shards; undefined while another has them. */
  #fences: Fence[] | undefined = allFences();
  readonly #gained = new Set<(fences: readonly Fence[]) => void>();
  readonly #lost = new Set<(shards: readonly number[]) => void>();
  #shardsChanged: () => void = () => {};

  /** @param cluster what stands in for a cluster, whose pods nobody runs; absent: the process runtime */
  constructor(
    private readonly stateDir: string,
    private readonly cluster?: ScriptedCluster,
  ) {}

  /** Pods are not started until the executor is, again. */
  failStarts(): void {
    this.#startsFail = true;
  }

  /** Every shard is another's from now on. */
  loseShards(): void {
    this.#fences = undefined;
    const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);
    this.#lost.forEach((listener) => listener(shards));
    this.#shardsChanged();
  }

  /** They are ours again; nobody else did anything meanwhile. */
  gainShards(): void {
    const fences = allFences();
    this.#fences = fences;
    this.#shardsChanged();
    this.#gained.forEach((listener) => listener(fences));
  }

  get runtime(): PodRuntime {
    return this.#running!.runtime;
  }

  async start(): Promise<void> {
    this.#startsFail = false;
    this.#gained.clear();
    this.#lost.clear();
    const { objects, logs } = this;
    const logger = createLogger('executor', 'silent');
    const metrics = new Metrics('executor');
    const { runtime, environment, delivery, nodeName } = await this.#platform(logger, metrics);
    const start = runtime.start.bind(runtime);
    runtime.start = (pod) => {
      if (this.#startsFail) return Promise.reject(new SlipwayError('transient', 'NoNode', 'The node is away.'));
      return start(pod);
    };
    const fenceOf = (shard: number): Fence | undefined => this.#fences?.[shard];
    const cache = objects.cache as unknown as Cache;
    const keeper = new PodKeeper({
      runtime,
      bus: logs.bus,
      objects: environment,
      logger,
      releaseAfterMs: RELEASE_AFTER_MS.node,
      shipsLogs: true,
      onEnded: (pod, status) => executor.storeLastStatus(pod, status),
    });
    const leases = {
      owns: fenceOf,
      onGained: (listener: (fences: readonly Fence[]) => void) => (this.#gained.add(listener), () => {}),
      onLost: (listener: (shards: readonly number[]) => void) => (this.#lost.add(listener), () => {}),
    };
    const builds = new Builds({
      cache,
      store: objects,
      fenceOf,
      definitions: objects,
      environment,
      writesEvents: true,
      now: Date.now,
    });
    const taskRuns = new TaskRuns({
      cache,
      store: objects,
      fenceOf,
      runtime,
      keeper,
      source: new PodSource(objects, objects, logs.bus, {
        delivery: () => Promise.resolve(delivery),
        environment,
        nodeName,
        defaultTimeout: '1h0m0s',
        images: {
          standsIn: false,
          isPulled: (image) => this.unreachable.has(image),
          config: () => Promise.reject(new SlipwayError('transient', 'RegistryDown', 'The registry does not answer.')),
        },
        remote: new RemoteReferences(objects, ({ document }) => Promise.resolve(JSON.parse(document) as KubeObject)),
      }),
      builds,
      events: new EventSender(objects, cache, logs.bus),
      transitions: new Transitions(logger, metrics),
      reasons: 'StepFailed',
      nodeName,
      defaultTimeoutMs: 3_600_000,
      imagePullMs: 0,
      writesEvents: true,
    });
    const executor: Executor = new Executor({
      cache,
      store: objects,
      leases,
      runtime,
      keeper,
      taskRuns,
      builds,
      logger,
      metrics,
      resyncMs: 60_000,
    });
    await executor.start();
    this.#running = { executor, runtime };
  }

  async #platform(logger: Logger, metrics: Metrics): Promise<TestPlatform> {
    const { objects, cluster } = this;
    if (cluster === undefined) {
      const kubelet = kubeletObjects(objects);
      return {
        runtime: await processRuntime({
          stateDir: this.stateDir,
          binDir: BIN_DIR,
          objects: kubelet,
          graceMs: 30_000,
          logger,
        }),
        environment: storedEnvironment(objects, objects, objects.cache),
        delivery: { kind: 'host', path: BIN_DIR },
        nodeName: 'node-0',
      };
    }
    const shards = (): ReadonlySet<number> => new Set(this.#fences?.map(({ shard }) => shard));
    const { api, runtime, environment, shardsChanged } = openCluster({
      access: cluster.access,
      installation: 'test',
      namesOwners: false,
      requestsPerSecond: 1000,
      requestsBurst: 1000,
      entrypointImage: 'entrypoint:1',
      resourceStepsImage: 'slipway:1',
      shards,
      beforeStart: async (pod) => {
        await claims.ensureFor(pod);
        await this.beforeStart();
      },
      onLost: () => {},
      onFound: () => {},
      logger,
      metrics,
    });
    this.#shardsChanged = shardsChanged;
    const options = { installation: 'test', namesOwners: false, api, store: objects, shards, logger };
    const claims = new ClaimKeeper({ ...options, cache: objects.cache });
    const features = { nativeSidecars: false, imageVolumes: false };
    return { runtime, environment, delivery: { kind: 'image', image: 'entrypoint:1', features }, nodeName: undefined };
  }

  /** Pods go on. */
  async stop(): Promise<void> {
    await this.#running?.executor.stop();
    await this.#running?.runtime.close();
    this.#running = undefined;
  }

  /** Everything is gone afterwards. */
  async destroy(): Promise<void> {
    if (this.#running === undefined) await this.start();
    const { executor, runtime } = this.#running!;
    await executor.stop();
    for (const uid of await runtime.pods()) await runtime.delete(uid, 0).catch(() => undefined); // it is being deleted
    await this.stop();
  }

  async create(object: KubeObject): Promise<void> {
    const namespaced = { ...object, metadata: { namespace: 'ns', ...object.metadata } };
    await this.objects.commit({ writes: [{ op: 'create', object: namespaced }] });
  }

  async run(name: string, spec: TaskRunSpec): Promise<TaskRun> {
    await this.submit(name, spec);
    return this.done(name);
  }

  submit(name: string, spec: TaskRunSpec): Promise<void> {
    const taskRun: TaskRun = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name }, spec };
    return this.create(taskRun);
  }

  async update(name: string, change: (taskRun: TaskRun) => TaskRun): Promise<void> {
    for (;;) {
      try {
        await this.objects.commit({ writes: [{ op: 'update', object: change(this.taskRun(name)!) }] });
        return;
      } catch {
        await sleep(1);
      }
    }
  }

  taskRun(name: string): TaskRun | undefined {
    return this.objects.find<TaskRun>(TASK_RUNS, 'ns', name);
  }

  pod(name: string): Pod | undefined {
    return this.objects.find<Pod>(PODS, 'ns', name);
  }

  done(name: string): Promise<TaskRun> {
    return this.until(`${name} is done`, () => {
      const taskRun = this.taskRun(name);
      return taskRun !== undefined && isDone(taskRun) ? taskRun : undefined;
    });
  }

  /** The stored log of a container, when its end is stored. */
  async log(podName: string, container: string): Promise<string[]> {
    const uid = this.pod(podName)?.metadata.uid ?? '';
    await this.until(`the log of ${podName}/${container} ends`, () => this.logs.hasEnded(uid, container) || undefined);
    return this.logs.text(uid, container);
  }

  /** The node has forgotten the pod; its object stays, with its last state. */
  async cleanedUp(podName: string): Promise<void> {
    const uid = this.pod(podName)?.metadata.uid ?? '';
    await this.until(`${podName} is cleaned up`, async () => !(await this.runtime.pods()).includes(uid) || undefined);
  }

  async until<T>(what: string, look: () => T | undefined | Promise<T | undefined>, limitMs = 20_000): Promise<T> {
    const deadlineMs = Date.now() + limitMs;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > deadlineMs) throw new Error(`not in time: ${what}\n${JSON.stringify(this.states())}`);
      await sleep(2);
    }
  }

  states(): unknown {
    return this.objects.all<TaskRun>(TASK_RUNS).map((run) => [run.metadata.name, succeeded(run), run.status?.steps]);
  }
}
