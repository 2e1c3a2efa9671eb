export { EnvReader, type Env } from './env-reader.js';
export { FairLimiter } from './fair-limiter.js';
export { freePort } from './free-port.js';
export {
  answerHealth,
  readyMetric,
  startHealthServer,
  type HealthServer,
  type HealthSources,
} from './health-server.js';
export { createLogger, nestLogger, type Logger, type LoggerOptions } from './logger.js';
export { Metrics, busMetrics, cacheMetrics, type Counter, type Gauge, type Histogram } from './metrics.js';
export { startNatsServer, type NatsServer, type NatsServerOptions } from './nats-server.js';
export { openBus, type BusConfig } from './open-bus.js';
export { runService, type RunningService } from './run-service.js';
export { SerialQueue, type SerialQueueOptions } from './serial-queue.js';
export { serviceUsers, type ServiceUsers } from './service-users.js';
export { startModule, type RunningModule, type StartModuleOptions } from './start-module.js';
export { VERSION } from './version.js';
