// Results between tasks, and which task comes next, against calls recorded while another implementation's tests ran.

import { isDeepStrictEqual } from 'node:util';
import { LABELS, resultReferencesOf, type ParamValue, type PipelineTask, type TaskRun } from '@slipway/contracts';
import { isExcused, recordedCalls } from '@slipway/testing';
import { modelOfFacts, runOf, type Facts, type RecordedTask } from '../../test/recorded-facts.js';
import { missingResult } from './missing-results.js';
import type { RunModel } from './run-model.js';
import { stateReplacements } from './state-variables.js';
import { substituteTask } from './substitute-pipeline.js';

interface ResolvedReference {
  Value: ParamValue;
  ResultReference: { pipelineTask: string; result: string; resultsIndex: number; property: string };
}
type Resolution = [references: ResolvedReference[] | null, pipelineTask: string, error: string | null];

function agree<In, Out>(fn: string, ours: (given: In) => unknown, comparable = (out: Out): unknown => out): void {
  const all = recordedCalls<{ in: In; out: Out }>(fn);
  const calls = all.filter((call) => !isExcused(fn, call.in));
  const title = `${fn}: ours gives the same, ${calls.length} of ${all.length} times`;
  (calls.length === 0 ? test.skip : test)(title, () => {
    const differences = calls
      .map((call) => ({ given: call.in, theirs: plain(comparable(call.out)), ours: plain(ours(call.in)) }))
      .filter((call) => !isDeepStrictEqual(call.theirs, call.ours));
    expect(differences).toEqual([]);
  });
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

describe('recorded calls', () => {
  agree(
    'dag.GetCandidateTasks',
    ({ done, graph }: { done: string[]; graph: Record<string, string[]> }) => {
      const facts = factsOf(Object.keys(graph).map((name) => recorded({ name })));
      const model = modelOfFacts({ ...facts, tasksGraph: graph }, runOf(facts));
      for (const name of done) model.observe(succeededRun(model, name));
      const isReady = ({ phase, openParents }: RunModel['states'][number]): boolean =>
        phase === 'waiting' && openParents === 0;
      return model.states.filter(isReady).map(({ compiled }) => compiled.task.name);
    },
    ({ candidates }: { candidates: string[] }) => candidates,
  );

  agree('pipelinerun.ResolveResultRef', resolve, comparable);
  agree('pipelinerun.ResolveResultRefs', resolve, comparable);

  agree(
    'pipelinerun.ApplyTaskResults',
    ([targets, references]: [RecordedTask[], ResolvedReference[] | null]) =>
      targets.map(({ pipelineTask }) => {
        const model = modelOfFacts(factsOf([recorded(pipelineTask)]), runOf(factsOf([])));
        const known = {
          openDag: 0,
          stateOf: () => undefined,
          dagStates: () => [],
          artifactOf: () => undefined,
          resultOf: (task: string, result: string) =>
            references?.find(({ ResultReference: r }) => r.pipelineTask === task && r.result === result)?.Value,
        };
        return substituteTask(pipelineTask, stateReplacements(known, model.states[0]!.compiled));
      }),
    (targets: RecordedTask[]) => targets.map(({ pipelineTask }) => pipelineTask),
  );
});

/** What the targets take of the state, sorted as Tekton sorts it; or the first that is missing, and why. */
function resolve([state, targets]: [RecordedTask[], RecordedTask[]]): Resolution {
  const others = state.filter(
    ({ pipelineTask }) => !targets.some((one) => one.pipelineTask.name === pipelineTask.name),
  );
  const facts = factsOf([...others, ...targets]);
  const model = modelOfFacts(facts, runOf(facts));
  const found = new Map<string, ResolvedReference>();
  for (const { pipelineTask } of targets) {
    const missing = missingResult(model, model.stateOf(pipelineTask.name)!.compiled);
    if (missing !== undefined) return [null, missing.pipelineTask, missing.refusal.message];
    for (const { pipelineTask: task, result, index } of resultReferencesOf(pipelineTask)) {
      found.set(`${task} ${result}`, {
        Value: model.resultOf(task, result)!,
        ResultReference: {
          pipelineTask: task,
          result,
          resultsIndex: typeof index === 'number' ? index : 0,
          property: '',
        },
      });
    }
  }
  return [found.size === 0 ? null : [...found.entries()].sort().map(([, one]) => one), '', null];
}

/** The run that a result came from is known to the model by the task alone. */
function comparable([references, pipelineTask, error]: Resolution): unknown {
  return [
    references?.map(({ Value, ResultReference: r }) => ({ Value, ResultReference: r })) ?? null,
    pipelineTask,
    error,
  ];
}

function recorded(pipelineTask: PipelineTask): RecordedTask {
  return { pipelineTask, taskRuns: null, customRuns: null, customTask: false, evaluatedCEL: null };
}

function factsOf(state: RecordedTask[]): Facts {
  const none = { StartTime: null, FinallyStartTime: null, PipelineTimeout: null, TasksTimeout: null };
  return {
    state,
    tasksGraph: {},
    finalTasksGraph: {},
    specStatus: '',
    now: '2022-01-01T00:00:00Z',
    timeouts: { ...none, FinallyTimeout: null },
  };
}

function succeededRun(model: RunModel, pipelineTask: string): TaskRun {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: model.childNameOf(model.stateOf(pipelineTask)!, 0, 1),
      labels: { [LABELS.pipelineTask]: pipelineTask },
    },
    spec: {},
    status: { conditions: [{ type: 'Succeeded', status: 'True' }] },
  };
}
