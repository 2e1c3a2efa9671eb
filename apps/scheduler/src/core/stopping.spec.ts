// What becomes of the tasks of a run that does not come to its end by itself, and what the run says meanwhile.

import type { PipelineSpec, PipelineTask } from '@slipway/contracts';
import { NOW, task } from '../../test/builders.js';
import { play, type Played } from '../../test/played.js';

const MINUTE = 60_000;
const spec: PipelineSpec = { tasks: [task('a'), task('side'), task('b', 'a')], finally: [task('f')] };

const ask = (run: Played, status: string): Played => {
  run.run = { ...run.run, spec: { ...run.run.spec, status } };
  return run.decide();
};
const at = (run: Played, minutes: number): Played => {
  run.nowMs = NOW + minutes * MINUTE;
  return run.decide();
};
const now = ({ last }: Played): string => `${last!.condition.status} ${last!.condition.reason}`;

describe('a run says while it ends', () => {
  test('that it stops after a failure, until what runs has ended', () => {
    const run = play({ tasks: [task('a'), task('side'), task('b', 'a')] }).end('a', 'failed');
    expect(now(run)).toBe('Unknown PipelineRunStopping');
    expect(now(run.end('side', 'succeeded'))).toBe('False Failed');
    expect(run.skips()).toEqual({ b: 'PipelineRun was stopping' });
  });

  test('that it runs, where its finally tasks are still to come', () => {
    expect(now(play(spec).end('a', 'failed'))).toBe('Unknown Running');
  });

  test('that finally runs after it was asked to stop', () => {
    const run = ask(play(spec), 'StoppedRunFinally');
    expect(now(run)).toBe('Unknown StoppedRunningFinally');
    run.end('a', 'succeeded').end('side', 'succeeded');
    expect(run.order).toEqual(['a', 'side', 'f']);
    expect(now(run.end('f', 'succeeded'))).toBe('False Cancelled');
    expect(run.skips()).toEqual({ b: 'PipelineRun was gracefully stopped' });
  });

  test('that it failed, where a task failed while it was stopped', () => {
    const run = ask(play(spec), 'StoppedRunFinally').end('a', 'failed').end('side', 'succeeded');
    expect(now(run.end('f', 'succeeded'))).toBe('False Failed');
  });
});

describe('a task is skipped because the time is up', () => {
  test('of the whole: nothing more runs, finally neither', () => {
    const run = at(play(spec, { timeouts: { pipeline: '1m' } }).end('a', 'running'), 1);
    expect(now(run)).toBe('False PipelineRunTimeout');
    expect(run.order).toEqual(['a', 'side']);
  });

  test('of the whole, though its turn has just come', () => {
    const run = play(spec, { timeouts: { pipeline: '1m' } });
    run.nowMs = NOW + MINUTE;
    expect(run.end('a', 'succeeded').skips()).toEqual({ b: 'PipelineRun timeout has been reached' });
  });

  test('of the tasks: finally runs all the same', () => {
    const run = play(spec, { timeouts: { pipeline: '1h', tasks: '1m' } });
    run.nowMs = NOW + MINUTE;
    run.end('a', 'succeeded').end('side', 'cancelled');
    expect(run.skips()).toEqual({ b: 'PipelineRun Tasks timeout has been reached' });
    expect(run.order).toEqual(['a', 'side', 'f']);
    expect(now(run.end('f', 'succeeded'))).toBe('False PipelineRunTimeout');
  });

  test('of finally: what runs there is cancelled', () => {
    const run = play({ tasks: [task('a')], finally: [task('f')] }, { timeouts: { pipeline: '1h', finally: '1m' } });
    at(run.end('a', 'succeeded'), 1);
    expect(run.last?.cancel).toMatchObject([{ name: 'run-f', cause: 'timed-out' }]);
    expect(now(run.end('f', 'cancelled'))).toMatch(/^False /);
  });
});

describe('a task that fans out over nothing', () => {
  const fan = (name: string, ...runAfter: string[]): PipelineTask => ({
    ...task(name, ...runAfter),
    matrix: { params: [{ name: 'x', value: [] }] },
  });

  test('is skipped, with what follows it, and the run is completed', () => {
    const run = play({ tasks: [fan('a'), task('b', 'a'), task('c')], finally: [fan('f')] }).end('c', 'succeeded');
    expect(run.skips()).toEqual({
      a: 'Matrix Parameters have an empty array',
      b: 'Parent Tasks were skipped',
      f: 'Matrix Parameters have an empty array',
    });
    expect(now(run)).toBe('True Completed');
  });
});

describe('a task whose failure its pipeline ignores', () => {
  const may = (name: string): PipelineTask => ({
    ...task(name),
    onError: 'continue',
    taskSpec: { ...task(name).taskSpec, results: [{ name: 'made' }, { name: 'late' }] },
  });
  const takes = (result: string): PipelineTask => ({
    ...task('b'),
    params: [{ name: 'p', value: `$(tasks.a.results.${result})` }],
  });

  test('gives on the results that it made before it failed', () => {
    const run = play({ tasks: [may('a'), takes('made')] }).end('a', 'failed', { made: 'half' });
    expect(run.taskRuns.get('run-b')?.spec.params).toEqual([{ name: 'p', value: 'half' }]);
    expect(now(run.end('b', 'succeeded'))).toBe('True Succeeded');
  });

  test('fails the run for one that takes what it did not make', () => {
    const run = play({ tasks: [may('a'), takes('late')] }).end('a', 'failed', { made: 'half' });
    expect(run.order).toEqual(['a']);
    expect(now(run)).toBe('False PipelineValidationFailed');
  });
});
