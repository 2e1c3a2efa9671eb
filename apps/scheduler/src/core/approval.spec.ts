import type { Approval, ApprovalDecision, CustomRun, Param } from '@slipway/contracts';
import { NOW } from '../../test/builders.js';
import { approvalStep } from './approval.js';

const params = (more: Record<string, string | string[]> = {}): Param[] =>
  Object.entries({ approvers: ['ann', 'bob', 'cid'], required: '2', ...more }).map(([name, value]) => ({
    name,
    value,
  }));
const run = (spec: Partial<CustomRun['spec']> = {}, status?: CustomRun['status']): CustomRun => ({
  apiVersion: 'tekton.dev/v1beta1',
  kind: 'CustomRun',
  metadata: { name: 'r-ok', namespace: 'ns', uid: 'u', labels: { 'slipway.dev/shard': '3' } },
  spec: { customRef: { apiVersion: 'slipway.dev/v1alpha1', kind: 'Approval' }, params: params(), ...spec },
  ...(status === undefined ? {} : { status }),
});
const approval = (decisions: ApprovalDecision[], uid = 'u'): Approval => ({
  apiVersion: 'slipway.dev/v1alpha1',
  kind: 'Approval',
  metadata: {
    name: 'r-ok',
    namespace: 'ns',
    ownerReferences: [{ apiVersion: '', kind: 'CustomRun', name: 'r-ok', uid }],
  },
  spec: { approvers: ['ann', 'bob', 'cid'], required: 2, decisions },
});
const yes = (user: string): ApprovalDecision => ({ user, decision: 'approve' });
const started = { startTime: '2026-01-01T00:00:00Z' };

// prettier-ignore
const rows: [what: string, run: CustomRun, found: Approval | undefined, status: string, reason: string, message: string][] = [
  ['nobody has decided', run(), approval([]), 'Unknown', 'WaitingForApproval', '0 of 2 approved'],
  ['too few have approved', run(), approval([yes('ann')]), 'Unknown', 'WaitingForApproval', '1 of 2 approved: ann'],
  ['one approves twice', run(), approval([yes('ann'), yes('ann')]), 'Unknown', 'WaitingForApproval', '1 of 2 approved: ann'],
  ['enough have approved', run(), approval([yes('ann'), yes('cid')]), 'True', 'Approved', '2 of 2 approved: ann, cid'],
  ['somebody rejects', run(), approval([yes('ann'), { user: 'bob', decision: 'reject', message: 'not today' }]), 'False', 'ApprovalRejected', 'rejected by bob: not today'],
  ['the run is cancelled', run({ status: 'RunCancelled' }), approval([]), 'False', 'CustomRunCancelled', 'CustomRun "r-ok" was cancelled'],
  ['its time is up', run({ timeout: '1m' }, { startTime: '2025-12-31T23:59:00Z' }), approval([yes('ann')]), 'False', 'CustomRunTimedOut', 'CustomRun "r-ok" failed to finish within "1m": 1 of 2 approved: ann'],
  ['the last approval comes in time', run({ timeout: '1m' }, { startTime: '2025-12-31T23:00:00Z' }), approval([yes('ann'), yes('bob')]), 'True', 'Approved', '2 of 2 approved: ann, bob'],
  ['an Approval of the name is somebody else\'s (P2)', run(), approval([yes('ann'), yes('bob')], 'other'), 'False', 'ApprovalExists', 'an Approval called "r-ok" exists and does not belong to the run'],
  ['it asks nobody', run({ params: [] }), undefined, 'False', 'InvalidApproval', 'param "approvers" must be a list of users, or group:NAME'],
  ['it asks for more than there are', run({ params: params({ required: '4' }) }), undefined, 'False', 'InvalidApproval', 'param "required" is 4, and there are 3 approvers'],
  ['it asks for no number', run({ params: params({ required: 'all' }) }), undefined, 'False', 'InvalidApproval', 'param "required" must be a number from 1 to 999, in quotes'],
];

describe('approvalStep', () => {
  test.each(rows)('where %s', (_what, custom, found, status, reason, message) => {
    const step = approvalStep(custom, found, NOW);
    expect(step.status?.conditions).toMatchObject([{ type: 'Succeeded', status, reason, message }]);
    expect(step.status?.completionTime !== undefined).toBe(status !== 'Unknown');
  });

  test('makes the Approval with the run for its owner, in the shard of the run, once', () => {
    const step = approvalStep(run({ params: params({ message: 'Ship it?' }) }), undefined, NOW);
    expect(step.create).toMatchObject({
      kind: 'Approval',
      metadata: {
        name: 'r-ok',
        namespace: 'ns',
        labels: { 'slipway.dev/shard': '3' },
        ownerReferences: [{ uid: 'u' }],
      },
      spec: { approvers: ['ann', 'bob', 'cid'], required: 2, message: 'Ship it?', decisions: [] },
    });
    expect(approvalStep(run(), step.create, NOW).create).toBeUndefined();
  });

  test('says who approved in a result', () => {
    const { status } = approvalStep(run(), approval([yes('cid'), yes('ann')]), NOW);
    expect(status?.results).toEqual([{ name: 'approvers', value: 'cid,ann' }]);
  });

  test('has nothing to write once both say the same', () => {
    const first = approvalStep(run(), approval([yes('ann')]), NOW);
    const next = approvalStep(
      run({}, first.status),
      { ...approval([yes('ann')]), status: first.approvalStatus! },
      NOW + 5_000,
    );
    expect(next).toEqual({ create: undefined, status: undefined, approvalStatus: undefined, wakeAtMs: undefined });
  });

  test('changes nothing of a run that has ended, and lets its Approval say how', () => {
    const ended = { ...started, conditions: [{ type: 'Succeeded', status: 'False' as const, reason: 'CustomRunTimedOut', message: 'late' }] }; // prettier-ignore
    const step = approvalStep(run({}, ended), approval([yes('ann'), yes('bob')]), NOW);
    expect(step.status).toBeUndefined();
    expect(step.approvalStatus?.conditions).toMatchObject([{ status: 'False', reason: 'CustomRunTimedOut' }]);
    expect(approvalStep(run({}, ended), undefined, NOW).create).toBeUndefined();
  });

  test('looks again when its time is up, by its stored start', () => {
    expect(approvalStep(run({ timeout: '1m' }, started), approval([]), NOW).wakeAtMs).toBe(NOW + 60_000);
    expect(approvalStep(run({}, started), approval([]), NOW).wakeAtMs).toBeUndefined();
  });
});
