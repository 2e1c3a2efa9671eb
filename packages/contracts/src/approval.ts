// A question to people that a pipeline waits for: slipway.dev/v1alpha1 Approval, made for a custom task of that kind.

import type { Condition, KubeObject, Time } from './kube.js';

export interface ApprovalDecision {
  /** The authenticated user who decided. */
  user: string;
  decision: 'approve' | 'reject' | (string & {});
  message?: string;
  at?: Time;
}
export interface ApprovalSpec {
  /** Users, or `group:NAME`. */
  approvers: string[];
  /** How many must approve; 1 when absent. */
  required?: number;
  /** What the approvers are asked. */
  message?: string;
  /** What they said so far, in order. */
  decisions?: ApprovalDecision[];
}
export interface ApprovalStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  startTime?: Time;
  completionTime?: Time;
}
export interface Approval extends KubeObject {
  spec: ApprovalSpec;
  status?: ApprovalStatus;
}
