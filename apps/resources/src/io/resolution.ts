// Remote references, started: the leases, the cache of requests, the resolvers and their keeper.

import type { NetworkGuard } from '@slipway/guarded-http';
import { RESOLUTION_REQUESTS, isDone, type KubeObject, type ResolutionRequest } from '@slipway/contracts';
import type { Bus } from '@slipway/bus';
import { cacheMetrics, type Logger, type Metrics } from '@slipway/service';
import { Cache, ShardLeases, type Store } from '@slipway/store';
import type { ResourcesConfig } from '../config.js';
import { DocumentSource } from './remote/document-source.js';
import { removeLeftovers } from './remote/git-fetch.js';
import { resolvers } from './remote/resolvers.js';
import { ResolutionKeeper } from './resolution-keeper.js';

export interface ResolutionOptions {
  bus: Bus;
  store: Store;
  guard: NetworkGuard;
  config: Pick<ResourcesConfig, 'instance' | 'gitConfig' | 'remote'>;
  logger: Logger;
  metrics: Metrics;
}

/** Resolves when the requests of the owned shards are followed. */
export async function startResolution(
  options: ResolutionOptions,
): Promise<{ isReady: () => boolean; stop: () => Promise<void> }> {
  const { bus, store, guard, config, logger, metrics } = options;
  const leases = new ShardLeases(bus, { service: 'resources', holder: config.instance });
  metrics.gauge('shards_owned', 'Shards that this replica works on.', [], () => leases.shards().size);
  const cache = new Cache(bus, store, {
    resources: [RESOLUTION_REQUESTS],
    shards: () => leases.shards(),
    transform: withoutData,
    ...cacheMetrics(metrics)('requests'),
  });
  const seconds = metrics.duration('resolution', 'Remote references answered.', ['resolver', 'reason']);
  const source = new DocumentSource(resolvers(store, guard, { ...config.remote, gitConfig: config.gitConfig }), store);
  const keeper = new ResolutionKeeper({
    cache,
    store,
    owns: (shard) => leases.owns(shard),
    fetch: (request, resolver, signal) => source.fetch(request, resolver, signal),
    now: Date.now,
    logger,
    timeoutMs: config.remote.timeoutMs,
    concurrency: config.remote.concurrency,
    answered: (resolver, reason, durationMs) => seconds.observe({ resolver, reason }, durationMs / 1000),
  });
  void removeLeftovers();
  leases.onLost(() => void cache.sync());
  await leases.start();
  await cache.start();
  keeper.start();
  leases.onGained(() => void cache.sync().then(() => keeper.lookAtAll()));
  await cache.sync(); // what was gained while the cache started
  keeper.lookAtAll();
  const stop = async (): Promise<void> => {
    await keeper.stop();
    await leases.stop();
    await cache.stop();
  };
  return { isReady: () => cache.isReady, stop };
}

/** Answers are as large as documents are, and nobody here reads them again. */
function withoutData(object: KubeObject): KubeObject {
  if (!isDone(object as ResolutionRequest)) return object;
  const { conditions = [] } = (object as ResolutionRequest).status ?? {};
  return { ...object, status: { conditions } } as KubeObject;
}
