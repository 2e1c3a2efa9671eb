import type { ConditionCheck, PipelineSpec, TaskRun } from '@slipway/contracts';
import { NOW, ended, modelOf, noDefinitions, pipelineRun, task, type End } from '../../test/builders.js';
import { decide } from './decide.js';
import { taskStatus } from './status.js';

const condition: ConditionCheck = {
  apiVersion: 'tekton.dev/v1alpha1',
  kind: 'Condition',
  metadata: { name: 'holds' },
  spec: { check: { image: 'busybox', script: 'true' } },
};
const spec = (): PipelineSpec => ({
  tasks: [
    { ...task('guarded'), conditions: [{ conditionRef: 'holds' }, { conditionRef: 'holds' }] },
    task('behind', 'guarded'),
    task('beside'),
  ],
});

/** Plays the run with checks that end so, in the order of the pipeline, and every task succeeding. */
function played(...checks: End[]): { status: ReturnType<typeof taskStatus>; started: string[] } {
  const run = pipelineRun(spec());
  const model = modelOf(run, { ...noDefinitions, condition: () => condition });
  const started: string[] = [];
  for (let round = 0; round < 4; round++) {
    for (const object of decide(run, model, NOW)!.create as TaskRun[]) {
      started.push(object.metadata.name);
      const check = /-holds-(\d)$/.exec(object.metadata.name)?.[1];
      model.observe(ended(object, check === undefined ? 'succeeded' : checks[Number(check)]!));
    }
  }
  return { status: taskStatus(model), started };
}
const check = (i: number, status: string, reason: string): object => ({
  conditionName: 'holds',
  conditionCheckName: `run-guarded-holds-${i}`,
  status: { conditions: [{ type: 'Succeeded', status, reason }] },
});

test('a task whose Conditions hold names their checks beside its run', () => {
  const { status, started } = played('succeeded', 'succeeded');
  expect(started).toEqual(['run-guarded-holds-0', 'run-guarded-holds-1', 'run-beside', 'run-guarded', 'run-behind']);
  expect(status.childReferences?.[0]).toMatchObject({
    name: 'run-guarded',
    conditionChecks: [check(0, 'True', 'Succeeded'), check(1, 'True', 'Succeeded')],
  });
  expect(status.childReferences?.[1]?.conditionChecks).toBeUndefined();
});

test('a task with a Condition that does not hold is skipped, with what follows it, and says which check it was', () => {
  const { status, started } = played('succeeded', 'failed');
  expect(started).not.toContain('run-guarded');
  expect(status.skippedTasks).toEqual([
    {
      name: 'guarded',
      reason: 'ConditionCheckFailed',
      conditionChecks: [check(0, 'True', 'Succeeded'), check(1, 'False', 'Failed')],
    },
    { name: 'behind', reason: 'Parent Tasks were skipped' },
  ]);
});
