import { paramReplacements, type Param, type ParamSpec, type Step, type StepActionSpec } from '@slipway/contracts';
import { stepOfAction } from './step-actions.js';

const NONE = paramReplacements(undefined, undefined);

/** The args of a step that refers to an action with these params and args. */
function argsOf(declared: ParamSpec[], args: string[], given: Param[] = [], outer = NONE): string[] | undefined {
  return stepOfAction({ ref: { name: 'a' }, params: given }, { image: 'i', params: declared, args }, outer).args;
}

describe('stepOfAction', () => {
  it('takes what the StepAction says, keeps what only the step can say, and leaves no reference', () => {
    const action: StepActionSpec = {
      image: 'alpine',
      command: ['make'],
      args: ['test'],
      env: [{ name: 'A', value: 'b' }],
      workingDir: '/src',
      securityContext: { runAsUser: 7 },
      volumeMounts: [{ name: 'cache', mountPath: '/cache' }],
      results: [{ name: 'r' }],
      description: 'not of a step',
    };
    const step: Step = { name: 's', ref: { name: 'a' }, onError: 'continue', timeout: '5s', computeResources: {} };
    const rest = { ...action };
    delete rest.description;
    expect(stepOfAction(step, action, NONE)).toEqual({
      name: 's',
      onError: 'continue',
      timeout: '5s',
      computeResources: {},
      ...rest,
    });
  });

  const list: ParamSpec = { name: 'list', type: 'array', default: ['x', 'y'] };
  const map: ParamSpec = { name: 'map', type: 'object', properties: { a: {}, b: {} }, default: { a: '1', b: '2' } };
  const text: ParamSpec = { name: 'text', default: 'said' };

  test.each<[what: string, declared: ParamSpec[], args: string[], given: Param[], result: string[]]>([
    [
      'takes defaults',
      [text, list, map],
      ['$(params.text)', '$(params.list[*])', '$(params.map.b)'],
      [],
      ['said', 'x', 'y', '2'],
    ],
    [
      'lets the step hide a default',
      [text],
      ['$(params.text) $(params["text"])'],
      [{ name: 'text', value: 'new' }],
      ['new new'],
    ],
    [
      'replaces an array whole',
      [list],
      ['$(params.list[0])', '$(params.list[1])'],
      [{ name: 'list', value: ['z'] }],
      ['z', '$(params.list[1])'],
    ],
    [
      'keeps the default of a key that is left out',
      [map],
      ['$(params.map.a)$(params.map.b)'],
      [{ name: 'map', value: { a: '9' } }],
      ['92'],
    ],
    [
      'resolves defaults that name other params',
      [{ name: 'b', default: '<$(params.a)>' }, { name: 'a', default: '$(params.text)!' }, text],
      ['$(params.b)'],
      [],
      ['<said!>'],
    ],
    [
      'leaves what it does not declare',
      [text],
      ['$(params.other) $(context.taskRun.name)'],
      [],
      ['$(params.other) $(context.taskRun.name)'],
    ],
    [
      'turns a param that is a step result into that result',
      [text, list, map],
      ['$(params.text)', '$(params.list[*])', '$(params.list[2])', '$(params["list"][0])', '$(params.map.a)'],
      [
        { name: 'text', value: '$(steps.s.results.r)' },
        { name: 'list', value: '$(steps.s.results.l[*])' },
        { name: 'map', value: '$(steps.s.results.m[*])' },
      ],
      [
        '$(steps.s.results.r)',
        '$(steps.s.results.l[*])',
        '$(steps.s.results.l[2])',
        '$(steps.s.results.l[0])',
        '$(steps.s.results.m.a)',
      ],
    ],
    [
      'keeps a step result with text around it as text',
      [text],
      ['$(params.text)'],
      [{ name: 'text', value: 'v$(steps.s.results.r)' }],
      ['v$(steps.s.results.r)'],
    ],
  ])('%s', (_, declared, args, given, result) => {
    expect(argsOf(declared, args, given)).toEqual(result);
  });

  it('gives the step its values with the params of the task in them, and the StepAction nothing else of these', () => {
    const outer = paramReplacements(
      [
        { name: 'text', value: "the task's" },
        { name: 'secret', value: 'hidden' },
      ],
      undefined,
    );
    const given = [{ name: 'text', value: 'from $(params.text)' }];
    expect(argsOf([text], ['$(params.text)', '$(params.secret)'], given, outer)).toEqual([
      "from the task's",
      '$(params.secret)',
    ]);
  });

  it('replaces the params of the task in what the step says itself', () => {
    const outer = paramReplacements([{ name: 'p', value: 'yes' }], undefined);
    const step: Step = { ref: { name: 'a' }, when: [{ input: '$(params.p)', operator: 'in', values: ['yes'] }] };
    expect(stepOfAction(step, { image: 'i' }, outer).when).toEqual([{ input: 'yes', operator: 'in', values: ['yes'] }]);
  });

  test.each<[what: string, declared: ParamSpec[], given: Param[], message: string]>([
    [
      'params that it does not have',
      [text],
      [
        { name: 'x', value: '1' },
        { name: 'y', value: '1' },
      ],
      'extra params passed by Step to StepAction: [x y]',
    ],
    ['params that it lacks', [{ name: 'x' }, text, { name: 'y' }], [], 'non-existent params in Step: [x y]'],
    [
      'a default of a param that is not there',
      [{ name: 'x', default: '$(params.no)' }],
      [],
      'parameter "x" references non-existent parameter "no"',
    ],
    [
      'defaults that name each other',
      [
        { name: 'x', default: '$(params.y)' },
        { name: 'y', default: '$(params.x)' },
      ],
      [],
      'circular dependency detected in parameter references',
    ],
    [
      'a value of another type than the default',
      [list],
      [{ name: 'list', value: 'text' }],
      'invalid parameter substitution: list. Please check the types of the default value and the passed value',
    ],
  ])('refuses %s', (_, declared, given, message) => {
    expect(() => argsOf(declared, [], given)).toThrow(message);
  });
});
