import { startHealthServer, startModule, type RunningService } from '@slipway/service';
import type { SchedulerConfig } from './config.js';
import { SchedulerModule, wireScheduler } from './scheduler.module.js';

export type { SchedulerConfig } from './config.js';

export interface RunningScheduler extends RunningService {
  /** Of health and metrics. */
  port: number;
}

/** Starts the scheduler: resolves when it follows the runs of its shards. */
export async function startScheduler(config: SchedulerConfig): Promise<RunningScheduler> {
  const wired = await wireScheduler(config);
  let stopped: Promise<void> | undefined;
  const module = await startModule(SchedulerModule.with(wired), { logger: wired.logger });
  const isReady = (): boolean => stopped === undefined && wired.bus.isConnected() && wired.cache.isReady;
  const health = await startHealthServer({ port: config.port, host: config.host, isReady, metrics: wired.metrics });
  return {
    name: 'scheduler',
    port: health.port,
    isReady,
    stop: () => (stopped ??= module.close().then(() => health.close())),
  };
}
