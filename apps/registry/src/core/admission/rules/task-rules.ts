// The spec of a task, wherever it stands: in a Task, inline in a run, inline in a pipeline.

import type { Step, TaskSpec, Volume, WorkspaceDeclaration } from '@slipway/contracts';

import { cleanPath } from './clean-path.js';
import { at, listOf, type Findings } from './findings.js';
import { checkParamNames, checkParamTypes, declaredParams, type DeclaredParams } from './param-rules.js';
import { checkTaskResources } from './resource-rules.js';
import { checkResult } from './result-rules.js';
import { checkSidecars, checkSteps } from './step-rules.js';
import { forEachTextOf, type TextVisitor } from './step-texts.js';
import {
  notIsolated,
  prohibitedObject,
  prohibitedVariable,
  quoted,
  unknownKey,
  unknownVariable,
  type Names,
} from './variable-references.js';

const TASK_RUN_CONTEXT = new Set(['name', 'namespace', 'uid']);
const TASK_CONTEXT = new Set(['name', 'retry-count']);
/** Today's spelling of a param, and the one of 2020. */
const PARAM_PREFIXES = ['params', 'inputs.params'];

/** Everything that is wrong with a task for itself: references to params that a run may bring are left alone. */
export function checkTaskSpec(spec: TaskSpec, path: string, findings: Findings): void {
  const steps = listOf(spec.steps);
  const params = listOf(spec.params);
  if (steps.length === 0) findings.missing(at(path, 'steps'));
  checkVolumes(listOf(spec.volumes), at(path, 'volumes'), findings);
  checkWorkspaceDeclarations(spec, at(path, 'workspaces'), findings);
  checkWorkspaceUsages(spec, path, findings);
  checkSteps(steps, spec.stepTemplate, path, findings);
  checkSidecars(listOf(spec.sidecars), path, findings);
  checkParamTypes(params, at(path, 'params'), findings);
  checkParamNames(params, path, findings);
  checkArrayUsage(steps, declaredParams(params).arrays, path, findings);
  checkVariables(steps, 'context.taskRun', TASK_RUN_CONTEXT, path, findings);
  checkVariables(steps, 'context.task', TASK_CONTEXT, path, findings);
  checkResultVariables(spec, path, findings);
  listOf(spec.results).forEach((result, index) => checkResult(result, at(path, `results[${index}]`), findings));
  checkTaskResources(spec.resources, at(path, 'resources'), findings);
}

/** References to params, where all that may be referred to is known. `path` is that of the steps' owner. */
export function checkParamUsage(
  steps: readonly Step[],
  { all, objects }: DeclaredParams,
  path: string,
  findings: Findings,
): void {
  for (const prefix of PARAM_PREFIXES) {
    checkVariables(steps, prefix, all, path, findings);
    forEachText(steps, path, (text, at) => {
      report(unknownKey(text, prefix, objects), at, findings);
      report(prohibitedObject(text, prefix, objects), at, findings);
    });
  }
}

function checkVolumes(volumes: readonly Volume[], path: string, findings: Findings): void {
  const names = new Set<string>();
  volumes.forEach(({ name }, index) => {
    if (names.has(name)) findings.add(`multiple volumes with same name ${quoted(name)}`, `${path}[${index}].name`);
    names.add(name);
  });
}

function checkWorkspaceDeclarations(spec: TaskSpec, path: string, findings: Findings): void {
  const containers = [...listOf(spec.steps), ...(spec.stepTemplate === undefined ? [] : [spec.stepTemplate])];
  const mounts = containers.flatMap((container) => listOf(container.volumeMounts));
  const taken = new Set(mounts.map((mount) => cleanPath(mount.mountPath ?? '')));
  const names = new Set<string>();
  listOf(spec.workspaces).forEach((workspace, index) => {
    const own = `${path}[${index}]`;
    if (names.has(workspace.name)) {
      findings.add(`workspace name ${quoted(workspace.name)} must be unique`, at(own, 'name'));
    }
    names.add(workspace.name);
    const mountPath = mountPathOf(workspace);
    if (taken.has(mountPath)) {
      findings.add(`workspace mount path ${quoted(mountPath)} must be unique`, at(own, 'mountPath'));
    }
    taken.add(mountPath);
  });
}

function mountPathOf(workspace: WorkspaceDeclaration): string {
  const { mountPath } = workspace;
  return cleanPath(mountPath === undefined || mountPath === '' ? `/workspace/${workspace.name}` : mountPath);
}

function checkWorkspaceUsages(spec: TaskSpec, path: string, findings: Findings): void {
  const known = new Set(listOf(spec.workspaces).map((workspace) => workspace.name));
  for (const section of ['steps', 'sidecars'] as const) {
    listOf<Pick<Step, 'workspaces'>>(spec[section]).forEach((container, index) => {
      listOf(container.workspaces).forEach(({ name }, usage) => {
        if (known.has(name)) return;
        const own = at(path, `${section}[${index}].workspaces[${usage}].name`);
        findings.add(`undefined workspace ${quoted(name)}`, own);
      });
    });
  }
}

function checkResultVariables(spec: TaskSpec, path: string, findings: Findings): void {
  const results = new Set(listOf(spec.results).map((result) => result.name));
  listOf(spec.steps).forEach((step, index) => {
    const own = new Set([...results, ...listOf(step.results).map((result) => result.name)]);
    report(unknownVariable(step.script, 'results', own), at(path, `steps[${index}].script`), findings);
  });
}

/** Whole arrays stand only as an argument of their own. */
export function checkArrayUsage(steps: readonly Step[], arrays: Names, path: string, findings: Findings): void {
  for (const prefix of PARAM_PREFIXES) {
    forEachText(steps, path, (text, at, isArgument) => {
      const check = isArgument ? notIsolated : prohibitedVariable;
      report(check(text, prefix, arrays), at, findings);
    });
  }
}

function checkVariables(steps: readonly Step[], prefix: string, known: Names, path: string, findings: Findings): void {
  forEachText(steps, path, (text, at) => report(unknownVariable(text, prefix, known), at, findings));
  steps.forEach((step, index) => {
    report(unknownVariable(step.onError, prefix, known), at(path, `steps[${index}].onError`), findings);
  });
}

function forEachText(steps: readonly Step[], path: string, visit: TextVisitor): void {
  steps.forEach((step, index) => forEachTextOf(step, at(path, `steps[${index}]`), visit));
}

function report(message: string | undefined, path: string, findings: Findings): void {
  if (message !== undefined) findings.add(message, path);
}
