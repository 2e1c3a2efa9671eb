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
import type { LogsConfig } from './config.js';
import { LogConsumer } from './io/log.consumer.js';
import { LogStore } from './io/log-store.js';
import { LogsModule } from './logs.module.js';

/** Starts the logs service; it stores and answers when this resolves. */
export async function startLogs(config: LogsConfig, given?: { logger?: Logger }): Promise<RunningService> {
  const logger = given?.logger ?? createLogger('logs', config.logLevel, { format: config.logFormat });
  const metrics = new Metrics('logs', { process: config.port !== undefined });
  const bus = await connectBus({ url: config.natsUrl, name: config.instance, logger, metrics: busMetrics(metrics) });
  const store = await LogStore.open(config.dataDir);
  const module = await startModule(LogsModule.with({ bus, store, logger }), { logger, rpc: { bus, queue: 'logs' } });
  const consumer = module.get<LogConsumer>(LogConsumer);
  const isReady = (): boolean => bus.isConnected() && consumer.isRunning;
  const health =
    config.port === undefined
      ? undefined
      : await startHealthServer({ port: config.port, host: config.host, isReady, metrics });
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await health?.close();
    store.endWaits(); // the module waits for the answers in hand
    await module.close();
    await store.close();
    await bus.close();
  };
  return { name: 'logs', isReady, stop: () => (stopped ??= stop()) };
}
