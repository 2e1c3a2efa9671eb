// A run that is decided on step by step, with the objects that its decisions make.

import type { PipelineRun, PipelineSpec, Policy, TaskRun } from '@slipway/contracts';
import { causeTextOf } from '../src/core/child-kind.js';
import { decide } from '../src/core/decide.js';
import type { Decision } from '../src/core/decision.js';
import { taskStatus } from '../src/core/status.js';
import { NOW, ended, modelOf, noDefinitions, pipelineRun, type End } from './builders.js';

/** A run in motion: what was started, what became of it. */
export class Played {
  readonly taskRuns = new Map<string, TaskRun>();
  readonly order: string[] = [];
  last: Decision | undefined;
  nowMs = NOW;
  constructor(
    public run: PipelineRun,
    public model = modelOf(run),
    readonly policy: Policy = {},
  ) {}

  /** As after a restart: nothing is left but what is stored. */
  restart(): this {
    this.run = { ...this.run, status: { ...this.run.status, ...taskStatus(this.model) } };
    const stored = JSON.parse(JSON.stringify([...this.taskRuns.values()])) as TaskRun[];
    this.model = modelOf(this.run, noDefinitions, stored, this.policy);
    return this.decide();
  }

  decide(): this {
    const decision = decide(this.run, this.model, this.nowMs);
    if (decision === undefined) return this;
    this.last = decision;
    for (const created of decision.create as TaskRun[]) {
      expect(this.taskRuns.has(created.metadata.name)).toBe(false);
      this.taskRuns.set(created.metadata.name, created);
      this.order.push(created.metadata.name.replace(/^run-/, ''));
    }
    for (const { kind, name, mode, cause } of decision.cancel) {
      const asked = kind.asked(this.taskRuns.get(name)!, kind.asks[mode]!, causeTextOf(kind, cause), this.nowMs);
      this.taskRuns.set(name, asked as TaskRun);
    }
    if (decision.startsFinally) {
      const finallyStartTime = new Date(this.nowMs).toISOString();
      this.run = { ...this.run, status: { ...this.run.status, finallyStartTime } };
    }
    if (decision.condition.status !== 'Unknown') {
      this.run = {
        ...this.run,
        status: { ...this.run.status, conditions: [{ type: 'Succeeded', ...decision.condition }] },
      };
    }
    return this;
  }

  end(name: string, end: End, results: Record<string, string | string[]> = {}): this {
    const taskRun = ended(this.taskRuns.get(`run-${name}`)!, end, results);
    this.taskRuns.set(`run-${name}`, taskRun);
    this.model.observe(taskRun);
    return this.decide();
  }

  /** The runs that the status names. */
  shown(): string[] {
    return (taskStatus(this.model).childReferences ?? []).map(({ name }) => name);
  }

  skips(): Record<string, string> {
    return Object.fromEntries((taskStatus(this.model).skippedTasks ?? []).map(({ name, reason }) => [name, reason]));
  }
}

/** A run that has been decided on once. */
export const play = (spec: PipelineSpec, more: Partial<PipelineRun['spec']> = {}, policy: Policy = {}): Played => {
  const run = pipelineRun(spec, more);
  return new Played(run, modelOf(run, noDefinitions, [], policy), policy).decide();
};
