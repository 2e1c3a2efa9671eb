// The decision: given everything known about one run, what should happen next?
//
//   S1. Level-triggered: the answer depends on the state, never on which event arrived.
//   S2. Deterministic: no clock, no randomness, no IO; the same state gives the same answer.
//   S3. Converging: doing what was decided and asking again brings every run to an outcome.
//   S4. A finished run gets no decision, ever.
//   S5. A task starts only when all it follows have settled, and no new one starts once a task has failed.

import {
  CelError,
  celOutcomes,
  isDnsSubdomain,
  isDone,
  timeOf,
  whenAllows,
  type KubeObject,
  type Param,
  type PipelineRun,
  type PipelineTask,
} from '@slipway/contracts';
import { buildChild } from './build-child.js';
import { cancellations, type Cancellation } from './cancellation.js';
import { TASK_RUN, childKindFor, strengthOf, type CancelMode } from './child-kind.js';
import { pendingChildRun, type ChildRun } from './child-run.js';
import { cancelledCondition, conditionOf, timedOutCondition } from './condition.js';
import { failAll, stopAll, type Decision } from './decision.js';
import { displayNameOf } from './display-name.js';
import { isLoop, isUntilLoop, iterationOf, loopRefusal, type Place } from './loop.js';
import { MAX_COMBINATIONS, combinationsOf, isEmptyMatrix } from './matrix.js';
import { missingResult } from './missing-results.js';
import { overdueOf } from './overdue.js';
import type { Refusal } from './refusal.js';
import type { RunModel } from './run-model.js';
import type { SkipReason, TaskState } from './task-state.js';
import { buildConditionCheck } from './task-run.js';
import { deadlinesOf, pipelineLimit } from './timeouts.js';

/**
 * Decides what to do about a run that has started and has not finished.
 *
 * Shape  `model` takes the decision in: a task that starts is running in it from here on. Where the commit of the
 *        decision fails, the model is wrong and must be built anew from the store.
 * Units  `nowMs` is Unix milliseconds.
 */
export function decide(
  run: PipelineRun,
  model: RunModel,
  nowMs: number,
  maxCombinations = MAX_COMBINATIONS,
): Decision | undefined {
  if (isDone(run)) return undefined; // S4
  const deadlines = deadlinesOf(run);
  if (run.spec.status === 'Cancelled') return stopAll(model, 'cancelled', cancelledCondition(run), nowMs);
  const round = new Round(run, model, nowMs, maxCombinations);
  if (isPast(deadlines.pipelineMs, nowMs)) {
    round.settle();
    return stopAll(model, 'timed-out', timedOutCondition(run, pipelineLimit(run)), nowMs);
  }
  round.play();
  const { create, cancel, refusal, startsFinally } = round;
  if (refusal !== undefined) {
    const end = failAll(model, create, refusal, nowMs);
    return { ...end, cancel: [...cancel, ...end.cancel], startsFinally };
  }
  const condition = conditionOf(run, model);
  const giveUp = model.takeOverdue(nowMs);
  const overdueMs = model.nextOverdueMs === Infinity ? undefined : model.nextOverdueMs;
  const future = [deadlines.pipelineMs, deadlines.tasksMs, round.finallyDeadlineMs, overdueMs, ...round.delays].filter(
    (atMs): atMs is number => atMs !== undefined && atMs > nowMs,
  );
  const wakeAtMs = condition.status === 'Unknown' && future.length > 0 ? Math.min(...future) : undefined;
  return { create, cancel, giveUp, condition, startsFinally, wakeAtMs };
}

function isPast(deadlineMs: number | undefined, nowMs: number): boolean {
  return deadlineMs !== undefined && nowMs >= deadlineMs;
}

/** A name that a result made may be anything. */
function nameRefusal({ name, taskRef, pipelineRef }: PipelineTask): Refusal | undefined {
  for (const [field, ref] of [
    ['taskRef', taskRef],
    ['pipelineRef', pipelineRef],
  ] as const) {
    const chosen = ref?.name;
    if (chosen === undefined || chosen === '' || isDnsSubdomain(chosen)) continue;
    const message = `pipeline task "${name}" cannot run: ${field}.name is ${JSON.stringify(chosen.slice(0, 100))}, which is no name`;
    return { reason: 'PipelineValidationFailed', message };
  }
  return undefined;
}

/** One round of deciding: what it gathers while it looks at the tasks. */
class Round {
  readonly create: KubeObject[] = [];
  readonly cancel: Cancellation[] = [];
  /** When tasks that wait for their time may go on. Unix milliseconds. */
  readonly delays: number[] = [];
  refusal: Refusal | undefined;
  startsFinally = false;
  readonly #isPastTasks: boolean;
  readonly #isPastPipeline: boolean;

  constructor(
    private readonly run: PipelineRun,
    private readonly model: RunModel,
    private readonly nowMs: number,
    private readonly maxCombinations: number,
  ) {
    const { tasksMs, pipelineMs } = deadlinesOf(run);
    this.#isPastTasks = isPast(tasksMs, nowMs);
    this.#isPastPipeline = isPast(pipelineMs, nowMs);
  }

  /** Known as soon as finally starts, in the same round. */
  get finallyDeadlineMs(): number | undefined {
    return deadlinesOf(this.#started()).finallyMs;
  }

  play(): void {
    const { model } = this;
    model.lookAtDelayed();
    this.#askTheDag();
    do {
      for (const state of this.settle()) if (this.refusal === undefined) this.#begin(state);
    } while (model.hasReady() && this.refusal === undefined);
    if (this.refusal === undefined && model.openDag === 0 && model.openFinally > 0) this.#runFinally();
  }

  /** Skips what will not run. The tasks that are left may start: nothing starts before all skips are known (S5). */
  settle(): TaskState[] {
    const { model } = this;
    const startable: TaskState[] = [];
    this.#skipTheRest();
    while (model.hasReady()) {
      const unmade: [TaskState, string][] = [];
      while (model.hasReady()) {
        for (const state of model.takeReady()) {
          if (state.compiled.section === 'finally' || !this.#mayStart(state)) continue;
          const problem = state.phase === 'waiting' ? this.#problemOf(state) : undefined;
          if (problem === undefined) startable.push(state);
          else if (state.compiled.task.onError === 'continue') model.leaveUnmade(state, problem);
          else unmade.push([state, problem]); // it stops the run: first what else could not be made is found
        }
      }
      for (const [state, problem] of unmade) model.leaveUnmade(state, problem);
      this.#skipTheRest();
    }
    return startable.filter(({ phase }) => phase === 'waiting' || phase === 'running');
  }

  /** On request or when the time of the tasks is up; finally is not touched. */
  #askTheDag(): void {
    const mode = this.#dagMode();
    if (mode === undefined || this.model.dagAsked >= strengthOf(mode)) return;
    this.model.dagAsked = strengthOf(mode);
    const cause = this.#isPastTasks ? 'timed-out' : this.run.spec.status ? 'cancelled' : 'other-failed';
    for (const state of this.model.dagStates()) {
      this.cancel.push(...cancellations(this.model, state, mode, cause, this.nowMs));
      if (state.phase === 'running') this.model.lookAgain(state);
    }
  }

  /** A pipeline in a pipeline is asked as its parent was; time that is up leaves none for its finally tasks. */
  #dagMode(): CancelMode | undefined {
    if (this.#isPastTasks) return 'cancel';
    if (this.run.spec.status === 'CancelledRunFinally') return 'cancel-tasks';
    if (this.model.isStopping && this.model.pipeline.policy.onFailure === 'fail-fast') return 'cancel-tasks';
    return this.run.spec.status === 'StoppedRunFinally' ? 'stop' : undefined;
  }

  /** A run that stops starts nothing more: all that waits is skipped at once. */
  #skipTheRest(): void {
    const { model } = this;
    const reason = this.#stopReason();
    if (reason !== undefined && !model.isRestSkipped) {
      model.isRestSkipped = true;
      for (const state of model.dagStates()) {
        model.skip(state, reason, state.compiled.task.when);
        if (state.phase === 'running' && isLoop(state.compiled)) model.lookAgain(state);
      }
    } else if (model.isUnmade && !model.isRestSkipped) {
      for (const state of model.dagStates()) {
        if (state.phase === 'waiting') model.skip(state, 'PipelineRun was stopping', state.compiled.task.when);
      }
    }
  }

  #stopReason(): SkipReason | undefined {
    if (this.model.isStopping) return 'PipelineRun was stopping'; // S5
    if (this.run.spec.status === 'CancelledRunFinally') return 'PipelineRun was gracefully cancelled';
    if (this.run.spec.status === 'StoppedRunFinally') return 'PipelineRun was gracefully stopped';
    return undefined;
  }

  /** Skips a task that will not run. The order of the questions is Tekton's, and so are their answers. */
  #mayStart(state: TaskState): boolean {
    const { model } = this;
    if (state.phase === 'running') {
      if (!this.#isEnding(state)) return true;
      model.giveUpMissing(state, this.#isPastTasks ? 'timed-out' : 'cancelled');
      return false;
    }
    if (state.phase !== 'waiting') return false;
    const skip = (reason: SkipReason, { when } = state.compiled.task): false => {
      model.skip(state, reason, when);
      return false;
    };
    if (state.isBehindFailure) return skip('Preceding Tasks failed');
    if (state.isParentSkipped) return skip('Parent Tasks were skipped');
    if (state.openParents > 0) {
      return isEmptyMatrix(state.compiled.task.matrix) ? skip('Matrix Parameters have an empty array') : false; // S5
    }
    const missing = missingResult(model, state.compiled);
    if (missing?.producer?.skipReason === 'When Expressions evaluated to false') return skip('Results were missing');
    const task = model.resolve(state);
    const allowed = this.#allows(task);
    if (allowed === undefined) return false;
    if (!allowed) return skip('When Expressions evaluated to false', task);
    if (missing !== undefined) return true; // before the clock is asked: what was not made stays so over a restart
    if (this.#isPastPipeline) return skip('PipelineRun timeout has been reached', task);
    if (this.#isPastTasks) return skip('PipelineRun Tasks timeout has been reached', task);
    if (isEmptyMatrix(task.matrix)) return skip('Matrix Parameters have an empty array', task);
    return true;
  }

  /** Why a task that may start cannot: it takes a result that was not made. An index out of bounds fails the run. */
  #problemOf(state: TaskState): string | undefined {
    const refusal = missingResult(this.model, state.compiled)?.refusal;
    if (refusal !== undefined && refusal.reason !== 'InvalidTaskResultReference') this.refusal = refusal;
    return refusal?.message;
  }

  #begin(state: TaskState): void {
    if (state.phase === 'running') return this.#startMissing(state);
    const task = this.model.resolve(state);
    if (this.#conditionsHold(state, task)) this.#start(state, task);
  }

  /** Whether a task that runs gets no more runs; an iteration is a new start, a further attempt is none. */
  #isEnding(state: TaskState): boolean {
    return this.model.dagAsked >= 0 || (isLoop(state.compiled) && this.#stopReason() !== undefined);
  }

  /** 2020: every Condition of the task is checked by a TaskRun of its own first. */
  #conditionsHold(state: TaskState, task: PipelineTask): boolean {
    const { conditions } = state.compiled;
    if (conditions.length === 0) return true;
    const taskRunName = this.model.childNameOf(state, 0, 1);
    for (const condition of conditions) {
      const check = buildConditionCheck(this.run, this.model.pipeline, state.compiled, task, condition, taskRunName);
      if (state.checks.has(check.metadata.name)) continue;
      state.checks.set(check.metadata.name, pendingChildRun(TASK_RUN, check.metadata.name));
      this.create.push(check);
    }
    const outcomes = [...state.checks.values()].map(({ outcome }) => outcome);
    if (outcomes.includes('running')) return false;
    if (outcomes.every((outcome) => outcome === 'succeeded')) return true;
    this.model.skip(state, 'ConditionCheckFailed', task.when);
    return false;
  }

  #runFinally(): void {
    const waiting = this.model.finallyStates().filter((state) => this.#isWaitingOrIncomplete(state));
    if (waiting.length > 0 && this.run.status?.finallyStartTime === undefined) this.startsFinally = true;
    const isPastFinally = isPast(this.finallyDeadlineMs, this.nowMs);
    if (isPastFinally) {
      for (const state of this.model.finallyStates()) {
        this.cancel.push(...cancellations(this.model, state, 'cancel', 'timed-out', this.nowMs));
      }
    }
    for (const state of waiting) {
      if (this.refusal !== undefined) return;
      if (state.phase === 'running' && isPastFinally) this.model.giveUpMissing(state, 'timed-out');
      else if (state.phase === 'running') this.#startMissing(state);
      else this.#advanceFinally(state, isPastFinally);
    }
  }

  #isWaitingOrIncomplete(state: TaskState): boolean {
    return state.phase === 'waiting' || (state.phase === 'running' && this.model.progressOf(state).kind === 'open');
  }

  #advanceFinally(state: TaskState, isPastFinally: boolean): void {
    const { model } = this;
    if (missingResult(model, state.compiled) !== undefined) return model.skip(state, 'Results were missing');
    const task = model.resolve(state);
    const allowed = this.#allows(task);
    if (allowed === undefined) return;
    if (!allowed) return model.skip(state, 'When Expressions evaluated to false', task.when);
    if (isPastFinally) return model.skip(state, 'PipelineRun Finally timeout has been reached');
    if (isEmptyMatrix(task.matrix)) return model.skip(state, 'Matrix Parameters have an empty array');
    this.#start(state, task);
  }

  /** Whether the guards of a task let it run; undefined when that cannot be told: then the run fails for it. */
  #allows({ when }: PipelineTask): boolean | undefined {
    try {
      return whenAllows(when, celOutcomes(when));
    } catch (thrown) {
      if (!(thrown instanceof CelError)) throw thrown;
      const message = `Error evaluating CEL ${this.run.metadata.name}: ${thrown.message}`;
      this.refusal = { reason: 'CELEvaluationFailed', message };
      return undefined;
    }
  }

  #start(state: TaskState, task: PipelineTask): void {
    const combinations = this.#combinationsOf(task);
    if (combinations !== undefined)
      this.#fill(
        state,
        task,
        combinations,
        combinations.map(() => undefined),
      );
  }

  /** Runs that the task's others went before: not stored yet, held back by a loop, or in the place of a failed one. */
  #startMissing(state: TaskState): void {
    const task = this.model.resolve(state);
    const combinations = this.#combinationsOf(task);
    if (combinations !== undefined) this.#fill(state, task, combinations, [...state.runs]);
  }

  /** Creates the runs that may start now. */
  #fill(state: TaskState, task: PipelineTask, combinations: Param[][], runs: TaskState['runs']): void {
    const progress = this.model.progressOf(state, runs);
    if (progress.kind === 'running') return;
    if (progress.kind === 'settled') return this.model.start(state, runs); // a matrix without a combination
    const due = progress.places.filter((place) => !this.#waits(place));
    if (due.length < progress.places.length) this.model.delay(state);
    if (due.length === 0) return;
    const of = runs.length;
    const created = this.create.length;
    for (const { index: place } of due) {
      const before = runs[place];
      if (before !== undefined || state.runs.length > 0) this.model.retriedRuns++;
      const attempt = before === undefined ? 0 : before.attempt + 1;
      this.refusal ??= loopRefusal(state.compiled, place, runs[place - 1]);
      const iteration = isUntilLoop(state.compiled) ? iterationOf(state.compiled, task, place, runs[place - 1]) : task;
      runs[place] = this.#createRun(state, iteration, combinations[place] ?? [], place, of, attempt);
    }
    if (this.refusal === undefined) this.model.start(state, runs);
    else this.create.length = created; // the task has no runs
  }

  #waits({ notBeforeMs }: Place): boolean {
    if (notBeforeMs === undefined || notBeforeMs <= this.nowMs) return false;
    this.delays.push(notBeforeMs);
    return true;
  }

  #combinationsOf(task: PipelineTask): Param[][] | undefined {
    const found = combinationsOf(task, this.maxCombinations);
    if (Array.isArray(found)) return found;
    this.refusal = found;
    return undefined;
  }

  #createRun(state: TaskState, task: PipelineTask, combination: Param[], i: number, of: number, attempt = 0): ChildRun {
    const name = this.model.childNameOf(state, i, of, attempt);
    this.refusal ??= nameRefusal(task);
    const built = buildChild(this.run, this.model, state.compiled, task, name, combination, attempt);
    const kind = childKindFor(task);
    const pending = pendingChildRun(kind, name, attempt);
    if ('reason' in built) this.refusal ??= built;
    else {
      this.create.push(built);
      pending.overdue = overdueOf(kind, built, this.nowMs);
    }
    state.when ??= task.when;
    const displayName = displayNameOf(task, combination);
    return { ...pending, ...(displayName === undefined ? {} : { displayName }) };
  }

  /** The run as it stands once finally has started in this round. */
  #started(): PipelineRun {
    if (!this.startsFinally) return this.run;
    return { ...this.run, status: { ...this.run.status, finallyStartTime: timeOf(this.nowMs) } };
  }
}
