import { expectRow, problems, type Row } from '../validation-cases.js';

const of = (spec: object): string[] => problems('Approval', { spec });

const rows: Row[] = [
  {
    says: 'nothing against a decision of one who was asked',
    of: of({ approvers: ['ann', 'group:ops'], required: 2, decisions: [{ user: 'ann', decision: 'approve' }] }),
    is: [],
  },
  { says: 'that somebody must be asked', of: of({}), is: ['spec.approvers: missing field(s)'] },
  {
    says: 'that at least one must approve, and that a decision is one of two',
    of: of({ approvers: ['ann'], required: 0, decisions: [{ user: 'ann', decision: 'perhaps' }] }),
    is: [
      'spec.required: invalid value: 0 (at least one must approve)',
      'spec.decisions[0].decision: invalid value: perhaps (must be approve or reject)',
    ],
  },
];

describe('validate says of an Approval', () => {
  it.each(rows)('$says', expectRow);
});
