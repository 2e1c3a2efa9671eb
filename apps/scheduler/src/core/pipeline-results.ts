// Results of a pipeline, from the results of its tasks, once the run has ended.

import { emptyReplacements, parseResultReference, substituteValue, variablesOfValue } from '@slipway/contracts';
import type { ParamValue, PipelineRunStatus, ResultReference } from '@slipway/contracts';
import { goList, type Refusal } from './refusal.js';
import type { RunModel } from './run-model.js';

type Part = { kind: 'value'; value: ParamValue } | { kind: 'dropped' } | { kind: 'invalid' };

/**
 * The results that can be told. One that takes a result of a task that did not succeed is left out; one that takes a
 * result which a successful task did not make fails the run.
 */
export function pipelineResults(
  runName: string,
  model: RunModel,
): { results: NonNullable<PipelineRunStatus['results']>; refusal?: Refusal } {
  const results: NonNullable<PipelineRunStatus['results']> = [];
  const invalid: string[] = [];
  for (const { name, value } of model.pipeline.spec.results ?? []) {
    const replacements = emptyReplacements();
    const parts = variablesOfValue(value).map((expression): Part => {
      const reference = parseResultReference(expression);
      const part: Part = reference === undefined ? { kind: 'invalid' } : partOf(model, reference);
      if (part.kind !== 'value') return part;
      const key = expression.replace(/\[\*\]$/, '');
      if (typeof part.value === 'string') replacements.strings.set(key, part.value);
      else if (Array.isArray(part.value)) replacements.arrays.set(key, part.value);
      else replacements.objects.set(key, part.value);
      return part;
    });
    if (parts.some(({ kind }) => kind === 'invalid')) invalid.push(name);
    else if (parts.every(({ kind }) => kind === 'value')) {
      results.push({ name, value: substituteValue(value, replacements) });
    }
  }
  if (invalid.length === 0) return { results };
  const problem = `invalid pipelineresults ${goList(invalid)}, the referenced results don't exist`;
  const message = `Failed to get PipelineResult from TaskRun Results for PipelineRun ${runName}: ${problem}`;
  return { results, refusal: { reason: 'CouldntGetPipelineResult', message } };
}

function partOf(model: RunModel, { pipelineTask, result, index, property }: ResultReference): Part {
  const phase = model.stateOf(pipelineTask)?.phase;
  // What a task that did not succeed left behind may be half of it: with Tekton, too, only other tasks may take it.
  if (phase !== 'succeeded' && phase !== 'skipped') return { kind: 'dropped' };
  const whole = model.resultOf(pipelineTask, result);
  if (whole === undefined) return phase === 'succeeded' ? { kind: 'invalid' } : { kind: 'dropped' };
  const value =
    typeof index === 'number'
      ? Array.isArray(whole)
        ? whole[index]
        : undefined
      : property !== undefined
        ? typeof whole === 'object' && !Array.isArray(whole) && Object.hasOwn(whole, property)
          ? whole[property]
          : undefined
        : whole;
  return value === undefined ? { kind: 'invalid' } : { kind: 'value', value };
}
