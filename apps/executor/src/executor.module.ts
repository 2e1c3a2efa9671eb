import { join } from 'node:path';
import { Module, type DynamicModule, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import {
  BUILDS,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  RESOLUTION_REQUESTS,
  RETENTION_POLICIES,
  TASK_RUNS,
  formatDuration,
  type Fence,
  type Pod,
} from '@slipway/contracts';
import type { Bus } from '@slipway/bus';
import { Metrics, cacheMetrics, createLogger, openBus, type Logger } from '@slipway/service';
import { Cache, RemoteReferences, ShardLeases, busAdmission, busStore, type Store } from '@slipway/store';
import type { ClusterConfig, ExecutorConfig } from './config.js';
import type { Delivery } from './core/entrypoint-delivery.js';
import { podNetworkPolicy } from './core/pod-network-policy.js';
import type { ImageState } from './core/image-cache.js';
import { isOwnImage } from './core/pull-pod.js';
import type { PodEnvironment, PodRuntime } from './core/runtime.js';
import { slim } from './core/slim.js';
import { Builds } from './io/builds.js';
import { EventSender } from './io/event-sender.js';
import { Executor } from './io/executor.js';
import { fakedRuntime } from './io/faked-runtime.js';
import { kubeletObjects, storedEnvironment } from './io/kubelet-objects.js';
import {
  ClaimKeeper,
  ClusterPulls,
  EntrypointSecret,
  NamespaceFixtures,
  PodCollector,
  kubeconfigAccess,
  openCluster,
  type ClusterReach,
} from './io/kubernetes-runtime/index.js';
import { CachedDefinitions, DEFINITION_RESOURCES } from './io/definitions.js';
import { NodeImages, type NodeImagesOptions } from './io/image-store/node-images.js';
import { IMAGE_CACHE_RESOURCES, ImageKeeper } from './io/image-keeper.js';
import { PodKeeper, RELEASE_AFTER_MS } from './io/pod-keeper.js';
import { PodSource } from './io/pod-source.js';
import { namedImages, processRuntime, stoodInState } from './io/process-runtime/index.js';
import { PullAhead, fixedAvailability, type ImageAvailability } from './io/pull-ahead.js';
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
  platform: PodPlatform;
  executor: Executor;
  images: ImageKeeper | undefined;
}

/** What runs pods, and what it knows of them beforehand. */
interface PodPlatform {
  runtime: PodRuntime;
  environment: PodEnvironment;
  delivery: () => Promise<Delivery>;
  /** Whether images are at hand where pods run, and who sees to it. */
  availability: ImageAvailability;
  /** What pulls images onto this node. */
  nodeImages?: NodeImages;
  /** Told when the shards are held and the cache follows them, and whenever they are others. */
  shardsChanged: () => void;
  /** Whether what runs pods can be reached. */
  reach?: ClusterReach;
  /** Removes ended pods by policy, where pods outlive their runs' work. */
  collector?: PodCollector;
}

const RESYNC_MS = 30_000;
/** Which nodes of a cluster have an image is not told to those who use it. */
const NODES_PULL: ImageState = {
  status: 'Unknown',
  reason: 'NodesPull',
  message: 'Nodes of the cluster pull it when a pod wants it.',
};
/** How long an image may fail to be had before the run fails: a registry may be away for a while, a folder is not. */
const IMAGE_PULL_MS = { registry: 5 * 60_000, machine: 0 };

export async function wireExecutor(config: ExecutorConfig): Promise<Wired> {
  const logger = createLogger('executor', config.logLevel, { format: config.logFormat });
  const metrics = new Metrics('executor', { process: config.port !== 0 });
  const bus = await openBus(config, { service: 'executor', logger, metrics });
  const store = busStore(bus);
  const leases = new ShardLeases(bus, { service: 'executor', holder: config.instance });
  metrics.gauge('shards_owned', 'Shards that this replica works on.', [], () => leases.shards().size);
  const followed = cacheMetrics(metrics);
  const cache = new Cache(bus, store, {
    resources: [
      ...[TASK_RUNS, BUILDS, PODS, RESOLUTION_REQUESTS],
      ...(config.cluster !== undefined ? [PERSISTENT_VOLUME_CLAIMS] : []),
    ],
    shards: () => leases.shards(),
    transform: slim,
    ...followed('runs'),
  });
  const definitions = new Cache(bus, store, {
    ...followed('definitions'),
    resources: [
      ...new Set([
        ...DEFINITION_RESOURCES,
        ...(config.imageCache ? IMAGE_CACHE_RESOURCES : []),
        ...(config.cluster === undefined ? [] : [RETENTION_POLICIES]),
      ]),
    ],
  });
  const found = new CachedDefinitions(definitions, store);
  const platform = await platformOf(config, { store, cache, definitions, found, leases, logger, metrics });
  const { runtime, environment, delivery, nodeImages } = platform;

  const nodeName = config.runtime === 'process' ? config.instance : undefined;
  const keeper = new PodKeeper({
    runtime,
    bus,
    objects: environment,
    logger,
    releaseAfterMs: RELEASE_AFTER_MS[config.runtime === 'kubernetes' ? 'cluster' : 'node'],
    shipsLogs: config.runtime !== 'faked',
    onEnded: (pod, status) => executor.storeLastStatus(pod, status),
  });
  const fenceOf = (shard: number): Fence | undefined => leases.owns(shard);
  const builds = new Builds({
    cache,
    store,
    fenceOf,
    definitions: found,
    environment,
    writesEvents: config.events,
    now: Date.now,
  });
  const taskRuns = new TaskRuns({
    cache,
    store,
    fenceOf,
    runtime,
    keeper,
    source: new PodSource(store, found, bus, {
      delivery,
      environment,
      nodeName,
      remote: new RemoteReferences(store, busAdmission(bus)),
      defaultTimeout: formatDuration(config.defaultTimeoutMs),
      ...(config.defaultPodTemplate === undefined ? {} : { defaultPodTemplate: config.defaultPodTemplate }),
      ...(config.defaultWorkspace === undefined ? {} : { defaultWorkspace: config.defaultWorkspace }),
      ...(nodeImages === undefined ? {} : { images: nodeImages }),
    }),
    builds,
    events: new EventSender(store, cache, bus),
    transitions: new Transitions(logger, metrics),
    reasons: config.stepFailureReason,
    nodeName,
    defaultTimeoutMs: config.defaultTimeoutMs,
    imagePullMs: (config.cluster ?? config.pull) ? IMAGE_PULL_MS.registry : IMAGE_PULL_MS.machine,
    writesEvents: config.events,
  });
  const executor: Executor = new Executor({
    cache,
    store,
    leases,
    runtime,
    keeper,
    taskRuns,
    builds,
    logger,
    metrics,
    resyncMs: RESYNC_MS,
  });
  const { availability } = platform;
  const images =
    config.imageCache &&
    new ImageKeeper({ ...config.imageCache, cache: definitions, store, leases, availability, now: Date.now, logger });
  return { logger, metrics, bus, cache, definitions, leases, platform, executor, images };
}

/** The order of starting and stopping. */
class Lifecycle implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly wired: Wired) {}

  async onModuleInit(): Promise<void> {
    const { leases, cache, definitions, executor, images, platform } = this.wired;
    platform.reach?.start();
    await leases.start();
    await Promise.all([cache.start(), definitions.start()]);
    platform.shardsChanged();
    leases.onGained(platform.shardsChanged);
    leases.onLost(platform.shardsChanged);
    await executor.start();
    images?.start();
    platform.collector?.start();
  }

  async onApplicationShutdown(): Promise<void> {
    const { leases, cache, definitions, executor, images, platform, bus } = this.wired;
    await platform.reach?.stop();
    await Promise.all([executor.stop(), images?.stop(), platform.collector?.stop()]);
    await leases.stop();
    await Promise.all([cache.stop(), definitions.stop()]);
    await platform.nodeImages?.stop();
    await platform.runtime.close();
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

interface PlatformNeeds {
  store: Store;
  cache: Cache;
  definitions: Cache;
  found: CachedDefinitions;
  leases: ShardLeases;
  logger: Logger;
  metrics: Metrics;
}

async function platformOf(config: ExecutorConfig, needs: PlatformNeeds): Promise<PodPlatform> {
  const { store, found, definitions, logger } = needs;
  const { binDir, stateDir, imagesFile, gitMirrorDir, graceMs } = config;
  if (config.cluster !== undefined) return clusterPlatform(config.cluster, binDir, needs);
  const environment = storedEnvironment(store, found, definitions);
  const named = namedImages(imagesFile, config.instance);
  const pulling =
    config.pull === undefined
      ? { availability: fixedAvailability((image) => named(image) ?? stoodInState(image)) }
      : await nodePulling({ pull: config.pull, stateDir, objects: environment, logger }, named, config.instance);
  const runtime =
    config.runtime === 'faked'
      ? fakedRuntime({ runMs: config.fakedRunMs })
      : await processRuntime({
          stateDir,
          binDir,
          objects: kubeletObjects(store),
          graceMs,
          logger,
          ...(imagesFile === undefined ? {} : { imagesFile }),
          ...(gitMirrorDir === undefined ? {} : { gitMirrorDir }),
          ...('nodeImages' in pulling ? { pulls: pulling.nodeImages } : {}),
        });
  return {
    runtime,
    environment,
    delivery: () => Promise.resolve({ kind: 'host', path: binDir }),
    ...pulling,
    shardsChanged: () => {},
  };
}

async function nodePulling(
  options: Omit<NodeImagesOptions, 'onRemoved' | 'isNamed'>,
  fixed: (image: string) => ImageState | undefined,
  node: string,
): Promise<{ availability: PullAhead; nodeImages: NodeImages }> {
  const onRemoved = (digests: readonly string[]): void => {
    const isLost = ({ message }: ImageState): boolean => digests.some((digest) => message.includes(digest));
    const message = `Node ${node} had no room for it any more; it is pulled again when a pod wants it.`;
    availability.lost(isLost, { status: 'False', reason: 'Removed', message });
  };
  const nodeImages = await NodeImages.open({ ...options, isNamed: (image) => fixed(image) !== undefined, onRemoved });
  const availability: PullAhead = new PullAhead({
    fixed,
    pull: async (namespace, image) => {
      const { digest } = await nodeImages.ahead(image, namespace);
      const message = `Its root file system is at hand on node ${node}, pulled as ${digest}.`;
      return { status: 'True', reason: 'Pulled', message };
    },
    isSettled: () => false, // what the node has is looked at anew
    concurrency: options.pull.concurrency,
    logger: options.logger,
  });
  return { availability, nodeImages };
}

async function clusterPlatform(cluster: ClusterConfig, binDir: string, needs: PlatformNeeds): Promise<PodPlatform> {
  const { store, cache, definitions, leases, logger, metrics } = needs;
  const shards = (): ReadonlySet<number> => leases.shards();
  const { api, runtime, environment, features, reach, shardsChanged } = openCluster({
    ...cluster,
    access: await kubeconfigAccess(cluster.kubeconfigs),
    shards,
    onLost: () => leases.suspend(),
    onFound: () => leases.resume(),
    logger,
    metrics,
    beforeStart: async (pod) => {
      await Promise.all([claims.ensureFor(pod), entrypoint?.ensureFor(pod), ensureNetworkPolicy(pod)]);
    },
  });
  const fixtures = new NamespaceFixtures({ ...cluster, api });
  const claims = new ClaimKeeper({ ...cluster, api, store, cache, shards, logger });
  const delivery = async (): Promise<Delivery> => ({
    kind: 'image',
    image: cluster.entrypointImage,
    features: await features.get(),
    ...(entrypoint === undefined ? {} : { secret: entrypoint.name }),
  });
  const pulls = new ClusterPulls({
    ...{ api, installation: cluster.installation, delivery, nodeSelector: cluster.pullAhead?.nodeSelector ?? '' },
    beforeStart: async (pod) => entrypoint?.ensureFor(pod),
    ...(cluster.imagePullPolicy === undefined ? {} : { imagePullPolicy: cluster.imagePullPolicy }),
  });
  const entrypoint = cluster.entrypointSecret
    ? await EntrypointSecret.of(join(binDir, 'entrypoint'), fixtures)
    : undefined;
  const { installation, podRetention } = cluster;
  const ensureNetworkPolicy = async ({ metadata: { namespace = '' } }: Pod): Promise<void> => {
    if (!cluster.networkPolicy) return;
    const collection = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
    await fixtures.ensure(collection, podNetworkPolicy(namespace, installation));
  };
  claims.start();
  const collector = new PodCollector({
    ...{ api, cache: definitions, installation, shards, now: Date.now, logger, metrics },
    ...(podRetention === undefined ? {} : { fallback: podRetention }),
  });
  return {
    runtime,
    reach,
    collector,
    environment,
    delivery,
    availability:
      cluster.pullAhead === undefined
        ? fixedAvailability(() => NODES_PULL)
        : new PullAhead({
            fixed: (image) => (isOwnImage(image) ? NODES_PULL : undefined),
            pull: (namespace, image, signal) => pulls.pull(namespace, image, signal),
            isSettled: ({ status }) => status === 'True',
            concurrency: cluster.pullAhead.concurrency,
            logger,
          }),
    shardsChanged: () => {
      shardsChanged();
      collector.shardsChanged();
      if (cluster.pullAhead !== undefined) {
        pulls
          .sweep(Date.now())
          .catch((thrown: unknown) => logger.warn({ err: thrown }, 'old pods that pull are not removed yet'));
      }
      void claims.sweep().catch((thrown: unknown) => logger.warn({ err: thrown }, 'old claims are not removed yet'));
    },
  };
}
