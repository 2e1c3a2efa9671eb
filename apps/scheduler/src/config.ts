import { EnvReader, type BusConfig, type Env } from '@slipway/service';

export interface SchedulerConfig extends BusConfig {
  /** Health and metrics. */
  host: string;
  port: number;
  /** Holder of leases: stable over restarts, unlike any other replica's. */
  instance: string;
  /** Runs of one fanned-out task; Tekton's default where it is not given. */
  maxCombinations?: number;
  logLevel: string;
  logFormat: 'json' | 'text';
}

/** The only reader of environment variables in this service. Throws SlipwayError('invalid') that lists every problem. */
export function loadConfig(env: Env): SchedulerConfig {
  const read = new EnvReader(env);
  const config: SchedulerConfig = {
    ...read.bus(),
    host: read.text('HOST', '127.0.0.1'),
    port: read.port('PORT', 8082),
    instance: read.text('INSTANCE', 'scheduler-0'),
    maxCombinations: read.integer('MAX_MATRIX_COMBINATIONS', 256, { min: 1, max: 10_000 }),
    logLevel: read.logLevel(),
    logFormat: read.logFormat(),
  };
  read.done();
  return config;
}
