import { applyTemplates, type FlatBuild, type UsedTemplate } from './build-template.js';
import type { BuildSpec, BuildTemplateSpec, TemplateUse } from './knative-build.js';

function used(use: Partial<TemplateUse>, template: BuildTemplateSpec): UsedTemplate {
  return { use: { name: 't', ...use }, template };
}
function flat(spec: BuildSpec, ...templates: UsedTemplate[]): FlatBuild {
  const result = applyTemplates(spec, templates);
  if ('reason' in result) throw new Error(`${result.reason}: ${result.message}`);
  return result;
}
const own = { template: { name: 't' } };

describe('applyTemplates', () => {
  const table: [given: string, spec: BuildSpec, templates: UsedTemplate[], then: FlatBuild][] = [
    ['leaves a Build of steps alone', { steps: [{ image: '${A}' }] }, [], { steps: [{ image: '${A}' }] }],
    [
      'prefers arguments to defaults, and takes those that are not declared too',
      own,
      [
        used(
          { arguments: [{ name: 'A', value: 'given' }, { name: 'UNDECLARED', value: 'u' }] },
          {
            parameters: [{ name: 'A', default: 'a' }, { name: 'B', default: 'b' }, { name: 'EMPTY', default: '' }],
            steps: [{ image: '${A}', args: ['${B}', '${UNDECLARED}', '[${EMPTY}]', '${SHELL}'] }],
          },
        ),
      ],
      { steps: [{ image: 'given', args: ['b', 'u', '[]', '${SHELL}'] }] },
    ],
    [
      "sets the template's env over that of the steps, and adds to it, with arguments replaced",
      own,
      [
        used(
          { arguments: [{ name: 'A', value: '1' }], env: [{ name: 'X', value: '${A}' }, { name: 'Y', value: 'y' }] },
          { steps: [{ image: 'i', env: [{ name: 'X', value: 'x' }, { name: 'Z', value: '${A}' }] }, { image: 'j' }] },
        ),
      ],
      {
        steps: [
          { image: 'i', env: [{ name: 'Z', value: '1' }, { name: 'X', value: '1' }, { name: 'Y', value: 'y' }] },
          { image: 'j', env: [{ name: 'X', value: '1' }, { name: 'Y', value: 'y' }] },
        ],
      },
    ],
    [
      'lets a parameter name a volume: the default one of the template',
      own,
      [
        used(
          {},
          {
            parameters: [{ name: 'CACHE', default: 'none' }],
            steps: [{ image: 'i', volumeMounts: [{ name: '${CACHE}', mountPath: '/c' }] }],
            volumes: [{ name: 'none', emptyDir: {} }],
          },
        ),
      ],
      {
        steps: [{ image: 'i', volumeMounts: [{ name: 'none', mountPath: '/c' }] }],
        volumes: [{ name: 'none', emptyDir: {} }],
      },
    ],
    [
      'puts arguments into the volumes of the Build too, and lets one stand in for that of the template (T3)',
      { ...own, volumes: [{ name: 'v', configMap: { name: '${A}' } }] },
      [used({ arguments: [{ name: 'A', value: '1' }] }, { steps: [{ image: 'i' }], volumes: [{ name: 'v', emptyDir: {} }] })],
      { steps: [{ image: 'i' }], volumes: [{ name: 'v', configMap: { name: '1' } }] },
    ],
    [
      'runs templates one after the other, each with its own arguments and env (T2)',
      own,
      [
        used(
          { arguments: [{ name: 'A', value: '1' }] },
          { steps: [{ name: 's', image: '${A}' }], volumes: [{ name: 'v', emptyDir: {} }] },
        ),
        used(
          { name: 'second', arguments: [{ name: 'A', value: '2' }], env: [{ name: 'E', value: 'e' }] },
          { steps: [{ name: 's', image: '${A}' }, { image: 'x' }], volumes: [{ emptyDir: {}, name: 'v' }] },
        ),
        used({ name: 'second' }, { steps: [{ name: 's', image: 'y' }] }),
        used({ name: 'second' }, { steps: [{ name: 's', image: 'z' }] }),
      ],
      {
        steps: [
          { name: 's', image: '1' },
          { name: 'second-s', image: '2', env: [{ name: 'E', value: 'e' }] },
          { image: 'x', env: [{ name: 'E', value: 'e' }] },
          { name: 'second-s-2', image: 'y' },
          { name: 'second-s-3', image: 'z' },
        ],
        volumes: [{ name: 'v', emptyDir: {} }],
      },
    ],
    [
      'gives a step no name that another of its template has (T2)',
      own,
      [
        used({}, { steps: [{ name: 's', image: '1' }] }),
        used({ name: 'second' }, { steps: [{ name: 's', image: '2' }, { name: 'second-s', image: '3' }] }),
      ],
      {
        steps: [
          { name: 's', image: '1' },
          { name: 'second-s-2', image: '2' },
          { name: 'second-s', image: '3' },
        ],
      },
    ],
    [
      'runs templates after the steps of a Build that has its own',
      { steps: [{ name: 'own', image: '${A}' }], volumes: [{ name: '${A}', emptyDir: {} }] },
      [used({ arguments: [{ name: 'A', value: '1' }] }, { steps: [{ image: '${A}' }] })],
      { steps: [{ name: 'own', image: '${A}' }, { image: '1' }], volumes: [{ name: '${A}', emptyDir: {} }] },
    ],
  ]; // prettier-ignore
  test.each(table)('%s', (_given, spec, templates, then) => {
    expect(flat(spec, ...templates)).toEqual(then);
  });

  test('keeps every other field of the Build', () => {
    const spec: BuildSpec = { ...own, timeout: '5s', sources: [{ name: 's' }], nodeSelector: { a: 'b' } };
    expect(flat(spec, used({}, { steps: [] }))).toEqual({
      timeout: '5s',
      sources: [{ name: 's' }],
      nodeSelector: { a: 'b' },
      steps: [],
    });
  });

  const refusals: [given: string, templates: UsedTemplate[], then: object][] = [
    [
      'an argument given twice',
      [used({ arguments: [{ name: 'A', value: '1' }, { name: 'A', value: '1' }] }, {})],
      { reason: 'DuplicateArgName', message: 'duplicate argument name "A"' },
    ],
    [
      'parameters that nobody gave, all of them in the order of the template',
      [used({}, { parameters: [{ name: 'B', description: 'what for' }, { name: 'C', default: '' }, { name: 'A' }] })],
      {
        reason: 'UnsatisfiedParameter',
        message: 'build does not specify these required parameters: [{B what for} {A }]',
      },
    ],
    [
      'a placeholder in a placeholder',
      [used({}, { steps: [{ image: 'i' }, { image: 'i', args: ['${A${B}}'] }] })],
      { reason: 'NestedPlaceholder', message: 'nested placeholder in step 1 arg 0: "${A${B}}"' },
    ],
    [
      'two templates that mean different volumes by one name (T3)',
      [used({}, { volumes: [{ name: 'v', emptyDir: {} }] }), used({}, { volumes: [{ name: 'v', secret: {} }] })],
      {
        reason: 'DuplicateVolume',
        message: 'two templates declare different volumes "v"; declare it in the Build to say which is meant',
      },
    ],
  ]; // prettier-ignore
  test.each(refusals)('refuses %s', (_given, templates, then) => {
    expect(applyTemplates(own, templates)).toEqual(then);
  });
});
