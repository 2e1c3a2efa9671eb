// Fan-out: the combinations of params that one pipeline task runs with.

import type { Matrix, Param } from '@slipway/contracts';

/** More than this many runs of one task are a mistake, unless a setting says otherwise; Tekton's default. */
export const MAX_COMBINATIONS = 256;

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
export function countCombinations(matrix: Matrix): number {
  const declared = matrix.params ?? [];
  const product = declared.reduce((count, { value }) => count * (Array.isArray(value) ? value.length : 0), 1);
  return (declared.length === 0 ? 0 : product) + (matrix.include?.length ?? 0);
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
