// All resolvers, wired.

import { RemoteHttp, type NetworkGuard } from '@slipway/guarded-http';
import { gitMirrors } from '../../core/git-mirrors.js';
import type { ResolverName, Mirror } from '@slipway/contracts';
import type { Store } from '@slipway/store';
import { bundleResolver } from './bundle-resolver.js';
import { clusterResolver, type ClusterNamespaces } from './cluster-resolver.js';
import { gitResolver } from './git-resolver.js';
import { httpResolver } from './http-resolver.js';
import { hubResolver, type HubUrls } from './hub-resolver.js';
import type { Resolver } from './resolver.js';

export interface ResolverSettings extends HubUrls {
  mirrors: readonly Mirror[];
  gitConfig: readonly (readonly [key: string, value: string])[];
  plainRegistries: readonly string[];
  programPath: string;
  cluster: ClusterNamespaces;
}

export function resolvers(
  store: Pick<Store, 'get'>,
  guard: NetworkGuard,
  { mirrors, gitConfig, plainRegistries, programPath, cluster, ...hubs }: ResolverSettings,
): Record<ResolverName, Resolver> {
  const http = new RemoteHttp(guard, mirrors);
  const forGit = [...mirrors, ...gitMirrors(gitConfig)];
  return {
    bundles: bundleResolver({ store, http, plainRegistries }),
    cluster: clusterResolver(store, cluster),
    git: gitResolver({ store, guard, http, mirrors: forGit, settings: gitConfig, programPath }),
    http: httpResolver(http, store),
    hub: hubResolver(http, hubs),
  };
}
