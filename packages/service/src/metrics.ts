import type { BusMetrics } from '@slipway/bus';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { VERSION } from './version.js';

export type { Counter, Gauge, Histogram };

/** Seconds; from a tenth of a millisecond to ten seconds. */
const DURATION_BUCKETS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The Prometheus metrics of one service. Names start with `slipway_`; durations are in seconds. */
export class Metrics {
  readonly #registry = new Registry();

  /** `process`: collect CPU, memory and event loop too. Once per process is enough. */
  constructor(service: string, options: { process?: boolean } = {}) {
    this.#registry.setDefaultLabels({ service });
    if (options.process ?? false) collectDefaultMetrics({ register: this.#registry });
    const labels = { version: VERSION, node: process.versions.node };
    this.gauge('build_info', 'Always 1; the labels say which release this is.', ['version', 'node']).set(labels, 1);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }

  counter<L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return new Counter({ name: `slipway_${name}`, help, labelNames, registers: [this.#registry] });
  }

  gauge<L extends string>(name: string, help: string, labelNames: readonly L[] = [], read?: () => number): Gauge<L> {
    const options = { name: `slipway_${name}`, help, labelNames, registers: [this.#registry] };
    if (read === undefined) return new Gauge(options);
    return new Gauge({
      ...options,
      collect() {
        this.set(read());
      },
    });
  }

  /** A histogram of seconds. */
  duration<L extends string>(name: string, help: string, labelNames: readonly L[] = []): Histogram<L> {
    return new Histogram({
      name: `slipway_${name}_seconds`,
      help,
      labelNames,
      buckets: DURATION_BUCKETS,
      registers: [this.#registry],
    });
  }
}

/** What `connectBus` counts, as metrics of the service. */
export function busMetrics(metrics: Metrics): BusMetrics {
  const published = metrics.duration('bus_published', 'Messages stored in a stream.', ['root']);
  const consumed = metrics.duration('bus_consumed', 'Deliveries settled.', ['durable', 'verdict']);
  const redelivered = metrics.counter('bus_redelivered_total', 'Deliveries after the first.', ['durable']);
  const dead = metrics.counter('bus_dead_letters_total', 'Messages given up on.', ['durable']);
  const requested = metrics.duration('rpc_client', 'Requests sent.', ['subject', 'outcome']);
  const served = metrics.duration('rpc_server', 'Requests answered.', ['subject', 'outcome']);
  const reconnects = metrics.counter('bus_reconnects_total', 'Connections to NATS made again.');
  return {
    published: (root, ms) => published.observe({ root }, ms / 1000),
    consumed: (durable, verdict, delivery, ms) => {
      consumed.observe({ durable, verdict }, ms / 1000);
      if (delivery > 1) redelivered.inc({ durable });
      if (verdict === 'term') dead.inc({ durable });
    },
    requested: (subject, outcome, ms) => requested.observe({ subject, outcome }, ms / 1000),
    served: (subject, outcome, ms) => served.observe({ subject, outcome }, ms / 1000),
    reconnected: () => reconnects.inc(),
  };
}
