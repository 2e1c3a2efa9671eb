import { connectBus, type Bus, type BusService, type StreamSpec } from '@slipway/bus';
import type { Logger } from './logger.js';
import { busMetrics, type Metrics } from './metrics.js';

/** What a service is told of the bus. */
export interface BusConfig {
  /** With user and password, unless the latter is in a file. */
  natsUrl: string;
  natsPasswordFile?: string;
  /** Servers that keep each message; 1 when absent. */
  natsReplicas?: number;
}

interface BusPorts {
  service: BusService;
  logger: Logger;
  metrics: Metrics;
  /** Where it is known and in no file. */
  password?: string | undefined;
  /** Other than the platform's. */
  streams?: readonly StreamSpec[];
}

/** The bus as a service uses it. */
export function openBus(config: BusConfig & { instance: string }, ports: BusPorts): Promise<Bus> {
  const { natsUrl, natsPasswordFile, natsReplicas, instance } = config;
  const { service, logger, metrics, password, streams } = ports;
  return connectBus({
    url: natsUrl,
    name: instance,
    service,
    logger,
    metrics: busMetrics(metrics),
    ...(password === undefined ? {} : { password }),
    ...(streams === undefined ? {} : { streams }),
    ...(natsPasswordFile === undefined ? {} : { passwordFile: natsPasswordFile }),
    ...(natsReplicas === undefined ? {} : { replicas: natsReplicas }),
  });
}
