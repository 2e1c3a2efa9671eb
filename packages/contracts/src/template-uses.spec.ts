import { templateUsesOf, templateUsesProblems } from './template-uses.js';

describe('templateUsesProblems', () => {
  const table: [given: string, value: unknown, then: string[]][] = [
    ['a list as spec.template is written', [{ name: 'a', kind: 'ClusterBuildTemplate', arguments: [{ name: 'A', value: '' }], env: [{ name: 'E', valueFrom: {} }] }], []],
    ['one that is no list', { name: 'a' }, ['t: must be a list of templates, each as spec.template is written']],
    ['more than anybody composes by hand', Array(33).fill({ name: 'a' }), ['t: must have at most 32 templates']],
    [
      'all that is wrong at once',
      ['a', { kind: 1, args: [] }, { name: '', arguments: [{ name: 'A', value: 1 }, 'B'], env: {} }],
      [
        't[0]: must be a template as spec.template is written',
        't[1].args: unknown field',
        't[1].name: must be a name',
        't[1].kind: must be a kind',
        't[2].name: must be a name',
        't[2].arguments[0].value: must be a text; quote numbers and true or false',
        't[2].arguments[1]: must have a name and a value',
        't[2].env: must be a list',
      ],
    ],
  ]; // prettier-ignore
  test.each(table)('finds in %s', (_given, value, then) => {
    expect(templateUsesProblems(value, 't').map(({ field, message }) => `${field}: ${message}`)).toEqual(then);
  });
});

test('templateUsesOf begins with the template of the spec', () => {
  expect(templateUsesOf({ template: { name: 'a' } }, [{ name: 'b' }])).toEqual([{ name: 'a' }, { name: 'b' }]);
  expect(templateUsesOf({}, [{ name: 'b' }])).toEqual([{ name: 'b' }]);
});
