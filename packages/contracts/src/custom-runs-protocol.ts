// What an outside controller of custom tasks asks the registry over the bus: CustomRuns, and nothing else.

import type { CustomRun, CustomRunStatus } from './custom-run.js';

/**
 * Request/reply subjects that the registry answers. They reach CustomRuns alone, and of those write the status alone, so
 * that a controller needs no right to `store.*`.
 */
export const CUSTOM_RUNS_RPC = {
  get: 'customruns.get',
  list: 'customruns.list',
  status: 'customruns.status',
} as const;

export interface CustomRunRequest {
  namespace: string;
  name: string;
}
export interface CustomRunReply {
  /** Absent: there is none of that name. */
  object?: CustomRun;
}

export interface CustomRunListRequest {
  /** Absent: every namespace. */
  namespace?: string;
  /** Kubernetes' label selector syntax, equality and sets. */
  labelSelector?: string;
  limit?: number;
  continue?: string;
}
export interface CustomRunListReply {
  items: CustomRun[];
  /** Every commit up to this one is in the answer. */
  revision: number;
  /** Present when there is more: ask again with it. */
  continue?: string;
}

/** Replaces the whole status. */
export interface CustomRunStatusRequest extends CustomRunRequest {
  /** `metadata.uid` of the run that was read. */
  uid: string;
  /** `metadata.resourceVersion` of the run that was read. */
  resourceVersion: string;
  status: CustomRunStatus;
}
/**
 * Errors: `not-found`; `conflict` when the run is another, was changed since, or has ended (`CustomRunFinished`);
 * `invalid` with everything that is wrong with the status; `forbidden` for custom tasks that Slipway serves itself.
 */
export interface CustomRunStatusReply {
  /** As it is stored now. */
  object: CustomRun;
}
