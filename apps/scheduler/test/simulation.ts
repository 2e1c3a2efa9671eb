// One run of a scenario, from its start to its end, against a scheduler that may be started anew between any two events.

import { LABELS, isDone, type Condition, type PipelineRun, type TaskRun } from '@slipway/contracts';
import { decide } from '../src/core/decide.js';
import type { Decision } from '../src/core/decision.js';
import { nextStatus } from '../src/core/next-status.js';
import { RunModel } from '../src/core/run-model.js';
import { NOW, modelOf, pipelineRun } from './builders.js';
import type { Facts, RunEnd } from './reference.js';
import { itemsOf, pipelineOf, resultOf, type Scenario, type ScenarioTask } from './scenario.js';

export interface Chances {
  /** The order and the times of the events. */
  events: () => number;
  /** Whether an event comes twice, and whether the scheduler is started anew before it. */
  faults: (() => number) | undefined;
}

const CANCELLED = 'TaskRun cancelled as the PipelineRun it belongs to has been cancelled.';
const TIMED_OUT = 'TaskRun cancelled as the PipelineRun it belongs to has timed out.';
const EVENTS = 2_000;

export class Simulation {
  readonly taskRuns = new Map<string, TaskRun>();
  run: PipelineRun;
  #model: RunModel;
  #nowMs = NOW;
  #events = 0;
  #attempts = new Map<string, number>();

  constructor(
    readonly scenario: Scenario,
    private readonly chances: Chances,
    /** Told of every decision, and of what was known before it. */
    private readonly decided: (facts: Facts, decision: Decision, simulation: Simulation) => void = () => {},
  ) {
    const timeouts = Object.entries(scenario.timeouts).map(([name, ms]) => [name, `${ms / 1000}s`]);
    this.run = pipelineRun(pipelineOf(scenario), { timeouts: Object.fromEntries(timeouts) as Record<string, string> });
    this.#model = modelOf(this.run);
  }

  /** Plays until the run has ended. */
  play(): PipelineRun {
    this.#decide();
    while (!isDone(this.run)) {
      if (this.#events++ > EVENTS)
        throw new Error(`the run does not end: ${JSON.stringify(this.run.status?.conditions)}`);
      this.#nowMs += Math.floor(this.chances.events() ** 3 * 20_000);
      if (this.chances.faults !== undefined && this.chances.faults() < 0.2) this.#restart();
      for (const taskRun of this.#happen()) {
        this.taskRuns.set(taskRun.metadata.name, taskRun);
        this.#model.observe(taskRun);
        if (this.chances.faults !== undefined && this.chances.faults() < 0.3) this.#model.observe(taskRun);
      }
      this.#decide();
    }
    return this.run;
  }

  get skipped(): Map<string, string> {
    return new Map((this.run.status?.skippedTasks ?? []).map(({ name, reason }) => [name, reason]));
  }

  /** The task of a TaskRun, and which of its runs this is. */
  placeOf(name: string): { task: ScenarioTask; run: number } {
    const [, task, run] = /^run-(t\d+)(?:-(\d+))?$/.exec(name)!;
    return { task: this.scenario.tasks.find((one) => one.name === task)!, run: Number(run ?? 0) };
  }

  #decide(): void {
    const facts = this.#facts();
    const decision = decide(this.run, this.#model, this.#nowMs);
    if (decision === undefined) throw new Error('no decision about a run that has not ended');
    for (const taskRun of decision.create as TaskRun[]) {
      if (this.taskRuns.has(taskRun.metadata.name)) throw new Error(`${taskRun.metadata.name} was started twice`);
      this.taskRuns.set(taskRun.metadata.name, taskRun);
    }
    for (const { name, cause } of decision.cancel) {
      const taskRun = this.taskRuns.get(name)!;
      const statusMessage = cause === 'timed-out' ? TIMED_OUT : CANCELLED;
      const spec: TaskRun['spec'] = { ...taskRun.spec, status: 'TaskRunCancelled', statusMessage };
      this.taskRuns.set(name, { ...taskRun, spec });
    }
    this.run = { ...this.run, status: nextStatus(this.run, this.#model, decision, this.#nowMs).status };
    this.decided(facts, decision, this);
  }

  #restart(): void {
    const stored = [...this.taskRuns.values()];
    const random = this.chances.faults!;
    const shuffled = stored
      .map((taskRun) => [random(), taskRun] as const)
      .sort(([a], [b]) => a - b)
      .map(([, taskRun]) => taskRun);
    this.#model = new RunModel(this.#model.pipeline, this.run, shuffled);
  }

  /** What happens next: a user asks, or some runs end or try again; sometimes only time passes. */
  #happen(): TaskRun[] {
    const { asks } = this.scenario;
    const random = this.chances.events;
    if (asks !== undefined && this.#events === asks.after + 1) {
      this.run = { ...this.run, spec: { ...this.run.spec, status: asks.what } };
      return [];
    }
    const running = [...this.taskRuns.values()].filter((taskRun) => !isDone(taskRun));
    running.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)); // created in whatever order
    const some = running.filter(() => random() < 1 / running.length);
    return some.map((taskRun) => this.#moved(taskRun));
  }

  #moved(taskRun: TaskRun): TaskRun {
    const { name } = taskRun.metadata;
    const { task, run } = this.placeOf(name);
    const isCancelled = taskRun.spec.status === 'TaskRunCancelled' && this.chances.events() < 0.8;
    const tried = this.#attempts.get(name) ?? 0;
    if (!isCancelled && tried < task.retries) {
      this.#attempts.set(name, tried + 1);
      return withCondition(taskRun, { status: 'Unknown', reason: 'ToBeRetried' });
    }
    const fate = isCancelled ? 'cancelled' : task.fates[Math.min(run, task.fates.length - 1)]!;
    const reason = { succeeded: 'Succeeded', failed: 'Failed', cancelled: 'TaskRunCancelled' }[fate];
    const ended = withCondition(taskRun, { status: fate === 'succeeded' ? 'True' : 'False', reason });
    if (fate === 'cancelled' || !task.makes) return ended;
    const results = [
      { name: 'r', value: resultOf(task.name, run) },
      { name: 'list', value: itemsOf(task) },
    ];
    return { ...ended, status: { ...ended.status, results } };
  }

  #facts(): Facts {
    const runs = new Map<string, RunEnd[]>();
    const cancelled = new Set<string>();
    for (const taskRun of this.taskRuns.values()) {
      const task = taskRun.metadata.labels![LABELS.pipelineTask]!;
      const { run } = this.placeOf(taskRun.metadata.name);
      if (!runs.has(task)) runs.set(task, []);
      runs.get(task)![run] = endOf(taskRun);
      if (taskRun.spec.status !== undefined) cancelled.add(`${task}/${run}`);
    }
    const finallyStart = this.run.status?.finallyStartTime;
    return {
      scenario: this.scenario,
      runs,
      cancelled,
      asked: this.run.spec.status as Facts['asked'],
      sinceStartMs: this.#nowMs - NOW,
      sinceFinallyMs: finallyStart === undefined ? undefined : this.#nowMs - Date.parse(finallyStart),
      skipped: this.skipped,
    };
  }
}

function withCondition(taskRun: TaskRun, condition: Pick<Condition, 'status' | 'reason'>): TaskRun {
  return { ...taskRun, status: { conditions: [{ type: 'Succeeded', message: '', ...condition }] } };
}

function endOf({ spec, status }: TaskRun): RunEnd {
  const condition = status?.conditions?.[0];
  if (condition === undefined || condition.status === 'Unknown') return 'running';
  if (condition.status === 'True') return 'succeeded';
  if (condition.reason !== 'TaskRunCancelled') return 'failed';
  return spec.statusMessage === TIMED_OUT ? 'timed-out' : 'cancelled';
}
