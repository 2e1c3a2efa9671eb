import type { PipelineRun, TaskRun } from '@slipway/contracts';
import { rowOfTaskRun, rowsOfPipelineRun, type ChildOfRun, type TaskRow } from './run-rows.js';
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
