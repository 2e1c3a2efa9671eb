// StepActions: what a step may refer to.

import type { StepAction } from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';
import { checkParamNames, checkParamTypes } from './param-rules.js';
import { checkResult } from './result-rules.js';

export function checkStepAction(action: StepAction, findings: Findings): void {
  const spec = action.spec ?? {};
  if ((spec.image ?? '') === '') findings.missing('spec.image');
  if ((spec.script ?? '') !== '' && listOf(spec.command).length > 0) {
    findings.add('script cannot be used with command', 'spec.script');
  }
  checkParamTypes(listOf(spec.params), 'spec.params', findings);
  checkParamNames(listOf(spec.params), 'spec', findings);
  listOf(spec.results).forEach((result, index) => checkResult(result, at('spec', `results[${index}]`), findings));
}
