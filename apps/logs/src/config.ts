import { EnvReader, type BusConfig, type Env } from '@slipway/service';

export interface LogsConfig extends BusConfig {
  /** Port of health and metrics; undefined starts no server of its own. */
  port?: number;
  host: string;
  /** Where lines are stored. */
  dataDir: string;
  /** Of the replica: it stays over restarts, with the disk. Also the name of its durable. */
  instance: string;
  logLevel: string;
  logFormat: 'json' | 'text';
}

/** The only reader of environment variables in this service. Reports every problem at once. */
export function loadConfig(env: Env): LogsConfig {
  const read = new EnvReader(env);
  const config: LogsConfig = {
    port: read.port('PORT', 8085),
    host: read.text('HOST', '127.0.0.1'),
    ...read.bus(),
    dataDir: read.text('LOGS_DATA', './data/logs'),
    instance: read.name('INSTANCE', 'logs-0'),
    logLevel: read.logLevel(),
    logFormat: read.logFormat(),
  };
  read.done();
  return config;
}
