import { Module, type DynamicModule, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { APPROVALS, RESOLUTION_REQUESTS } from '@slipway/contracts';
import type { Bus } from '@slipway/bus';
import { Metrics, cacheMetrics, createLogger, openBus, type Logger } from '@slipway/service';
import { Cache, RemoteReferences, ShardLeases, busAdmission, busStore } from '@slipway/store';
import type { SchedulerConfig } from './config.js';
import { CHILD_RESOURCES } from './core/child-kind.js';
import { ApprovalKeeper } from './io/approval-keeper.js';
import { RunKeeper } from './io/run-keeper.js';
import { keeperMetrics } from './io/keeper-metrics.js';
import { slim } from './io/slim.js';

/** Everything that is there before Nest is. */
export interface Wired {
  logger: Logger;
  metrics: Metrics;
  bus: Bus;
  cache: Cache;
  leases: ShardLeases;
  keeper: RunKeeper;
  approvals: ApprovalKeeper;
}

export async function wireScheduler(config: SchedulerConfig): Promise<Wired> {
  const logger = createLogger('scheduler', config.logLevel, { format: config.logFormat });
  const metrics = new Metrics('scheduler', { process: config.port !== 0 });
  const bus = await openBus(config, { service: 'scheduler', logger, metrics });
  const store = busStore(bus);
  const leases = new ShardLeases(bus, { service: 'scheduler', holder: config.instance });
  const followed = cacheMetrics(metrics)('runs');
  const cache = new Cache(bus, store, {
    resources: [...CHILD_RESOURCES, RESOLUTION_REQUESTS, APPROVALS],
    shards: () => leases.shards(),
    transform: slim,
    onDelay: followed.onDelay,
    onRelist: (why) => {
      followed.onRelist(why);
      logger.warn({ why }, 'listing runs again');
    },
  });
  metrics.gauge('shards_owned', 'Shards that this replica works on.', [], () => leases.shards().size);
  const counted = keeperMetrics(metrics, () => keeper.running);
  const remote = new RemoteReferences(store, busAdmission(bus));
  const keeper = new RunKeeper({
    cache,
    store,
    remote,
    leases,
    now: Date.now,
    ...(config.maxCombinations === undefined ? {} : { maxCombinations: config.maxCombinations }),
    logger,
    ...counted,
  });
  const approvals = new ApprovalKeeper({ cache, store, leases, now: Date.now, logger });
  return { logger, metrics, bus, cache, leases, keeper, approvals };
}

/** The order of starting and stopping. */
class Lifecycle implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly wired: Wired) {}

  async onModuleInit(): Promise<void> {
    const { leases, cache, keeper, approvals } = this.wired;
    leases.onLost((shards) => keeper.letGo(shards).then(() => void cache.sync()));
    await leases.start();
    await cache.start();
    keeper.start();
    approvals.start();
    const lookAtAll = (): void => {
      keeper.lookAtAll();
      approvals.lookAtAll();
    };
    leases.onGained(() => void cache.sync().then(lookAtAll));
    await cache.sync(); // what was gained while the cache started
    lookAtAll();
  }

  async onApplicationShutdown(): Promise<void> {
    const { leases, cache, keeper, approvals, bus } = this.wired;
    await Promise.all([keeper.stop(), approvals.stop()]);
    await leases.stop();
    await cache.stop();
    await bus.close();
  }
}

@Module({})
export class SchedulerModule {
  static with(wired: Wired): DynamicModule {
    return {
      module: SchedulerModule,
      providers: [{ provide: Lifecycle, useFactory: () => new Lifecycle(wired) }],
    };
  }
}
