import type { SlipwayError } from '@slipway/contracts';
import { RESOURCE_KINDS, type ResourceKind } from '@slipway/contracts';

import { decode } from './decode.js';

const kindOf = (name: string): ResourceKind => RESOURCE_KINDS.find((kind) => kind.kind === name)!;
const task = (spec: unknown): unknown => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'Task',
  metadata: { name: 't' },
  spec,
});
const decodeTask = (spec: unknown): ReturnType<typeof decode> => decode(kindOf('Task'), 'v1', task(spec));
const problemsOf = (spec: unknown): string[] => {
  try {
    decodeTask(spec);
  } catch (error) {
    return (error as SlipwayError).problems.map((problem) => `${problem.field}: ${problem.message}`);
  }
  return [];
};

describe('decode', () => {
  it('keeps what the schema knows and names what it does not, by path (D1)', () => {
    const { object, unknownFields } = decodeTask({
      steps: [{ image: 'i', comand: ['x'], env: [{ name: 'A', val: '1' }] }],
      stepps: [],
    });
    expect(object).toEqual(task({ steps: [{ image: 'i', env: [{ name: 'A' }] }] }));
    expect(unknownFields).toEqual(['spec.steps[0].comand', 'spec.steps[0].env[0].val', 'spec.stepps']);
  });

  it.each<[string, unknown, string[]]>([
    ['a string', { steps: [{ image: 5 }] }, ['spec.steps[0].image: must be a string, not the number 5']],
    ['a list', { steps: { image: 'i' } }, ['spec.steps: must be a list, not an object']],
    ['an object', { steps: ['echo'] }, ['spec.steps[0]: must be an object, not the string "echo"']],
    [
      'a boolean',
      { workspaces: [{ name: 'w', optional: 'yes' }] },
      ['spec.workspaces[0].optional: must be true or false, not the string "yes"'],
    ],
    [
      'a duration',
      { steps: [{ timeout: 'soon' }] },
      ['spec.steps[0].timeout: must be a duration such as "1h30m", not the string "soon"'],
    ],
    [
      'a map',
      { steps: [{ computeResources: { limits: { cpu: 'lots' } } }] },
      ['spec.steps[0].computeResources.limits[cpu]: must be a quantity such as "500m" or "2Gi", not the string "lots"'],
    ],
    [
      'several',
      { description: [], steps: [{ script: 1 }, { args: 'x' }] },
      [
        'spec.description: must be a string, not a list',
        'spec.steps[0].script: must be a string, not the number 1',
        'spec.steps[1].args: must be a list, not the string "x"',
      ],
    ],
  ])('refuses what is not %s, all at once and by path (D4)', (_, spec, expected) => {
    expect(problemsOf(spec)).toEqual(expected);
  });

  it('lets no document reach a prototype (D2)', () => {
    const spec = JSON.parse(
      '{"__proto__": {"polluted": 1}, "steps": [{"image": "i", "__proto__": {"polluted": 1}}]}',
    ) as unknown;
    const { object, unknownFields } = decodeTask(spec);
    expect(unknownFields).toEqual(['spec.__proto__', 'spec.steps[0].__proto__']);
    expect((object as { spec?: { polluted?: number } }).spec?.polluted).toBeUndefined();
    const labels = JSON.parse('{"metadata": {"name": "c", "labels": {"__proto__": "x"}}}') as unknown;
    expect(() => decode(kindOf('ConfigMap'), 'v1', labels)).toThrow('the key "__proto__" is not allowed');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('refuses depth that would exhaust a stack (D3)', () => {
    let value: unknown = 'x';
    for (let i = 0; i < 20_000; i++) value = { spec: value };
    const pipeline = {
      metadata: { name: 'p' },
      spec: { tasks: [{ name: 't', taskSpec: { kind: 'X', spec: value } }] },
    };
    expect(() => decode(kindOf('Pipeline'), 'v1', pipeline)).toThrow('nested more than 200 levels deep');
  });

  it('copies: what is decoded later changes nothing', () => {
    const body = task({ steps: [{ image: 'i', args: ['a'] }] }) as { spec: { steps: { args: string[] }[] } };
    const { object } = decode(kindOf('Task'), 'v1', body);
    body.spec.steps[0]!.args[0] = 'changed';
    expect(object).toEqual(task({ steps: [{ image: 'i', args: ['a'] }] }));
  });

  it('drops nulls as Kubernetes does, and keeps those of free JSON', () => {
    expect(decodeTask({ params: [{ name: 'p', default: null }], steps: null }).object).toEqual(
      task({ params: [{ name: 'p' }] }),
    );
  });

  it('knows the fields of early 2020 in v1alpha1 only', () => {
    const inputs = task({ inputs: { params: [{ name: 'p' }] } });
    expect(decode(kindOf('Task'), 'v1alpha1', inputs).unknownFields).toEqual([]);
    expect(decode(kindOf('Task'), 'v1', inputs).unknownFields).toEqual(['spec.inputs']);
  });

  it('says what a body that is no object is', () => {
    expect(() => decode(kindOf('Task'), 'v1', 'hello')).toThrow('The Task must be an object, not the string "hello".');
  });

  it('gives the empty element of a list its required texts: rules read names without asking', () => {
    const kind = RESOURCE_KINDS.find((candidate) => candidate.kind === 'PipelineRun')!;
    const { object } = decode(kind, 'v1', { metadata: { name: 'n' }, spec: { params: [null], workspaces: [null] } });
    expect(object).toMatchObject({ spec: { params: [{ name: '' }], workspaces: [{ name: '' }] } });
  });
});
