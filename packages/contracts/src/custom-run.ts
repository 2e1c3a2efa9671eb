// Runs of custom tasks, which a controller of somebody else's carries out: tekton.dev/v1beta1 CustomRun.

import type { Condition, KubeObject, Time } from './kube.js';
import type { ObjectRef, Param, WorkspaceBinding } from './tekton.js';

/** `spec.status` of a CustomRun that is to be cancelled. */
export const CUSTOM_RUN_CANCELLED = 'RunCancelled';

/**
 * Whether a `taskRef` or `taskSpec` is of another group's kind. Tekton also takes its own `tekton.dev` Task for one when both
 * fields are written out.
 */
export function isCustomTask(named: { apiVersion?: string; kind?: string } | undefined): boolean {
  const { apiVersion = '', kind = '' } = named ?? {};
  return apiVersion !== '' && kind !== '' && !apiVersion.startsWith('tekton.dev/');
}

/** A custom task inline: `spec` is whatever its controller understands. */
export interface EmbeddedCustomSpec {
  apiVersion?: string;
  kind?: string;
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: unknown;
}
export interface CustomRunSpec {
  /** Exactly one of `customRef` and `customSpec`; each names apiVersion and kind. */
  customRef?: ObjectRef;
  customSpec?: EmbeddedCustomSpec;
  params?: Param[];
  status?: typeof CUSTOM_RUN_CANCELLED | (string & {});
  statusMessage?: string;
  /** How often the controller may try again by itself. */
  retries?: number;
  serviceAccountName?: string;
  /** Go duration; `0` means no limit. */
  timeout?: string;
  workspaces?: WorkspaceBinding[];
}
/** Custom tasks report texts only. */
export interface CustomRunResult {
  name: string;
  value: string;
}
export interface CustomRunStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  annotations?: Record<string, string>;
  startTime?: Time;
  completionTime?: Time;
  results?: CustomRunResult[];
  /** The status of each attempt before this one, oldest first. */
  retriesStatus?: CustomRunStatus[];
  /** Anything that the controller wants to remember. */
  extraFields?: unknown;
}
export interface CustomRun extends KubeObject {
  spec: CustomRunSpec;
  status?: CustomRunStatus;
}
