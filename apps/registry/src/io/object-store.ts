// The port to the stored objects: what the registry's HTTP API, its bus API and its relay need of a database.

import type {
  BackupPosition,
  CommitReply,
  CommitRequest,
  HeadsReply,
  KubeObject,
  LeaseReply,
  LeaseRequest,
  ObjectKey,
  ResourceName,
} from '@slipway/contracts';
import type { StoredObject } from '../core/storage/commit-group.js';

export type { StoredObject } from '../core/storage/commit-group.js';

/** What one registry does for all replicas: publish changes; serve runs of an installed Tekton's API. */
export type SoleRole = 'relay' | 'bridge';

export interface StoredListRequest {
  resource: ResourceName;
  /** Absent: every namespace. */
  namespace?: string;
  labelSelector?: string;
  shards?: readonly number[];
  /** Most objects in the answer; of large ones it has fewer, and a token. */
  limit?: number;
  /** Stop once the answer has this much text. Bytes; at least one object is in every answer that is not the last. */
  limitBytes?: number;
  continue?: string;
}

export interface StoredList {
  /** By namespace, then name, in the order of their bytes. */
  items: StoredObject[];
  /**
   * Revision of the snapshot of the first page: every commit up to it is in the pages together. Following the changes
   * after it makes the list complete.
   */
  revision: number;
  /** Sequence number of the last change of each shard at that revision; index is the shard. */
  heads: number[];
  /** Present when there is more. */
  continue?: string;
}

/** One row of the outbox: a change as it is published. */
export interface OutboxRow {
  revision: number;
  shard: number;
  key: ObjectKey;
  uid: string;
  /** JSON of a `Change`. */
  text: string;
}

/** What a sign of life leads to: the answer, and whether other replicas should ask now because shards move. */
export interface LeaseOutcome {
  reply: LeaseReply;
  isMoving: boolean;
}

/**
 * Objects with Kubernetes' semantics, on SQL.
 *
 *   O1. A revision can be seen only when every smaller one can.
 *   O2. A commit is written whole with its outbox rows, or not at all.
 *   O3. A repeated commit id is answered, not done again.
 *
 * Errors  `conflict`, `exists`, `not-found`, `invalid`, `too-large`, `expired` as SlipwayError; `transient` while the
 *         database cannot be reached, and then nobody knows whether a commit was done: ask again with the same id.
 */
export interface ObjectStore {
  get(key: ObjectKey): Promise<StoredObject | undefined>;
  /** In the order of the keys. */
  getMany(keys: readonly ObjectKey[]): Promise<(StoredObject | undefined)[]>;
  /** `invalid` for an unreadable selector or token, `expired` for a token whose revision has been pruned. */
  list(request: StoredListRequest): Promise<StoredList>;
  /** Objects that name this uid among their `ownerReferences`. */
  listByOwner(uid: string): Promise<StoredObject[]>;
  /**
   * As `STORE_RPC.commit`. A create with `generateName` and an empty name gets a name. Concurrent commits share a
   * transaction, each on its own: one that fails does not touch the others.
   */
  commit(request: CommitRequest): Promise<CommitReply>;
  heads(): Promise<HeadsReply>;
  /** As `STORE_RPC.lease`. */
  lease(request: LeaseRequest): Promise<LeaseOutcome>;
  /** Rows after a revision, in order. */
  outbox(afterRevision: number, limit: number): Promise<OutboxRow[]>;
  /** How many rows there are. */
  outboxSize(): Promise<number>;
  /** Forgets rows up to a revision, with the next commit or a moment later. */
  trimOutbox(upToRevision: number): void;
  /** Called after every commit that wrote something, and for commits of other replicas. Must not throw. */
  onCommitted(listener: () => void): () => void;
  /** Waits until this process is the one that does it; resolves with a signal that aborts when it no longer is. */
  becomeSole(role: SoleRole, signal: AbortSignal): Promise<AbortSignal>;
  /** Whether the database answers, as far as is known; for readiness. */
  isReachable(): boolean;
  /** Forgets tombstones, commit ids and expired members that are older. Answers the revision up to which tombstones are gone. */
  prune(olderThanMs: number): Promise<number>;
  /**
   * Hands over every object of one snapshot, what is owned before its owner, and answers where the snapshot stood. `take`
   * is waited for.
   */
  snapshot(take: (objects: readonly StoredObject[]) => Promise<void>): Promise<BackupPosition>;
  /**
   * Fills an empty store, all or nothing; answers how many objects there were. They keep all but their resource version,
   * which is far beyond those of `from`: nobody who knew the store before takes an old state for a new one.
   *
   * Errors  `exists` when there are objects already, `conflict` when services use the store.
   */
  restore(from: BackupPosition, objects: AsyncIterable<KubeObject>): Promise<number>;
  close(): Promise<void>;
}

/** Told about every group of commits; for metrics. Must not throw. */
export interface CommitObserver {
  group?(o: { commits: number; writes: number; durationMs: number }): void;
  refused?(reason: string): void;
}
