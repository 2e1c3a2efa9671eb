export { EnvReader, type Env } from './env-reader.js';
export { freePort } from './free-port.js';
export { answerHealth, startHealthServer, type HealthServer, type HealthSources } from './health-server.js';
export { createLogger, nestLogger, type Logger, type LoggerOptions } from './logger.js';
export { Metrics, busMetrics, type Counter, type Gauge, type Histogram } from './metrics.js';
export { startNatsServer, type NatsServer, type NatsServerOptions } from './nats-server.js';
export { runService, type RunningService } from './run-service.js';
export { SerialQueue, type SerialQueueOptions } from './serial-queue.js';
export { startModule, type RunningModule, type StartModuleOptions } from './start-module.js';
