// Recorded states of runs ("facts"), as models of ours.

import {
  LABELS,
  buildGraph,
  childName,
  resultReferencesOf,
  type Condition,
  type CustomRun,
  type KubeObject,
  type PipelineRun,
  type PipelineTask,
  type TaskRun,
  type TaskRunResult,
  type TaskSpec,
} from '@slipway/contracts';
import { CUSTOM_RUN, TASK_RUN, type ChildKind } from '../src/core/child-kind.js';
import type { CompiledPipeline } from '../src/core/compiled-pipeline.js';
import { fanOut } from '../src/core/matrix.js';
import { RunModel } from '../src/core/run-model.js';

interface RecordedRun {
  metadata: { name: string };
  spec: { statusMessage?: string; status?: string };
  status: { conditions?: Condition[]; results?: TaskRunResult[] };
}
export interface RecordedTask {
  pipelineTask: PipelineTask;
  taskRuns: RecordedRun[] | null;
  customRuns: RecordedRun[] | null;
  customTask: boolean;
  evaluatedCEL: Record<string, boolean> | null;
  taskSpec?: TaskSpec;
}
export interface Facts {
  state: RecordedTask[];
  tasksGraph: Record<string, string[]>;
  finalTasksGraph: Record<string, string[]>;
  specStatus: string;
  now: string;
  timeouts: Record<'StartTime' | 'FinallyStartTime', string | null> &
    Record<'PipelineTimeout' | 'TasksTimeout' | 'FinallyTimeout', number | string | null>;
}

export const nowOf = (facts: Facts): number => Date.parse(facts.now);

export function runOf(facts: Facts, run?: PipelineRun): PipelineRun {
  const { StartTime, FinallyStartTime, PipelineTimeout, TasksTimeout, FinallyTimeout } = facts.timeouts;
  const duration = (name: string, value: number | string | null): Record<string, string> => {
    if (value === null) return {};
    return { [name]: typeof value === 'number' ? `${value / 1e9}s` : value };
  };
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: run?.metadata.name ?? 'run', namespace: 'ns', uid: 'u' },
    spec: {
      ...run?.spec,
      status: facts.specStatus,
      timeouts: {
        ...run?.spec.timeouts,
        ...duration('pipeline', PipelineTimeout),
        ...duration('tasks', TasksTimeout),
        ...duration('finally', FinallyTimeout),
      },
    },
    status: {
      startTime: StartTime ?? run?.status?.startTime ?? facts.now,
      ...(FinallyStartTime === null ? {} : { finallyStartTime: FinallyStartTime }),
    },
  };
}

/** The model of a recorded state: its graph as recorded, its runs of the kinds that they are. */
export function modelOfFacts(facts: Facts, run: PipelineRun): RunModel {
  const isFinal = (name: string): boolean => Object.hasOwn(facts.finalTasksGraph, name);
  const state = [...facts.state].sort(
    (a, b) => Number(isFinal(a.pipelineTask.name)) - Number(isFinal(b.pipelineTask.name)),
  );
  const byName = new Map(state.map(({ pipelineTask }, index) => [pipelineTask.name, index]));
  const dagCount = state.filter(({ pipelineTask }) => !isFinal(pipelineTask.name)).length;
  const parentsOf = (name: string): number[] =>
    (facts.tasksGraph[name] ?? []).flatMap((parent) => byName.get(parent) ?? []);
  const tasks = state.map(({ pipelineTask, taskSpec }, index) => ({
    index,
    section: index < dagCount ? ('tasks' as const) : ('finally' as const),
    task: pipelineTask,
    parents: parentsOf(pipelineTask.name),
    children: state.flatMap((other, i) => (parentsOf(other.pipelineTask.name).includes(index) ? [i] : [])),
    references: resultReferencesOf(pipelineTask),
    artifacts: [],
    spec: taskSpec,
    conditions: [],
    policy: undefined,
  }));
  const { order } = buildGraph(
    tasks
      .slice(0, dagCount)
      .map(({ task, parents }) => ({ name: task.name, runAfter: parents.map((i) => tasks[i]!.task.name) })),
  );
  const pipeline: CompiledPipeline = {
    name: 'p',
    spec: {},
    policy: {},
    tasks,
    dagCount,
    order: [...order.map((name) => byName.get(name)!), ...tasks.keys()].filter((i, at, all) => all.indexOf(i) === at),
    byName,
    bindings: [],
    copies: new Set(),
    resources: new Map(),
  };
  return new RunModel(
    pipeline,
    run,
    state.flatMap((recorded) => childrenOf(recorded, run)),
  );
}

function childrenOf({ pipelineTask, taskRuns, customRuns }: RecordedTask, run: PipelineRun): (TaskRun | CustomRun)[] {
  const of = pipelineTask.matrix === undefined ? 1 : fanOut(pipelineTask.matrix).length;
  const metadata = (i: number): KubeObject['metadata'] => ({
    name: childName(run.metadata.name, `-${pipelineTask.name}${of === 1 ? '' : `-${i}`}`),
    labels: { [LABELS.pipelineTask]: pipelineTask.name },
  });
  const ofKind = (recorded: RecordedRun[] | null, { apiVersion, kind }: ChildKind): (TaskRun | CustomRun)[] =>
    (recorded ?? []).slice(0, of).map(({ spec, status }, i) => ({
      apiVersion,
      kind,
      metadata: metadata(i),
      spec,
      status: status as NonNullable<TaskRun['status'] & CustomRun['status']>,
    }));
  return [...ofKind(taskRuns, TASK_RUN), ...ofKind(customRuns, CUSTOM_RUN)];
}
