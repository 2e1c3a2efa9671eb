import { Module, type DynamicModule, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LIMIT_RANGES, PODS, RESOLUTION_REQUESTS, TASK_RUNS, formatDuration } from '@slipway/contracts';
import { connectBus, type Bus } from '@slipway/bus';
import { Metrics, busMetrics, createLogger, type Logger } from '@slipway/service';
import { Cache, RemoteReferences, ShardLeases, busAdmission, busStore } from '@slipway/store';
import type { ExecutorConfig } from './config.js';
import type { PodRuntime } from './core/runtime.js';
import { slim } from './core/slim.js';
import { EventSender } from './io/event-sender.js';
import { Executor } from './io/executor.js';
import { fakedRuntime } from './io/faked-runtime.js';
import { kubeletObjects } from './io/kubelet-objects.js';
import { CachedDefinitions, DEFINITION_RESOURCES } from './io/definitions.js';
import { PodKeeper } from './io/pod-keeper.js';
import { PodSource } from './io/pod-source.js';
import { processRuntime } from './io/process-runtime/index.js';
import { TaskRuns } from './io/task-runs.js';
import { Transitions } from './io/transitions.js';

export const EXECUTOR = Symbol('executor');

/** Everything that is there before Nest is. */
export interface Wired {
  logger: Logger;
  metrics: Metrics;
  bus: Bus;
  cache: Cache;
  definitions: Cache;
  leases: ShardLeases;
  runtime: PodRuntime;
  executor: Executor;
}

const LEASE_TTL_MS = 10_000;
const RESYNC_MS = 30_000;
/** How long an image may fail to be had before the run fails. */
const IMAGE_PULL_MS = 0;

export async function wireExecutor(config: ExecutorConfig): Promise<Wired> {
  const logger = createLogger('executor', config.logLevel, { format: config.logFormat });
  const metrics = new Metrics('executor');
  const bus = await connectBus({ url: config.natsUrl, name: config.instance, logger, metrics: busMetrics(metrics) });
  const store = busStore(bus);
  const leases = new ShardLeases(bus, { service: 'executor', holder: config.instance, ttlMs: LEASE_TTL_MS });
  const cache = new Cache(bus, store, {
    resources: [TASK_RUNS, PODS, RESOLUTION_REQUESTS],
    shards: () => leases.shards(),
    transform: slim,
  });
  const definitions = new Cache(bus, store, { resources: DEFINITION_RESOURCES });
  const runtime = await runtimeOf(config, kubeletObjects(store), logger);

  const nodeName = config.runtime === 'process' ? config.instance : undefined;
  const keeper = new PodKeeper({
    runtime,
    bus,
    store,
    logger,
    shipsLogs: config.runtime !== 'faked',
    onEnded: (pod, status) => executor.storeLastStatus(pod, status),
  });
  const taskRuns = new TaskRuns({
    cache,
    store,
    fenceOf: (shard) => leases.owns(shard),
    runtime,
    keeper,
    source: new PodSource(store, new CachedDefinitions(definitions, store), bus, {
      binDir: config.binDir,
      nodeName,
      remote: new RemoteReferences(store, busAdmission(bus)),
      defaultTimeout: formatDuration(config.defaultTimeoutMs),
      limitRanges: (namespace) => definitions.list(LIMIT_RANGES, namespace),
      ...(config.defaultPodTemplate === undefined ? {} : { defaultPodTemplate: config.defaultPodTemplate }),
      ...(config.defaultWorkspace === undefined ? {} : { defaultWorkspace: config.defaultWorkspace }),
    }),
    events: new EventSender(store, cache, bus),
    transitions: new Transitions(logger, metrics),
    reasons: config.stepFailureReason,
    nodeName,
    defaultTimeoutMs: config.defaultTimeoutMs,
    imagePullMs: IMAGE_PULL_MS,
    writesEvents: config.events,
  });
  const executor: Executor = new Executor({
    cache,
    store,
    leases,
    runtime,
    keeper,
    taskRuns,
    logger,
    metrics,
    resyncMs: RESYNC_MS,
  });
  return { logger, metrics, bus, cache, definitions, leases, runtime, executor };
}

/** The order of starting and stopping. */
class Lifecycle implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly wired: Wired) {}

  async onModuleInit(): Promise<void> {
    const { leases, cache, definitions, executor } = this.wired;
    await leases.start();
    await Promise.all([cache.start(), definitions.start()]);
    await executor.start();
  }

  async onApplicationShutdown(): Promise<void> {
    const { leases, cache, definitions, executor, runtime, bus } = this.wired;
    await executor.stop();
    await leases.stop();
    await Promise.all([cache.stop(), definitions.stop()]);
    await runtime.close();
    await bus.close();
  }
}

@Module({})
export class ExecutorModule {
  static with(wired: Wired): DynamicModule {
    return {
      module: ExecutorModule,
      providers: [
        { provide: EXECUTOR, useValue: wired.executor },
        { provide: Lifecycle, useFactory: () => new Lifecycle(wired) },
      ],
    };
  }
}

function runtimeOf(
  config: ExecutorConfig,
  objects: ReturnType<typeof kubeletObjects>,
  logger: Logger,
): Promise<PodRuntime> {
  if (config.runtime === 'faked') return Promise.resolve(fakedRuntime({ runMs: config.fakedRunMs }));
  const { stateDir, binDir, imagesFile, graceMs } = config;
  return processRuntime({
    stateDir,
    binDir,
    objects,
    graceMs,
    logger,
    ...(imagesFile === undefined ? {} : { imagesFile }),
  });
}
