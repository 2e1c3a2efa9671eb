// What the failure of a task does to the others: laws over every small pipeline and every set of failures.

import type { PipelineTask, Policy } from '@slipway/contracts';
import { task } from '../../test/builders.js';
import { play, type Played } from '../../test/played.js';

/** Every graph of so many tasks in which a task follows earlier ones only, with every set of failures. */
function* cases(size: number): Generator<{ tasks: PipelineTask[]; failing: string[] }> {
  const names = ['a', 'b', 'c', 'd'].slice(0, size);
  const pairs = names.flatMap((later, j) => names.slice(0, j).map((earlier) => [earlier, later] as const));
  for (let edges = 0; edges < 2 ** pairs.length; edges++) {
    const parentsOf = (name: string): string[] =>
      pairs.flatMap(([earlier, later], i) => (later === name && edges & (1 << i) ? [earlier] : []));
    const tasks = names.map((name) => task(name, ...parentsOf(name)));
    for (let bits = 0; bits < 2 ** size; bits++) yield { tasks, failing: names.filter((_name, i) => bits & (1 << i)) };
  }
}
/** A restart at every step costs a pipeline's compilation each: for those of three tasks. */
const sizes: [what: string, size: number, restarts: boolean][] = [
  ['four tasks', 4, false],
  ['three tasks, restarted at every step', 3, true],
];

/** Ends what runs, in the order in which it was started, until the run is over. */
function playToEnd(tasks: PipelineTask[], failing: readonly string[], policy: Policy, restarts: boolean): Played {
  const run = play({ tasks, finally: [task('f')] }, {}, policy);
  for (let i = 0; i < run.order.length; i++) {
    const name = run.order[i]!;
    const isCancelled = run.taskRuns.get(`run-${name}`)!.spec.status === 'TaskRunCancelled';
    run.end(name, isCancelled ? 'cancelled' : failing.includes(name) ? 'failed' : 'succeeded');
    if (restarts && run.last?.condition.status === 'Unknown') run.restart();
  }
  return run;
}

/** Whether a task follows, at once or through others, one that failed. */
function isBehind(tasks: readonly PipelineTask[], name: string, failing: readonly string[]): boolean {
  const parents = tasks.find((one) => one.name === name)?.runAfter ?? [];
  return parents.some((parent) => failing.includes(parent) || isBehind(tasks, parent, failing));
}

describe('run-all', () => {
  test.each(sizes)('runs all that follows no failure: any pipeline of %s', (_what, size, restarts) => {
    for (const { tasks, failing } of cases(size)) {
      const run = playToEnd(tasks, failing, { onFailure: 'run-all' }, restarts);
      const names = tasks.map(({ name }) => name);
      const behind = names.filter((name) => isBehind(tasks, name, failing));
      const ran = names.filter((name) => !behind.includes(name));
      expect([...run.order].sort()).toEqual([...ran, 'f']);
      expect(run.skips()).toEqual(Object.fromEntries(behind.map((name) => [name, 'Preceding Tasks failed'])));
      const failed = ran.filter((name) => failing.includes(name)).length;
      expect(run.last?.condition).toMatchObject(
        failed === 0 ? { status: 'True' } : { status: 'False', reason: 'Failed' },
      );
    }
  });

  test('does not call a run stopping that goes on', () => {
    const run = play({ tasks: [task('a'), task('b'), task('c', 'b')] }, {}, { onFailure: 'run-all' });
    expect(run.end('a', 'failed').last?.condition.reason).toBe('Running');
    expect(run.end('b', 'succeeded').order).toEqual(['a', 'b', 'c']);
  });

  test('runs what follows a failure that the task ignores', () => {
    const run = play(
      { tasks: [{ ...task('a'), onError: 'continue' }, task('b', 'a')] },
      {},
      {
        onFailure: 'run-all',
      },
    );
    expect(run.end('a', 'failed').order).toEqual(['a', 'b']);
  });
});

describe('fail-fast', () => {
  test.each(sizes)(
    'starts nothing after a failure and cancels what runs: any pipeline of %s',
    (_what, size, restarts) => {
      for (const { tasks, failing } of cases(size)) {
        const run = playToEnd(tasks, failing, { onFailure: 'fail-fast' }, restarts);
        const ran = run.order.filter((name) => name !== 'f');
        const first = ran.find((name) => failing.includes(name));
        if (first === undefined) {
          expect(run.last?.condition.status).toBe('True');
          continue;
        }
        expect(run.last?.condition).toMatchObject({ status: 'False', reason: 'Failed' });
        for (const later of ran.slice(ran.indexOf(first) + 1)) {
          expect(run.taskRuns.get(`run-${later}`)?.spec.status).toBe('TaskRunCancelled');
        }
        expect(run.order.at(-1)).toBe('f');
      }
    },
  );

  test('says why it cancelled', () => {
    const run = play({ tasks: [task('a'), task('b')] }, {}, { onFailure: 'fail-fast' }).end('a', 'failed');
    expect(run.taskRuns.get('run-b')?.spec.statusMessage).toBe(
      'TaskRun cancelled as another task of its PipelineRun has failed.',
    );
  });
});

test('stop, and no policy at all, are the same for every pipeline of four tasks', () => {
  for (const { tasks, failing } of cases(4)) {
    const stop = playToEnd(tasks, failing, { onFailure: 'stop' }, false);
    const plain = playToEnd(tasks, failing, {}, false);
    expect([stop.order, stop.skips(), stop.last?.condition]).toEqual([
      plain.order,
      plain.skips(),
      plain.last?.condition,
    ]);
  }
});
