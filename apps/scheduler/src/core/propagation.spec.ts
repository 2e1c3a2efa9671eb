import type { ParamSpec, PipelineRun, PipelineTask, TaskRun } from '@slipway/contracts';
import { play } from '../../test/played.js';

const echo = (text: string, params: ParamSpec[] = []): NonNullable<PipelineTask['taskSpec']> => ({
  params,
  steps: [{ name: 's', image: 'busybox', script: text }],
});
const child = (task: Partial<PipelineTask>, spec: Partial<PipelineRun['spec']> = {}): TaskRun => {
  const pipelineSpec = { params: [{ name: 'p', default: 'pipeline' }], tasks: [{ name: 'a', ...task }] };
  return play(pipelineSpec, spec).taskRuns.get('run-a')!;
};
const P = [{ name: 'p', value: 'run' }];

describe('a param that an inline task takes without being given it', () => {
  const rows: [what: string, task: Partial<PipelineTask>, params: PipelineRun['spec']['params'], script: string][] = [
    ['is that of the run', { taskSpec: echo('$(params.p)') }, P, 'run'],
    ['is the default of the pipeline where the run says nothing', { taskSpec: echo('$(params.p)') }, [], 'pipeline'],
    ["is the run's before a default of the task", { taskSpec: echo('$(params.p)', [{ name: 'p', default: 'task' }]) }, P, 'run'],
    ['is the one that the task is given, before that', { taskSpec: echo('$(params.p)'), params: [{ name: 'p', value: 'own' }] }, P, 'own'],
    ['is left to the task where its matrix gives it', { taskSpec: echo('$(params.p)'), matrix: { include: [{ params: [{ name: 'p', value: 'own' }] }] } }, P, '$(params.p)'],
    ['is left to the task where only that declares it', { taskSpec: echo('$(params.q)', [{ name: 'q', default: 'task' }]) }, P, '$(params.q)'],
    ['of an object keeps the keys that the run leaves out', { taskSpec: echo('$(params.o.x) $(params.o.y)') }, [{ name: 'o', value: { x: 'run' } }], 'run pipeline'],
  ]; // prettier-ignore
  test.each(rows)('%s', (_what, task, params, script) => {
    const o: ParamSpec = { name: 'o', type: 'object', properties: { x: {}, y: {} }, default: { x: 'pipeline', y: 'pipeline' } };
    const pipelineSpec = { params: [{ name: 'p', default: 'pipeline' }, o], tasks: [{ name: 'a', ...task }] };
    const { spec } = play(pipelineSpec, params === undefined ? {} : { params }).taskRuns.get('run-a')!;
    expect(spec.taskSpec?.steps?.[0]?.script).toBe(script);
  }); // prettier-ignore
});

describe('a workspace that an inline task uses', () => {
  const uses = echo('ls $(workspaces.w.path)');
  const workspaces = [{ name: 'w', emptyDir: {} }, { name: 'other', secret: { secretName: 's' } }]; // prettier-ignore

  test('is given to it where the run has it, and no other with it', () => {
    expect(child({ taskSpec: uses }, { workspaces }).spec.workspaces).toEqual([{ name: 'w', emptyDir: {} }]);
  });

  test('is the one that the task binds to the name, before that of the run', () => {
    const task = { taskSpec: uses, workspaces: [{ name: 'w', workspace: 'other', subPath: 'in' }] };
    expect(child(task, { workspaces }).spec.workspaces).toEqual([
      { name: 'w', secret: { secretName: 's' }, subPath: 'in' },
    ]);
  });

  const missing: [what: string, task: Partial<PipelineTask>, refused: boolean][] = [
    ['fails the run that has none', { taskSpec: uses }, true],
    ['fails the run that has none, though the task declares it', { taskSpec: { ...uses, workspaces: [{ name: 'w' }] } }, true],
    ['may be missing where the task can do without', { taskSpec: { ...uses, workspaces: [{ name: 'w', optional: true }] } }, false],
  ]; // prettier-ignore
  test.each(missing)('%s', (_what, task, refused) => {
    const { last } = play({ tasks: [{ name: 'a', ...task }] });
    expect(last?.create).toHaveLength(refused ? 0 : 1);
    if (!refused) return;
    expect(last?.condition).toMatchObject({
      status: 'False',
      reason: 'CreateRunFailed',
      message: 'expected workspace "w" to be provided by pipelinerun for pipeline task "a"',
    });
  });
});
