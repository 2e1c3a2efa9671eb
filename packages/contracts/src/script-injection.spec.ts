import type { KubeObject } from './kube.js';
import { injectionText, scriptInjections } from './script-injection.js';

const object = (kind: string, spec: unknown, name = 'n'): KubeObject =>
  ({ apiVersion: 'tekton.dev/v1', kind, metadata: { name }, spec }) as KubeObject;
const ofStep = (step: object, more: object = {}): string[] =>
  scriptInjections(object('Task', { steps: [step], ...more })).map(
    ({ line, variable, quoting }) => `${line} ${variable} ${quoting}`,
  );
const ofScript = (script: string, more: object = {}): string[] => ofStep({ script }, more);

describe('scriptInjections', () => {
  // prettier-ignore
  it.each<[what: string, found: string[], expected: string[]]>([
    ['a param without quotes', ofScript('set -e\nmake $(params.target)'), ['2 $(params.target) none']],
    ['every spelling', ofScript('a $(params["x.y"]) $(params[\'z\']) $(params.o.k) $(params.a[0]) $(inputs.params.p) ${inputs.params.q}'),
      ['1 $(params["x.y"]) none', "1 $(params['z']) none", '1 $(params.o.k) none', '1 $(params.a[0]) none', '1 $(inputs.params.p) none', '1 ${inputs.params.q} none']],
    ['results of tasks and steps', ofScript('a $(tasks.t.results.r) $(steps.s.results.r[1])'), ['1 $(tasks.t.results.r) none', '1 $(steps.s.results.r[1]) none']],
    ['one in quotes as what it is', ofScript(`a "$(params.x)"\nb '$(params.y)'`), ['1 $(params.x) double', '2 $(params.y) single']],
    ['nothing in a comment', ofScript('# uses $(params.x)\ntrue'), []],
    ['nothing that the platform makes', ofScript('cat $(workspaces.w.path)/f > $(results.r.path); echo $(context.taskRun.name) $(step.results.r.path) $(steps.step-a.exitCode.path)'), []],
    ['nothing in commands of the shell', ofScript('echo $(date) $(params) ${HOME}'), []],
    ['a param that can be anything of a list', ofScript('a $(params.x)', { params: [{ name: 'x', enum: ['a b'] }] }), ['1 $(params.x) none']],
    ['nothing when the list has plain words only', ofScript('a $(params.x)', { params: [{ name: 'x', enum: ['dev', 'v1.2'] }] }), []],
    ['scripts of shells by their first line', ofScript('#!/usr/bin/env bash\na $(params.x)'), ['2 $(params.x) none']],
    ['nothing in other languages', ofScript('#!/usr/bin/env python3\nprint($(params.x))'), []],
    ['the argument of sh -c', ofStep({ command: ['sh'], args: ['-ec', 'a $(params.x)'] }), ['1 $(params.x) none']],
    ['the argument of a shell with a path', ofStep({ command: ['/bin/bash', '-c', 'a\nb $(params.x)'] }), ['2 $(params.x) none']],
    ['nothing in arguments of a shell script', ofStep({ command: ['sh', '-c', 'a "$1"', '--'], args: ['$(params.x)'] }), []],
    ['nothing in arguments of others', ofStep({ command: ['git'], args: ['-c', 'user.name=$(params.x)', 'commit'] }), []],
  ])('finds %s', (_what, found, expected) => {
    expect(found).toEqual(expected);
  });

  it('looks into everything that holds steps, and says where', () => {
    const task = { steps: [{ name: 'a', script: '$(params.x)' }], sidecars: [{ name: 'b', script: '$(params.y)' }] };
    const pipeline = { tasks: [{ name: 'build', taskSpec: task }], finally: [{ name: 'sub', pipelineSpec: { tasks: [{ name: 'inner', taskSpec: task }] } }] }; // prettier-ignore
    const places = (kind: string, spec: unknown): string[] =>
      scriptInjections(object(kind, spec)).map((one) => `${one.task} ${one.step} ${one.field}`);
    expect(places('Task', task)).toEqual(['n a spec.steps[0].script', 'n b spec.sidecars[0].script']);
    expect(places('TaskRun', { taskSpec: task })[0]).toBe('n a spec.taskSpec.steps[0].script');
    expect(places('Condition', { check: { script: '$(params.x)' } })).toEqual(['n 0 spec.check.script']);
    expect(places('StepAction', { command: ['sh', '-c', '$(params.x)'] })).toEqual(['n 0 spec.command[2]']);
    expect(places('PipelineRun', { pipelineSpec: pipeline })).toEqual([
      'build a spec.pipelineSpec.tasks[0].taskSpec.steps[0].script',
      'build b spec.pipelineSpec.tasks[0].taskSpec.sidecars[0].script',
      'inner a spec.pipelineSpec.finally[0].pipelineSpec.tasks[0].taskSpec.steps[0].script',
      'inner b spec.pipelineSpec.finally[0].pipelineSpec.tasks[0].taskSpec.sidecars[0].script',
    ]);
  });

  it('says what to do instead', () => {
    const [found] = scriptInjections(
      object('Task', { steps: [{ name: 's', script: 'make $(params.build-target)' }] }, 't'),
    );
    expect(injectionText(found!)).toBe(
      'task "t", step "s": line 1 of its script has $(params.build-target) unquoted: the value is pasted in and may run as commands. ' +
        'Give the step env: [{name: BUILD_TARGET, value: $(params.build-target)}] and write "$BUILD_TARGET" there.',
    );
    for (const [variable, name] of [
      ['$(params["x.y"])', 'X_Y'],
      ['$(params.a[0])', 'A'],
      ['$(tasks.t.results.r)', 'R'],
      ['${inputs.params.q}', 'Q'],
      ['$(params.1st)', '_1ST'],
    ] as const) {
      expect(injectionText({ ...found!, variable })).toContain(`{name: ${name}, value: ${variable}}`);
    }
  });

  it('reads documents that nobody has checked yet', () => {
    for (const spec of [undefined, null, 'x', {}, { steps: 'x' }, { steps: [null, 'x', { script: 1 }] }, { steps: [{ command: 'sh', args: {} }], params: [null] }]) {
      for (const kind of ['Task', 'TaskRun', 'Pipeline', 'PipelineRun', 'Condition', 'StepAction', 'Secret']) {
        expect(scriptInjections(object(kind, spec))).toEqual([]);
        expect(scriptInjections(object(kind, { taskSpec: spec, pipelineSpec: spec, check: spec, tasks: spec }))).toEqual([]);
      }
    }
  }); // prettier-ignore

  it('takes time in proportion to the script', () => {
    expect(scriptInjections(object('Task', { steps: [{ script: '$(params.a\n'.repeat(100_000) }] }))).toEqual([]);
    expect(scriptInjections(object('Task', { steps: [{ script: '$(params.a)\n'.repeat(100_000) }] }))).toHaveLength(
      100,
    );
  });
});
