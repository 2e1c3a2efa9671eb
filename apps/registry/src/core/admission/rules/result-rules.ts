// Declared results of tasks and steps.

import { isDnsLabel, type ResultSpec } from '@slipway/contracts';

import { at, type Findings } from './findings.js';
import { keysThatAreNotText, typeOf } from './param-rules.js';
import { quoted } from './variable-references.js';

const RESULT_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const RESULT_NAME_HELP =
  "Name must consist of alphanumeric characters, '-', '_', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my-name',  or 'my_name', regex used for validation is '^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$')";
const STEP_RESULT = /^\$\(steps\.([^.]*)\.results\.([^)]*)\)$/;

/** One declared result. */
export function checkResult(result: ResultSpec, path: string, findings: Findings): void {
  if (!RESULT_NAME.test(result.name)) {
    findings.add(`invalid key name ${quoted(result.name)}`, at(path, 'name'), RESULT_NAME_HELP);
    return;
  }
  const type: string = result.type ?? 'string';
  if (type === 'object') checkObject(result, path, findings);
  else if (type !== 'array' && type !== 'string') findings.invalid(type, at(path, 'type'), 'type must be string');
  if (result.value !== undefined) checkValue(result, path, findings);
}

function checkObject(result: ResultSpec, path: string, findings: Findings): void {
  const own = at(path, `${result.name}.properties`);
  if (result.properties === undefined) {
    findings.missing(own);
    return;
  }
  const wrong = keysThatAreNotText(result.properties);
  if (wrong.length === 0) return;
  const message = `The value type specified for these keys [${wrong.join(' ')}] is invalid, the type must be string`;
  findings.add(message, own);
}

/** A task's result may take that of a step. */
function checkValue(result: ResultSpec, path: string, findings: Findings): void {
  const value = result.value!;
  if (typeof value !== 'string') {
    findings.add(`Invalid Type. Wanted string but got: "${typeOf(value)}"`, at(path, `${result.name}.type`));
    return;
  }
  if (value === '') return;
  const own = at(path, `${result.name}.value`);
  const [, step, name] = STEP_RESULT.exec(value) ?? [];
  if (step === undefined || name === undefined) {
    findings.add(
      `Could not extract step name and result name. Expected value to look like $(steps.<stepName>.results.<resultName>) but got ${quoted(value)}`,
      own,
    );
  } else if (!isDnsLabel(step)) {
    findings.add(`invalid extracted step name ${quoted(step)}`, own);
  } else if (!RESULT_NAME.test(name.replace(/\[[^\]]*\]$/, ''))) {
    findings.add(`invalid extracted result name ${quoted(name)}`, own);
  }
}
