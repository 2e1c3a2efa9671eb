// The pure parts, alone: what it costs to check a pipeline, to decide about one task of it, and to replace variables.

import { resourceKindOf, substitute, type PipelineRun, type PipelineTask, type TaskRun } from '@slipway/contracts';
import { applyDefaults } from '../apps/registry/src/core/admission/defaults.js';
import { validate } from '../apps/registry/src/core/admission/validate.js';
import { compile, effectiveSpec } from '../apps/scheduler/src/core/compile.js';
import { decide } from '../apps/scheduler/src/core/decide.js';
import { RunModel } from '../apps/scheduler/src/core/run-model.js';
import { ms, percentile, type Row } from './measure.js';

const TASKS = 10_000;
const NOW = Date.UTC(2026, 0, 1);
const definitions = {
  task: () => ({ params: [{ name: 'p', default: '' }], results: [{ name: 'r' }], steps: [] }),
  condition: () => undefined,
  resource: () => undefined,
};

/** Processor time of this process: what else the machine does is not in it, the collection of garbage is. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A run of tasks in layers of ten; each follows one of the layer before and takes the result of another. */
function layeredRun(count: number): PipelineRun {
  const tasks = Array.from({ length: count }, (_, i): PipelineTask => {
    const task = { name: `t${i}`, taskRef: { name: 'task' } };
    if (i < 10) return { ...task, params: [{ name: 'p', value: '$(params.name)' }] };
    const value = `$(tasks.t${i - 10 + ((i + 1) % 10) - (i % 10)}.results.r)`;
    return { ...task, runAfter: [`t${i - 10}`], params: [{ name: 'p', value }] };
  });
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'run', namespace: 'default', uid: 'u', labels: {} },
    spec: { pipelineSpec: { params: [{ name: 'name', default: 'n' }], tasks } },
  };
}

function modelOf(run: PipelineRun): RunModel {
  const source = { name: 'run', spec: run.spec.pipelineSpec! };
  const compilation = compile(run, source, effectiveSpec(run, source), definitions as never);
  if (compilation.kind === 'refused') throw new Error(compilation.refusal.message);
  return new RunModel(compilation.pipeline, { ...run, status: { startTime: new Date(NOW).toISOString() } }, []);
}

/** Defaults and validation by the registry, variables and compilation by the scheduler. */
export function validation(): Row {
  const kind = resourceKindOf('tekton.dev/v1', 'PipelineRun')!;
  const samples: number[] = [];
  for (let i = 0; i < 5; i++) {
    const run = layeredRun(TASKS);
    const started = performance.now();
    const problems = validate(kind, applyDefaults(kind, run));
    if (problems.length > 0) throw new Error(problems[0]!.message);
    modelOf(run);
    samples.push(performance.now() - started);
  }
  const p50 = percentile(samples, 50);
  return {
    what: 'validation and compilation of a pipeline of 10,000 tasks',
    bar: '< 1 s',
    measured: `p50 ${ms(p50)}, first ${ms(samples[0]!)}`,
    reached: Math.max(...samples) < 1000,
    how: 'wall time of defaults and validation as the registry does them, variables and compilation as the scheduler does them, 5 times in one process; each task follows one other and takes the result of another',
  };
}

/** The cost of one decision after one task has ended, with pipelines of three sizes. */
export function decision(): Row {
  const sizes = [100, 1_000, 10_000];
  perTask(1_000); // compiled by then
  const costs = sizes.map((size) => percentile(Array.from({ length: 5 }, () => perTask(size)), 50)); // prettier-ignore
  const parts = sizes.map((size, i) => `${size.toLocaleString('en')}: ${(costs[i]! * 1000).toFixed(0)} µs`);
  return {
    what: 'decision after one task has ended, pipelines of 100, 1,000 and 10,000 tasks',
    bar: 'flat',
    measured: parts.join(', '),
    reached: costs[2]! < costs[0]! * 2,
    how: 'processor time of a whole run, one task ended at a time: taking it in and deciding, the TaskRuns that start included, over the number of tasks; median of 5 runs; flat is less than twice from the first to the last',
  };
}

/** The same for one task that is fanned out to so many runs. */
export function matrixDecision(): Row {
  const sizes = [100, 1_000, 10_000];
  perTask(1_000, matrixRun);
  const costs = sizes.map((size) => percentile(Array.from({ length: 3 }, () => perTask(size, matrixRun)), 50)); // prettier-ignore
  const parts = sizes.map((size, i) => `${size.toLocaleString('en')}: ${(costs[i]! * 1000).toFixed(0)} µs`);
  return {
    what: 'decision after one run of a matrix has ended, matrices of 100, 1,000 and 10,000 runs',
    bar: 'flat',
    measured: parts.join(', '),
    reached: costs[2]! < costs[0]! * 2,
    how: 'as above, for one task with a matrix; median of 3 runs',
  };
}

function matrixRun(count: number): PipelineRun {
  const value = Array.from({ length: count }, (_, i) => `v${i}`);
  const tasks = [{ name: 't', taskRef: { name: 'task' }, matrix: { params: [{ name: 'p', value }] } }];
  return { ...layeredRun(0), spec: { pipelineSpec: { tasks } } };
}

/** Milliseconds a task, or a run of it. */
function perTask(size: number, runOf = layeredRun): number {
  const base = runOf(size);
  const run = { ...base, status: { startTime: new Date(NOW).toISOString() } };
  const model = modelOf(base);
  let started = 0;
  const waiting = [...(decide(run, model, NOW, TASKS)!.create as TaskRun[])];
  const start = processorMs();
  for (let next = 0; next < waiting.length; next++) {
    const taskRun = waiting[next]!;
    started++;
    model.observe({ ...taskRun, status: { conditions: SUCCEEDED, results: [{ name: 'r', value: 'v' }] } });
    const decided = decide(run, model, NOW, TASKS);
    waiting.push(...((decided?.create ?? []) as TaskRun[]));
  }
  if (started !== size) throw new Error(`${started} of ${size} tasks were started`);
  return (processorMs() - start) / size;
}

const SUCCEEDED = [{ type: 'Succeeded', status: 'True' as const, reason: 'Succeeded', message: '' }];

/** Substitution in texts of three sizes: one that is full of variables, and one that only looks so. */
export function substitution(): Row {
  const strings = new Map([['params.name', 'value']]);
  const texts = ['run $(params.name) with $(params.unknown) ', '$($($('];
  const sizes = [100_000, 1_000_000, 10_000_000];
  const costs = sizes.map((size) =>
    texts.map((part) => {
      const text = `${part.repeat(Math.ceil(size / part.length))})`;
      substitute(text, { strings });
      const started = processorMs();
      substitute(text, { strings });
      return ((processorMs() - started) / text.length) * 1e6;
    }),
  );
  const parts = ['100 KB', '1 MB', '10 MB'].map(
    (size, i) => `${size}: ${costs[i]!.map((c) => c.toFixed(1)).join(' and ')} ns`,
  );
  return {
    what: 'substitution, a byte',
    bar: 'flat',
    measured: parts.join(', '),
    reached: costs[2]!.every((cost, i) => cost < costs[0]![i]! * 3),
    how: 'processor time, of a text full of variables, known and unknown, and of a text of `$(` with one `)` at its end; flat is less than three times from the first to the last',
  };
}
