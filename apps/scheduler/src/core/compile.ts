// A pipeline made ready to run, once per owner and run: variables in, graph built, everything checked that can be
// checked before the first task starts. Linear in tasks and edges.
//
//   C1. A run that has started was checked then: it is taken as it stands, with the spec in its status, so a restarted
//       scheduler goes on with what the run began with, whatever became of its Pipeline or Tasks since.

import {
  artifactReferencesOf,
  CLUSTER_TASKS,
  CONDITIONS,
  LABELS,
  PIPELINE_RESOURCES,
  TASKS,
  buildGraph,
  paramReplacements,
  remoteRefOf,
  resultReferencesOf,
  taskPolicyOf,
  type ObjectKey,
  type PipelineGraph,
  type PipelineRun,
  type PipelineSpec,
  type PipelineTask,
  type Policy,
  type TaskSpec,
} from '@slipway/contracts';
import { TASK_RUN, childKindFor } from './child-kind.js';
import { checkBeforeSubstitution, checkTasks } from './checks.js';
import { hasBegun } from './condition.js';
import { allTasks, type CompiledPipeline, type Definitions, type PipelineSource } from './compiled-pipeline.js';
import { propagateIntoNested } from './nested-params.js';
import { copiedOutputs } from './from-copies.js';
import type { Refusal } from './refusal.js';
import { taskPolicyFor } from './run-policy.js';
import { substituteBindings, substituteRun } from './substitute-pipeline.js';

export type Compilation = { kind: 'compiled'; pipeline: CompiledPipeline } | { kind: 'refused'; refusal: Refusal };

/** The run's pipeline with its variables in; what a resumed run began with (C1). */
export function effectiveSpec(run: PipelineRun, source: PipelineSource): PipelineSpec {
  if (run.status?.pipelineSpec !== undefined) return run.status.pipelineSpec;
  const params = paramReplacements(run.spec.params, source.spec.params);
  return propagateIntoNested(substituteRun(source.spec, run, source.name), params);
}

/** The objects that `compile` asks for, each once. */
export function neededObjects(run: PipelineRun, spec: PipelineSpec): ObjectKey[] {
  const keys = new Map<string, ObjectKey>();
  const need = (resource: string, namespace: string, name: string | undefined): void => {
    if (name !== undefined && name !== '') keys.set(`${resource}/${name}`, { resource, namespace, name });
  };
  const namespace = run.metadata.namespace ?? '';
  for (const task of allTasks(spec)) {
    if (childKindFor(task) !== TASK_RUN) continue;
    if (task.taskRef?.kind === 'ClusterTask') need(CLUSTER_TASKS, '', task.taskRef.name);
    else if (task.taskRef !== undefined && remoteRefOf(task.taskRef, 'Task') === undefined)
      need(TASKS, namespace, task.taskRef.name);
    for (const { conditionRef } of task.conditions ?? []) need(CONDITIONS, namespace, conditionRef);
  }
  for (const { resourceRef } of run.spec.resources ?? []) need(PIPELINE_RESOURCES, namespace, resourceRef?.name);
  return [...keys.values()];
}

/** Compiles a run's pipeline, or says why it cannot run. `spec` is what `effectiveSpec` gives for it. */
export function compile(
  run: PipelineRun,
  source: PipelineSource,
  spec: PipelineSpec,
  definitions: Definitions,
  policy: Policy = {},
): Compilation {
  const isResumed = hasBegun(run); // C1
  const graph = buildGraph(spec.tasks ?? []);
  if (!isResumed) {
    const refusal = checkBeforeSubstitution(run, source, graph);
    if (refusal !== undefined) return { kind: 'refused', refusal };
  }
  const pipeline = assemble(run, source, spec, graph, definitions, policy);
  const refusal = isResumed ? undefined : checkTasks(run, source, pipeline, definitions);
  return refusal === undefined ? { kind: 'compiled', pipeline } : { kind: 'refused', refusal };
}

function assemble(
  run: PipelineRun,
  source: PipelineSource,
  spec: PipelineSpec,
  graph: PipelineGraph,
  definitions: Definitions,
  policy: Policy,
): CompiledPipeline {
  const tasks = allTasks(spec);
  const dagCount = spec.tasks?.length ?? 0;
  const byName = new Map(tasks.map((task, index) => [task.name, index]));
  const indexes = (names: readonly string[] | undefined): number[] => (names ?? []).map((name) => byName.get(name)!);
  return {
    name: source.name,
    spec,
    policy,
    dagCount,
    byName,
    order: [...indexes(graph.order), ...[...tasks.keys()].slice(dagCount)],
    tasks: tasks.map((task, index) => ({
      index,
      section: index < dagCount ? 'tasks' : 'finally',
      task: withRetries(task, policy),
      policy: taskPolicyFor(run, source, policy, task),
      parents: index < dagCount ? indexes(graph.parents.get(task.name)) : [],
      children: index < dagCount ? indexes(graph.children.get(task.name)) : [],
      references: (index < dagCount ? graph.references.get(task.name) : undefined) ?? resultReferencesOf(task),
      artifacts: artifactReferencesOf(task),
      spec: taskSpecOf(task, definitions),
      conditions: (task.conditions ?? []).flatMap((use, i) => {
        const condition = definitions.condition(use.conditionRef);
        return condition === undefined ? [] : [{ registerName: `${use.conditionRef}-${i}`, use, condition }];
      }),
    })),
    bindings: substituteBindings(run, source.spec, source.name),
    copies: copiedOutputs(spec),
    resources: new Map(
      (run.spec.resources ?? []).flatMap(({ resourceRef }) => {
        const resource = resourceRef === undefined ? undefined : definitions.resource(resourceRef.name);
        return resource === undefined ? [] : [[resourceRef!.name, resource] as const];
      }),
    ),
  };
}

function withRetries(task: PipelineTask, policy: Policy): PipelineTask {
  const limit = taskPolicyOf(policy, task.name)?.retry?.limit;
  return limit === undefined ? task : { ...task, retries: limit };
}

/** Only TaskRuns have a spec of ours; what is in another controller's, and in another pipeline, is theirs to know. */
function taskSpecOf(task: PipelineTask, definitions: Definitions): TaskSpec | undefined {
  if (childKindFor(task) !== TASK_RUN) return undefined;
  const remote = remoteRefOf(task.taskRef, 'Task');
  if (remote !== undefined) return definitions.remoteTask(remote);
  return task.taskSpec ?? definitions.task(task.taskRef?.kind, task.taskRef?.name ?? '');
}

/** The name of the pipeline of a run whose Pipeline is not at hand: a resumed one, or one with an inline spec. */
export function pipelineNameOf(run: PipelineRun): string {
  if (run.spec.pipelineSpec !== undefined) return run.metadata.name;
  return run.metadata.labels?.[LABELS.pipeline] ?? run.spec.pipelineRef?.name ?? run.metadata.name;
}
