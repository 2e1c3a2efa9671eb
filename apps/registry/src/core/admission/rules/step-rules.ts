// Steps and sidecars: what one container of a task must and must not say.

import { durationMs, formatDuration, isDnsLabel, type Sidecar, type Step, type StepTemplate } from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';
import { cleanPath } from './clean-path.js';
import { checkRef } from './ref-rules.js';
import { checkResult } from './result-rules.js';
import { checkStepReferences } from './step-reference-rules.js';
import { quoted, unknownVariable } from './variable-references.js';
import { checkWhen } from './when-rules.js';

const DNS_LABEL_HELP =
  'Task step name must be a valid DNS Label, For more info refer to https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#names';
const RESERVED_SIDECAR = 'tekton-log-results';
/** What a reference to a StepAction brings with it, so that the step must not. */
const BROUGHT_BY_REF = ['image', 'command', 'args', 'script', 'env', 'volumeMounts', 'results'] as const;

/** All steps of a task. `path` is that of the task. */
export function checkSteps(
  steps: readonly Step[],
  template: StepTemplate | undefined,
  path: string,
  findings: Findings,
): void {
  const names = new Set<string>();
  steps.forEach((step, index) => checkStep(step, template, names, at(path, `steps[${index}]`), findings));
  checkMounts(template ?? {}, at(path, 'stepTemplate'), findings);
}

function checkStep(
  step: Step,
  template: StepTemplate | undefined,
  names: Set<string>,
  path: string,
  findings: Findings,
): void {
  if (step.ref === undefined) {
    if (listOf(step.params).length > 0) findings.add('params cannot be used without Ref', at(path, 'params'));
    if (isEmpty(step.image) && isEmpty(template?.image)) findings.missing(at(path, 'image'));
    if (!isEmpty(step.script) && listOf(step.command).length > 0) {
      findings.add('script cannot be used with command', at(path, 'script'));
    }
  } else {
    checkRef(step.ref, at(path, 'ref'), findings);
    for (const field of BROUGHT_BY_REF) {
      if (!isEmpty(step[field])) findings.add(`${field} cannot be used with Ref`, at(path, field));
    }
    if (!isEmpty(step.workingDir)) findings.add('working dir cannot be used with Ref', at(path, 'workingDir'));
  }
  if (!isEmpty(step.name)) {
    const name = step.name!;
    if (names.has(name)) findings.invalid(name, at(path, 'name'));
    if (!isDnsLabel(name)) findings.add(`invalid value ${quoted(name)}`, at(path, 'name'), DNS_LABEL_HELP);
    names.add(name);
  }
  const timeoutMs = step.timeout === undefined ? 0 : (durationMs(step.timeout) ?? 0);
  if (timeoutMs < 0) findings.invalid(formatDuration(timeoutMs), at(path, 'timeout'), 'negative timeout');
  checkMounts(step, path, findings);
  const { onError } = step;
  if (!isEmpty(onError) && onError !== 'continue' && onError !== 'stopAndFail' && !onError!.startsWith('$(params.')) {
    const help = 'Task step onError must be either "continue" or "stopAndFail"';
    findings.add(`invalid value: ${quoted(onError!)}`, at(path, 'onError'), help);
  }
  checkStepResults(step, path, findings);
  checkStepReferences(step, path, findings);
  listOf(step.when).forEach((when, index) => checkWhen(when, at(path, `when[${index}]`), findings));
}

/** A mount below /tekton would let a step replace what the platform put there, also by way of `..`. */
function checkMounts(container: Pick<Step, 'volumeMounts'>, path: string, findings: Findings): void {
  listOf(container.volumeMounts).forEach((mount, index) => {
    const own = at(path, `volumeMounts[${index}]`);
    const target = cleanPath(mount.mountPath ?? '');
    const isReserved = target === '/tekton' || target.startsWith('/tekton/');
    if (isReserved && target !== '/tekton/home' && !target.startsWith('/tekton/home/')) {
      const what = `volumeMount ${quoted(mount.name)} mounted at ${quoted(mount.mountPath)}`;
      findings.add(`volumeMount cannot be mounted under /tekton/ (${what})`, at(own, 'mountPath'));
    }
    if (mount.name?.startsWith('tekton-internal-')) {
      findings.add(`volumeMount name ${quoted(mount.name)} cannot start with "tekton-internal-"`, at(own, 'name'));
    }
  });
}

function checkStepResults(step: Step, path: string, findings: Findings): void {
  const results = listOf(step.results);
  if (results.length === 0 || step.ref !== undefined) return;
  const names = new Set(results.map((result) => result.name));
  const unknown = unknownVariable(step.script, 'step.results', names);
  if (unknown !== undefined) findings.add(unknown, at(path, 'script'));
  results.forEach((result, index) => checkResult(result, at(path, `results[${index}]`), findings));
}

export function checkSidecars(sidecars: readonly Sidecar[], path: string, findings: Findings): void {
  sidecars.forEach((sidecar, index) => {
    const own = at(path, `sidecars[${index}]`);
    if (sidecar.name === RESERVED_SIDECAR) {
      findings.add(`Invalid: cannot use reserved sidecar name ${RESERVED_SIDECAR} `, at(path, 'sidecars'));
    }
    if (isEmpty(sidecar.image)) findings.missing(at(own, 'image'));
    if (!isEmpty(sidecar.script) && listOf(sidecar.command).length > 0) {
      findings.add('script cannot be used with command', at(own, 'script'));
    }
    checkMounts(sidecar, own, findings);
  });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}
