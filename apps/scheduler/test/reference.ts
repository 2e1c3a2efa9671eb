// What must be decided, said plainly: Tekton's rules as a recursion over everything that is known, with no memory but
// the skips told before. It shares no code with the scheduler. It is slow, and meant to be read.

import { itemsOf, type Asked, type Scenario, type ScenarioTask } from './scenario.js';

/** `timed-out`: cancelled because the time of its section was up. */
export type RunEnd = 'running' | 'succeeded' | 'failed' | 'cancelled' | 'timed-out';

export interface Facts {
  scenario: Scenario;
  /** By task that has started: what became of each of its runs. */
  runs: ReadonlyMap<string, readonly RunEnd[]>;
  /** Runs that were asked to end. */
  cancelled: ReadonlySet<string>;
  asked: Asked | undefined;
  sinceStartMs: number;
  /** Undefined until finally has started. */
  sinceFinallyMs: number | undefined;
  /** A skipped task keeps the reason that was told first. */
  skipped: ReadonlyMap<string, string>;
}

export interface Expected {
  /** Tasks that start now, and how many runs each has. */
  starts: Map<string, number>;
  /** `<task>/<run>` of what is asked to end now. */
  cancels: Set<string>;
  skipped: Map<string, string>;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
}

const NOT = undefined;
const GUARD = 'When Expressions evaluated to false';

/** What a scheduler that knows the facts must do, and what it must say afterwards. */
export function expected(facts: Facts): Expected {
  return new Reference(facts).expected();
}

/** `$(tasks.status)` and then `$(tasks.T.status)` of every task outside finally. */
export function statesOf(facts: Facts): string {
  return new Reference(facts).states();
}

class Reference {
  /** Answers that were found; they change nothing but the time it takes. */
  readonly #skips = new Map<string, string | undefined>();
  readonly #done = new Map<string, boolean>();
  readonly #limits: ReturnType<typeof limitsOf>;

  constructor(private readonly facts: Facts) {
    this.#limits = limitsOf(facts.scenario);
  }

  expected(): Expected {
    const { asked } = this.facts;
    if (asked === 'Cancelled') return this.#stop(this.facts.skipped, 'Cancelled', 'was cancelled');
    const dag = this.#of('tasks');
    const broken = dag.filter((task) => this.#isBroken(task));
    const isStopped = broken.some(({ ignoresFailure }) => !ignoresFailure);
    if (this.#isPastPipeline()) {
      const within = `failed to finish within "${goTime(this.#limits.pipelineMs!)}"`;
      return this.#stop(this.#skipsOf(dag, isStopped), 'PipelineRunTimeout', within);
    }
    const skipped = this.#skipsOf(dag, isStopped);
    const starts = new Map<string, number>();
    for (const task of dag) {
      const isFree = !this.#hasStarted(task) && !skipped.has(task.name) && !broken.includes(task);
      if (isFree && this.#parentsAreDone(task)) starts.set(task.name, this.#widthOf(task));
    }
    const cancels = new Set<string>();
    if (asked === 'CancelledRunFinally' || this.#isPastTasks()) this.#cancelRunning(dag, cancels);
    const isDagDone = dag.every((task) => this.#isOver(task) || skipped.has(task.name) || broken.includes(task));
    if (isDagDone) this.#decideFinally(starts, cancels, skipped);
    return { starts, cancels, skipped, ...this.#condition(skipped, broken.length) };
  }

  states(): string {
    const dag = this.#of('tasks');
    const broken = dag.filter((task) => this.#isBroken(task));
    const skipped = this.#skipsOf(dag, broken.some(({ ignoresFailure }) => !ignoresFailure)); // prettier-ignore
    const states = dag.map((task) => {
      if (this.#ended(task) === 'succeeded') return 'Succeeded';
      return this.#hasStarted(task) ? 'Failed' : 'None';
    });
    const all = states.includes('Failed') ? 'Failed' : skipped.size > 0 ? 'Completed' : 'Succeeded';
    return [all, ...states].join(' ');
  }

  // Skips ---------------------------------------------------------------------------------------------------------

  #skipsOf(dag: readonly ScenarioTask[], isStopped: boolean): Map<string, string> {
    const skipped = new Map(this.facts.skipped);
    for (const task of dag) {
      const reason = this.#skipOf(task);
      if (reason !== NOT) skipped.set(task.name, reason);
      else if (isStopped && !this.#hasStarted(task) && !this.#isBroken(task)) {
        skipped.set(task.name, 'PipelineRun was stopping');
      }
    }
    return skipped;
  }

  /** Why a task outside finally does not run; undefined when it may, has, or must wait. */
  #skipOf(task: ScenarioTask): string | undefined {
    if (!this.#skips.has(task.name)) this.#skips.set(task.name, this.#findSkip(task));
    return this.#skips.get(task.name);
  }

  #findSkip(task: ScenarioTask): string | undefined {
    const before = this.facts.skipped.get(task.name);
    if (before !== NOT) return before;
    if (this.#hasStarted(task)) return NOT;
    if (this.#hasFailure()) return 'PipelineRun was stopping';
    if (this.facts.asked === 'CancelledRunFinally') return 'PipelineRun was gracefully cancelled';
    if (this.facts.asked === 'StoppedRunFinally') return 'PipelineRun was gracefully stopped';
    if (this.#parents(task).some((parent) => ![NOT, GUARD].includes(this.#skipOf(parent)))) {
      return 'Parent Tasks were skipped';
    }
    if (this.#parentsAreDone(task)) {
      const missing = this.#missing(task);
      if (missing !== NOT && this.#skipOf(missing) === GUARD) return 'Results were missing';
      if (!this.#guardLets(task)) return GUARD;
      if (missing !== NOT) return NOT; // broken, whatever the time
      if (this.#isPastPipeline()) return 'PipelineRun timeout has been reached';
      if (this.#isPastTasks()) return 'PipelineRun Tasks timeout has been reached';
    }
    return this.#isEmpty(task) ? 'Matrix Parameters have an empty array' : NOT;
  }

  /** A task outside finally failed, and the pipeline does not ignore it. */
  #hasFailure(): boolean {
    return this.#of('tasks').some(
      (task) => this.#isOver(task) && this.#ended(task) !== 'succeeded' && !task.ignoresFailure,
    );
  }

  /** It should start, and a result that it takes was not made. */
  #isBroken(task: ScenarioTask): boolean {
    if (this.#hasStarted(task) || !this.#parentsAreDone(task) || this.#skipOf(task) !== NOT) return false;
    return this.#missing(task) !== NOT;
  }

  #parentsAreDone(task: ScenarioTask): boolean {
    if (!this.#done.has(task.name)) this.#done.set(task.name, this.#findDone(task));
    return this.#done.get(task.name)!;
  }

  #findDone(task: ScenarioTask): boolean {
    return this.#parents(task).every(
      (parent) =>
        this.#isOver(parent) || this.#skipOf(parent) !== NOT || (parent.ignoresFailure && this.#isBroken(parent)),
    );
  }

  #parents(task: ScenarioTask): ScenarioTask[] {
    if (task.section === 'finally') return [];
    return [...task.runAfter, ...producersOf(task)].map((name) => this.#task(name));
  }

  /** The first task whose result is not there. */
  #missing(task: ScenarioTask): ScenarioTask | undefined {
    return producersOf(task)
      .map((name) => this.#task(name))
      .find((producer) => !this.#hasMade(producer));
  }

  /** At least one run of it came so far as to write its results. */
  #hasMade(task: ScenarioTask): boolean {
    const runs = this.facts.runs.get(task.name) ?? [];
    return this.#isOver(task) && task.makes && runs.some((end) => end === 'succeeded' || end === 'failed');
  }

  #guardLets({ guard }: ScenarioTask): boolean {
    if (guard?.of === undefined) return guard?.lets !== false;
    // A result that is not there leaves the variable as it stands, and that is not the value.
    return this.#hasMade(this.#task(guard.of)) ? guard.lets : !guard.lets;
  }

  #isEmpty(task: ScenarioTask): boolean {
    if (task.width === 'single') return false;
    if (typeof task.width === 'number') return task.width === 0;
    const producer = this.#task(task.width.of);
    return this.#parentsAreDone(task) && this.#hasMade(producer) && itemsOf(producer).length === 0;
  }

  // Finally -------------------------------------------------------------------------------------------------------

  #decideFinally(starts: Map<string, number>, cancels: Set<string>, skipped: Map<string, string>): void {
    const { sinceFinallyMs } = this.facts;
    const limit = this.#limits.finallyMs;
    const isPast = limit !== undefined && sinceFinallyMs !== undefined && sinceFinallyMs >= limit;
    const last = this.#of('finally');
    if (isPast) this.#cancelRunning(last, cancels);
    for (const task of last) {
      if (this.#hasStarted(task) || skipped.has(task.name)) continue;
      if (this.#missing(task) !== NOT) skipped.set(task.name, 'Results were missing');
      else if (!this.#guardLets(task)) skipped.set(task.name, GUARD);
      else if (isPast) skipped.set(task.name, 'PipelineRun Finally timeout has been reached');
      else if (this.#isEmpty(task)) skipped.set(task.name, 'Matrix Parameters have an empty array');
      else starts.set(task.name, this.#widthOf(task));
    }
  }

  // What it comes to ----------------------------------------------------------------------------------------------

  #condition(skipped: ReadonlyMap<string, string>, broken: number): Pick<Expected, 'status' | 'reason' | 'message'> {
    const { asked, scenario } = this.facts;
    const ends = scenario.tasks.map((task) => ({ task, end: this.#ended(task) }));
    const count = (is: (entry: (typeof ends)[number]) => boolean): number => ends.filter(is).length;
    const succeeded = count(({ end }) => end === 'succeeded');
    const cancelled = count(({ end }) => end === 'cancelled');
    const ignored = count(({ end, task }) => end === 'failed' && task.ignoresFailure);
    const failed = count(({ end }) => end === 'failed' || end === 'timed-out') - ignored;
    const completed = succeeded + cancelled + ignored + failed;
    const incomplete = scenario.tasks.length - completed - skipped.size - broken;
    const overdue = [...skipped.values()].filter((reason) => reason.endsWith('timeout has been reached')).length;
    const isOverdue = this.#isDagOverdue(skipped);
    if (incomplete > 0) {
      const message = `Tasks Completed: ${completed} (Failed: ${failed}, Cancelled ${cancelled}), Incomplete: ${incomplete}, Skipped: ${skipped.size}`;
      const last = this.#of('finally');
      const isLastDone = last.every((task) => this.#isOver(task) || skipped.has(task.name));
      const reason = (): string => {
        if (isOverdue && !isLastDone) return 'PipelineRunTimeoutRunningFinally';
        if (asked === 'CancelledRunFinally') return 'CancelledRunningFinally';
        if (asked === 'StoppedRunFinally') return 'StoppedRunningFinally';
        return cancelled > 0 || (failed > 0 && isLastDone) ? 'PipelineRunStopping' : 'Running';
      };
      return { status: 'Unknown', reason: reason(), message };
    }
    const of = ignored > 0 ? `${failed + ignored} (Ignored: ${ignored})` : String(failed);
    const unmade = broken > 0 ? `, Failed Validation: ${broken}` : '';
    const message = `Tasks Completed: ${completed} (Failed: ${of}, Cancelled ${cancelled}), Skipped: ${skipped.size}${unmade}`;
    const no = (reason: string, why = message): Pick<Expected, 'status' | 'reason' | 'message'> => ({
      status: 'False',
      reason,
      message: why,
    });
    if (isOverdue) {
      const limit = goTime(this.#limits.tasksMs!);
      return no('PipelineRunTimeout', `PipelineRun "run" failed due to tasks failed to finish within "${limit}"`);
    }
    if (broken > 0) return no('PipelineValidationFailed');
    if (failed > 0 || overdue > 0) return no('Failed');
    if (asked !== undefined) return no('Cancelled', 'PipelineRun "run" was cancelled');
    if (cancelled > 0) return no('Cancelled');
    return { status: 'True', reason: skipped.size > 0 ? 'Completed' : 'Succeeded', message };
  }

  /** The time of the tasks was up before all of them had ended. */
  #isDagOverdue(skipped: ReadonlyMap<string, string>): boolean {
    return this.#of('tasks').some(
      (task) =>
        skipped.get(task.name) === 'PipelineRun Tasks timeout has been reached' || this.#ended(task) === 'timed-out',
    );
  }

  #stop(skipped: ReadonlyMap<string, string>, reason: string, why: string): Expected {
    const cancels = new Set<string>();
    this.#cancelRunning(this.facts.scenario.tasks, cancels);
    const message = `PipelineRun "run" ${why}`;
    return { starts: new Map(), cancels, skipped: new Map(skipped), status: 'False', reason, message };
  }

  #cancelRunning(tasks: readonly ScenarioTask[], cancels: Set<string>): void {
    for (const { name } of tasks) {
      this.facts.runs.get(name)?.forEach((end, i) => {
        if (end === 'running' && !this.facts.cancelled.has(`${name}/${i}`)) cancels.add(`${name}/${i}`);
      });
    }
  }

  #isPastPipeline(): boolean {
    const limit = this.#limits.pipelineMs;
    return limit !== undefined && this.facts.sinceStartMs >= limit;
  }

  #isPastTasks(): boolean {
    const limit = this.#limits.tasksMs;
    return limit !== undefined && this.facts.sinceStartMs >= limit;
  }

  // What is known ---------------------------------------------------------------------------------------------------

  #of(section: ScenarioTask['section']): ScenarioTask[] {
    return this.facts.scenario.tasks.filter((task) => task.section === section);
  }

  #task(name: string): ScenarioTask {
    return this.facts.scenario.tasks.find((task) => task.name === name)!;
  }

  #hasStarted({ name }: ScenarioTask): boolean {
    return this.facts.runs.has(name);
  }

  #isOver(task: ScenarioTask): boolean {
    const runs = this.facts.runs.get(task.name);
    return runs !== undefined && runs.every((end) => end !== 'running');
  }

  /** What a task came to once all its runs are over. */
  #ended(task: ScenarioTask): RunEnd {
    if (!this.#isOver(task)) return 'running';
    const runs = this.facts.runs.get(task.name)!;
    return (['timed-out', 'cancelled', 'failed'] as const).find((end) => runs.includes(end)) ?? 'succeeded';
  }

  #widthOf({ width }: ScenarioTask): number {
    if (width === 'single') return 1;
    return typeof width === 'number' ? width : itemsOf(this.#task(width.of)).length;
  }
}

/** Tasks whose results a task takes, in the order in which they are looked for. */
function producersOf({ takes, width, guard }: ScenarioTask): string[] {
  return [...takes, ...(typeof width === 'object' ? [width.of] : []), ...(guard?.of === undefined ? [] : [guard.of])];
}

/** The limits in force: a section that names none has what the other leaves of the whole. */
function limitsOf({ timeouts }: Scenario): { pipelineMs?: number; tasksMs?: number; finallyMs?: number } {
  const { pipeline, tasks, finally: last } = timeouts;
  const rest = (other: number | undefined): number | undefined =>
    pipeline === undefined || other === undefined ? undefined : pipeline - other;
  const tasksMs = tasks ?? rest(last);
  const finallyMs = last ?? rest(tasks);
  return {
    pipelineMs: pipeline ?? 3_600_000,
    ...(tasksMs === undefined ? {} : { tasksMs }),
    ...(finallyMs === undefined ? {} : { finallyMs }),
  };
}

/** Whole seconds as Go prints them. */
function goTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (h > 0) return `${h}h${m}m${s}s`;
  return m > 0 ? `${m}m${s}s` : `${s}s`;
}
