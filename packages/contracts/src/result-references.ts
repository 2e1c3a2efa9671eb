// References between the tasks of a pipeline: which `$(…)` a task holds, and which of them take another task's result.
//
//   R1. Linear in the text: the pattern has one way to match, so no text makes it backtrack.
//   R2. What is not a result reference is no error here: it may be a param, a context variable or plain text.

import type { EnvVar } from './pod.js';
import type { Param, ParamValue, PipelineTask, Sidecar, Step, WhenExpression } from './tekton.js';

/** `tasks.<pipelineTask>.results.<result>`, with an index or a key where one stands. */
export interface ResultReference {
  /** `finally` stands only in the results of a pipeline. */
  section: 'tasks' | 'finally';
  pipelineTask: string;
  result: string;
  /** `[2]` of an array result; `*` for `[*]`. */
  index?: number | '*';
  /** One key of an object result. */
  property?: string;
}

const VARIABLE = /\$\(([_a-zA-Z0-9.-]+(?:\[(?:[0-9]+|\*)\])?)\)/g; // R1
const INDEXING = /\[([0-9]*\*?)\]/;

/** The expressions between `$(` and `)` in a text, in order: `params.x`, `tasks.a.results.r[0]`. */
export function variablesIn(text: string | undefined): string[] {
  if (typeof text !== 'string' || !text.includes('$(')) return [];
  return Array.from(text.matchAll(VARIABLE), (match) => match[1]!);
}

/** The expressions in every part of a param's value. */
export function variablesOfValue(value: ParamValue | undefined): string[] {
  if (typeof value === 'string') return variablesIn(value);
  if (Array.isArray(value)) return value.flatMap(variablesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(variablesIn);
}

/** True when the text has the form of a result reference, even one with too many parts to be one. */
export function looksLikeResultReference(expression: string): boolean {
  const parts = expression.split('.');
  return parts.length >= 4 && (parts[0] === 'tasks' || parts[0] === 'finally') && parts[2] === 'results';
}

/** The reference that an expression (without `$(` and `)`) is; undefined when it is something else (R2). */
export function parseResultReference(expression: string): ResultReference | undefined {
  if (!looksLikeResultReference(expression)) return undefined;
  const [section, pipelineTask, , name, property, ...more] = expression.split('.') as [
    'tasks' | 'finally',
    string,
    string,
    string,
    ...string[],
  ];
  if (more.length > 0) return undefined;
  if (property !== undefined) return { section, pipelineTask, result: name, property };
  const indexing = INDEXING.exec(name)?.[1];
  if (indexing === undefined || indexing === '') return { section, pipelineTask, result: withoutIndexing(name) };
  if (indexing === '*') return { section, pipelineTask, result: withoutIndexing(name), index: '*' };
  if (indexing.endsWith('*')) return undefined;
  return { section, pipelineTask, result: withoutIndexing(name), index: Number(indexing) };
}

/** Those of the expressions that are result references. */
export function resultReferences(expressions: readonly string[]): ResultReference[] {
  return expressions.flatMap((expression) => parseResultReference(expression) ?? []);
}

/** All expressions of a pipeline task that are substituted when it starts: params, matrix, when, refs, inline steps. */
export function variablesOfPipelineTask(task: PipelineTask): string[] {
  return [
    ...variablesOfParams(task.params),
    ...variablesOfParams(task.matrix?.params),
    ...listOf(task.matrix?.include).flatMap((include) => variablesOfParams(include.params)),
    ...listOf(task.when).flatMap(variablesOfWhen),
    ...variablesIn(task.taskRef?.name),
    ...variablesOfParams(task.taskRef?.params),
    ...variablesOfParams(task.pipelineRef?.params),
    ...variablesIn(task.displayName),
    ...listOf(task.workspaces).flatMap((workspace) => variablesIn(workspace.subPath)),
    ...listOf(task.conditions).flatMap((condition) => variablesOfParams(condition.params)),
    ...listOf(task.taskSpec?.steps).flatMap(variablesOfStep),
    ...listOf(task.taskSpec?.sidecars).flatMap(variablesOfStep),
  ];
}

/** The results of other tasks that a pipeline task takes. */
export function resultReferencesOf(task: PipelineTask): ResultReference[] {
  return resultReferences(variablesOfPipelineTask(task));
}

export function variablesOfWhen(when: WhenExpression): string[] {
  return [...variablesIn(when.input), ...listOf(when.values).flatMap(variablesIn), ...variablesIn(when.cel)];
}

function variablesOfParams(params: readonly Param[] | undefined): string[] {
  return listOf(params).flatMap((param) => variablesOfValue(param.value));
}

function variablesOfStep(step: Step | Sidecar): string[] {
  return [
    ...variablesIn(step.name),
    ...variablesIn(step.image),
    ...variablesIn(step.imagePullPolicy),
    ...variablesIn(step.script),
    ...variablesIn(step.workingDir),
    ...listOf(step.command).flatMap(variablesIn),
    ...listOf(step.args).flatMap(variablesIn),
    ...listOf(step.env).flatMap(variablesOfEnv),
    ...('params' in step ? variablesOfParams(step.params) : []),
    ...('when' in step ? listOf(step.when).flatMap(variablesOfWhen) : []),
  ];
}

function variablesOfEnv(env: EnvVar): string[] {
  const { secretKeyRef: secret, configMapKeyRef: configMap } = env.valueFrom ?? {};
  return [env.value, secret?.name, secret?.key, configMap?.name, configMap?.key].flatMap(variablesIn);
}

function withoutIndexing(name: string): string {
  return name.replace(/\[[0-9]*\*?\]/g, '');
}

/** Graphs are also built of pipelines that were never validated: what is no list counts as an empty one. */
function listOf<T>(list: readonly T[] | undefined): readonly T[] {
  return Array.isArray(list) ? (list as readonly T[]) : [];
}
