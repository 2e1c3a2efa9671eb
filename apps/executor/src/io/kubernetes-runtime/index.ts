export { ClaimKeeper } from './claim-keeper.js';
export type { ClusterReach } from './cluster-reach.js';
export { openCluster, type Cluster, type ClusterOptions } from './cluster.js';
export { kubeconfigAccess, type ClusterAccess } from './cluster-access.js';
export { EntrypointSecret } from './entrypoint-secret.js';
export { NamespaceFixtures } from './namespace-fixtures.js';
export { PodCollector } from './pod-collector.js';
export { ClusterPulls } from './cluster-pulls.js';
