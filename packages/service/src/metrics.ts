import type { BusMetrics } from '@slipway/bus';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { VERSION } from './version.js';

export type { Counter, Gauge, Histogram };

/** Seconds; from a tenth of a millisecond to ten seconds: requests, transactions, messages. */
const SHORT = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Seconds; from a tenth of a second to twelve hours: what users wait for. */
const LONG = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1800, 3600, 3 * 3600, 12 * 3600];

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

  gauge<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    read?: () => number | Promise<number>,
  ): Gauge<L> {
    const options = { name: `slipway_${name}`, help, labelNames, registers: [this.#registry] };
    if (read === undefined) return new Gauge(options);
    return new Gauge({
      ...options,
      async collect() {
        this.set(await read());
      },
    });
  }

  /** A histogram of seconds: of requests, or of what takes as long as users' work does. */
  duration<L extends string>(name: string, help: string, labelNames: readonly L[] = []): Histogram<L> {
    return this.#histogram(name, help, labelNames, SHORT);
  }

  /** As `duration`, from a tenth of a second to twelve hours. */
  longDuration<L extends string>(name: string, help: string, labelNames: readonly L[] = []): Histogram<L> {
    return this.#histogram(name, help, labelNames, LONG);
  }

  #histogram<L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]): Histogram<L> {
    return new Histogram({
      name: `slipway_${name}_seconds`,
      help,
      labelNames,
      buckets,
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
  const pending = metrics.gauge('bus_pending', 'Messages that wait behind the last one delivered.', ['durable']);
  const connected = metrics.gauge('bus_connected', 'Whether NATS is connected and has the streams.');
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
    pending: (durable, count) => {
      pending.set({ durable }, count);
      dead.inc({ durable }, 0); // a counter that is there with its first 1 has not grown for who watches it
    },
    connected: (isConnected) => connected.set(Number(isConnected)),
    reconnected: () => reconnects.inc(),
  };
}

/** What a cache tells of how it follows the store, as metrics of the service. `cache` says which. */
export function cacheMetrics(
  metrics: Metrics,
): (cache: string) => { onRelist: (why: string) => void; onDelay: (delayMs: number) => void } {
  const relists = metrics.counter('cache_relists_total', 'Lists made because changes were missed.', ['cache']);
  const delays = metrics.duration('cache_delay', 'From a change in the stream to it in the cache.', ['cache']);
  return (cache) => ({
    onRelist: () => relists.inc({ cache }),
    onDelay: (delayMs) => delays.observe({ cache }, Math.max(0, delayMs) / 1000),
  });
}
