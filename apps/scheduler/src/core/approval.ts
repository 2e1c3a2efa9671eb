// What becomes of a custom task that waits for people. Pure: the CustomRun and its Approval as they are stored, and a time.
//
//   P1. Decisions are those of the stored Approval; the registry has proven who made each, and lets none be changed.
//   P2. An Approval of the name that is not the run's own counts nothing.

import {
  CUSTOM_RUN_CANCELLED,
  SHARD_LABEL,
  durationMs,
  isDone,
  msOf,
  shardOfObject,
  timeOf,
  type Approval,
  type ApprovalDecision,
  type ApprovalSpec,
  type Condition,
  type CustomRun,
  type CustomRunStatus,
} from '@slipway/contracts';

export interface ApprovalStep {
  /** The Approval to make, where there is none. */
  create: Approval | undefined;
  /** The status to write, of the CustomRun and of the Approval; undefined where it says so already. */
  status: CustomRunStatus | undefined;
  approvalStatus: Approval['status'] | undefined;
  /** Look again then. Unix milliseconds. */
  wakeAtMs: number | undefined;
}

type Outcome = Pick<Condition, 'status'> & { reason: string; message: string; approvers?: string[] };

/** Whether a CustomRun is one of ours. */
export function isApprovalRun({ customRef, customSpec }: CustomRun['spec']): boolean {
  const { apiVersion = '', kind = '' } = customRef ?? customSpec ?? {};
  return apiVersion === 'slipway.dev/v1alpha1' && kind === 'Approval';
}

/** Decides the next step of a CustomRun of kind Approval; `found` is the Approval of its name. */
export function approvalStep(run: CustomRun, found: Approval | undefined, nowMs: number): ApprovalStep {
  const approval = found !== undefined && isOf(run, found) ? found : undefined; // P2
  const question = questionOf(run);
  const deadlineMs = deadlineOf(run);
  const outcome = isDone(run) ? storedOutcome(run) : outcomeOf(run, found, approval, question, deadlineMs, nowMs);
  const isOpen = outcome.status === 'Unknown';
  const status = isDone(run) ? undefined : nextStatus(run, outcome, nowMs);
  return {
    create: isOpen && found === undefined && typeof question !== 'string' ? approvalOf(run, question) : undefined,
    status: status !== undefined && says(run.status, status) ? undefined : status,
    approvalStatus:
      approval === undefined || isSame(approval, outcome) ? undefined : mirrored(approval, outcome, nowMs),
    wakeAtMs: isOpen ? deadlineMs : undefined,
  };
}

function outcomeOf(
  run: CustomRun,
  found: Approval | undefined,
  approval: Approval | undefined,
  question: ApprovalSpec | string,
  deadlineMs: number | undefined,
  nowMs: number,
): Outcome {
  const failed = (reason: string, message: string): Outcome => ({ status: 'False', reason, message });
  const { name } = run.metadata;
  if (run.spec.status === CUSTOM_RUN_CANCELLED) {
    return failed('CustomRunCancelled', run.spec.statusMessage ?? `CustomRun "${name}" was cancelled`);
  }
  if (typeof question === 'string') return failed('InvalidApproval', question);
  if (found !== undefined && approval === undefined) {
    return failed('ApprovalExists', `an Approval called "${name}" exists and does not belong to the run`);
  }
  const decisions = approval?.spec.decisions ?? []; // P1
  const rejection = decisions.find(({ decision }) => decision === 'reject');
  if (rejection !== undefined) return failed('ApprovalRejected', `rejected by ${wordsOf(rejection)}`);
  const approvers = [...new Set(decisions.filter(({ decision }) => decision === 'approve').map(({ user }) => user))];
  const required = question.required ?? 1;
  const by = approvers.length === 0 ? '' : `: ${approvers.join(', ')}`;
  const message = `${approvers.length} of ${required} approved${by}`;
  if (approvers.length >= required) return { status: 'True', reason: 'Approved', message, approvers };
  if (deadlineMs !== undefined && nowMs >= deadlineMs) {
    return failed('CustomRunTimedOut', `CustomRun "${name}" failed to finish within "${run.spec.timeout}": ${message}`);
  }
  return { status: 'Unknown', reason: 'WaitingForApproval', message };
}

function wordsOf({ user, message }: ApprovalDecision): string {
  return message === undefined || message === '' ? user : `${user}: ${message}`;
}

/** What the params ask, or what is wrong with them. */
function questionOf({ spec }: CustomRun): ApprovalSpec | string {
  const params = new Map((spec.params ?? []).map(({ name, value }) => [name, value]));
  const approvers = params.get('approvers');
  const required = params.get('required') ?? '1';
  const message = params.get('message');
  if (!Array.isArray(approvers) || approvers.length === 0 || approvers.includes('')) {
    return 'param "approvers" must be a list of users, or group:NAME';
  }
  if (typeof required !== 'string' || !/^[1-9]\d{0,2}$/.test(required)) {
    return 'param "required" must be a number from 1 to 999, in quotes';
  }
  const hasGroup = approvers.some((approver) => approver.startsWith('group:'));
  if (!hasGroup && new Set(approvers).size < Number(required)) {
    return `param "required" is ${required}, and there are ${new Set(approvers).size} approvers`;
  }
  if (message !== undefined && typeof message !== 'string') return 'param "message" must be a string';
  return { approvers, required: Number(required), ...(message === undefined ? {} : { message }), decisions: [] };
}

function approvalOf({ metadata }: CustomRun, spec: ApprovalSpec): Approval {
  const { name, namespace = '', uid = '', labels } = metadata;
  return {
    apiVersion: 'slipway.dev/v1alpha1',
    kind: 'Approval',
    metadata: {
      name,
      namespace,
      labels: { ...labels, [SHARD_LABEL]: String(shardOfObject(metadata)) },
      ownerReferences: [
        { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec,
  };
}

function isOf(run: CustomRun, approval: Approval): boolean {
  return approval.metadata.ownerReferences?.some(({ uid }) => uid === run.metadata.uid) === true;
}

/** A CustomRun's time runs from when it was first seen; an approval that nobody limits waits as long as its pipeline. */
function deadlineOf({ spec, status }: CustomRun): number | undefined {
  const startMs = msOf(status?.startTime);
  const limitMs = spec.timeout === undefined ? undefined : durationMs(spec.timeout);
  return startMs === undefined || limitMs === undefined || limitMs === 0 ? undefined : startMs + limitMs;
}

function nextStatus(run: CustomRun, outcome: Outcome, nowMs: number): CustomRunStatus {
  const { approvers } = outcome;
  return {
    ...run.status,
    conditions: [conditionOf(run.status?.conditions, outcome, nowMs)],
    startTime: run.status?.startTime ?? timeOf(nowMs),
    ...(outcome.status === 'Unknown' ? {} : { completionTime: timeOf(nowMs) }),
    ...(approvers === undefined ? {} : { results: [{ name: 'approvers', value: approvers.join(',') }] }),
  };
}

function mirrored({ status }: Approval, outcome: Outcome, nowMs: number): NonNullable<Approval['status']> {
  return {
    ...status,
    conditions: [conditionOf(status?.conditions, outcome, nowMs)],
    startTime: status?.startTime ?? timeOf(nowMs),
    ...(outcome.status === 'Unknown' ? {} : { completionTime: timeOf(nowMs) }),
  };
}

function conditionOf(before: readonly Condition[] | undefined, outcome: Outcome, nowMs: number): Condition {
  const known = before?.find(({ type }) => type === 'Succeeded');
  const { status, reason, message } = outcome;
  const since = known?.status === status ? known.lastTransitionTime : undefined;
  return { type: 'Succeeded', status, reason, message, lastTransitionTime: since ?? timeOf(nowMs) };
}

function storedOutcome({ status }: CustomRun): Outcome {
  const { status: is = 'Unknown', reason = '', message = '' } = status?.conditions?.find(isSucceeded) ?? {};
  return { status: is, reason, message };
}

function says(before: CustomRunStatus | undefined, next: CustomRunStatus): boolean {
  const [known, now] = [before?.conditions?.find(isSucceeded), next.conditions?.find(isSucceeded)];
  return known?.status === now?.status && known?.reason === now?.reason && known?.message === now?.message;
}

function isSame({ status }: Approval, outcome: Outcome): boolean {
  const known = status?.conditions?.find(isSucceeded);
  return known?.status === outcome.status && known.reason === outcome.reason && known.message === outcome.message;
}

function isSucceeded({ type }: Condition): boolean {
  return type === 'Succeeded';
}
