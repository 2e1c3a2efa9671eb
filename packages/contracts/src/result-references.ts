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

/** What follows `$(`. Sticky: it is asked at one place, and makes no match that nobody reads. */
const EXPRESSION = /[_a-zA-Z0-9.-]+(?:\[(?:[0-9]+|\*)\])?\)/y; // R1
const INDEXING = /\[([0-9]*\*?)\]/;

/** The expressions between `$(` and `)` in a text, in order: `params.x`, `tasks.a.results.r[0]`. */
export function variablesIn(text: string | undefined): string[] {
  const found: string[] = [];
  fromText(text, found);
  return found;
}

/** The expressions in every part of a param's value. */
export function variablesOfValue(value: ParamValue | undefined): string[] {
  const found: string[] = [];
  fromValue(value, found);
  return found;
}

/** True when the text has the form of a result reference, even one with too many parts to be one. */
export function looksLikeResultReference(expression: string): boolean {
  return partsOf(expression) !== undefined;
}

function partsOf(expression: string): string[] | undefined {
  if (!expression.startsWith('tasks.') && !expression.startsWith('finally.')) return undefined;
  const parts = expression.split('.');
  return parts.length >= 4 && parts[2] === 'results' ? parts : undefined;
}

/** The reference that an expression (without `$(` and `)`) is; undefined when it is something else (R2). */
export function parseResultReference(expression: string): ResultReference | undefined {
  const parts = partsOf(expression);
  if (parts === undefined || parts.length > 5) return undefined;
  const [section, pipelineTask, , name, property] = parts as ['tasks' | 'finally', string, string, string, string?];
  if (property !== undefined) return { section, pipelineTask, result: name, property };
  if (!name.includes('[')) return { section, pipelineTask, result: name };
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
  const found: string[] = [];
  fromParams(task.params, found);
  fromParams(task.matrix?.params, found);
  for (const include of listOf(task.matrix?.include)) fromParams(include.params, found);
  for (const when of listOf(task.when)) fromWhen(when, found);
  fromText(task.taskRef?.name, found);
  fromParams(task.taskRef?.params, found);
  fromText(task.pipelineRef?.name, found);
  fromParams(task.pipelineRef?.params, found);
  fromText(task.displayName, found);
  for (const workspace of listOf(task.workspaces)) fromText(workspace.subPath, found);
  for (const condition of listOf(task.conditions)) fromParams(condition.params, found);
  for (const step of listOf(task.taskSpec?.steps)) fromStep(step, found);
  for (const sidecar of listOf(task.taskSpec?.sidecars)) fromStep(sidecar, found);
  return found;
}

/** The results of other tasks that a pipeline task takes. */
export function resultReferencesOf(task: PipelineTask): ResultReference[] {
  return resultReferences(variablesOfPipelineTask(task));
}

/** The expressions of one when expression. */
export function variablesOfWhen(when: WhenExpression): string[] {
  const found: string[] = [];
  fromWhen(when, found);
  return found;
}

// Each adds what it finds to one list: a pipeline of 10,000 tasks is read for every graph that is built of it.

function fromText(text: string | undefined, found: string[]): void {
  if (typeof text !== 'string') return;
  for (let at = text.indexOf('$('); at >= 0; at = text.indexOf('$(', at)) {
    const start = (EXPRESSION.lastIndex = at + 2);
    const isVariable = EXPRESSION.test(text);
    at = isVariable ? EXPRESSION.lastIndex : start;
    if (isVariable) found.push(text.slice(start, at - 1));
  }
}

function fromValue(value: ParamValue | undefined, found: string[]): void {
  if (typeof value === 'string') return fromText(value, found);
  if (typeof value !== 'object' || value === null) return;
  for (const text of Array.isArray(value) ? value : Object.values(value)) fromText(text, found);
}

function fromParams(params: readonly Param[] | undefined, found: string[]): void {
  for (const param of listOf(params)) fromValue(param.value, found);
}

function fromWhen(when: WhenExpression, found: string[]): void {
  fromText(when.input, found);
  for (const value of listOf(when.values)) fromText(value, found);
  fromText(when.cel, found);
}

function fromStep(step: Step | Sidecar, found: string[]): void {
  fromText(step.name, found);
  fromText(step.image, found);
  fromText(step.imagePullPolicy, found);
  fromText(step.script, found);
  fromText(step.workingDir, found);
  for (const text of listOf(step.command)) fromText(text, found);
  for (const text of listOf(step.args)) fromText(text, found);
  for (const env of listOf(step.env)) fromEnv(env, found);
  if ('params' in step) fromParams(step.params, found);
  if ('when' in step) for (const when of listOf(step.when)) fromWhen(when, found);
}

function fromEnv(env: EnvVar, found: string[]): void {
  const { secretKeyRef: secret, configMapKeyRef: configMap } = env.valueFrom ?? {};
  for (const text of [env.value, secret?.name, secret?.key, configMap?.name, configMap?.key]) fromText(text, found);
}

function withoutIndexing(name: string): string {
  return name.replace(/\[[0-9]*\*?\]/g, '');
}

/** Graphs are also built of pipelines that were never validated: what is no list counts as an empty one. */
function listOf<T>(list: readonly T[] | undefined): readonly T[] {
  return Array.isArray(list) ? (list as readonly T[]) : [];
}
