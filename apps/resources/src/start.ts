import { NetworkGuard } from '@slipway/guarded-http';
import {
  Metrics,
  createLogger,
  openBus,
  startHealthServer,
  startModule,
  type Logger,
  type RunningService,
} from '@slipway/service';
import { busStore } from '@slipway/store';
import type { ResourcesConfig } from './config.js';
import { withClusterKept } from './io/cluster-kept.js';
import { EventDelivery } from './io/event-delivery.js';
import { startGitMirror } from './io/git-mirror/start.js';
import { startResolution } from './io/resolution.js';
import { ResourcePlanner } from './io/resource-planner.js';
import { ResourcesModule } from './resources.module.js';

/** Starts the resources service; it answers when this resolves. It keeps nothing: any replica plans, and any may resolve. */
export async function startResources(config: ResourcesConfig, given?: { logger?: Logger }): Promise<RunningService> {
  const logger = given?.logger ?? createLogger('resources', config.logLevel, { format: config.logFormat });
  const metrics = new Metrics('resources', { process: config.port !== undefined });
  const bus = await openBus(config, { service: 'resources', logger, metrics });
  const store = config.cluster === undefined ? busStore(bus) : await withClusterKept(busStore(bus), config.cluster);
  const guard = new NetworkGuard(config.allowedNetworks);
  const planner = new ResourcePlanner(store, config.gitConfig, config.remote.mirrors, {
    knownHosts: config.sshKnownHosts,
  });
  const module = await startModule(ResourcesModule.with(planner, new EventDelivery(guard)), {
    logger,
    rpc: { bus, queue: 'resources' },
  });
  const resolution = await startResolution({ bus, store, guard, config, logger, metrics });
  let stopped: Promise<void> | undefined;
  const isReady = (): boolean => stopped === undefined && bus.isConnected() && resolution.isReady();
  const gitMirror = await startGitMirror(config, { guard, logger, metrics });
  const health =
    config.port === undefined
      ? undefined
      : await startHealthServer({ port: config.port, host: config.host, isReady, metrics });
  const stop = async (): Promise<void> => {
    await health?.close();
    await gitMirror?.close();
    await resolution.stop();
    await module.close();
    await bus.close();
  };
  return { name: 'resources', isReady, stop: () => (stopped ??= stop()) };
}
