// Where the runs of a fanned-out task stand, and how many are left: what becomes of one run costs one, not all of them.
//
//   Y1. A tally belongs to one list of runs: whoever gives a task another list makes the next question count anew.
//   Y2. Within a list, a run is replaced by `replace` only.

import { needsRun, type ChildRun } from './child-run.js';
import { isUntilLoop } from './loop.js';
import type { TaskState } from './task-state.js';

type Runs = TaskState['runs'];

interface Tally {
  runs: Runs;
  places: Map<string, number>;
  running: number;
  /** Places that need a run: their first, or the next attempt. */
  missing: number;
}

/** So few runs are looked at one by one. */
const FEW = 8;

/** The tallies of the tasks of one run. */
export class RunTallies {
  readonly #tallies = new WeakMap<TaskState, Tally>();

  /** The place of the task's run of this name; -1 where it has none. */
  placeOf(state: TaskState, name: string): number {
    const tally = this.#of(state);
    // Of an `until` loop it is mostly the last one.
    return tally === undefined ? state.runs.findLastIndex((run) => run?.name === name) : (tally.places.get(name) ?? -1);
  }

  /** Puts what became of a run in its place. */
  replace(state: TaskState, place: number, run: ChildRun): void {
    const tally = this.#of(state);
    if (tally !== undefined) count(tally, state.runs[place], -1);
    state.runs[place] = run; // Y2
    if (tally !== undefined) count(tally, run, 1);
  }

  /** True when it is certain without looking at all of them that the runs are all there, and not all have ended. */
  isRunning(state: TaskState): boolean {
    const tally = state.compiled.policy?.loop === undefined ? this.#of(state) : undefined;
    return tally !== undefined && tally.missing === 0 && tally.running > 0;
  }

  #of(state: TaskState): Tally | undefined {
    if (state.runs.length <= FEW || isUntilLoop(state.compiled)) return undefined;
    const before = this.#tallies.get(state);
    if (before?.runs === state.runs) return before; // Y1
    const tally: Tally = { runs: state.runs, places: new Map(), running: 0, missing: 0 };
    for (const [place, run] of state.runs.entries()) {
      count(tally, run, 1);
      if (run !== undefined) tally.places.set(run.name, place);
    }
    this.#tallies.set(state, tally);
    return tally;
  }
}

function count(tally: Tally, run: ChildRun | undefined, by: 1 | -1): void {
  if (needsRun(run)) tally.missing += by;
  else if (run!.outcome === 'running') tally.running += by;
}
