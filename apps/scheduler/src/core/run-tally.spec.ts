import { TASK_RUN } from './child-kind.js';
import { needsRun, pendingChildRun, type ChildRun } from './child-run.js';
import { RunTallies } from './run-tally.js';
import type { TaskState } from './task-state.js';

const run = (place: number, change: Partial<ChildRun> = {}): ChildRun => ({
  ...pendingChildRun(TASK_RUN, `run-${place}`),
  ...change,
});

const stateOf = (runs: TaskState['runs']): TaskState => ({ compiled: {}, runs }) as unknown as TaskState;

describe.each([1, 8, 9, 300])('the tally of a task with %i runs', (size) => {
  const started = (): TaskState => stateOf(Array.from({ length: size }, (_, i) => run(i)));

  it('finds every run by its name, and none by another', () => {
    const [tallies, state] = [new RunTallies(), started()];
    expect(state.runs.map((one) => tallies.placeOf(state, one!.name))).toEqual([...state.runs.keys()]);
    expect(tallies.placeOf(state, 'run')).toBe(-1);
  });

  it('is never surer that the task runs than a look at all runs is', () => {
    const [tallies, state] = [new RunTallies(), started()];
    const isRunning = (): boolean =>
      !state.runs.some(needsRun) && state.runs.some((one) => one?.outcome === 'running') && size > 8;
    const ends: Partial<ChildRun>[] = [{}, { outcome: 'failed', isToRetry: true }, { outcome: 'succeeded' }];
    for (const end of ends) {
      for (const place of state.runs.keys()) {
        tallies.replace(state, place, run(place, end));
        expect(tallies.isRunning(state)).toBe(isRunning());
      }
    }
    expect(state.runs.every((one) => one?.outcome === 'succeeded')).toBe(true);
  });

  it('counts anew when the task is given another list', () => {
    const [tallies, state] = [new RunTallies(), started()];
    expect(tallies.placeOf(state, 'other')).toBe(-1);
    state.runs = [...state.runs.slice(1), run(0, { name: 'other' })];
    expect(tallies.placeOf(state, 'other')).toBe(size - 1);
  });
});
