// Variables that other tasks make: their results, how many runs they fanned out to and, for `finally`, their states.
// Looked up when they are named, so a task of a large pipeline costs what it names, not what there is.

import { parseArtifactReference, type Lookup, type ParamValue, type Replacements } from '@slipway/contracts';
import type { CompiledTask } from './compiled-pipeline.js';
import type { TaskState, TaskStates } from './task-state.js';

const RESULT = /^tasks\.([^.[\]]+)\.results(?:\.([^.[\]]+)|\["([^"]+)"\]|\['([^']+)'\])(?:\[(\d+)\]|\.([^.]+))?$/;
const LENGTH = /^tasks\.([^.[\]]+)\.matrix(?:\.([^.[\]]+))?\.length$/;
const STATE = /^tasks\.([^.[\]]+)\.(status|reason)$/;

/** The variables that `task` may name of the other tasks of the run. */
export function stateReplacements(model: TaskStates, task: CompiledTask): Replacements {
  const whole = (name: string): ParamValue | undefined => {
    const [, pipelineTask, plain, quoted, apostrophed, index, key] = RESULT.exec(name) ?? [];
    if (pipelineTask === undefined || index !== undefined || key !== undefined) return undefined;
    return model.resultOf(pipelineTask, (plain ?? quoted ?? apostrophed)!);
  };
  return {
    strings: { get: (name) => (name.startsWith('tasks.') ? stringOf(model, task, name) : contextOf(task, name)) },
    arrays: only(whole, (value): value is string[] => Array.isArray(value)),
    objects: only(
      whole,
      (value): value is Record<string, string> => typeof value === 'object' && !Array.isArray(value),
    ),
  };
}

function contextOf(task: CompiledTask, name: string): string | undefined {
  return name === 'context.pipelineTask.retries' ? String(task.task.retries ?? 0) : undefined;
}

function only<V extends ParamValue>(
  whole: (name: string) => ParamValue | undefined,
  is: (value: ParamValue) => value is V,
): Lookup<V> {
  return {
    get(name) {
      const value = whole(name);
      return value !== undefined && is(value) ? value : undefined;
    },
  };
}

function stringOf(model: TaskStates, task: CompiledTask, name: string): string | undefined {
  if (task.section === 'finally') {
    if (name === 'tasks.status') return aggregateStatus(model);
    const [, stated, what] = STATE.exec(name) ?? [];
    const state = stated === undefined ? undefined : model.stateOf(stated);
    if (state?.compiled.section === 'tasks') return what === 'status' ? statusOf(state) : reasonOf(state);
  }
  const [, fanned, counted] = LENGTH.exec(name) ?? [];
  if (fanned !== undefined) return lengthOf(model, fanned, counted);
  const artifact = parseArtifactReference(name);
  if (artifact !== undefined) return model.artifactOf(artifact);
  const [, pipelineTask, plain, quoted, apostrophed, index, key] = RESULT.exec(name) ?? [];
  if (pipelineTask === undefined) return undefined;
  const value = model.resultOf(pipelineTask, (plain ?? quoted ?? apostrophed)!);
  if (value === undefined || typeof value === 'string') return (index ?? key) ? undefined : value;
  if (Array.isArray(value)) return index === undefined ? undefined : value[Number(index)];
  return key !== undefined && Object.hasOwn(value, key) ? value[key] : undefined;
}

function lengthOf(model: TaskStates, pipelineTask: string, result: string | undefined): string | undefined {
  const state = model.stateOf(pipelineTask);
  if (state?.compiled.task.matrix === undefined || state.runs.length === 0) return undefined;
  if (result === undefined) return String(state.runs.length);
  const values = model.resultOf(pipelineTask, result);
  return Array.isArray(values) ? String(values.length) : undefined;
}

/** `$(tasks.<task>.status)`: Succeeded, Failed or None. */
export function statusOf({ phase }: TaskState): 'Succeeded' | 'Failed' | 'None' {
  if (phase === 'succeeded') return 'Succeeded';
  return phase === 'failed' || phase === 'cancelled' || phase === 'timed-out' ? 'Failed' : 'None';
}

/** `$(tasks.<task>.reason)`: the reason of its first run that did not succeed, else of its first run. */
function reasonOf({ runs, reason }: TaskState): string {
  if (reason !== undefined) return reason;
  return (runs.find((run) => run?.outcome !== 'succeeded') ?? runs[0])?.reason ?? '';
}

/** `$(tasks.status)`: Succeeded, Failed, Completed (some skipped), or None while tasks are left. */
export function aggregateStatus(model: TaskStates): 'Succeeded' | 'Failed' | 'Completed' | 'None' {
  if (model.openDag > 0) return 'None';
  const states = model.dagStates();
  if (states.some((state) => statusOf(state) === 'Failed')) return 'Failed';
  return states.some(({ phase }) => phase === 'skipped') ? 'Completed' : 'Succeeded';
}
