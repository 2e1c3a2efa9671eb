// Everything that the runtime `kubernetes` is made of, put together.

import type { Logger, Metrics } from '@slipway/service';
import type { Pod } from '@slipway/contracts';
import { podSelector } from '../../core/cluster-pod.js';
import type { PodEnvironment, PodRuntime } from '../../core/runtime.js';
import { ApiClient, type ApiMetrics } from './api-client.js';
import type { ClusterAccess } from './cluster-access.js';
import { ClusterReach } from './cluster-reach.js';
import { ClusterObjects } from './cluster-objects.js';
import { kubernetesRuntime } from './kubernetes-runtime.js';
import { PodWatch } from './pod-watch.js';
import { RateLimit } from './rate-limit.js';
import { ServerFeatures } from './server-features.js';

export interface ClusterOptions {
  access: ClusterAccess;
  /** Which of several platforms on the cluster this is. */
  installation: string;
  namesOwners: boolean;
  requestsPerSecond: number;
  requestsBurst: number;
  entrypointImage: string;
  resourceStepsImage: string;
  shards: () => ReadonlySet<number>;
  /** Makes sure of what a pod mounts, before it is there. */
  beforeStart: (pod: Pod) => Promise<void>;
  imagePullPolicy?: string;
  /** Told that the API server does not answer us, and that it does again. */
  onLost: () => void;
  onFound: () => void;
  logger: Logger;
  metrics: Metrics;
}

export interface Cluster {
  api: ApiClient;
  runtime: PodRuntime;
  environment: PodEnvironment;
  features: ServerFeatures;
  reach: ClusterReach;
  /** The shards that we hold are others now. */
  shardsChanged: () => void;
}

/** Questions a second whether the server is there: more than are ever asked. */
const PROBES = 100;

export function openCluster(options: ClusterOptions): Cluster {
  const { access, installation, namesOwners, shards, logger } = options;
  const limit = new RateLimit({ perSecond: options.requestsPerSecond, burst: options.requestsBurst });
  const metrics = apiMetrics(options.metrics);
  const api = new ApiClient(access, limit, metrics);
  const objects = new ClusterObjects(api);
  const watch = new PodWatch({ api, selector: () => podSelector(installation, shards()), logger });
  const runtime = kubernetesRuntime({
    api,
    objects,
    watch,
    shards,
    installation,
    namesOwners,
    nopImage: options.entrypointImage,
    resourceStepsImage: options.resourceStepsImage,
    beforeStart: options.beforeStart,
    ...(options.imagePullPolicy === undefined ? {} : { imagePullPolicy: options.imagePullPolicy }),
  });
  return {
    api,
    runtime,
    environment: objects,
    features: new ServerFeatures(api),
    reach: new ClusterReach({
      ...options,
      api: new ApiClient(access, new RateLimit({ perSecond: PROBES, burst: PROBES }), metrics),
    }),
    shardsChanged: () => watch.refresh(),
  };
}

function apiMetrics(metrics: Metrics): ApiMetrics {
  const requests = metrics.duration('kubernetes_requests', 'Requests to the API server of the cluster.', [
    'verb',
    'resource',
    'code',
  ]);
  const waits = metrics.duration(
    'kubernetes_rate_limit',
    'How long requests to the cluster waited for their turn.',
    [],
  );
  return {
    requested(verb, resource, code, ms, waitedMs) {
      requests.observe({ verb, resource, code: String(code) }, (ms - waitedMs) / 1000);
      waits.observe(waitedMs / 1000);
    },
  };
}
