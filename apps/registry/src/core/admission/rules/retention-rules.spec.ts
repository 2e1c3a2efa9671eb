import { expectRow, problems, type Row } from '../validation-cases.js';

const of = (spec: object): string[] => problems('RetentionPolicy', { spec });

const rows: Row[] = [
  { says: 'nothing against limits', of: of({ succeeded: { keep: 0, for: '168h' }, failed: { keep: 50 } }), is: [] },
  { says: 'that a policy without limits is none', of: of({}), is: ['spec.succeeded: missing field(s)'] },
  {
    says: 'that an outcome without limits has none',
    of: of({ failed: {} }),
    is: ['spec.failed.keep: missing field(s)'],
  },
  { says: 'nothing against limits of pods alone', of: of({ pods: { succeeded: { for: '1h' } } }), is: [] },
  {
    says: 'what is no limit of pods',
    of: of({ failed: { keep: 1 }, pods: { succeeded: { for: 'soon' }, failed: {} } }),
    is: [
      'spec.pods.succeeded.for: invalid value: soon (must be a duration such as 168h)',
      'spec.pods.failed.keep: missing field(s)',
    ],
  },
  {
    says: 'that pods without limits are none',
    of: of({ failed: { keep: 1 }, pods: {} }),
    is: ['spec.pods.succeeded: missing field(s)'],
  },
  {
    says: 'what is no limit, all at once',
    of: of({ succeeded: { keep: -1, for: '7d' }, failed: { for: '-1h' } }),
    is: [
      'spec.succeeded.keep: invalid value: -1 (must be a whole number, 0 or more)',
      'spec.succeeded.for: invalid value: 7d (must be a duration such as 168h)',
      'spec.failed.for: invalid value: -1h (must be a duration such as 168h)',
    ],
  },
];

describe('validate says of a RetentionPolicy', () => {
  it.each(rows)('$says', expectRow);
});
