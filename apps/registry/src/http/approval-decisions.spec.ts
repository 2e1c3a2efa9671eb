import type { Approval, ApprovalDecision } from '@slipway/contracts';
import { admitDecisions } from './approval-decisions.js';
import type { User } from './authentication.js';

const NOW = Date.UTC(2026, 0, 1);
const user = (name: string, ...groups: string[]): User => ({ name, groups, rules: [] });
const approval = (decisions: Partial<ApprovalDecision>[], more: object = {}): Approval =>
  ({
    apiVersion: 'slipway.dev/v1alpha1',
    kind: 'Approval',
    metadata: { name: 'go', namespace: 'ns' },
    spec: { approvers: ['ann', 'group:ops', 'group:system:masters'], required: 2, decisions },
    ...more,
  }) as Approval;
const ANN = { user: 'ann', decision: 'approve', at: '2025-12-31T00:00:00Z' };
const done = { status: { conditions: [{ type: 'Succeeded', status: 'True' }] } };
const owned = { metadata: { name: 'go', namespace: 'ns', ownerReferences: [{ kind: 'CustomRun', uid: 'u' }] } };

test('admitDecisions fills in who decided, and when, whatever the sender says of the time', () => {
  const sent = approval([ANN, { decision: 'reject', at: '1999-01-01T00:00:00Z', message: 'no' }]);
  expect(admitDecisions(sent, approval([ANN]), user('bob', 'ops'), NOW).spec.decisions).toEqual([
    ANN,
    { user: 'bob', decision: 'reject', at: '2026-01-01T00:00:00Z', message: 'no' },
  ]);
});

// prettier-ignore
const refused: [what: string, sent: Approval, old: Approval | undefined, by: User, why: string][] = [
  ['a decision in the name of another (A1)', approval([{ user: 'ann', decision: 'approve' }]), approval([]), user('bob', 'ops'), 'user "bob" cannot decide for "ann"'],
  ['a decision of somebody who is not asked (A1)', approval([{ decision: 'approve' }]), approval([]), user('eve', 'ann', 'dev'), 'user "eve" is not among its approvers'],
  ['a user named like a group (A1)', approval([{ decision: 'approve' }]), approval([]), user('ops'), 'user "ops" is not among its approvers'],
  ['decisions that an approval is made with (A1)', approval([ANN]), undefined, user('ann'), 'decisions are added to an approval that is there'],
  ['a changed decision (A2)', approval([{ ...ANN, decision: 'reject' }]), approval([ANN]), user('ann'), 'what was decided cannot be changed'],
  ['a dropped decision (A2)', approval([]), approval([ANN]), user('ann'), 'what was decided cannot be changed'],
  ['a decision before another (A2)', approval([{ decision: 'approve' }, ANN]), approval([ANN]), user('bob', 'ops'), 'what was decided cannot be changed'],
  ['a second decision of one user (A2)', approval([ANN, { decision: 'approve' }]), approval([ANN]), user('ann'), 'user "ann" has decided already'],
  ['two decisions at once', approval([{ decision: 'approve' }, { decision: 'approve' }]), approval([]), user('ann'), 'one decision can be added at a time'],
  ['another number (A3)', approval([ANN], { spec: { ...approval([ANN]).spec, required: 1 } }), approval([ANN]), user('ann'), 'only decisions can be added to it'],
  ['a decision about what has ended', approval([{ decision: 'approve' }], done), approval([], done), user('ann'), 'it has ended'],
  ['an owner that it is made with (A4)', approval([], owned), undefined, user('ann'), 'its owners cannot be changed'],
  ['an owner that it had not (A4)', approval([], owned), approval([]), user('ann'), 'its owners cannot be changed'],
];

test.each(refused)('admitDecisions refuses %s', (_what, sent, old, by, why) => {
  expect(() => admitDecisions(sent, old, by, NOW)).toThrow(`approvals.slipway.dev "go" is forbidden: ${why}`);
});

test('admitDecisions leaves everything else as it is', () => {
  const other = { ...approval([ANN]), apiVersion: 'example.dev/v1' };
  expect(admitDecisions(other, undefined, user('eve'), NOW)).toBe(other);
  const labelled = approval([ANN], { metadata: { name: 'go', namespace: 'ns', labels: { a: 'b' } } });
  expect(admitDecisions(labelled, approval([ANN]), user('eve'), NOW)).toBe(labelled);
});
