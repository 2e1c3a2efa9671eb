import { SlipwayError } from '@slipway/contracts';
import { DEFAULT_LIMITS } from '../core/admission/limits.js';
import { admitDocument } from './admit-document.js';

const task = (apiVersion: string, steps: string): string => `
apiVersion: ${apiVersion}
kind: Task
metadata: { name: build }
spec:
  params: [{ name: url }]
  steps:
    ${steps}
`;

test('a fetched Task of an older version becomes one of the stored version, with its defaults', () => {
  const document = task('tekton.dev/v1beta1', '- { image: busybox, resources: { limits: { cpu: "1" } } }');
  expect(admitDocument({ document, kind: 'Task' }, DEFAULT_LIMITS)).toMatchObject({
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    spec: {
      params: [{ name: 'url', type: 'string' }],
      steps: [{ image: 'busybox', computeResources: { limits: { cpu: '1' } } }],
    },
  });
});

// prettier-ignore
const refusals: [why: string, document: string, kind: string, says: RegExp][] = [
  ['is of another kind', task('tekton.dev/v1', '- { image: busybox }'), 'Pipeline', /is a "Task", and a Pipeline is wanted/],
  ['is of a version that nobody serves', task('tekton.dev/v9', '- { image: busybox }'), 'Task', /no Task of "tekton.dev\/v9" is served/],
  ['breaks a rule of validation', task('tekton.dev/v1', '- { image: busybox, script: "a", command: ["b"] }'), 'Task', /script/],
  ['is no YAML', 'a: [', 'Task', /not valid YAML/],
  ['is a list', '- a', 'Task', /is no object/],
  ['is HTML', '<html>sign in</html>', 'Task', /is no object/],
  ['holds an alias bomb', `a: &a [x, x]\n${Array.from({ length: 30 }, (_, i) => `${'bcdefghijklmnopqrstuvwxyzABCDEFG'[i]}: &${'bcdefghijklmnopqrstuvwxyzABCDEFG'[i]} [*${'abcdefghijklmnopqrstuvwxyzABCDEFG'[i]}, *${'abcdefghijklmnopqrstuvwxyzABCDEFG'[i]}]`).join('\n')}`, 'Task', /./],
];

test.each(refusals)('a document is refused that %s', (_, document, kind, says) => {
  const admit = (): unknown => admitDocument({ document, kind }, DEFAULT_LIMITS);
  expect(admit).toThrow(SlipwayError);
  expect(admit).toThrow(says);
});
