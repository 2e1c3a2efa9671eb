import { connectBus } from '@slipway/bus';
import {
  Metrics,
  busMetrics,
  createLogger,
  startHealthServer,
  startModule,
  type Logger,
  type RunningService,
} from '@slipway/service';
import { busStore } from '@slipway/store';
import type { ResourcesConfig } from './config.js';
import { EventDelivery } from './io/event-delivery.js';
import { NetworkGuard } from './io/network-guard.js';
import { ResourcePlanner } from './io/resource-planner.js';
import { ResourcesModule } from './resources.module.js';

/** Starts the resources service; it answers when this resolves. It keeps nothing, so any replica may answer. */
export async function startResources(config: ResourcesConfig, given?: { logger?: Logger }): Promise<RunningService> {
  const logger = given?.logger ?? createLogger('resources', config.logLevel, { format: config.logFormat });
  const metrics = new Metrics('resources', { process: config.port !== undefined });
  const bus = await connectBus({ url: config.natsUrl, name: config.instance, logger, metrics: busMetrics(metrics) });
  const planner = new ResourcePlanner(busStore(bus), config.gitConfig);
  const delivery = new EventDelivery(new NetworkGuard(config.allowedNetworks));
  const module = await startModule(ResourcesModule.with(planner, delivery), {
    logger,
    rpc: { bus, queue: 'resources' },
  });
  const isReady = (): boolean => bus.isConnected();
  const health =
    config.port === undefined
      ? undefined
      : await startHealthServer({ port: config.port, host: config.host, isReady, metrics });
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await health?.close();
    await module.close();
    await bus.close();
  };
  return { name: 'resources', isReady, stop: () => (stopped ??= stop()) };
}
