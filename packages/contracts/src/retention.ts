// How long finished runs are kept: slipway.dev/v1alpha1 RetentionPolicy, for the runs of its namespace.

import type { KubeObject } from './kube.js';

/** Runs that are neither among the last `keep` of their kind nor younger than `for` go; a field left out says nothing. */
export interface KeptRuns {
  /** How many of each kind, the last that ended. */
  keep?: number;
  /** Go duration since the end of the run. */
  for?: string;
}
export interface RetentionPolicySpec {
  succeeded?: KeptRuns;
  /** Runs that failed, timed out or were cancelled. */
  failed?: KeptRuns;
}
export interface RetentionPolicy extends KubeObject {
  spec: RetentionPolicySpec;
}
