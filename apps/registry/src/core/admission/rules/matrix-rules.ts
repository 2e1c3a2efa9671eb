// Matrix: how a pipeline task fans out, and how others take the results of its many runs.

import {
  looksLikeResultReference,
  parseResultReference,
  variablesOfPipelineTask,
  type Matrix,
  type PipelineSpec,
  type PipelineTask,
} from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';
import { checkParamsOnce } from './param-rules.js';

/** The matrix of one task. `path` is that of the task. */
export function checkMatrix(task: PipelineTask, path: string, findings: Findings): void {
  const { matrix } = task;
  if (matrix === undefined) return;
  const own = at(path, 'matrix');
  if (isMatrixed(task)) {
    const count = combinationsOf(matrix);
    const max = findings.limits.maxMatrixCombinations;
    if (count > max) findings.add(`expected 0 <= ${count} <= ${max}`, own);
    checkParamsOnce(matrix.params, at(own, 'params'), findings);
    listOf(matrix.include).forEach((include, index) => {
      checkParamsOnce(include.params, at(own, `include[${index}].params`), findings);
      listOf(include.params).forEach(({ name, value }) => {
        if (typeof value === 'string') return;
        const type = Array.isArray(value) ? 'array' : 'object';
        findings.invalid(
          `parameters of type string only are allowed, but got param type ${type}`,
          at(own, `include[${index}].params[${name}]`),
        );
      });
    });
    listOf(matrix.params).forEach(({ name, value }) => {
      // A text may stand for a whole array: `$(params.platforms[*])`.
      if (Array.isArray(value) || (typeof value === 'string' && value.includes('[*])'))) return;
      const type = typeof value === 'string' ? 'string' : 'object';
      findings.invalid(
        `parameters of type array only are allowed, but got param type ${type}`,
        at(own, `params[${name}]`),
      );
    });
  }
  const names = new Set([
    ...listOf(matrix.params).map((param) => param.name),
    ...listOf(matrix.include).flatMap((include) => listOf(include.params).map((param) => param.name)),
  ]);
  for (const { name } of listOf(task.params)) {
    if (names.has(name)) findings.both([at(path, `matrix[${name}]`), at(path, `params[${name}]`)]);
  }
}

function isMatrixed(task: PipelineTask): boolean {
  return listOf(task.matrix?.params).length > 0 || listOf(task.matrix?.include).length > 0;
}

/** How many runs a matrix makes, as far as its own text tells. */
function combinationsOf(matrix: Matrix): number {
  const values = new Map(
    listOf(matrix.params).map(({ name, value }) => [name, Array.isArray(value) ? new Set(value) : undefined]),
  );
  let count = values.size === 0 ? 0 : 1;
  for (const { value } of listOf(matrix.params)) count *= Array.isArray(value) ? value.length : 1;
  if (values.size === 0) return listOf(matrix.include).length;
  for (const include of listOf(matrix.include)) {
    const adds = listOf(include.params).some(({ name, value }) => values.get(name)?.has(value as string) === false);
    if (adds) count++;
  }
  return count;
}

/** Results of a task that fans out are arrays of its runs' texts: others take them whole. */
export function checkMatrixedResults(spec: PipelineSpec, path: string, findings: Findings): void {
  const matrixed = new Map(
    listOf(spec.tasks).flatMap((task) => (isMatrixed(task) ? [[task.name, task] as const] : [])),
  );
  if (matrixed.size === 0) return;
  const taken = new Set<string>();
  for (const section of ['tasks', 'finally'] as const) {
    listOf(spec[section]).forEach((task, index) => {
      for (const expression of variablesOfPipelineTask(task)) {
        if (!looksLikeResultReference(expression) || !matrixed.has(expression.split('.', 2)[1]!)) continue;
        if (expression.endsWith('[*]')) {
          taken.add(expression);
          continue;
        }
        const message = `A matrixed pipelineTask can only be consumed in aggregate using [*] notation, but is currently set to ${expression}`;
        findings.add(message, at(path, `${section}[${index}]`));
      }
    });
  }
  for (const expression of taken) {
    const { pipelineTask, result } = parseResultReference(expression) ?? {};
    const type = listOf(matrixed.get(pipelineTask ?? '')?.taskSpec?.results).find(({ name }) => name === result)?.type;
    if (type === undefined || type === 'string') continue;
    const why = `Matrixed PipelineTasks emitting results must have an underlying type string, but result ${result} has type ${type} in pipelineTask`;
    findings.invalid(why, at(path, 'tasks'));
  }
}
