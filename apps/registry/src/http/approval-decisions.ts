// Who decides: an Approval changes by one decision at a time, that of the authenticated user who sends it.
//
//   A1. A decision names the user whose token brought it, who is among the approvers. Nobody writes it for another.
//   A2. What was decided stays: no decision is changed, dropped, moved, or made twice by one user.
//   A3. Who is asked, how many and what cannot be changed: the question is the one that was answered.
//   A4. Only the scheduler says which custom run an Approval belongs to: nobody can bring answers to a question of another.

import { isDone, timeOf, type Approval, type ApprovalDecision, type KubeObject } from '@slipway/contracts';
import { sameJson } from '../core/patch/json-value.js';
import type { User } from './authentication.js';
import { forbidden } from './authorization.js';

/** The object as it may be stored, with name and time of a new decision filled in; anything but an Approval as it is. */
export function admitDecisions<T extends KubeObject>(object: T, old: T | undefined, user: User, nowMs: number): T {
  if (object.kind !== 'Approval' || !object.apiVersion.startsWith('slipway.dev/')) return object;
  return admitted(object as unknown as Approval, old as unknown as Approval | undefined, user, nowMs) as unknown as T;
}

function admitted(approval: Approval, old: Approval | undefined, user: User, nowMs: number): Approval {
  const refuse = (why: string): Error =>
    forbidden({ resource: 'approvals', group: 'slipway.dev', name: approval.metadata.name }, why);
  if (!sameJson(ownersOf(approval), ownersOf(old))) throw refuse('its owners cannot be changed'); // A4
  const decisions = approval.spec?.decisions ?? [];
  if (old === undefined) {
    if (decisions.length > 0) throw refuse('decisions are added to an approval that is there'); // A1
    return approval;
  }
  const { decisions: before = [], ...question } = old.spec;
  if (!sameJson(question, { ...approval.spec, decisions: undefined }))
    throw refuse('only decisions can be added to it'); // A3
  if (!before.every((one, i) => sameJson(one, decisions[i]))) throw refuse('what was decided cannot be changed'); // A2
  const added = decisions.slice(before.length);
  if (added.length === 0) return approval;
  if (isDone(old)) throw refuse('it has ended');
  if (added.length > 1) throw refuse('one decision can be added at a time');
  const [decision] = added as [ApprovalDecision];
  if ((decision.user ?? '') !== '' && decision.user !== user.name) {
    throw refuse(`user "${user.name}" cannot decide for "${decision.user}"`); // A1
  }
  if (!isApprover(old.spec.approvers, user)) throw refuse(`user "${user.name}" is not among its approvers`); // A1
  if (before.some((one) => one.user === user.name)) throw refuse(`user "${user.name}" has decided already`); // A2
  const stamped = { ...decision, user: user.name, at: timeOf(nowMs) };
  return { ...approval, spec: { ...approval.spec, decisions: [...before, stamped] } };
}

function ownersOf(approval: Approval | undefined): unknown {
  return approval?.metadata.ownerReferences ?? [];
}

function isApprover(approvers: readonly string[], { name, groups }: User): boolean {
  return approvers.includes(name) || groups.some((group) => approvers.includes(`group:${group}`));
}
