// When expressions, of pipeline tasks and of steps.

import { CelError, compileGuard, type WhenExpression } from '@slipway/contracts';

import { listOf, type Findings } from './findings.js';
import { quoted } from './variable-references.js';

/** One when expression: either `cel`, or an input with an operator and values. */
export function checkWhen(when: WhenExpression, path: string, findings: Findings): void {
  const values = listOf(when.values);
  const hasCel = when.cel !== undefined && when.cel !== '';
  const hasInput = (when.input ?? '') !== '' || (when.operator ?? '') !== '' || values.length > 0;
  if (!hasCel && !hasInput) {
    findings.missing(path);
  } else if (hasCel && hasInput) {
    findings.add('cel and input+operator+values cannot be set in one WhenExpression', path, `${when.cel}`);
  } else if (!hasCel && when.operator !== 'in' && when.operator !== 'notin') {
    findings.invalid(`operator ${quoted(when.operator ?? '')} is not recognized. valid operators: in,notin`, path);
  } else if (!hasCel && values.length === 0) {
    findings.invalid('expecting non-empty values field', path);
  } else if (hasCel) {
    checkCel(when.cel!, path, findings);
  }
}

/** Variables may stand inside of quotes only: there whatever they become stays text. */
function checkCel(cel: string, path: string, findings: Findings): void {
  try {
    compileGuard(cel);
  } catch (thrown) {
    if (!(thrown instanceof CelError)) throw thrown;
    findings.add(`invalid cel expression: ${cel} with err: ${thrown.message}`, `${path}.cel`);
  }
}
