import type { TaskRun } from '@slipway/contracts';
import type { Terminal } from '../terminal.js';
import { RunView } from './run-view.js';

const MESSAGE = 'missing values for these params which have no default values: [need]';
const failed = {
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: 'test', namespace: 'default' },
  spec: {},
  status: { conditions: [{ type: 'Succeeded', status: 'False', reason: 'TaskRunValidationFailed', message: MESSAGE }] },
} as unknown as TaskRun;

test('RunView leaves the whole reason of a failure on a terminal that is narrower', () => {
  let printed = '';
  const terminal = {
    draws: true,
    colors: false,
    columns: () => 40,
    rows: () => 20,
    out: (text: string) => void (printed += text),
  } as Terminal;
  const view = new RunView(terminal);
  view.onRun({ kind: 'TaskRun', name: 'test', namespace: 'default' }, failed);
  printed = '';
  view.end();
  const lines = printed.split('\n').filter((line) => line.includes('TaskRunValidationFailed'));
  expect(lines).toHaveLength(2); // the run, and its row in the tree
  expect(lines.filter((line) => !line.endsWith(MESSAGE))).toEqual([]);
});

test('RunView gives no time to a task that never started', () => {
  let printed = '';
  const terminal = { draws: false, colors: false, out: (text: string) => void (printed += text) } as Terminal;
  const status = { ...failed.status, completionTime: '2026-01-01T00:00:00Z' };
  const ref = { kind: 'PipelineRun', name: 'r', namespace: 'default' } as const;
  new RunView(terminal).onTaskEnd(ref, { ...failed, status }, 'a');
  expect(printed).toBe(`[a] failed: TaskRunValidationFailed: ${MESSAGE}\n`);
});
