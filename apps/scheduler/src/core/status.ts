// The status of a run, as it is stored: written whole, at its start, at its end and now and then between.

import {
  timeOf,
  type ChildReference,
  type Condition,
  type ConditionCheckReference,
  type PipelineRun,
  type PipelineRunStatus,
  type SkippedTask,
} from '@slipway/contracts';
import type { RunCondition } from './condition.js';
import { isUntilLoop } from './loop.js';
import type { RunModel } from './run-model.js';
import { conditionCheckName } from './task-run.js';
import type { TaskState } from './task-state.js';

/** The stored status with a new condition; the time of transition is kept while the condition's status stays. */
export function withCondition(run: PipelineRun, condition: RunCondition, nowMs: number): PipelineRunStatus {
  const before = run.status?.conditions?.find(({ type }) => type === 'Succeeded');
  const others = (run.status?.conditions ?? []).filter(({ type }) => type !== 'Succeeded');
  const now = timeOf(nowMs);
  const isChanged =
    before?.status !== condition.status || before.reason !== condition.reason || before.message !== condition.message;
  const next: Condition = {
    type: 'Succeeded',
    ...condition,
    lastTransitionTime: isChanged ? now : (before.lastTransitionTime ?? now),
  };
  return {
    ...run.status,
    conditions: [next, ...others],
    ...(run.metadata.generation === undefined ? {} : { observedGeneration: run.metadata.generation }),
    ...(condition.status === 'Unknown' || run.status?.completionTime !== undefined ? {} : { completionTime: now }),
  };
}

/** What the status says of the tasks: their runs, and the skipped ones with their reasons. */
export function taskStatus(model: RunModel): Pick<PipelineRunStatus, 'childReferences' | 'skippedTasks'> {
  const childReferences = model.states.flatMap((state) => referencesOf(state, model));
  const skipped = model.states.filter(({ phase }) => phase === 'skipped');
  const skippedTasks = skipped.map((state) => skippedTaskOf(state, model));
  return {
    ...(childReferences.length === 0 ? {} : { childReferences }),
    ...(skippedTasks.length === 0 ? {} : { skippedTasks }),
  };
}

function referencesOf(state: TaskState, model: RunModel): ChildReference[] {
  const { task } = state.compiled;
  const when = state.when ?? task.when;
  return shownRuns(state).flatMap((run) => {
    if (run === undefined) return [];
    const displayName = run.displayName ?? (task.displayName === '' ? undefined : task.displayName);
    return [
      {
        apiVersion: run.kind.apiVersion,
        kind: run.kind.kind,
        name: run.name,
        ...(displayName === undefined ? {} : { displayName }),
        pipelineTaskName: task.name,
        ...(when === undefined || when.length === 0 ? {} : { whenExpressions: [...when] }),
        ...conditionChecks(state, model),
      },
    ];
  });
}

/** A loop may have thousands of runs: its first and its last are named, the rest is found by label. */
const FIRST_SHOWN = 10;
const LAST_SHOWN = 90;

function shownRuns({ compiled, runs }: TaskState): TaskState['runs'] {
  if (!isUntilLoop(compiled) || runs.length <= FIRST_SHOWN + LAST_SHOWN) return runs;
  return [...runs.slice(0, FIRST_SHOWN), ...runs.slice(-LAST_SHOWN)];
}

function skippedTaskOf(state: TaskState, model: RunModel): SkippedTask {
  const { compiled, skipReason, when } = state;
  return {
    name: compiled.task.name,
    reason: skipReason ?? 'None',
    ...(when === undefined || when.length === 0 ? {} : { whenExpressions: [...when] }),
    ...conditionChecks(state, model),
  };
}

/** 2020: the checks of the task's Conditions, in the order of the pipeline. */
function conditionChecks(state: TaskState, model: RunModel): { conditionChecks?: ConditionCheckReference[] } {
  if (state.checks.size === 0) return {};
  const taskRunName = model.childNameOf(state, 0, 1);
  const checks = state.compiled.conditions.flatMap(({ registerName, use }): ConditionCheckReference[] => {
    const name = conditionCheckName(taskRunName, registerName);
    const run = state.checks.get(name);
    if (run === undefined) return [];
    const { outcome, reason } = run;
    const status = outcome === 'succeeded' ? 'True' : outcome === 'running' ? 'Unknown' : 'False';
    const condition: Condition = { type: 'Succeeded', status, ...(reason === '' ? {} : { reason }) };
    return [{ conditionName: use.conditionRef, conditionCheckName: name, status: { conditions: [condition] } }];
  });
  return { conditionChecks: checks };
}
