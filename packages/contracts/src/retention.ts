// How long finished runs and their pods are kept: slipway.dev/v1alpha1 RetentionPolicy, for its namespace.

import type { KubeObject } from './kube.js';

/** On a run or a pod: `true` keeps it whatever the policies say. */
export const KEEP_ANNOTATION = 'slipway.dev/keep';

/** Runs that are neither among the last `keep` of their kind nor younger than `for` go; a field left out says nothing. */
export interface KeptRuns {
  /** How many of each kind, the last that ended. */
  keep?: number;
  /** Go duration since the end of the run. */
  for?: string;
}
export interface KeptByOutcome {
  succeeded?: KeptRuns;
  /** What failed, timed out or was cancelled. */
  failed?: KeptRuns;
}
export interface RetentionPolicySpec extends KeptByOutcome {
  /** Of pods on a cluster, which may go before their runs do: their logs and states are stored. */
  pods?: KeptByOutcome;
}
export interface RetentionPolicy extends KubeObject {
  spec: RetentionPolicySpec;
}
