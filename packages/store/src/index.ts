export { busStore, type BusStoreOptions } from './bus-store.js';
export { Cache, type CacheOptions } from './cache.js';
export { type CacheChange } from './cached-objects.js';
export { RemoteReferences, busAdmission, type Admit, type Remote } from './remote-references.js';
export { ShardLeases, type LeaseBus, type ShardLeasesOptions } from './shard-leases.js';
export { type GetOptions, type Listing, type ListOptions, type Store } from './store.js';
