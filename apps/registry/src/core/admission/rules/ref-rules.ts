// References to tasks, pipelines and step actions.

import type { ObjectRef } from '@slipway/contracts';

import { at, type Findings } from './findings.js';
import { checkGivenParams } from './param-rules.js';
import { qualifiedNameProblem } from './name-rules.js';

/** A reference by name, or by a resolver and its params. */
export function checkRef(ref: ObjectRef, path: string, findings: Findings): void {
  const hasName = ref.name !== undefined && ref.name !== '';
  const hasResolver = ref.resolver !== undefined && ref.resolver !== '';
  if (!hasResolver && ref.params === undefined) {
    if (!hasName) findings.missing(at(path, 'name'));
    else checkName(ref.name!, at(path, 'name'), findings);
    return;
  }
  if (hasResolver && hasName) findings.both([at(path, 'name'), at(path, 'resolver')]);
  if (ref.params === undefined) return;
  if (hasName) findings.both([at(path, 'name'), at(path, 'params')]);
  if (!hasResolver) findings.missing(at(path, 'resolver'));
  checkGivenParams(ref.params, at(path, 'params'), findings);
}

function checkName(name: string, path: string, findings: Findings): void {
  if (name.includes('$(')) return; // known when the run starts
  const problem = qualifiedNameProblem(name);
  if (problem !== undefined) findings.invalid(problem, path);
}

const OUR_KINDS: readonly string[] = ['', 'Task', 'ClusterTask'];

/** Whether a reference means a task of ours, as opposed to a custom task of another controller. */
export function isTaskOfOurs(ref: { apiVersion?: string; kind?: string }): boolean {
  // Documents of 2020 write the apiVersion out.
  const isOurVersion = (ref.apiVersion ?? '') === '' || ref.apiVersion!.startsWith('tekton.dev/');
  return isOurVersion && OUR_KINDS.includes(ref.kind ?? '');
}

/** Whether what is inline is a task of ours: those have no version of their own. */
export function isInlineTaskOfOurs(spec: { apiVersion?: string; kind?: string }): boolean {
  return (spec.apiVersion ?? '') === '' && OUR_KINDS.includes(spec.kind ?? '');
}
