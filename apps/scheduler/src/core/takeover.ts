// What a run takes over from the one that it repeats: the tasks that succeeded there, with their results, and the volumes
// that they wrote to.
//
//   V1. Decided once, when the run starts, and stored in its status with all that later tasks may ask of what was taken:
//       neither a restart nor the deletion of the other run changes it.
//   V2. A task is taken over only where all that it follows are too: with other tasks before it, its inputs may be others.

import {
  ANNOTATIONS,
  type Artifacts,
  type PipelineRun,
  type ResourceResult,
  type TaskRunResult,
  type WorkspaceBinding,
} from '@slipway/contracts';
import { childKindFor, childKindOf } from './child-kind.js';
import { named, pendingChildRun, type ChildRun } from './child-run.js';
import type { CompiledPipeline, CompiledTask } from './compiled-pipeline.js';
import { copyPath } from './from-copies.js';
import type { Refusal } from './refusal.js';
import type { TaskState, TaskStates } from './task-state.js';
import { claimName } from './workspaces.js';

/** A run of a task in the other run, as far as anything asks of it. */
export interface TakenRun {
  kind: ChildRun['kind']['kind'];
  name: string;
  reason: string;
  displayName?: string;
  results?: readonly TaskRunResult[];
  resourceResults?: readonly ResourceResult[];
  artifacts?: Artifacts;
}
export interface Takeover {
  /** Name of the run that is repeated. */
  run: string;
  tasks: { task: string; runs: TakenRun[] }[];
  /** The claims that stand for templates of workspaces. */
  claims: { workspace: string; claimName: string }[];
}

/** It stands in a status with all else; the store takes objects of 1.5 MB. Characters. */
const MAX_LENGTH = 512 * 1024;

/** The run whose failed tasks this one runs again; undefined where all run. */
export function rerunOf({ metadata }: PipelineRun): string | undefined | Refusal {
  const what = metadata.annotations?.[ANNOTATIONS.rerun];
  const of = metadata.annotations?.[ANNOTATIONS.rerunOf];
  if (what === undefined) return undefined;
  if (what !== 'failed') {
    return rerunRefused(
      `the annotation ${ANNOTATIONS.rerun} is ${JSON.stringify(what.slice(0, 100))}, and may be "failed"`,
    );
  }
  if (of !== undefined && of !== '') return of;
  return rerunRefused(`the annotation ${ANNOTATIONS.rerunOf} has to name the PipelineRun that succeeded in part`);
}

export function rerunRefused(message: string): Refusal {
  return { reason: 'RerunRefused', message };
}

/**
 * What a run of `pipeline` takes over from `before`, which has finished, and whose tasks ended as `states` says.
 *
 * Errors  a refusal where something succeeded there that is no task here, or results are too large to be kept.
 */
export function takeoverFrom(
  before: PipelineRun,
  states: TaskStates,
  pipeline: CompiledPipeline,
  bindings: readonly WorkspaceBinding[],
): Takeover | Refusal {
  const run = before.metadata.name;
  const foreign = states.dagStates().find(({ phase, compiled }) => {
    const here = pipeline.byName.get(compiled.task.name) ?? Infinity;
    return phase === 'succeeded' && here >= pipeline.dagCount;
  });
  if (foreign !== undefined) {
    const { name } = foreign.compiled.task;
    return rerunRefused(
      `PipelineRun "${run}" is of another pipeline: its task "${name}" succeeded and is not in this one. Run all tasks: leave the annotation ${ANNOTATIONS.rerun} out`,
    );
  }
  const taken = new Set<number>();
  const tasks = pipeline.order.flatMap((index) => {
    const compiled = pipeline.tasks[index]!;
    const runs = takenRunsOf(compiled, states.stateOf(compiled.task.name));
    const isFirstHand = compiled.section === 'tasks' && !isCopied(pipeline, compiled);
    if (runs === undefined || !isFirstHand || !compiled.parents.every((parent) => taken.has(parent))) return []; // V2
    taken.add(index);
    return [{ task: compiled.task.name, runs }];
  });
  const takeover = { run, tasks, claims: tasks.length === 0 ? [] : claimsFrom(before, pipeline.bindings, bindings) };
  if (JSON.stringify(takeover).length <= MAX_LENGTH) return takeover;
  return rerunRefused(
    `the results of what succeeded in PipelineRun "${run}" are more than ${MAX_LENGTH} characters. Run all tasks: leave the annotation ${ANNOTATIONS.rerun} out`,
  );
}

/** The runs of a task that has succeeded; undefined for one that has to run, or is another kind of task now. */
function takenRunsOf({ task }: CompiledTask, state: TaskState | undefined): TakenRun[] | undefined {
  if (state?.phase !== 'succeeded' || state.compiled.section !== 'tasks') return undefined;
  const before = state.compiled.task;
  const isAlike = childKindFor(before) === childKindFor(task) && !before.matrix === !task.matrix;
  const runs = state.runs.flatMap((run) => (run?.outcome === 'succeeded' ? [takenRun(run)] : []));
  return isAlike && runs.length === state.runs.length ? runs : undefined;
}

function takenRun({ kind, name, reason, displayName, results, resourceResults, artifacts }: ChildRun): TakenRun {
  return {
    kind: kind.kind,
    name,
    reason,
    ...(displayName === undefined ? {} : { displayName }),
    ...(results.length === 0 ? {} : { results }),
    ...(resourceResults.length === 0 ? {} : { resourceResults }),
    ...(Object.keys(artifacts).length === 0 ? {} : { artifacts }),
  };
}

/** 2020: what a task copied for others lies in a claim that its run alone knows. */
function isCopied({ copies }: CompiledPipeline, { task }: CompiledTask): boolean {
  return [...copies].some((path) => path.startsWith(copyPath(task.name, '')));
}

function claimsFrom(
  before: PipelineRun,
  bindings: readonly WorkspaceBinding[],
  bindingsBefore: readonly WorkspaceBinding[],
): Takeover['claims'] {
  return bindings.flatMap(({ name, volumeClaimTemplate }) => {
    const old = bindingsBefore.find((binding) => binding.name === name);
    if (volumeClaimTemplate === undefined || old?.volumeClaimTemplate === undefined) return [];
    const known = takeoverOf(before)?.claims.find(({ workspace }) => workspace === name);
    return [{ workspace: name, claimName: known?.claimName ?? claimName(before, old) }];
  });
}

/** What a run took over when it started (V1). */
export function takeoverOf(run: PipelineRun): Takeover | undefined {
  const text = run.status?.annotations?.[ANNOTATIONS.takenOver];
  return text === undefined ? undefined : (JSON.parse(text) as Takeover);
}

/** The run with what it took over in its status. */
export function withTakeover(run: PipelineRun, takeover: Takeover): PipelineRun {
  const annotations = { ...run.status?.annotations, [ANNOTATIONS.takenOver]: JSON.stringify(takeover) };
  return { ...run, status: { ...run.status, annotations } };
}

/** The runs of each task that was taken over, by the task's name. */
export function takenRuns(run: PipelineRun): ReadonlyMap<string, ChildRun[]> {
  return new Map(takeoverOf(run)?.tasks.map(({ task, runs }) => [task, runs.map(childRunOfTaken)]));
}

function childRunOfTaken({ kind, name, reason, displayName, results, resourceResults, artifacts }: TakenRun): ChildRun {
  const run: ChildRun = {
    ...pendingChildRun(childKindOf({ kind })!, name),
    outcome: 'succeeded',
    reason,
    results: results ?? [],
    resourceResults: resourceResults ?? [],
    artifacts: artifacts ?? {},
  };
  return named(run, displayName);
}

/** The pipeline with the claims that were taken over in the place of their templates: no new ones are made. */
export function withTakenClaims(run: PipelineRun, pipeline: CompiledPipeline): CompiledPipeline {
  const claims = new Map(takeoverOf(run)?.claims.map(({ workspace, claimName }) => [workspace, claimName]));
  if (claims.size === 0) return pipeline;
  const bindings = pipeline.bindings.map((binding): WorkspaceBinding => {
    const taken = claims.get(binding.name);
    if (taken === undefined) return binding;
    const given: WorkspaceBinding = { ...binding, persistentVolumeClaim: { claimName: taken } };
    delete given.volumeClaimTemplate;
    return given;
  });
  return { ...pipeline, bindings };
}
