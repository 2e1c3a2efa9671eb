// The port: what a service asks of the stored objects.

import type { CommitReply, CommitRequest, HeadsReply, KubeObject, ResourceName } from '@slipway/contracts';

export interface ListOptions {
  namespace?: string;
  /** Kubernetes' label selector syntax. */
  labelSelector?: string;
  /** Only objects of these shards. */
  shards?: readonly number[];
}

export interface GetOptions {
  /** As in `GetRequest`. */
  headOnly?: boolean;
}

export interface Listing<T extends KubeObject = KubeObject> {
  items: T[];
  /** Every commit up to this one is in the list; some later ones may be. */
  revision: number;
  /** Sequence number of the last change of each shard at that revision; index is the shard. */
  heads: number[];
}

/** Objects in their storage version. What it answers is shared and must not be modified. */
export interface Store {
  get<T extends KubeObject>(
    resource: ResourceName,
    namespace: string,
    name: string,
    options?: GetOptions,
  ): Promise<T | undefined>;
  list<T extends KubeObject>(resource: ResourceName, options?: ListOptions): Promise<Listing<T>>;
  /**
   * All writes or none. An id is added where there is none, so that a commit whose answer was lost is asked again
   * without being done twice.
   *
   * Errors  `conflict` (reason `FenceLost` when the lease is gone), `exists`, `not-found`, `invalid`, `too-large`;
   *         `transient` when the registry cannot be reached for long: the commit may or may not have been done.
   */
  commit(request: CommitRequest): Promise<CommitReply>;
  heads(): Promise<HeadsReply>;
}
