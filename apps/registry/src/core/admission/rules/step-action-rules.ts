// StepActions: what a step may refer to.

import type { StepAction, StepActionSpec } from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';
import { checkObjectParamsHaveProperties, checkParamNames, checkParamTypes, declaredParams } from './param-rules.js';
import { checkResult } from './result-rules.js';
import { forEachTextOf } from './step-texts.js';
import {
  notIsolated,
  prohibitedObject,
  prohibitedVariable,
  referencesTo,
  unknownKey,
  unknownVariable,
} from './variable-references.js';

/** Nobody else declares its params: every reference must be to one of its own. */
export function checkStepAction(action: StepAction, findings: Findings): void {
  const spec = action.spec ?? {};
  const params = listOf(spec.params);
  if ((spec.image ?? '') === '') findings.missing('spec.image');
  checkScript(spec, findings);
  checkParamTypes(params, 'spec.params', findings);
  checkParamNames(params, 'spec', findings);
  checkObjectParamsHaveProperties(params, 'spec.params', findings);
  checkParamUsage(spec, findings);
  checkVolumeMounts(spec, findings);
  listOf(spec.results).forEach((result, index) => checkResult(result, at('spec', `results[${index}]`), findings));
}

function checkScript({ script, command, results }: StepActionSpec, findings: Findings): void {
  if (script === undefined || script === '') return;
  if (listOf(command).length > 0) findings.add('script cannot be used with command', 'spec.script');
  // What many tasks share must not hold a hole for injection: params reach the script as environment variables.
  if (referencesTo(script, 'params').length > 0) {
    findings.add('param substitution in scripts is not allowed.', 'spec.script');
  }
  const names = new Set(listOf(results).map((result) => result.name));
  for (const prefix of ['step.results', 'results']) {
    const unknown = unknownVariable(script, prefix, names);
    if (unknown !== undefined) findings.add(unknown, 'spec.script');
  }
}

function checkParamUsage(spec: StepActionSpec, findings: Findings): void {
  const { all, arrays, objects } = declaredParams(listOf(spec.params));
  forEachTextOf(spec, 'spec', (text, path, isArgument) => {
    for (const problem of [
      unknownVariable(text, 'params', all),
      unknownKey(text, 'params', objects),
      prohibitedObject(text, 'params', objects),
      (isArgument ? notIsolated : prohibitedVariable)(text, 'params', arrays),
    ]) {
      if (problem !== undefined) findings.add(problem, path);
    }
  });
}

/** The volumes are the task's: which one is meant comes by a param. */
function checkVolumeMounts({ volumeMounts }: StepActionSpec, findings: Findings): void {
  listOf(volumeMounts).forEach(({ name = '' }, index) => {
    const references = referencesTo(name, 'params');
    if (references.length === 1 && references[0]!.text === name) return;
    findings.invalid(name, `spec.volumeMounts[${index}].name`, 'expect the Name to be a single param reference');
  });
}
