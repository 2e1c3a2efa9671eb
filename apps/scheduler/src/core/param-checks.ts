// Params of one pipeline task against what its Task declares.

import { typeOfSpec, typeOfValue, type Param, type ParamSpec } from '@slipway/contracts';
import type { CompiledTask } from './compiled-pipeline.js';
import { goList } from './refusal.js';

/** The first thing wrong with what a pipeline task gives its Task, in Tekton's words. */
export function checkTaskParams({ task, spec }: CompiledTask): string | undefined {
  if (spec?.params === undefined) return undefined;
  const fromMatrix = [
    ...(task.matrix?.params ?? []),
    ...(task.matrix?.include ?? []).flatMap(({ params }) => params ?? []),
  ];
  const problem =
    missingValues(spec.params, [...(task.params ?? []), ...fromMatrix]) ??
    wrongTypes(spec.params, task.params ?? []) ??
    prefixedKeys(missingKeys(spec.params, task.params ?? []));
  const name = task.taskSpec === undefined ? (task.taskRef?.name ?? '') : '';
  return problem && `invalid input params for task ${name}: ${problem}`;
}

/** The object params that miss keys of their `properties`, as Go prints a map: `map[a:[k1 k2]]`. */
export function missingKeys(specs: readonly ParamSpec[], params: readonly Param[]): string | undefined {
  const given = new Map(params.map(({ name, value }) => [name, value]));
  const missing = specs.flatMap(({ name, properties, default: fallback }) => {
    const value = given.get(name);
    if (properties === undefined || (value === undefined && fallback === undefined)) return [];
    if (typeof value === 'string' || Array.isArray(value)) return [];
    const keys = new Set([...Object.keys(value ?? {}), ...Object.keys(fallback ?? {})]);
    const without = Object.keys(properties).filter((key) => !keys.has(key));
    return without.length === 0 ? [] : [`${name}:${goList(without.sort())}`];
  });
  return missing.length === 0 ? undefined : `map${goList(missing.sort())}`;
}

function missingValues(specs: readonly ParamSpec[], given: readonly Param[]): string | undefined {
  const names = new Set(given.map(({ name }) => name));
  const missing = specs.filter((spec) => spec.default === undefined && !names.has(spec.name));
  if (missing.length === 0) return undefined;
  return `missing values for these params which have no default values: ${goList(missing.map(({ name }) => name))}`;
}

function wrongTypes(specs: readonly ParamSpec[], given: readonly Param[]): string | undefined {
  const types = new Map(specs.map((spec) => [spec.name, typeOfSpec(spec)]));
  const wrong = given.filter(({ name, value }) => {
    const type = types.get(name);
    if (type === undefined || type === typeOfValue(value)) return false;
    // A whole array or object result is still a string here: `$(tasks.t.results.r[*])`.
    return !(typeof value === 'string' && type !== 'string' && value.includes('[*]'));
  });
  return wrong.length === 0
    ? undefined
    : `param types don't match the user-specified type: ${goList(wrong.map(({ name }) => name))}`;
}

function prefixedKeys(missing: string | undefined): string | undefined {
  return missing && `missing keys for these params which are required in ParamSpec's properties ${missing}`;
}
