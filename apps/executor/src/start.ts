import { startHealthServer, startModule, type RunningService } from '@slipway/service';
import type { ExecutorConfig } from './config.js';
import { EXECUTOR, ExecutorModule, wireExecutor } from './executor.module.js';
import type { Executor } from './io/executor.js';

export type { ExecutorConfig } from './config.js';

export interface RunningExecutor extends RunningService {
  /** Of health and metrics. */
  port: number;
}

/** Starts the executor: resolves when it has taken up the pods of this node and follows its TaskRuns. */
export async function startExecutor(config: ExecutorConfig): Promise<RunningExecutor> {
  const wired = await wireExecutor(config);
  let stopped: Promise<void> | undefined;
  const module = await startModule(ExecutorModule.with(wired), { logger: wired.logger });
  module.get<Executor>(EXECUTOR);
  const isReady = (): boolean =>
    stopped === undefined && wired.bus.isConnected() && wired.cache.isReady && (wired.platform.reach?.isThere ?? true);
  const health = await startHealthServer({ port: config.port, host: config.host, isReady, metrics: wired.metrics });
  return {
    name: 'executor',
    port: health.port,
    isReady,
    stop: () => (stopped ??= module.close().then(() => health.close())),
  };
}
