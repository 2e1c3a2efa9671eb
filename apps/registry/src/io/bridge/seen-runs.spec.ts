import { TASK_RUNS, type ObjectKey } from '@slipway/contracts';
import type { BridgedRun } from '../../core/bridge/bridged-run.js';
import { SeenRuns } from './seen-runs.js';

const KEY: ObjectKey = { resource: TASK_RUNS, namespace: 'ns', name: 'r' };

function run(resourceVersion: string, { uid = 'u', managedBy = 'slipway.dev', isOver = false } = {}): BridgedRun {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name: 'r', namespace: 'ns', uid, resourceVersion, managedFields: [{}] },
    spec: { managedBy },
    ...(isOver ? { status: { conditions: [{ type: 'Succeeded', status: 'True' }] } } : {}),
  };
}
const versionOf = (seen: SeenRuns): string | undefined => seen.get(KEY)?.metadata.resourceVersion;

describe('SeenRuns', () => {
  test('keeps the answer to a write while nothing newer was told, without its managed fields', () => {
    const seen = new SeenRuns();
    seen.change(TASK_RUNS, run('1'), false);
    seen.replace(KEY, seen.get(KEY), run('2'));
    expect(versionOf(seen)).toBe('2');
    expect(seen.get(KEY)?.metadata).not.toHaveProperty('managedFields');
  });

  test('keeps what the watch told while the answer to a write was on its way (S1)', () => {
    const seen = new SeenRuns();
    seen.change(TASK_RUNS, run('1'), false);
    const before = seen.get(KEY);
    seen.change(TASK_RUNS, run('3'), false); // a user's patch, over version 2, which is ours
    seen.replace(KEY, before, run('2'));
    expect(versionOf(seen)).toBe('3');
  });

  test('does not bring back what went before its creation was answered (S1)', () => {
    const seen = new SeenRuns();
    const before = seen.get(KEY);
    seen.change(TASK_RUNS, run('1'), false);
    seen.change(TASK_RUNS, run('2'), true);
    seen.change(TASK_RUNS, run('3', { uid: 'other' }), false);
    seen.replace(KEY, before, run('1'));
    expect(versionOf(seen)).toBe('3');
  });

  test('does not take the end of an earlier run for the end of the one that has its name', () => {
    const seen = new SeenRuns();
    seen.change(TASK_RUNS, run('2', { uid: 'new' }), false);
    expect(seen.change(TASK_RUNS, run('1', { uid: 'old' }), true)).toEqual(KEY);
    expect(versionOf(seen)).toBe('2');
  });

  test('knows nothing of runs of others, and forgets one that becomes theirs', () => {
    const seen = new SeenRuns();
    expect(seen.change(TASK_RUNS, run('1', { managedBy: 'example.com/other' }), false)).toBeUndefined();
    expect(seen.list(TASK_RUNS, [run('1', { managedBy: 'example.com/other' })])).toEqual([]);
    expect(seen.size).toBe(0);
    seen.change(TASK_RUNS, run('2'), false);
    expect(seen.change(TASK_RUNS, run('3', { managedBy: 'example.com/other' }), false)).toEqual(KEY);
    expect(seen.size).toBe(0);
  });

  test('answers a list with what there was, so that what is missing is looked at', () => {
    const seen = new SeenRuns();
    seen.change(TASK_RUNS, run('1'), false);
    expect(seen.list(TASK_RUNS, [])).toEqual([KEY]);
    expect(seen.size).toBe(0);
  });

  test('is told of a status under the versions of both sides, and settled by the end alone', () => {
    const seen = new SeenRuns();
    const stored = run('7');
    seen.change(TASK_RUNS, run('1'), false);
    seen.tell(KEY, stored, run('1'), 5);
    expect([seen.isTold(KEY, stored), seen.isSettled(KEY), seen.writtenMs(KEY)]).toEqual([true, false, 5]);
    expect(seen.isTold(KEY, run('8'))).toBe(false);
    seen.change(TASK_RUNS, run('2', { isOver: true }), false);
    expect([seen.isTold(KEY, stored), seen.unsettled()]).toEqual([false, [KEY]]);
    seen.tell(KEY, run('8', { isOver: true }), run('2'), 6);
    expect([seen.isSettled(KEY), seen.unsettled(), seen.writtenMs(KEY)]).toEqual([true, [], 0]);
  });
});
