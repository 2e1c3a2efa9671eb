import { expectRow, problems, type Row } from '../validation-cases.js';

const ref = { apiVersion: 'example.dev/v1', kind: 'Wait', name: 'w' };
const of = (spec: object): string[] => problems('CustomRun', { spec });

const rows: Row[] = [
  { says: 'nothing against a reference', of: of({ customRef: ref }), is: [] },
  {
    says: 'nothing against what is inline, whatever it holds',
    of: of({ customSpec: { apiVersion: 'example.dev/v1', kind: 'Wait', spec: { any: [1, { thing: true }] } } }),
    is: [],
  },
  {
    says: 'that one of both must be there',
    of: of({}),
    is: ['spec.customRef: expected exactly one, got neither: spec.customRef, spec.customSpec'],
  },
  {
    says: 'that only one of both may be there',
    of: of({ customRef: ref, customSpec: ref }),
    is: ['spec.customRef: expected exactly one, got both: spec.customRef, spec.customSpec'],
  },
  {
    says: 'that the task must be named by version and kind',
    of: of({ customRef: { name: 'w' } }),
    is: ['spec.customRef.apiVersion: missing field(s)', 'spec.customRef.kind: missing field(s)'],
  },
  {
    says: 'that a message belongs to a status',
    of: of({ customRef: ref, statusMessage: 'enough' }),
    is: [
      'spec.statusMessage: invalid value: statusMessage should not be set if status is not set, but it is currently set to enough',
    ],
  },
  {
    says: 'that a param is given once, and that a workspace is bound to something',
    of: of({
      customRef: ref,
      params: ['p', 'P'].map((name) => ({ name, value: '1' })),
      workspaces: [{ name: 'w' }],
    }),
    is: ['spec.params[P].name: expected exactly one, got both', /^spec\.workspaces\[0\]/],
  },
];

describe('validate says of a CustomRun', () => {
  it.each(rows)('$says', expectRow);
});
