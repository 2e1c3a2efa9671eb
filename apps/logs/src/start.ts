import { statfs } from 'node:fs/promises';
import type { StreamSpec } from '@slipway/bus';
import {
  Metrics,
  createLogger,
  openBus,
  startHealthServer,
  startModule,
  type Logger,
  type RunningService,
} from '@slipway/service';
import type { LogsConfig } from './config.js';
import { LogConsumer } from './io/log.consumer.js';
import { LogStore } from './io/log-store.js';
import { Mirror } from './io/mirror.js';
import { PeerServer } from './io/peer-server.js';
import { requireNoTwin } from './io/peers.js';
import { LogsModule, type ReplicaPace } from './logs.module.js';

export interface GivenToLogs {
  logger?: Logger;
  /** Other than the platform's. */
  streams?: readonly StreamSpec[];
  pace?: ReplicaPace;
}

/** Starts the logs service; it stores and answers when this resolves. */
export async function startLogs(config: LogsConfig, given?: GivenToLogs): Promise<RunningService> {
  const { instance } = config;
  const logger = given?.logger ?? createLogger('logs', config.logLevel, { format: config.logFormat });
  const metrics = new Metrics('logs', { process: config.port !== undefined });
  const bus = await openBus(config, {
    service: 'logs',
    logger,
    metrics,
    ...(given?.streams === undefined ? {} : { streams: given.streams }),
  });
  await requireNoTwin(bus, instance);
  const store = await LogStore.open(config.dataDir);
  diskMetrics(metrics, config.dataDir);
  const wired = LogsModule.with({ bus, store, logger, instance, pace: given?.pace ?? {} });
  const module = await startModule(wired, { logger, rpc: { bus, queue: 'logs' } });
  const consumer = module.get<LogConsumer>(LogConsumer);
  const mirror = module.get<Mirror>(Mirror);
  const peerServer = module.get<PeerServer>(PeerServer);
  await peerServer.start();
  let stopped: Promise<void> | undefined;
  const isReady = (): boolean => stopped === undefined && bus.isConnected() && consumer.isRunning && mirror.isFilled;
  const health =
    config.port === undefined
      ? undefined
      : await startHealthServer({ port: config.port, host: config.host, isReady, metrics });
  const stop = async (): Promise<void> => {
    await health?.close();
    store.endWaits(); // the module waits for the answers in hand
    await Promise.all([module.close(), peerServer.stop()]);
    await store.close();
    await bus.close();
  };
  return { name: 'logs', isReady, stop: () => (stopped ??= stop()) };
}

function diskMetrics(metrics: Metrics, dataDir: string): void {
  const free = async (): Promise<number> => statfs(dataDir).then(({ bavail, bsize }) => bavail * bsize);
  const size = async (): Promise<number> => statfs(dataDir).then(({ blocks, bsize }) => blocks * bsize);
  metrics.gauge('logs_disk_free_bytes', 'What is left of the disk that log lines are on.', [], free);
  metrics.gauge('logs_disk_size_bytes', 'Size of the disk that log lines are on.', [], size);
}
