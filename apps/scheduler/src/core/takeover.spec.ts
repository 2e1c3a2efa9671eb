import type { PipelineRun, PipelineTask } from '@slipway/contracts';
import { ended, modelOf, pipelineRun, task, type End } from '../../test/builders.js';
import { decide } from './decide.js';
import type { ChildObject } from './child-kind.js';
import {
  rerunOf,
  takeoverFrom,
  takeoverOf,
  takenRuns,
  withTakenClaims,
  withTakeover,
  type Takeover,
} from './takeover.js';

/** a → b → c beside d, and e in finally. */
const PIPELINE = { tasks: [task('a'), task('b', 'a'), task('c', 'b'), task('d')], finally: [task('e')] };

/** What is taken over by a run of `after` from one of `before` whose tasks end as said; those not named succeed. */
function taken(before: PipelineTask[], ends: Record<string, End>, after: PipelineTask[] = before): string[] | string {
  const old = pipelineRun({ tasks: before });
  const children: ChildObject[] = [];
  for (;;) {
    const created = decide(old, modelOf(old, undefined, children), 0)?.create as ChildObject[];
    if (created.length === 0) break;
    children.push(
      ...created.map((child) => ended(child, ends[child.metadata.labels!['tekton.dev/pipelineTask']!] ?? 'succeeded')),
    );
  }
  const states = modelOf(old, undefined, children);
  const takeover = takeoverFrom(old, states, modelOf(pipelineRun({ tasks: after })).pipeline, []);
  return 'reason' in takeover ? `${takeover.reason}: ${takeover.message}` : takeover.tasks.map(({ task }) => task);
}

const { tasks } = PIPELINE;

const guarded = [{ ...task('a'), when: [{ input: 'x', operator: 'in', values: ['y'] }] }, task('b', 'a'), task('d')];
const hosts = { ...task('a'), matrix: { params: [{ name: 'h', value: ['1', '2'] }] } };

// prettier-ignore
const cases: [what: string, got: string[] | string, expected: string[]][] = [
  ['all that succeeded, where the last failed', taken(tasks, { c: 'failed' }), ['a', 'd', 'b']],
  ['nothing that follows what failed', taken(tasks, { b: 'failed' }), ['a', 'd']],
  ['nothing of a run whose first task failed', taken(tasks, { a: 'failed', d: 'failed' }), []],
  ['nothing that was cancelled or never started', taken(tasks, { d: 'cancelled' }), ['a']],
  ['no skipped task, and none that follows one', taken(guarded, {}), ['d']],
  ['no task that follows a new one', taken(tasks, { c: 'failed' }, [task('n'), task('a', 'n'), task('b', 'a'), task('c', 'b'), task('d')]), ['d']],
  ['all runs of a matrix', taken([hosts, task('b', 'a')], { b: 'failed' }), ['a']],
  ['no task that has a matrix now', taken([task('a'), task('b', 'a')], { b: 'failed' }, [hosts, task('b', 'a')]), []],
  ['no task that is a pipeline now', taken([task('a')], {}, [{ name: 'a', pipelineSpec: { tasks: [task('x')] } }]), []],
];

test.each(cases)('a run takes over %s', (_, got, expected) => {
  expect([...got].sort()).toEqual([...expected].sort());
});

test('a run of another pipeline is refused with what to do', () => {
  expect(taken(tasks, { c: 'failed' }, [task('other')])).toMatch(
    /^RerunRefused: PipelineRun "run" is of another pipeline: its task "a" succeeded.*Run all tasks: leave/,
  );
});

test.each([
  [{}, undefined],
  [{ 'slipway.dev/rerun-of': 'x' }, undefined],
  [{ 'slipway.dev/rerun-of': 'x', 'slipway.dev/rerun': 'failed' }, 'x'],
  [
    { 'slipway.dev/rerun': 'failed' },
    { reason: 'RerunRefused', message: expect.stringContaining('has to name') as string },
  ],
  [
    { 'slipway.dev/rerun-of': 'x', 'slipway.dev/rerun': 'all' },
    { reason: 'RerunRefused', message: expect.stringContaining('"all"') as string },
  ],
])('rerunOf reads annotations %j', (annotations, expected) => {
  const run = pipelineRun({ tasks });
  expect(rerunOf({ ...run, metadata: { ...run.metadata, annotations } })).toEqual(expected);
});

const takeover: Takeover = {
  run: 'old',
  tasks: [
    {
      task: 'a',
      runs: [{ kind: 'TaskRun', name: 'old-a', reason: 'Succeeded', results: [{ name: 'r', value: 'v' }] }],
    },
  ],
  claims: [{ workspace: 'w', claimName: 'pvc-old' }],
};
const withTemplate = (run: PipelineRun): PipelineRun => ({
  ...run,
  spec: { ...run.spec, workspaces: [{ name: 'w', subPath: 's', volumeClaimTemplate: { spec: {} } }] },
});

test('what was taken over is read back from the status', () => {
  const run = withTakeover(pipelineRun({ tasks }), takeover);
  expect(takeoverOf(run)).toEqual(takeover);
  expect(takenRuns(run).get('a')).toMatchObject([{ name: 'old-a', outcome: 'succeeded', results: [{ value: 'v' }] }]);
  expect(takenRuns(pipelineRun({ tasks }))).toEqual(new Map());
});

test('a claim stands for its template, and the run after it takes the same', () => {
  const run = withTemplate(withTakeover(pipelineRun({ tasks }), takeover));
  const { pipeline } = modelOf(withTemplate(pipelineRun({ tasks })));
  expect(withTakenClaims(run, pipeline).bindings).toEqual([
    { name: 'w', subPath: 's', persistentVolumeClaim: { claimName: 'pvc-old' } },
  ]);
  const again = takeoverFrom(run, modelOf(run), pipeline, pipeline.bindings) as Takeover;
  expect(again.tasks.map(({ task }) => task)).toEqual(['a']);
  expect(again.claims).toEqual(takeover.claims);
});
