import { isDeepStrictEqual } from 'node:util';
import { recordedCalls } from '@slipway/testing';
import { paramReplacements, type Matrix, type PipelineRun, type PipelineSpec } from '@slipway/contracts';
import { modelOfFacts, nowOf, runOf, type Facts } from '../../test/recorded-facts.js';
import { conditionOf } from './condition.js';
import { decide } from './decide.js';
import { fanOut } from './matrix.js';
import { aggregateStatus, statusOf } from './state-variables.js';
import { contextReplacements, substitutePipeline, workspaceReplacements } from './substitute-pipeline.js';
import { taskStatus } from './status.js';

/** One test for all recorded calls of a function; skipped where they are not at hand. */
function agree<In>(fn: string, ours: (given: In, theirs: unknown) => unknown, known = 0): void {
  const calls = recordedCalls<{ in: In; out: unknown }>(fn);
  const title = `${fn}: ours gives the same, ${calls.length - known} of ${calls.length} times`;
  (calls.length === 0 ? test.skip : test)(title, () => {
    const differences = calls
      .map((call) => ({ given: call.in, theirs: plain(call.out), ours: plain(ours(call.in, call.out)) }))
      .filter((call) => !isDeepStrictEqual(call.theirs, call.ours));
    if (differences.length !== known) {
      for (const d of differences)
        console.log(
          JSON.stringify(d.given).slice(0, 3500),
          '\nTHEIRS',
          JSON.stringify(d.theirs),
          '\nOURS',
          JSON.stringify(d.ours),
        );
    }
    expect(differences).toHaveLength(known);
  });
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

describe('recorded calls', () => {
  agree('matrix.fanOut', (matrix: Matrix) => fanOut(matrix));
  agree('matrix.countCombinations', (matrix: Matrix) => fanOut(matrix).length);
  agree('pipelinerun.ApplyParameters', ([spec, run]: [PipelineSpec, PipelineRun]) =>
    substitutePipeline(spec, paramReplacements(run.spec.params, spec.params)),
  );
  agree('pipelinerun.ApplyContexts', ([spec, name, run]: [PipelineSpec, string, PipelineRun]) =>
    substitutePipeline(
      spec,
      contextReplacements({ ...run, metadata: { ...run.metadata, name: run.metadata.name ?? '' } }, name),
    ),
  );
  agree('pipelinerun.ApplyWorkspaces', ([spec, run]: [PipelineSpec, PipelineRun]) =>
    substitutePipeline(spec, workspaceReplacements(spec, run)),
  );
  agree('rpt.Skip', ([name, facts]: [string, Facts]) => {
    const run = runOf(facts);
    const model = modelOfFacts(facts, run);
    decide(run, model, nowOf(facts));
    const state = model.stateOf(name)!;
    const isSkipped = state.phase === 'skipped' && state.compiled.section === 'tasks';
    return { IsSkipped: isSkipped, SkippingReason: isSkipped ? state.skipReason : 'None' };
  });
  agree('facts.GetSkippedTasks', (facts: Facts) => {
    const run = runOf(facts);
    const model = modelOfFacts(facts, run);
    decide(run, model, nowOf(facts));
    return taskStatus(model).skippedTasks ?? null;
  });
  agree('facts.DAGExecutionQueue', (facts: Facts) => {
    const run = runOf(facts);
    const model = modelOfFacts(facts, run);
    const before = new Set(model.states.filter(({ phase }) => phase === 'waiting').map((s) => s.compiled.task.name));
    decide(run, model, nowOf(facts));
    const startedNow = model.dagStates().filter((s) => s.phase === 'running' && before.has(s.compiled.task.name));
    return [startedNow.map((s) => s.compiled.task.name), null];
  });
  agree('facts.GetFinalTasks', (facts: Facts) => {
    const run = runOf(facts);
    const model = modelOfFacts(facts, run);
    const before = new Set(model.states.filter(({ phase }) => phase === 'waiting').map((s) => s.compiled.task.name));
    decide(run, model, nowOf(facts));
    return model
      .finallyStates()
      .filter((s) => s.phase !== 'waiting' && before.has(s.compiled.task.name))
      .map((s) => s.compiled.task.name);
  });
  agree('facts.GetPipelineTaskStatus', (facts: Facts) => {
    const run = runOf(facts);
    const model = modelOfFacts(facts, run);
    decide(run, model, nowOf(facts));
    return Object.fromEntries([
      ...model.dagStates().map((state) => [`tasks.${state.compiled.task.name}.status`, statusOf(state)]),
      ['tasks.status', aggregateStatus(model)],
    ]);
  });
  agree('facts.GetPipelineConditionStatus', ([facts, given]: [Facts, PipelineRun]) => {
    const run = runOf(facts, given);
    const model = modelOfFacts(facts, run);
    const decision = decide(run, model, nowOf(facts));
    // The recorded run has limits of its own, which are not those of the recorded state.
    const told = { ...run, spec: { ...run.spec, timeouts: given.spec.timeouts ?? {} } };
    const { status, reason, message } =
      decision === undefined || model.counts.overdue > 0 ? conditionOf(told, model) : decision.condition;
    return { type: 'Succeeded', status, lastTransitionTime: null, reason, message };
  });
});
