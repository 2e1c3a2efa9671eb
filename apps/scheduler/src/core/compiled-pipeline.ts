// The pipeline of one run, ready to be decided on.

import type {
  ArtifactReference,
  ConditionCheck,
  PipelineResource,
  PipelineSpec,
  PipelineTask,
  Policy,
  RemoteRef,
  ResultReference,
  TaskPolicy,
  TaskSpec,
  WorkspaceBinding,
} from '@slipway/contracts';

export interface CompiledCondition {
  /** `<conditionRef>-<index>`: the same condition may guard a task twice. */
  registerName: string;
  use: NonNullable<PipelineTask['conditions']>[number];
  condition: ConditionCheck;
}
export interface CompiledTask {
  index: number;
  section: 'tasks' | 'finally';
  /** Variables of the run are in; those of results and states are not. */
  task: PipelineTask;
  parents: readonly number[];
  children: readonly number[];
  /** The results of other tasks that it takes. */
  references: readonly ResultReference[];
  /** The artifacts of other tasks that it takes. */
  artifacts: readonly ArtifactReference[];
  /** The inline or the referenced spec; undefined where a resumed run's Task is gone. */
  spec: TaskSpec | undefined;
  conditions: readonly CompiledCondition[];
  /** What the run's policy says of it, with the variables of the run in. */
  policy: TaskPolicy | undefined;
}
export interface CompiledPipeline {
  /** The Pipeline's name; the run's own where the spec is inline. */
  name: string;
  spec: PipelineSpec;
  policy: Policy;
  /** The tasks in pipeline order, then those of `finally`. */
  tasks: readonly CompiledTask[];
  /** How many of them are not in `finally`. */
  dagCount: number;
  /** Indexes, every task after all its parents. */
  order: readonly number[];
  byName: ReadonlyMap<string, number>;
  bindings: readonly WorkspaceBinding[];
  /** Outputs of 2020 that are copied on to other tasks: see from-copies.ts. */
  copies: ReadonlySet<string>;
  /** PipelineResources of 2020 by name, those that the run binds by reference. */
  resources: ReadonlyMap<string, PipelineResource>;
}

/** The pipeline of a run before anything is put into it. */
export interface PipelineSource {
  name: string;
  spec: PipelineSpec;
}

/** What a compilation needs to know of other objects; a missing one is undefined. */
export interface Definitions {
  task(kind: string | undefined, name: string): TaskSpec | undefined;
  /** Undefined too where params of the reference hold results: it is resolved when they are known, for the TaskRun. */
  remoteTask(ref: RemoteRef): TaskSpec | undefined;
  condition(name: string): ConditionCheck | undefined;
  resource(name: string): PipelineResource | undefined;
}

/** The tasks of a pipeline in order, those of `finally` last. */
export function allTasks(spec: PipelineSpec): readonly PipelineTask[] {
  return [...(spec.tasks ?? []), ...(spec.finally ?? [])];
}
