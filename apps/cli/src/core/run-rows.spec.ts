import type { PipelineRun, TaskRun } from '@slipway/contracts';
import { rowOfTaskRun, rowsOfPipelineRun, taskNameOf, type ChildOfRun, type TaskRow } from './run-rows.js';
import { durationText, treeLines } from './tree-text.js';

/** run('build', 'test after build', 'finally tidy') — one line a task. */
function run(tasks: string[], status: Partial<PipelineRun['status']> & object = {}): PipelineRun {
  const specs = tasks
    .map((line) => line.replace('finally ', '').split(' '))
    .map(([name, , ...runAfter]) => ({ name: name!, taskRef: { name: 't' }, runAfter }));
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'r' },
    spec: {},
    status: {
      pipelineSpec: {
        tasks: specs.filter((_, i) => !tasks[i]!.startsWith('finally')),
        finally: specs.filter((_, i) => tasks[i]!.startsWith('finally')),
      },
      ...status,
    },
  };
}

function taskRun(
  task: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  more: TaskRun['status'] = {},
): TaskRun {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name: `r-${task}`, labels: { 'tekton.dev/pipelineTask': task } },
    spec: {},
    status: {
      startTime: '2026-01-01T00:00:00Z',
      conditions: [{ type: 'Succeeded', status, reason, message: 'why' }],
      ...more,
    },
  };
}

const short = ({ name, state, note }: TaskRow): string => [name, state, note].filter(Boolean).join(' ');

const tasks = ['build', 'test after build', 'deploy after test', 'finally tidy'];
const done = { conditions: [{ type: 'Succeeded', status: 'False' as const }] };

// prettier-ignore
const table: [given: string, run: PipelineRun, taskRuns: TaskRun[], then: string[]][] = [
  ['says what each task waits for', run(tasks), [],
    ['build waiting about to start', 'test waiting waits for build', 'deploy waiting waits for test', 'tidy waiting waits for all tasks']],
  ['names only what has not ended', run(tasks), [taskRun('build', 'True', 'Succeeded'), taskRun('test', 'Unknown', 'Running')],
    ['build succeeded', 'test running', 'deploy waiting waits for test', 'tidy waiting waits for all tasks']],
  ['tells why a task failed or was skipped', run(tasks, { skippedTasks: [{ name: 'deploy', reason: 'PipelineRun was stopping' }] }),
    [taskRun('build', 'True', 'Succeeded'), taskRun('test', 'False', 'StepFailed')],
    ['build succeeded', 'test failed StepFailed: why', 'deploy skipped PipelineRun was stopping', 'tidy waiting waits for all tasks']],
  ['tells cancelled from failed', run(['build']), [taskRun('build', 'False', 'TaskRunCancelled')], ['build cancelled TaskRunCancelled: why']],
  ['counts the attempts', run(['build']), [taskRun('build', 'True', 'Succeeded', { conditions: [{ type: 'Succeeded', status: 'True' }], retriesStatus: [{}, {}] })],
    ['build succeeded 3 attempts']],
  ['says that what a finished run did not reach never started', run(['build', 'test after build'], done), [taskRun('build', 'False', 'Failed')],
    ['build failed Failed: why', 'test skipped never started']],
  ['shows why a task cannot run yet', run(['build']), [taskRun('build', 'Unknown', 'ExceededNodeResources')], ['build running ExceededNodeResources: why']],
];

test.each(table)('rowsOfPipelineRun %s', (_given, given, taskRuns, then) => {
  expect(rowsOfPipelineRun(given, taskRuns).map(short)).toEqual(then);
});

test('rowOfTaskRun shows every step with its exit code', () => {
  const steps = [
    { name: 'a', container: 'step-a', terminated: { exitCode: 0 } },
    {
      name: 'b',
      container: 'step-b',
      terminated: { exitCode: 1, reason: 'Error' },
      terminationReason: 'TimeoutExceeded',
    },
    { name: 'c', container: 'step-c', terminated: { exitCode: 1, reason: 'Error' }, terminationReason: 'Skipped' },
    { name: 'd', container: 'step-d', running: {} },
    { name: 'e', container: 'step-e', waiting: {} },
  ];
  expect(
    rowOfTaskRun(taskRun('t', 'Unknown', 'Running', { steps }), 't').steps.map(({ name, state, note }) => [
      name,
      state,
      note,
    ]),
  ).toEqual([
    ['a', 'succeeded', undefined],
    ['b', 'failed', 'exit code 1 (TimeoutExceeded)'],
    ['c', 'skipped', 'not run, because a step before it failed'],
    ['d', 'running', undefined],
    ['e', 'waiting', undefined],
  ]);
});

test('treeLines draws tasks in columns, finally apart, and cuts what does not fit', () => {
  const rows: TaskRow[] = [
    { name: 'build', state: 'succeeded', finally: false, startMs: 0, endMs: 1234, steps: [] },
    { name: 'a', state: 'waiting', finally: false, note: 'waits for something with a long name', steps: [] },
    {
      name: 'tidy',
      state: 'running',
      finally: true,
      startMs: 5000,
      steps: [{ name: 'sweep', state: 'running', startMs: 8000 }],
    },
  ];
  const lines = treeLines(rows, { nowMs: 10_000, paint: (_state, text) => text, columns: 30, steps: 'running' });
  expect(lines).toEqual([
    '├ ✓ build    1.2s',
    '├ ○ a              waits for …',
    '│ finally',
    '└ ● tidy     5.0s',
    '    ● sweep    2.0s',
  ]);
  expect(lines.every((line) => line.length <= 30)).toBe(true);
});

test.each([
  [0, '0.0s'],
  [59_940, '59.9s'],
  [59_960, '1m00s'],
  [3_599_400, '59m59s'],
  [3_600_000, '1h00m'],
  [-5, '0.0s'],
])('durationText of %d ms is %s', (ms, then) => {
  expect(durationText(ms)).toBe(then);
});

test('a pipeline in a pipeline is one row, the newest of its attempts, and a custom run is one too', () => {
  const child = (kind: string, name: string, task: string, status: 'True' | 'False', attempt?: string): ChildOfRun => ({
    apiVersion: 'tekton.dev/v1',
    kind,
    metadata: {
      name,
      labels: { 'tekton.dev/pipelineTask': task },
      ...(attempt === undefined ? {} : { annotations: { 'slipway.dev/attempt': attempt } }),
    },
    spec: {},
    status: { conditions: [{ type: 'Succeeded', status, reason: status === 'True' ? 'Succeeded' : 'Failed' }] },
  });
  const run = {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'r' },
    spec: { pipelineSpec: { tasks: [{ name: 'p' }, { name: 'w' }] } },
  } as PipelineRun;
  const children = [
    child('PipelineRun', 'r-p', 'p', 'False'),
    child('PipelineRun', 'r-p-retry1', 'p', 'True', '1'),
    child('CustomRun', 'r-w', 'w', 'True'),
  ];
  expect(rowsOfPipelineRun(run, children)).toEqual([
    { name: 'p', state: 'succeeded', finally: false, taskRun: 'r-p-retry1', note: '2 attempts', steps: [] },
    { name: 'w', state: 'succeeded', finally: false, taskRun: 'r-w', steps: [] },
  ]);
});

describe('taskNameOf', () => {
  const names: [run: string, task: string, is: string][] = [
    ['r-build', 'build', 'build'],
    ['r-build-0', 'build', 'build[0]'],
    ['r-build-12', 'build', 'build[12]'],
    ['r-build-1-retry2', 'build', 'build[1]'],
    ['r-build-retry2', 'build', 'build'],
    ['r-build-3', 'build-3', 'build-3'],
    ['r-a-very-long-name-that-was-cut-5f1c0b', 'a-very-long-name-that-was-cut-somewhere', 'a-very-long-name-that-was-cut-somewhere'],
  ]; // prettier-ignore
  test.each(names)('of %s of task %s is %s', (name, pipelineTask, is) => {
    const labels = { 'tekton.dev/pipelineRun': 'r', 'tekton.dev/pipelineTask': pipelineTask };
    expect(taskNameOf({ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name, labels }, spec: {} })).toBe(is);
  });
});

test('the tasks of a pipeline in a pipeline are rows below its own, and keep its lines', () => {
  const inner = (name: string): ChildOfRun => ({
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: `r-${name}`, labels: { 'tekton.dev/pipelineTask': name } },
    spec: { pipelineSpec: { tasks: [{ name: 'build' }, { name: 'late', runAfter: ['build'] }] } },
    status: { conditions: [{ type: 'Succeeded', status: 'False', reason: 'Failed' }] },
  });
  const steps = [{ name: 's', container: 'step-s', terminated: { exitCode: 3 } }];
  const below = new Map([['r-one', [taskRun('build', 'False', 'StepFailed', { steps, conditions: [{ type: 'Succeeded', status: 'False', reason: 'StepFailed' }] })]]]); // prettier-ignore
  const rows = rowsOfPipelineRun(run(['one', 'two']), [inner('one'), inner('two')], below);
  expect(treeLines(rows, { nowMs: 0, paint: (_state, text) => text, columns: 80, steps: 'all' })).toEqual([
    '├ ✗ one          Failed',
    '│   ├ ✗ build    0.0s  StepFailed',
    '│   │   ✗ s          exit code 3',
    '│   └ – late           never started',
    '└ ✗ two          Failed',
  ]);
});

test('a task that was taken over from another run is a row that says so, and nothing waits for it', () => {
  const takenOver = JSON.stringify({ run: 'old', tasks: [{ task: 'build', runs: [] }], claims: [] });
  const again = run(['build', 'test after build'], {
    annotations: { 'slipway.dev/taken-over': takenOver },
    childReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'old-build', pipelineTaskName: 'build' }],
  });
  again.metadata.annotations = { 'slipway.dev/rerun-of': 'old' };
  expect(rowsOfPipelineRun(again, [])).toMatchObject([
    { name: 'build', state: 'succeeded', taskRun: 'old-build', note: 'taken over from old' },
    { name: 'test', state: 'waiting', note: 'about to start' },
  ]);
});
