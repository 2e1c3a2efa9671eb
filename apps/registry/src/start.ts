// Starts the registry: database, bus, relay, change window, API.

import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '@slipway/bus';
import { SlipwayError, leasesSubject, type LeasedService, type RetentionPolicySpec } from '@slipway/contracts';
import {
  Metrics,
  VERSION,
  createLogger,
  openBus,
  readyMetric,
  startModule,
  type Logger,
  type RunningService,
} from '@slipway/service';
import { startAccess } from './access.js';
import type { RegistryConfig } from './config.js';
import { DEFAULT_LIMITS } from './core/admission/limits.js';
import { defaultNamespace } from './http/fresh.js';
import { RequestMetrics } from './http/request-metrics.js';
import { ApiServer } from './http/server.js';
import { Bridge } from './io/bridge/bridge.js';
import type { BridgePorts } from './io/bridge/bridge-turn.js';
import { Expiry } from './io/expiry.js';
import { Garbage } from './io/garbage.js';
import { busLogs } from './io/logs.js';
import { StoredNamespaces } from './io/namespaces.js';
import type { ObjectStore } from './io/object-store.js';
import { startRelay } from './io/relay.js';
import { Retention } from './io/retention.js';
import { openPatiently } from './io/sql/open-patiently.js';
import { openObjectStore } from './io/sql/open.js';
import { WatchCache } from './io/watch-cache.js';
import { RegistryModule } from './registry.module.js';
import { readSecrets } from './secrets.js';

export interface RunningRegistry extends RunningService {
  /** Where the API is: `http://127.0.0.1:6443`. */
  url: string;
}

/** Starts the registry; the API answers when this resolves. */
export async function startRegistry(config: RegistryConfig, given?: { logger?: Logger }): Promise<RunningRegistry> {
  const logger = given?.logger ?? createLogger('registry', config.logLevel, { format: config.logFormat ?? 'json' });
  const metrics = new Metrics('registry', { process: given?.logger === undefined });
  const closers: (() => unknown)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        logger.error({ err: error }, 'a part did not close');
      }
    }
  };
  try {
    const secrets = await readSecrets(config);
    const [access, store, bus] = await Promise.all([
      startAccess(config, logger, metrics),
      openStore(config, secrets.database, logger, metrics),
      openBus(config, { service: 'registry', logger, metrics, password: secrets.natsPassword }),
    ]);
    closers.push(
      () => access.stop(),
      () => store.close(),
      () => bus.close(),
    );
    const limits = config.limits ?? DEFAULT_LIMITS;
    if (access.served.hasNamespaces) await makeDefaultNamespace(store);
    const parts = await startParts(store, bus, logger, closers, config.retention);
    if (access.tekton !== undefined) {
      closers.push(startBridge({ client: access.tekton, store, ...parts, limits, logger, nowMs: Date.now }, metrics));
    }
    const callReplicas = (service: LeasedService): void => bus.call(leasesSubject(service));
    const module = await startModule(RegistryModule.with({ store, limits, callReplicas }), {
      logger,
      rpc: { bus, queue: 'registry' },
    });
    closers.push(() => module.close());
    let stopped: Promise<void> | undefined;
    let { tls } = access;
    const isReady = (): boolean => stopped === undefined && bus.isConnected() && store.isReachable();
    const ready = { isReady, metrics };
    relayMetric(metrics, store);
    readyMetric(ready);
    certificateMetric(metrics, () => tls);
    const server = new ApiServer({
      host: config.host,
      port: config.port,
      ...(access.tls === undefined ? {} : { tls: access.tls }),
      ports: {
        served: access.served,
        authorize: access.authorize,
        namespaces: access.namespaces ?? new StoredNamespaces(store),
        store,
        cache: parts.cache,
        garbage: parts.garbage,
        logs: busLogs(bus),
        nowMs: Date.now,
        limits,
      },
      authenticate: access.authenticate,
      health: ready,
      metrics: new RequestMetrics(metrics),
      logger,
      version: VERSION,
    });
    access.onTls((next) => {
      tls = next;
      server.useTls(next);
    });
    await server.listen();
    closers.push(() => server.close());
    logger.info({ url: server.url }, 'the API answers');
    const stop = async (): Promise<void> => {
      await sleep(config.shutdownDelayMs ?? 0);
      await closeAll();
    };
    return { name: 'registry', url: server.url, isReady, stop: () => (stopped ??= stop()) };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

const DATABASE_PAUSE_MS = 1000;

async function startParts(
  store: ObjectStore,
  bus: Bus,
  logger: Logger,
  closers: (() => unknown)[],
  fallback: RetentionPolicySpec | undefined,
): Promise<{ cache: WatchCache; garbage: Garbage }> {
  const cache = new WatchCache(bus, store, logger);
  closers.push(() => cache.stop());
  const garbage = new Garbage(store, cache, logger);
  closers.push(() => garbage.stop());
  await cache.start();
  const relay = startRelay(store, bus, { onError: (err) => logger.warn({ err }, 'a change could not be published') });
  closers.push(() => relay.stop());
  const expiry = new Expiry(store, cache, logger, Date.now);
  closers.push(() => expiry.stop());
  expiry.start();
  const retention = new Retention(store, cache, garbage, logger, Date.now, fallback);
  closers.push(() => retention.stop());
  retention.start();
  void garbage.start().catch((err: unknown) => logger.error({ err }, 'unfinished deletions could not be read'));
  return { cache, garbage };
}

/** Answers how it is stopped. */
function startBridge(ports: BridgePorts, metrics: Metrics): () => Promise<void> {
  const steps = metrics.counter('bridge_steps_total', 'Steps done for runs of an installed Tekton.', ['verb']);
  const bridge = new Bridge({ ...ports, onStep: (verb) => steps.inc({ verb }) });
  metrics.gauge('bridge_runs', 'Runs of an installed Tekton that are served from here.', [], () => bridge.size);
  bridge.start();
  return () => bridge.stop();
}

async function makeDefaultNamespace(store: ObjectStore): Promise<void> {
  try {
    await store.commit({ writes: defaultNamespace() });
  } catch (error) {
    if (!(error instanceof SlipwayError && error.kind === 'exists')) throw error;
  }
}

/** In a cluster the database may start together with us; elsewhere whoever started us wants to know that it is not there. */
function openStore(config: RegistryConfig, database: string, logger: Logger, metrics: Metrics): Promise<ObjectStore> {
  const observer = commitMetrics(metrics);
  const open = (): Promise<ObjectStore> => openObjectStore(database, observer);
  if (config.access.kind !== 'cluster') return open();
  return openPatiently(open, async (err) => {
    logger.warn({ err }, 'the database is not there yet; waiting for it');
    await sleep(DATABASE_PAUSE_MS);
  });
}

function commitMetrics(metrics: Metrics): Parameters<typeof openObjectStore>[1] {
  const durations = metrics.duration('store_commit_group', 'Transactions that write.', []);
  const commits = metrics.counter('store_commits_total', 'Commits decided.', []);
  const refused = metrics.counter('store_commits_refused_total', 'Commits refused.', ['reason']);
  return {
    group: ({ commits: count, durationMs }) => {
      commits.inc(count);
      durations.observe(durationMs / 1000);
    },
    refused: (reason) => refused.inc({ reason }),
  };
}

function certificateMetric(metrics: Metrics, tls: () => { cert: string | Buffer } | undefined): void {
  metrics.gauge('certificate_expires_seconds', 'When the certificate of the API ends, as Unix time.', [], () => {
    const served = tls();
    return served === undefined ? Infinity : Date.parse(new X509Certificate(served.cert).validTo) / 1000;
  });
}

function relayMetric(metrics: Metrics, store: ObjectStore): void {
  const size = (): Promise<number> => store.outboxSize().catch(() => NaN); // the other metrics are read all the same
  metrics.gauge('relay_outbox_changes', 'Changes that are committed and not known to be published.', [], size);
}
