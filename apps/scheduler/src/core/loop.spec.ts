import type { LoopPolicy, PipelineSpec, PipelineTask, Policy } from '@slipway/contracts';
import { NOW, task } from '../../test/builders.js';
import { play, type Played } from '../../test/played.js';

const until: LoopPolicy['until'] = [{ input: '$(loop.results.state)', operator: 'in', values: ['done'] }];
const withResults = (name: string, ...results: string[]): PipelineTask => {
  const made = task(name);
  return { ...made, taskSpec: { ...made.taskSpec, results: results.map((result) => ({ name: result })) } };
};
const poll = withResults('poll', 'state', 'next');
const looping = (loop: LoopPolicy, spec: PipelineSpec = { tasks: [poll] }, more: Policy = {}): Played =>
  play(spec, {}, { ...more, tasks: { poll: { loop } } });
const fan = (values: string[]): PipelineTask => ({
  ...task('fan'),
  matrix: { params: [{ name: 'x', value: values }] },
});

describe('an until loop', () => {
  test('runs its task again until the condition holds, and gives on the results of the last run', () => {
    const after = { ...task('after'), params: [{ name: 'p', value: '$(tasks.poll.results.state)' }] };
    const run = looping({ until }, { tasks: [poll, after] });
    expect(run.order).toEqual(['poll-0']);
    run.end('poll-0', 'succeeded', { state: 'busy' }).end('poll-1', 'succeeded', { state: 'done' });
    expect(run.order).toEqual(['poll-0', 'poll-1', 'after']);
    expect(run.taskRuns.get('run-after')?.spec.params).toEqual([{ name: 'p', value: 'done' }]);
    expect(run.end('after', 'succeeded').last?.condition).toMatchObject({ status: 'True', reason: 'Succeeded' });
  });

  test('fails with LoopLimitReached where it does not hold in as many runs as it may have', () => {
    const finale = { ...task('f'), params: [{ name: 'why', value: '$(tasks.poll.reason)' }] };
    const run = looping({ until, limit: 2 }, { tasks: [poll, task('b', 'poll')], finally: [finale] });
    run.end('poll-0', 'succeeded', { state: 'busy' }).end('poll-1', 'succeeded', { state: 'busy' });
    expect(run.order).toEqual(['poll-0', 'poll-1', 'f']);
    expect(run.taskRuns.get('run-f')?.spec.params).toEqual([{ name: 'why', value: 'LoopLimitReached' }]);
    expect(run.end('f', 'succeeded').last?.condition).toEqual({
      status: 'False',
      reason: 'Failed',
      message:
        'Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 1. Task "poll" ended after 2 iterations: LoopLimitReached',
    });
  });

  test('fails with the iteration that fails', () => {
    const run = looping({ until }).end('poll-0', 'failed');
    expect(run.last?.condition).toMatchObject({ status: 'False', reason: 'Failed' });
  });

  test('gives the iterations after the first their own params', () => {
    const first = { ...poll, params: [{ name: 'cursor', value: 'start' }, { name: 'i', value: '$(loop.index)' }] }; // prettier-ignore
    const params = [{ name: 'cursor', value: '$(loop.results.next)' }];
    const run = looping({ until, params }, { tasks: [first] });
    run.end('poll-0', 'succeeded', { state: 'busy', next: 'two' });
    const paramsOf = (name: string) => run.taskRuns.get(`run-${name}`)?.spec.params;
    expect(paramsOf('poll-0')).toEqual([{ name: 'cursor', value: 'start' }, { name: 'i', value: '0' }]); // prettier-ignore
    expect(paramsOf('poll-1')).toEqual([{ name: 'i', value: '1' }, { name: 'cursor', value: 'two' }]); // prettier-ignore
  });

  test('fails the run where a param takes a result that an iteration did not make', () => {
    const params = [{ name: 'cursor', value: '$(loop.results.next)' }];
    const run = looping({ until, params }).end('poll-0', 'succeeded', { state: 'busy' });
    expect(run.last?.condition).toMatchObject({ status: 'False', reason: 'InvalidTaskResultReference' });
  });

  test('waits between iterations, by the stored end of the last one', () => {
    const run = looping({ until, delay: '10s' }).end('poll-0', 'succeeded', { state: 'busy' });
    expect(run.order).toEqual(['poll-0']);
    expect(run.last?.wakeAtMs).toBe(NOW + 11_000);
    run.restart();
    expect(run.order).toEqual(['poll-0']);
    expect(run.last?.wakeAtMs).toBe(NOW + 11_000);
    run.nowMs = NOW + 11_000;
    expect(run.decide().order).toEqual(['poll-0', 'poll-1']);
  });

  test('goes on with the next iteration whenever it is restarted, even where the first ones were deleted', () => {
    const run = looping({ until, limit: 20 });
    for (let i = 0; i < 9; i++) run.end(`poll-${i}`, 'succeeded', { state: 'busy' }).restart();
    run.taskRuns.delete('run-poll-0');
    run.taskRuns.delete('run-poll-5');
    run.restart().end('poll-9', 'succeeded', { state: 'done' });
    expect(run.order).toEqual(Array.from({ length: 10 }, (_, i) => `poll-${i}`));
    expect(run.last?.condition).toMatchObject({ status: 'True' });
  });

  test('starts no iteration in a run that stops, and is cancelled then', () => {
    const run = looping({ until, delay: '1h' }, { tasks: [poll, task('b')] });
    run.end('poll-0', 'succeeded', { state: 'busy' }).end('b', 'failed');
    expect(run.order).toEqual(['poll-0', 'b']);
    expect(run.last?.condition).toMatchObject({
      status: 'False',
      reason: 'Failed',
      message: 'Tasks Completed: 2 (Failed: 1, Cancelled 1), Skipped: 0',
    });
  });

  test('lets the iteration that runs end in a run that stops', () => {
    const run = looping({ until }, { tasks: [poll, task('b')] }).end('b', 'failed');
    expect(run.last?.condition.status).toBe('Unknown');
    expect(run.end('poll-0', 'succeeded', { state: 'busy' }).order).toEqual(['poll-0', 'b']);
    expect(run.last?.condition.status).toBe('False');
  });

  test('names the first and the last of thousands of runs in the status', () => {
    const run = looping({ until, limit: 10_000 });
    for (let i = 0; i < 2_000; i++) run.end(`poll-${i}`, 'succeeded', { state: 'busy' });
    const names = run.model.states[0]!.runs.map((child) => child?.name);
    expect(names).toHaveLength(2_001);
    expect(run.shown()).toHaveLength(100);
    expect(run.shown().slice(9, 11)).toEqual(['run-poll-9', 'run-poll-1911']);
    expect(run.shown().at(-1)).toBe('run-poll-2000');
  });
});

describe('a loop over a matrix', () => {
  test('starts no more runs at once than it may', () => {
    const run = play({ tasks: [fan(['1', '2', '3'])] }, {}, { tasks: { fan: { loop: { concurrency: 2 } } } });
    expect(run.order).toEqual(['fan-0', 'fan-1']);
    expect(run.end('fan-1', 'succeeded').order).toEqual(['fan-0', 'fan-1', 'fan-2']);
    run.restart();
    expect(run.end('fan-0', 'succeeded').end('fan-2', 'succeeded').last?.condition.status).toBe('True');
  });

  test('goes on after a failure, and fails in the end', () => {
    const run = play({ tasks: [fan(['1', '2'])] }, {}, { tasks: { fan: { loop: { concurrency: 1 } } } });
    run.end('fan-0', 'failed').restart();
    expect(run.order).toEqual(['fan-0', 'fan-1']);
    expect(run.end('fan-1', 'succeeded').last?.condition).toMatchObject({ status: 'False', reason: 'Failed' });
  });

  test('starts nothing after a failure where it stops on one', () => {
    const loop = { concurrency: 1, stopOnFailure: true };
    const run = play({ tasks: [fan(['1', '2'])] }, {}, { tasks: { fan: { loop } } }).end('fan-0', 'failed');
    expect(run.order).toEqual(['fan-0']);
    expect(run.last?.condition).toMatchObject({ status: 'False', reason: 'Failed' });
  });

  test('law: any matrix of up to five, any concurrency, any failures: each runs once, restarted at any time', () => {
    for (let size = 1; size <= 5; size++) {
      for (let concurrency = 1; concurrency <= size; concurrency++) {
        for (let bits = 0; bits < 2 ** size; bits++) {
          const values = Array.from({ length: size }, (_, i) => String(i));
          const policy = { tasks: { fan: { loop: { concurrency } } } };
          const run = play({ tasks: [fan(values)] }, {}, policy);
          const nameOf = (i: number): string => (size === 1 ? 'fan' : `fan-${i}`);
          for (let i = 0; i < size; i++) {
            run.restart().end(nameOf(i), bits & (1 << i) ? 'failed' : 'succeeded');
            expect(run.order.length).toBe(Math.min(size, i + 1 + concurrency));
          }
          expect(run.last?.condition.status).toBe(bits === 0 ? 'True' : 'False');
        }
      }
    }
  });
});

describe('a branch that was not taken', () => {
  const never = [{ input: 'x', operator: 'in', values: ['y'] }];
  const join = { ...task('join'), params: [{ name: 'p', value: '$(tasks.lint.results.report)' }] };

  test('has the results that its policy says, and what takes them runs', () => {
    const lint = { ...withResults('lint', 'report'), when: never };
    const run = play(
      { tasks: [lint, join] },
      {},
      { tasks: { lint: { whenSkipped: { results: { report: 'none' } } } } },
    );
    expect(run.order).toEqual(['join']);
    expect(run.taskRuns.get('run-join')?.spec.params).toEqual([{ name: 'p', value: 'none' }]);
    expect(run.skips()).toEqual({ lint: 'When Expressions evaluated to false' });
  });

  test('may be of several tasks', () => {
    const first = { ...withResults('first', 'r'), when: never };
    const lint = { ...withResults('lint', 'report'), params: [{ name: 'p', value: '$(tasks.first.results.r)' }] };
    const policy = { tasks: { lint: { whenSkipped: { results: { report: 'none' } } } } };
    const run = play({ tasks: [first, lint, join] }, {}, policy).restart();
    expect(run.order).toEqual(['join']);
  });

  test('has none in a run that stops', () => {
    const lint = { ...withResults('lint', 'report'), runAfter: ['b'] };
    const policy = { tasks: { lint: { whenSkipped: { results: { report: 'none' } } } } };
    const run = play({ tasks: [task('b'), lint, join] }, {}, policy).end('b', 'failed');
    expect(run.order).toEqual(['b']);
  });
});

describe('a task that a result chooses', () => {
  const choose = withResults('choose', 'handler');
  const chosen: PipelineTask = { name: 'chosen', taskRef: { name: '$(tasks.choose.results.handler)' } };

  test('is run by its name', () => {
    const run = play({ tasks: [choose, chosen] }).end('choose', 'succeeded', { handler: 'deploy-fast' });
    expect(run.taskRuns.get('run-chosen')?.spec.taskRef).toEqual({ kind: 'Task', name: 'deploy-fast' });
  });

  test('fails the run where the result is no name', () => {
    const run = play({ tasks: [choose, chosen] }).end('choose', 'succeeded', { handler: '../secrets' });
    expect(run.last?.condition).toEqual({
      status: 'False',
      reason: 'PipelineValidationFailed',
      message: 'pipeline task "chosen" cannot run: taskRef.name is "../secrets", which is no name',
    });
  });
});
