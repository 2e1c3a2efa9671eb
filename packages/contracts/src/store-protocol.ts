// What services ask the registry, and what it tells them: the words of `@slipway/store` on the bus.

import type { KubeObject, ObjectKey, ResourceName } from './kube.js';

/** Request/reply subjects that the registry answers. */
export const STORE_RPC = {
  get: 'store.get',
  list: 'store.list',
  commit: 'store.commit',
  heads: 'store.heads',
  lease: 'store.lease',
  admit: 'store.admit',
} as const;

export interface GetRequest extends ObjectKey {
  /** Only what the object is: kind, metadata, and the type of a secret; nothing of what it holds. */
  headOnly?: boolean;
}
/** The object in its storage version. */
export type GetReply = { object: KubeObject } | { object?: undefined };

export interface ListRequest {
  resource: ResourceName;
  /** Absent: every namespace. */
  namespace?: string;
  /** Kubernetes' label selector syntax, equality and sets. */
  labelSelector?: string;
  /** Only objects of these shards. Absent: of every shard. */
  shards?: number[];
  /** Objects per answer; the server may send fewer, so that an answer stays below the bus's message limit. */
  limit?: number;
  continue?: string;
}
export interface ListReply {
  items: KubeObject[];
  /** Every commit up to this one is in the answer. */
  revision: number;
  /** Sequence number of the last change of each shard that is in the answer; index is the shard. Follow from here. */
  heads: number[];
  continue?: string;
}

/** One write of a commit. Every precondition of every write holds, or nothing is written. */
export type Write =
  /** Fails with `exists` when the name is taken. `metadata.uid`, `creationTimestamp` and the rest are filled in. */
  | { op: 'create'; object: KubeObject }
  /**
   * As `create`, under a uid that the caller has chosen, a random one: what the same commit creates can name its owner.
   * An operation of its own, because a registry that does not know of it must refuse it.
   */
  | { op: 'create-as'; uid: string; object: KubeObject }
  /** Fails with `conflict` unless `metadata.resourceVersion` is the stored one. Replaces the whole object. */
  | { op: 'update'; object: KubeObject }
  /** As `update`, but takes only `status` (and metadata's annotations and labels) from the object. */
  | { op: 'update-status'; object: KubeObject }
  /** A missing object is no error. `resourceVersion` and `uid` are preconditions where present. */
  | { op: 'delete'; key: ObjectKey; resourceVersion?: string; uid?: string };

/** Proof that the committer still owns the shard: checked in the same transaction as the writes. */
export interface Fence {
  service: LeasedService;
  shard: number;
  token: number;
}
export interface CommitRequest {
  /**
   * Chosen by the caller, never used twice. A commit that comes again with its id, because the answer was lost, is not
   * done again: it gets the answer once more. Remembered for some minutes.
   */
  id?: string;
  writes: Write[];
  fence?: Fence;
}
export interface CommitReply {
  /** Revision of the last write. Every write has one of its own, ascending. */
  revision: number;
  /** The objects as stored, in the order of the writes; null where the write removed the object. */
  objects: (KubeObject | null)[];
}

export interface HeadsReply {
  revision: number;
  /** As in `ListReply`. */
  heads: number[];
}

// Admission ------------------------------------------------------------------------------------------------------------

/** A document from elsewhere, to be read as the API would read it. */
export interface AdmitRequest {
  /** YAML or JSON, one object in any version that is served. */
  document: string;
  /** The kind that it must be of: `Task`, `Pipeline`, `StepAction`. */
  kind: string;
}
/** Errors: `invalid` with everything that is wrong with the document. */
export interface AdmitReply {
  /** In the storage version, with its defaults. */
  object: KubeObject;
}

// Leases --------------------------------------------------------------------------------------------------------------

export type LeasedService = 'scheduler' | 'executor' | 'resources';

/** Sent every few seconds by each replica: "I live; these shards I have let go". */
export interface LeaseRequest {
  service: LeasedService;
  /** Stable over restarts of one replica, unlike any other's: a restarted replica takes its shards back at once. */
  holder: string;
  /** New at every start of a process: tells the restarted replica from the killed one. */
  incarnation: string;
  ttlMs: number;
  /** Shards that this replica has stopped working on, because an earlier answer asked for it or it is stopping. */
  released: number[];
  /** The replica is stopping: give it nothing more. */
  leaving?: boolean;
}
export interface LeaseReply {
  /** What this replica owns until `ttlMs` after it sent the request. */
  owned: { shard: number; token: number }[];
  /** Owned, but wanted by another replica: finish what is in hand, then name them in `released`. */
  release: number[];
}

// Changes -------------------------------------------------------------------------------------------------------------

/** One change of one object, as it stands in the outbox and in the stream `CHANGES`. */
export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** The object's revision after the change; message id in the stream. */
  revision: number;
  shard: number;
  /** Counts the changes of the shard without a hole: a follower that sees a hole has lost something, and lists again. */
  sequence: number;
  key: ObjectKey;
  uid: string;
  /** Storage version. Absent for sensitive kinds and for objects too large for a message: get it if it is needed. */
  object?: KubeObject;
}
