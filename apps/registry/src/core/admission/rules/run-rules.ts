// TaskRuns and PipelineRuns: what runs, with what, and for how long.

import {
  durationMs,
  formatDuration,
  looksLikeResultReference,
  variablesOfValue,
  type ParamSpec,
  type PipelineRunSpec,
  type PipelineTask,
  type PipelineTaskRunSpec,
  type Step,
  type TaskRunSpec,
} from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';
import {
  addDeclared,
  addGiven,
  addPassed,
  checkGivenParams,
  checkObjectParamsHaveProperties,
  checkParamNames,
  checkParamTypes,
  layeredParams,
  type DeclaredParams,
  type KnownParams,
} from './param-rules.js';
import { checkPipelineSpec } from './pipeline-rules.js';
import { checkPipelineParamUsage } from './pipeline-variable-rules.js';
import { checkRef } from './ref-rules.js';
import { checkArrayUsage, checkParamUsage, checkTaskSpec } from './task-rules.js';
import { quoted } from './variable-references.js';
import { checkWorkspaceBinding } from './workspace-rules.js';

const PIPELINE_RUN_STATUS = ['Cancelled', 'CancelledRunFinally', 'StoppedRunFinally', 'PipelineRunPending'];
const TASK_RUN_STATUS = ['TaskRunCancelled', 'TaskRunPending'];
const DEFAULT_TIMEOUT_MS = 3_600_000;

/** The spec of a TaskRun. */
export function checkTaskRunSpec(spec: TaskRunSpec, path: string, findings: Findings): void {
  const { taskRef, taskSpec, status = '', statusMessage = '', retries = 0, debug } = spec;
  const either = [at(path, 'taskRef'), at(path, 'taskSpec')];
  if (taskRef === undefined && taskSpec === undefined) findings.neither(either);
  if (taskRef !== undefined && taskSpec !== undefined) findings.both(either);
  if (taskRef !== undefined) checkRef(taskRef, at(path, 'taskRef'), findings);
  if (taskSpec !== undefined) checkTaskSpec(taskSpec, at(path, 'taskSpec'), findings);
  checkGivenParams(spec.params, at(path, 'params'), findings);
  checkInlineTask(spec, path, findings);
  const names = new Set<string>();
  listOf(spec.workspaces).forEach((binding, index) => {
    const own = at(path, `workspaces[${index}]`);
    checkWorkspaceBinding(binding, own, findings);
    const lower = (binding.name ?? '').toLowerCase();
    if (names.has(lower)) findings.both([at(own, 'name')]);
    names.add(lower);
  });
  checkBreakpoints(debug?.breakpoints, at(path, 'debug.breakpoints'), findings);
  checkOverrides(spec, path, findings);
  if (status !== '' && !TASK_RUN_STATUS.includes(status)) {
    findings.invalid(`${status} should be TaskRunCancelled`, at(path, 'status'));
  }
  if (status === '' && statusMessage !== '') {
    const why = `statusMessage should not be set if status is not set, but it is currently set to ${statusMessage}`;
    findings.invalid(why, at(path, 'statusMessage'));
  }
  if (retries < 0) findings.invalid(`${retries} should be >= 0`, at(path, 'retries'));
  checkNotNegative(spec.timeout, at(path, 'timeout'), findings);
}

function checkBreakpoints(
  breakpoints: NonNullable<TaskRunSpec['debug']>['breakpoints'],
  path: string,
  findings: Findings,
): void {
  if (breakpoints === undefined) return;
  const { onFailure = '', beforeSteps } = breakpoints;
  if (onFailure === '' && listOf(beforeSteps).length === 0) {
    const why = 'onFailure breakpoint is empty, it is only allowed to be set as enabled';
    findings.invalid(why, at(path, 'onFailure'));
  }
  if (onFailure !== '' && onFailure !== 'enabled') {
    const why = `${onFailure} is not a valid onFailure breakpoint value, onFailure breakpoint is only allowed to be set as enabled`;
    findings.invalid(why, at(path, 'onFailure'));
  }
  const seen = new Set<string>();
  listOf(beforeSteps).forEach((step, index) => {
    const message = `before step must be unique, the same step: ${step} is defined multiple times at`;
    if (seen.has(step)) findings.add(message, at(path, `beforeSteps[${index}]`));
    seen.add(step);
  });
}

/** Params that a run gives reach the steps inline in it, declared there or not. */
function checkInlineTask({ params, taskSpec }: TaskRunSpec, path: string, findings: Findings): void {
  const steps = listOf(taskSpec?.steps);
  if (steps.length === 0) return;
  const own = at(path, 'taskSpec');
  const given: KnownParams = new Map();
  for (const param of listOf(params)) addGiven(given, param);
  checkDeclared([...given.values()], path, findings);
  for (const spec of listOf(taskSpec!.params)) addDeclared(given, NONE, spec, at(own, 'params'), findings);
  checkSteps(steps, layeredParams([given], NONE), own, findings);
  checkObjectParamsHaveProperties([...given.values()], at(own, 'params'), findings);
}

const NONE: KnownParams = new Map();

/** Params that nobody declared must still be such as could be declared. */
function checkDeclared(specs: readonly ParamSpec[], path: string, findings: Findings): void {
  checkParamTypes(specs, at(path, 'params'), findings);
  checkParamNames(specs, path, findings);
}

function checkSteps(steps: readonly Step[], params: DeclaredParams, path: string, findings: Findings): void {
  checkArrayUsage(steps, params.arrays, path, findings);
  checkParamUsage(steps, params, path, findings);
}

/** Compute resources of steps and sidecars, in a TaskRun and for one task of a PipelineRun. */
function checkOverrides(
  spec: Pick<PipelineTaskRunSpec, 'stepSpecs' | 'sidecarSpecs' | 'computeResources'>,
  path: string,
  findings: Findings,
): void {
  for (const field of ['stepSpecs', 'sidecarSpecs'] as const) {
    const names = new Set<string>();
    listOf(spec[field]).forEach(({ name = '' }, index) => {
      const own = at(path, `${field}[${index}].name`);
      if (name === '') findings.missing(own);
      else if (names.has(name.toLowerCase())) findings.both([own]);
      names.add(name.toLowerCase());
    });
  }
  const hasOwn = listOf(spec.stepSpecs).some(({ computeResources }) => Object.keys(computeResources ?? {}).length > 0);
  if (spec.computeResources !== undefined && hasOwn) {
    findings.both([at(path, 'computeResources'), at(path, 'stepSpecs.resources')]);
  }
}

/** The spec of a PipelineRun. */
export function checkPipelineRunSpec(spec: PipelineRunSpec, path: string, findings: Findings): void {
  const { pipelineRef, pipelineSpec, status = '' } = spec;
  const either = [at(path, 'pipelineRef'), at(path, 'pipelineSpec')];
  if (pipelineRef === undefined && pipelineSpec === undefined) findings.neither(either);
  if (pipelineRef !== undefined && pipelineSpec !== undefined) findings.both(either);
  if (pipelineRef !== undefined) checkRef(pipelineRef, at(path, 'pipelineRef'), findings);
  if (pipelineSpec !== undefined) checkPipelineSpec(pipelineSpec, at(path, 'pipelineSpec'), findings);
  checkRunParams(spec, path, findings);
  checkInlinePipeline(spec, path, findings);
  listOf(spec.taskRunSpecs).forEach((own, index) => {
    checkOverrides(own, at(path, `taskRunSpecs[${index}]`), findings);
    checkNotNegative(own.timeout, at(path, `taskRunSpecs[${index}].timeout`), findings);
  });
  checkTimeouts(spec, path, findings);
  checkTaskTimeouts(spec, path, findings);
  if (status !== '' && !PIPELINE_RUN_STATUS.includes(status)) {
    const allowed = 'Cancelled, CancelledRunFinally, StoppedRunFinally or PipelineRunPending';
    findings.invalid(`${status} should be ${allowed}`, at(path, 'status'));
  }
  const places = new Map<string, number>();
  listOf(spec.workspaces).forEach((binding, index) => {
    const own = at(path, `workspaces[${index}]`);
    checkWorkspaceBinding(binding, own, findings);
    const before = places.get(binding.name);
    if (before !== undefined) {
      const message = `workspace ${quoted(binding.name)} provided by pipelinerun more than once, at index ${before} and ${index}`;
      findings.add(message, at(own, 'name'));
    }
    places.set(binding.name, index);
  });
}

function checkRunParams({ params }: PipelineRunSpec, path: string, findings: Findings): void {
  checkGivenParams(params, at(path, 'params'), findings);
  for (const { name, value } of listOf(params)) {
    const references = variablesOfValue(value).filter(looksLikeResultReference);
    if (references.length === 0) continue;
    const why = `cannot use result expressions in [${references.join(' ')}] as PipelineRun parameter values`;
    findings.invalid(why, at(path, `params[${name}].value`));
  }
}

/**
 * As `checkInlineTask`, through the pipeline and its inline tasks. A param that any task has is known to all of them, as
 * in Tekton; what it is, each says for itself.
 */
function checkInlinePipeline({ params, pipelineSpec }: PipelineRunSpec, path: string, findings: Findings): void {
  if (pipelineSpec === undefined) return;
  const own = at(path, 'pipelineSpec');
  const shared: KnownParams = new Map();
  for (const param of listOf(params)) addGiven(shared, param);
  checkDeclared([...shared.values()], path, findings);
  for (const spec of listOf(pipelineSpec.params)) addDeclared(shared, NONE, spec, at(own, 'params'), findings);
  const inner = (['tasks', 'finally'] as const).flatMap((section) =>
    listOf(pipelineSpec[section]).map((task, index) => {
      const taskPath = at(own, `${section}[${index}].taskSpec`);
      return { task, taskPath, known: paramsInside(task, shared, taskPath, findings) };
    }),
  );
  const anywhere = new Set(inner.flatMap(({ known }) => [...known.keys()]));
  for (const { task, taskPath, known } of inner) {
    checkSteps(listOf(task.taskSpec?.steps), layeredParams([known, shared], anywhere), taskPath, findings);
  }
  for (const section of ['tasks', 'finally'] as const) {
    const usable = layeredParams([shared], anywhere);
    checkPipelineParamUsage(listOf(pipelineSpec[section]), usable, at(own, section), findings);
  }
}

/** The params that one task of an inline pipeline adds for what is inline in it: passed, fanned out and declared. */
function paramsInside(task: PipelineTask, shared: KnownParams, path: string, findings: Findings): KnownParams {
  const known: KnownParams = new Map();
  for (const param of listOf(task.params)) addPassed(known, shared, param);
  for (const { name } of listOf(task.matrix?.params)) addGiven(known, { name, value: '' });
  for (const include of listOf(task.matrix?.include)) {
    for (const { name } of listOf(include.params)) addGiven(known, { name, value: '' });
  }
  for (const spec of listOf(task.taskSpec?.params)) addDeclared(known, shared, spec, at(path, 'params'), findings);
  return known;
}

// Timeouts ------------------------------------------------------------------------------------------------------------

function checkNotNegative(timeout: string | undefined, path: string, findings: Findings): void {
  const ms = timeout === undefined ? 0 : (durationMs(timeout) ?? 0);
  if (ms < 0) findings.invalid(`${formatDuration(ms)} should be >= 0`, path);
}

/** The parts fit into the whole. 0 is no limit, and more than any. */
function checkTimeouts({ timeouts }: PipelineRunSpec, path: string, findings: Findings): void {
  if (timeouts === undefined) return;
  const fields = ['tasks', 'finally'] as const;
  for (const field of [...fields, 'pipeline'] as const) {
    checkNotNegative(timeouts[field], at(path, `timeouts.${field}`), findings);
  }
  const wholeMs = timeouts.pipeline === undefined ? DEFAULT_TIMEOUT_MS : (durationMs(timeouts.pipeline) ?? 0);
  const limit = `should be <= ${timeouts.pipeline === undefined ? 'default timeout' : 'pipeline'} duration`;
  if (wholeMs === 0) return;
  for (const field of fields) {
    if (timeouts[field] === undefined) continue;
    const ms = durationMs(timeouts[field]) ?? 0;
    if (ms > wholeMs) findings.invalid(`${formatDuration(ms)} ${limit}`, at(path, `timeouts.${field}`));
    if (ms === 0) findings.invalid(`${formatDuration(ms)} (no timeout) ${limit}`, at(path, `timeouts.${field}`));
  }
  if (timeouts.tasks === undefined || timeouts.finally === undefined) return;
  const [tasksMs, finallyMs] = [durationMs(timeouts.tasks) ?? 0, durationMs(timeouts.finally) ?? 0];
  if (tasksMs + finallyMs > wholeMs) {
    const paths = fields.map((field) => at(path, `timeouts.${field}`)).sort();
    findings.add(`invalid value: ${formatDuration(tasksMs)} + ${formatDuration(finallyMs)} ${limit}`, paths);
  }
}

/** The time of one task fits into that of all tasks, as far as the run limits it. */
function checkTaskTimeouts({ timeouts, taskRunSpecs }: PipelineRunSpec, path: string, findings: Findings): void {
  if (timeouts === undefined) return;
  const [source, given] =
    timeouts.tasks !== undefined
      ? ['pipeline tasks duration', timeouts.tasks]
      : timeouts.pipeline !== undefined
        ? ['pipeline duration', timeouts.pipeline]
        : ['default timeout duration', undefined];
  const limitMs = given === undefined ? DEFAULT_TIMEOUT_MS : (durationMs(given) ?? 0);
  if (limitMs <= 0) return;
  listOf(taskRunSpecs).forEach(({ timeout }, index) => {
    const ms = timeout === undefined ? 0 : (durationMs(timeout) ?? 0);
    if (ms <= limitMs) return;
    const why = `${formatDuration(ms)} should be <= ${source} ${formatDuration(limitMs)}`;
    findings.invalid(why, at(path, `taskRunSpecs[${index}].timeout`));
  });
}
