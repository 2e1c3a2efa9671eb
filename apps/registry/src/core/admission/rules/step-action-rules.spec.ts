import { expectRow, problems, type Row } from '../validation-cases.js';

const of = (spec: object): string[] => problems('StepAction', { spec: { image: 'i', ...spec } });

const rows: Row[] = [
  {
    says: 'nothing when params come by arguments, environment and the names of volumes',
    of: of({
      params: [
        { name: 'p', type: 'string' },
        { name: 'a', type: 'array' },
        { name: 'o', type: 'object', properties: { k: { type: 'string' } } },
        { name: 'v', type: 'string' },
      ],
      script: 'echo "$P" > $(step.results.r.path)',
      args: ['$(params.a[*])', '$(params.o.k)'],
      env: [{ name: 'P', value: '$(params.p)' }],
      results: [{ name: 'r', type: 'string' }],
      volumeMounts: [{ name: '$(params.v)', mountPath: '/data' }],
    }),
    is: [],
  },
  { says: 'that it needs an image', of: problems('StepAction', { spec: {} }), is: ['spec.image: missing field(s)'] },
  {
    says: 'that a script is the command',
    of: of({ script: 'true', command: ['sh'] }),
    is: ['spec.script: script cannot be used with command'],
  },
  {
    says: 'that no param may go into the script',
    of: of({ params: [{ name: 'p', type: 'string' }], script: 'echo $(params.p)' }),
    is: ['spec.script: param substitution in scripts is not allowed.'],
  },
  {
    says: 'which params and results nobody declared, all at once',
    of: of({
      script: 'echo $(step.results.r.path) $(results.q.path)',
      args: ['$(params.x)'],
      env: [{ name: 'E', value: '$(params.y)' }],
    }),
    is: [
      'spec.script: non-existent variable in "echo $(step.results.r.path) $(results.q.path)"',
      'spec.args[0]: non-existent variable in "$(params.x)"',
      'spec.env[E]: non-existent variable in "$(params.y)"',
    ],
  },
  {
    says: 'which key an object does not have, and that an object is not a text',
    of: of({ params: [{ name: 'o', type: 'object', properties: { k: {} } }], args: ['$(params.o.q)', '$(params.o)'] }),
    is: [
      'spec.args[0]: non-existent variable in "$(params.o.q)"',
      'spec.args[1]: variable type invalid in "$(params.o)"',
    ],
  },
  {
    says: 'that an array stands alone',
    of: of({ params: [{ name: 'a', type: 'array' }], args: ['x$(params.a[*])'], image: '$(params.a[*])' }),
    is: [
      'spec.image: variable type invalid in "$(params.a[*])"',
      'spec.args[0]: variable is not properly isolated in "x$(params.a[*])"',
    ],
  },
  {
    says: 'that the name of a volume is a param',
    of: of({ volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
    is: ['spec.volumeMounts[0].name: invalid value: data (expect the Name to be a single param reference)'],
  },
  {
    says: 'what is wrong with its params and results',
    of: of({
      params: [{ name: 'p', type: 'number' }, { name: '1', type: 'string' }],
      results: [{ name: 'r!', type: 'string' }],
    }), // prettier-ignore
    is: [
      /^spec\.params\.p\.type: invalid value: number/,
      /^spec\.params: The format of following/,
      /^spec\.results\[0\]\.name: invalid key name "r!"/,
    ],
  },
];

describe('validate says of a StepAction', () => {
  it.each(rows)('$says', expectRow);
});
