// What is known of one run: its compiled pipeline and the state of each task, kept up with every change of its children.
// Rebuilt from stored objects at any time; holds nothing that is not stored, save decisions whose commit is under way.
//
//   M1. An observation costs what it changes: one task, and its children when that task settles.
//   M2. A settled task never changes again; a skipped one keeps its first reason. Only one that is left unmade counts as
//       skipped once the run stops for another reason: nothing stored tells the two apart.
//   M3. `open` counts reach zero exactly when every task of the section has settled.

import {
  artifactText,
  type ArtifactReference,
  LABELS,
  childName,
  type Param,
  type ParamValue,
  type PipelineRun,
  type PipelineTask,
  type SkippedTask,
  type WhenExpression,
} from '@slipway/contracts';
import type { ChildObject } from './child-kind.js';
import { childRunOf, named, type ChildRun } from './child-run.js';
import type { CompiledPipeline } from './compiled-pipeline.js';
import { MAX_DEPTH_EXCEEDED } from './depth.js';
import { displayNameOf } from './display-name.js';
import { withFurtherAttempt } from './further-attempt.js';
import { endProgress, isLoop, isUntilLoop, limitOf, progressOf, type Progress, type Settled } from './loop.js';
import { fanOut } from './matrix.js';
import { RunTallies } from './run-tally.js';
import { stateReplacements } from './state-variables.js';
import { substituteTask } from './substitute-pipeline.js';
import { takenRuns } from './takeover.js';
import { countsOf, type TaskCounts } from './task-counts.js';
import { resultsWhenSkipped, type Phase, type SkipReason, type TaskState, type TaskStates } from './task-state.js';

export class RunModel implements TaskStates {
  readonly states: readonly TaskState[];
  readonly counts: TaskCounts;
  /** Tasks of each section that have not settled (M3). */
  openDag: number;
  openFinally: number;
  /** A task failed that stops the run: nothing new starts outside `finally`. */
  isStopping = false;
  /** Nothing new starts either: a task takes a result that was not made. */
  isUnmade = false;
  /** A pipeline in it was nested too deep; that is why the run fails, so that nobody above tries again. */
  isTooDeep = false;
  /** What a run that stops does once: skip what waits, cancel what runs. */
  isRestSkipped = false;
  /** How strongly the children outside `finally` have been asked to end, as `strengthOf` has it; -1: not at all. */
  dagAsked = -1;
  /** Tasks that have at least one run. */
  startedTasks = 0;
  /** Runs after a task's first ones: further attempts, and iterations of loops. */
  retriedRuns = 0;
  /** What the condition says of loops that failed without a failed run. */
  readonly failedLoops: string[] = [];
  /** Tasks whose next run has to wait for its time. */
  #delayed = new Set<number>();
  /** Not after this moment a child has to be given up; it may be that none has, and it is only found out then. */
  nextOverdueMs = Infinity;
  /** Tasks to look at again. */
  #ready = new Set<number>();
  readonly #runName: string;
  readonly #tallies = new RunTallies();

  constructor(
    readonly pipeline: CompiledPipeline,
    run: PipelineRun,
    children: Iterable<ChildObject>,
  ) {
    this.#runName = run.metadata.name;
    this.states = pipeline.tasks.map((compiled) => ({
      compiled,
      phase: 'waiting',
      skipReason: undefined,
      problem: undefined,
      when: undefined,
      openParents: compiled.parents.length,
      isParentSkipped: false,
      isBehindFailure: false,
      atBest: undefined,
      reason: undefined,
      runs: [],
      found: new Map(),
      checks: new Map(),
    }));
    this.openDag = pipeline.dagCount;
    this.openFinally = pipeline.tasks.length - pipeline.dagCount;
    this.counts = countsOf(pipeline.tasks.length);
    for (const child of children) this.#attach(child);
    const skipped = new Map((run.status?.skippedTasks ?? []).map((task): [string, SkippedTask] => [task.name, task]));
    const taken = takenRuns(run);
    for (const index of pipeline.order) {
      const state = this.states[index]!;
      this.#takeOver(state, taken.get(state.compiled.task.name));
      const before = skipped.get(state.compiled.task.name);
      this.#adoptFound(state);
      if (state.phase === 'waiting' && before !== undefined) {
        this.skip(state, before.reason as SkipReason, before.whenExpressions); // M2
      } else if (state.phase === 'waiting' || (state.phase === 'running' && this.progressOf(state).kind === 'open')) {
        this.#ready.add(index);
      }
    }
  }

  /** Takes in one child of the run as it is stored now; true when something changed that a decision may rest on. */
  observe(child: ChildObject): boolean {
    const state = this.#attach(child);
    if (state === undefined) return false;
    const before = state.phase;
    if (state.found.size > 0) this.#adoptFound(state);
    else if (state.runs.length > 0) this.#settle(state);
    if (state.phase === 'waiting' || (state.phase === 'running' && this.progressOf(state).kind === 'open')) {
      this.#ready.add(state.compiled.index);
    }
    return before !== state.phase || this.#ready.size > 0;
  }

  /** The tasks to look at again, each once, in pipeline order; the list is empty afterwards. */
  takeReady(): TaskState[] {
    const ready = [...this.#ready].sort((a, b) => a - b).map((index) => this.states[index]!);
    this.#ready = new Set();
    return ready;
  }

  hasReady(): boolean {
    return this.#ready.size > 0;
  }

  lookAgain(state: TaskState): void {
    this.#ready.add(state.compiled.index);
  }

  /** The task waits for its time: it is looked at again in every round until then. */
  delay(state: TaskState): void {
    this.#delayed.add(state.compiled.index);
  }

  lookAtDelayed(): void {
    for (const index of this.#delayed) this.#ready.add(index);
    this.#delayed.clear();
  }

  /** Where a task that has started stands, and what of it may start now. `runs`: instead of those that it has. */
  progressOf(state: TaskState, runs: TaskState['runs'] = state.runs): Progress {
    if (state.atBest !== undefined) return endProgress(runs, state.atBest);
    if (runs === state.runs && this.#tallies.isRunning(state)) return { kind: 'running' };
    return progressOf(state.compiled, runs, stateReplacements(this, state.compiled));
  }

  dagStates(): readonly TaskState[] {
    return this.states.slice(0, this.pipeline.dagCount);
  }

  finallyStates(): readonly TaskState[] {
    return this.states.slice(this.pipeline.dagCount);
  }

  /** A pipeline task with results and states of other tasks in it. */
  resolve(state: TaskState): PipelineTask {
    return substituteTask(state.compiled.task, stateReplacements(this, state.compiled));
  }

  stateOf(pipelineTask: string): TaskState | undefined {
    const index = this.pipeline.byName.get(pipelineTask);
    return index === undefined ? undefined : this.states[index];
  }

  /** A result of a task; of a fanned-out task the list of its runs' results. */
  resultOf(pipelineTask: string, result: string): ParamValue | undefined {
    const state = this.stateOf(pipelineTask);
    if (state === undefined) return undefined;
    const skipped = resultsWhenSkipped(state);
    if (skipped !== undefined) return Object.hasOwn(skipped, result) ? skipped[result] : undefined;
    if (isUntilLoop(state.compiled)) return state.runs.at(-1)?.results.find(({ name }) => name === result)?.value;
    const values = state.runs.map((run) => run?.results.find(({ name }) => name === result)?.value);
    if (state.compiled.task.matrix === undefined) return values[0];
    const present = values.filter((value): value is string => typeof value === 'string');
    return present.length === 0 ? undefined : present;
  }

  /** The values of an artifact as JSON; of a fanned-out task those of the first run that has it. */
  artifactOf(reference: ArtifactReference): string | undefined {
    for (const run of this.stateOf(reference.pipelineTask)?.runs ?? []) {
      const text = artifactText(run?.artifacts ?? {}, reference);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  start(state: TaskState, runs: TaskState['runs']): void {
    state.runs = [...runs];
    for (const run of runs) if (run !== undefined) this.expect(run);
    this.#settle(state);
  }

  /** Keeps the moment at which `run` is overdue. */
  expect({ overdue }: ChildRun): void {
    if (overdue !== undefined) this.nextOverdueMs = Math.min(this.nextOverdueMs, overdue.atMs);
  }

  /** The children that are overdue, each once. Looks at all runs, but only when one may be. */
  takeOverdue(nowMs: number): ChildRun[] {
    if (nowMs < this.nextOverdueMs) return [];
    const open = this.states.flatMap(({ runs }) => runs.filter((run) => run?.outcome === 'running') as ChildRun[]);
    const isOverdue = ({ overdue }: ChildRun): boolean => overdue !== undefined && overdue.atMs <= nowMs;
    const overdue = open.filter(isOverdue).map((run) => ({ ...run }));
    this.nextOverdueMs = Infinity;
    for (const run of open) {
      if (isOverdue(run)) run.overdue = undefined;
      else this.expect(run);
    }
    return overdue;
  }

  /** A task that succeeded in the run that this one repeats gets no runs of its own. */
  #takeOver(state: TaskState, runs: ChildRun[] | undefined): void {
    if (runs === undefined) return;
    state.when = this.resolve(state).when;
    state.atBest = 'succeeded';
    this.start(state, runs);
  }

  /** Runs that were not created will not be: the task is what became of the others; a loop is `unfinished`. */
  giveUpMissing(state: TaskState, unfinished: Settled): void {
    state.atBest = isLoop(state.compiled) ? unfinished : 'succeeded';
    this.#settle(state);
  }

  skip(state: TaskState, reason: SkipReason, when?: readonly WhenExpression[]): void {
    if (state.phase !== 'waiting' && state.phase !== 'unmade') return; // M2
    state.skipReason = reason;
    state.when = when;
    if (state.phase === 'waiting') return this.#close(state, 'skipped');
    state.phase = 'skipped';
    this.counts.unmade--;
    this.counts.skipped++;
  }

  /** A task that should start and cannot, since a result that it takes was not made. */
  leaveUnmade(state: TaskState, problem: string): void {
    if (state.phase !== 'waiting') return; // M2
    state.problem = problem;
    this.#close(state, 'unmade');
  }

  /**
   * The name of a task's run, the one of Tekton: `<run>-<task>`, `<run>-<task>-<i>` where there are several. A further
   * attempt adds `-retry<n>`.
   */
  childNameOf(state: TaskState, combination: number, combinations: number, attempt = 0): string {
    const task = `-${state.compiled.task.name}`;
    const isOnly = combinations === 1 && !isUntilLoop(state.compiled);
    const suffix = isOnly ? task : `${task}-${combination}`;
    return childName(this.#runName, attempt === 0 ? suffix : `${suffix}-retry${attempt}`);
  }

  #attach(object: ChildObject): TaskState | undefined {
    const state = this.stateOf(object.metadata.labels?.[LABELS.pipelineTask] ?? '');
    if (state === undefined) return undefined;
    const child = withFurtherAttempt(childRunOf(object), state.compiled);
    this.expect(child);
    const check = object.metadata.labels?.[LABELS.conditionCheck];
    if (check !== undefined) {
      state.checks.set(check, child);
      return state;
    }
    const known = this.#tallies.placeOf(state, child.name);
    if (known < 0) state.found.set(child.name, child);
    else this.#tallies.replace(state, known, named(child, state.runs[known]?.displayName));
    return state;
  }

  /** Gives the runs that were found in the store their places. */
  #adoptFound(state: TaskState): void {
    if (state.found.size === 0) return;
    const resolved = this.resolve(state);
    const isUntil = isUntilLoop(state.compiled);
    const iterations = isUntil ? limitOf(state.compiled.policy?.loop) : 1;
    const combinations: Param[][] =
      resolved.matrix === undefined ? Array.from({ length: iterations }, () => []) : fanOut(resolved.matrix);
    const count = combinations.length;
    const places = Math.max(isUntil ? 0 : count, state.runs.length);
    state.runs = Array.from({ length: places }, (_, i) => state.runs[i]);
    let left = state.found.size;
    const attempts = [...new Set([...state.found.values()].map(({ attempt }) => attempt))].sort((a, b) => b - a);
    for (const [i, combination] of combinations.entries()) {
      const known = state.runs[i];
      for (const attempt of attempts.filter((one) => known === undefined || one > known.attempt)) {
        const newest = state.found.get(this.childNameOf(state, i, count, attempt));
        if (newest === undefined) continue;
        state.runs[i] = named(newest, displayNameOf(resolved, combination));
        left--;
        break;
      }
      if (isUntil && left === 0) break;
    }
    state.found.clear();
    if (state.runs.every((run) => run === undefined)) {
      state.runs = [];
      return;
    }
    state.when ??= resolved.when;
    this.#settle(state);
  }

  #settle(state: TaskState): void {
    const progress = this.progressOf(state);
    if (state.phase === 'waiting') {
      state.phase = 'running';
      this.startedTasks++;
    }
    if (state.phase !== 'running' || progress.kind !== 'settled') return; // M2
    if (progress.reason !== undefined) {
      state.reason = progress.reason;
      const { name } = state.compiled.task;
      this.failedLoops.push(`. Task "${name}" ended after ${state.runs.length} iterations: ${progress.reason}`);
    }
    this.#close(state, progress.outcome);
  }

  #close(state: TaskState, phase: Exclude<Phase, 'waiting' | 'running'>): void {
    const { index, section, children, task } = state.compiled;
    state.phase = phase;
    this.#count(state, phase);
    if (section === 'finally') this.openFinally--;
    else this.openDag--;
    const isFailure = phase === 'failed' || phase === 'cancelled' || phase === 'timed-out';
    const isFatal = section === 'tasks' && task.onError !== 'continue';
    const isBreaking = (isFailure || phase === 'unmade') && isFatal;
    const isRunAll = this.pipeline.policy.onFailure === 'run-all';
    if (isBreaking && !isRunAll && isFailure) this.isStopping = true;
    if (isBreaking && !isRunAll && phase === 'unmade') this.isUnmade = true;
    if (phase === 'failed' && task.onError !== 'continue') {
      this.isTooDeep ||= state.runs.some((run) => run?.reason === MAX_DEPTH_EXCEEDED);
    }
    this.#ready.delete(index);
    this.#delayed.delete(index);
    for (const child of children) {
      const childState = this.states[child]!;
      childState.openParents--;
      if (isBreaking || state.skipReason === 'Preceding Tasks failed') childState.isBehindFailure = isRunAll;
      else if (phase === 'skipped' && !this.#isPassedBy(state)) childState.isParentSkipped = true;
      if (childState.phase === 'waiting') this.#ready.add(child); // M1
    }
  }

  /** Whether what follows a skipped task runs all the same. */
  #isPassedBy(state: TaskState): boolean {
    return state.skipReason === 'When Expressions evaluated to false' || resultsWhenSkipped(state) !== undefined;
  }

  #count(state: TaskState, phase: Exclude<Phase, 'waiting' | 'running'>): void {
    this.counts.incomplete--;
    switch (phase) {
      case 'succeeded':
        this.counts.succeeded++;
        break;
      case 'timed-out':
        this.counts.failed++;
        if (state.compiled.section === 'tasks') this.counts.overdue++;
        break;
      case 'failed':
        if (state.compiled.task.onError === 'continue') this.counts.ignored++;
        else this.counts.failed++;
        break;
      case 'cancelled':
        this.counts.cancelled++;
        break;
      case 'unmade':
        this.counts.unmade++;
        break;
      case 'skipped':
        this.counts.skipped++;
        if (state.skipReason === 'PipelineRun Tasks timeout has been reached') this.counts.overdue++;
        if (state.skipReason?.endsWith('timeout has been reached') === true) this.counts.skippedByTimeout++;
        break;
    }
  }
}
