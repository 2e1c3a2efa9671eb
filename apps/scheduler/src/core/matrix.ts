// Fan-out: the combinations of params that one pipeline task runs with.

import { typeOfValue, type Matrix, type Param, type ParamType, type PipelineTask } from '@slipway/contracts';
import type { Refusal } from './refusal.js';

/** More than this many runs of one task are a mistake, unless a setting says otherwise; Tekton's default. */
export const MAX_COMBINATIONS = 256;

/** The params of each run of a task, one without any where it has no matrix; a refusal where that cannot be told. */
export function combinationsOf({ name, matrix }: PipelineTask, max: number): Param[][] | Refusal {
  if (matrix === undefined) return [[]];
  const problem = matrixProblem(matrix);
  if (problem !== undefined) {
    const message = `Failed to validate matrix of pipeline task "${name}" with error ${problem}`;
    return { reason: 'InvalidMatrixParameterTypes', message };
  }
  const count = countCombinations(matrix);
  if (count <= max) return fanOut(matrix);
  const message = `matrix of pipeline task "${name}" has ${count} combinations, the maximum is ${max}`;
  return { reason: 'PipelineValidationFailed', message };
}

/**
 * All combinations, in Tekton's order: the first declared param varies fastest; inside a combination params are sorted
 * by name. `include` extends the combinations that it matches, and adds one where it matches none.
 */
export function fanOut(matrix: Matrix): Param[][] {
  const declared = matrix.params ?? [];
  const included = (matrix.include ?? []).map(({ params }) => params ?? []);
  if (declared.length === 0) return included.map(sorted);
  let combinations: Param[][] = [[]];
  for (const { name, value } of declared) {
    const values = Array.isArray(value) ? value : [];
    combinations = values.flatMap((item) => combinations.map((rest) => [...rest, { name, value: item }]));
  }
  const added: Param[][] = [];
  for (const params of included) {
    const guards = params.filter(({ name }) => declared.some((param) => param.name === name));
    const matching = combinations.map((combination) => guards.every((guard) => has(combination, guard)));
    if (guards.length > 0 && !matching.includes(true)) added.push(params);
    else combinations = combinations.map((combination, i) => (matching[i] ? merged(combination, params) : combination));
  }
  return [...combinations, ...added].map(sorted);
}

/** An upper bound of how many combinations `fanOut` makes, without making them. */
function countCombinations(matrix: Matrix): number {
  const declared = matrix.params ?? [];
  const product = declared.reduce((count, { value }) => count * (Array.isArray(value) ? value.length : 0), 1);
  return (declared.length === 0 ? 0 : product) + (matrix.include?.length ?? 0);
}

/** What is wrong with a matrix once results of other tasks are in it, in Tekton's words: it needs arrays, includes need texts. */
function matrixProblem(matrix: Matrix): string | undefined {
  const included = (matrix.include ?? []).flatMap(({ params }) => params ?? []);
  const problem = (allowed: ParamType, params: readonly Param[]): string | undefined => {
    const wrong = params.find(({ value }) => typeOfValue(value) !== allowed);
    if (wrong === undefined) return undefined;
    const is = `param ${wrong.name} has type ${typeOfValue(wrong.value)}`;
    return `parameters of type ${allowed} only are allowed, but ${is}`;
  };
  return problem('string', included) ?? problem('array', matrix.params ?? []);
}

/** True when one param of the matrix has no values: then there is nothing to run. */
export function isEmptyMatrix(matrix: Matrix | undefined): boolean {
  return (matrix?.params ?? []).some(({ value }) => Array.isArray(value) && value.length === 0);
}

function has(combination: readonly Param[], guard: Param): boolean {
  return combination.some(({ name, value }) => name === guard.name && value === guard.value);
}

function merged(combination: readonly Param[], params: readonly Param[]): Param[] {
  const byName = new Map(combination.map((param) => [param.name, param]));
  for (const param of params) byName.set(param.name, param);
  return [...byName.values()];
}

function sorted(params: readonly Param[]): Param[] {
  return [...params].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
