// One task of a pipeline: what it runs, and how.

import { durationMs, formatDuration, isDnsLabel, type PipelineTask } from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';
import { checkRef, isInlineTaskOfOurs, isTaskOfOurs } from './ref-rules.js';
import { checkTaskSpec } from './task-rules.js';
import { quoted } from './variable-references.js';

const NAME_HELP =
  'Pipeline Task name must be a valid DNS Label.For more info refer to https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#names';
const WHAT_RUNS = ['pipelineRef', 'pipelineSpec', 'taskRef', 'taskSpec'] as const;

/** The tasks of one section of a pipeline. Names are unique over both sections: `names` goes through both. */
export function checkPipelineTasks(
  tasks: readonly PipelineTask[],
  names: Set<string>,
  path: string,
  findings: Findings,
): void {
  tasks.forEach((task, index) => {
    const own = `${path}[${index}]`;
    const name = task.name ?? '';
    if (!isDnsLabel(name)) findings.add(`invalid value ${quoted(name)}`, at(own, 'name'), NAME_HELP);
    if (names.has(name)) findings.both([at(own, 'name')]);
    names.add(name);
    checkPipelineTask(task, own, findings);
  });
}

/** A task by itself, without regard to its neighbours; a pipeline inline in it is checked by whoever checks pipelines. */
export function checkPipelineTask(task: PipelineTask, path: string, findings: Findings): void {
  const { taskRef, taskSpec } = task;
  const given = WHAT_RUNS.filter((field) => task[field] !== undefined);
  const named = given.length === 0 ? WHAT_RUNS : given;
  if (given.length > 1)
    findings.add(
      'expected exactly one, got multiple',
      named.map((field) => at(path, field)),
    );
  if (given.length === 0) findings.neither(named.map((field) => at(path, field)));
  checkEmbeddedOrCustom(task, path, findings);
  if ((taskRef !== undefined && !isTaskOfOurs(taskRef)) || (taskSpec !== undefined && !isInlineTaskOfOurs(taskSpec))) {
    checkCustomTask(task, path, findings);
  } else {
    if (taskSpec !== undefined) checkTaskSpec(taskSpec, at(path, 'taskSpec'), findings);
    if (taskRef !== undefined) checkRef(taskRef, at(path, 'taskRef'), findings);
  }
  if (task.pipelineRef !== undefined) checkRef(task.pipelineRef, at(path, 'pipelineRef'), findings);
  checkOutcomeRules(task, path, findings);
}

/** Retries, timeout and what a failure means. */
function checkOutcomeRules(task: PipelineTask, path: string, findings: Findings): void {
  const { onError, retries = 0, timeout } = task;
  if (onError !== undefined && onError !== '') {
    if (onError !== 'continue' && onError !== 'stopAndFail' && !onError.startsWith('$(params.')) {
      const help = 'PipelineTask OnError must be either "continue" or "stopAndFail"';
      findings.invalid(onError, at(path, 'onError'), help);
    }
    if (onError === 'continue' && retries > 0) {
      const message = 'PipelineTask OnError cannot be set to "continue" when Retries is greater than 0';
      findings.add(message, at(path, 'onError'));
    }
  }
  if (retries < 0) findings.invalid(`${retries} should be >= 0`, at(path, 'retries'));
  const timeoutMs = timeout === undefined ? 0 : (durationMs(timeout) ?? 0);
  if (timeoutMs < 0) findings.invalid(`${formatDuration(timeoutMs)} should be >= 0`, at(path, 'timeout'));
}

function checkEmbeddedOrCustom({ taskSpec }: PipelineTask, path: string, findings: Findings): void {
  if (taskSpec === undefined || listOf(taskSpec.steps).length === 0) return;
  for (const field of ['apiVersion', 'kind'] as const) {
    if ((taskSpec[field] ?? '') === '') continue;
    findings.add(`taskSpec.${field} cannot be specified when using taskSpec.steps`, at(path, `taskSpec.${field}`));
  }
}

function checkCustomTask(task: PipelineTask, path: string, findings: Findings): void {
  for (const [field, words] of [
    ['taskRef', 'ref'],
    ['taskSpec', 'spec'],
  ] as const) {
    const custom = task[field];
    if (custom === undefined) continue;
    for (const part of ['kind', 'apiVersion'] as const) {
      if ((custom[part] ?? '') === '')
        findings.invalid(`custom task ${words} must specify ${part}`, at(path, `${field}.${part}`));
    }
    const { apiVersion = '' } = custom;
    if (apiVersion === '' || /^[^/]+\/[^/]+$/.test(apiVersion)) continue;
    const why = `invalid apiVersion format ${quoted(apiVersion)}, must be in the format "group/version"`;
    findings.invalid(why, at(path, `${field}.apiVersion`));
  }
}
