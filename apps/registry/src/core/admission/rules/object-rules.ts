// Whole objects of tekton.dev: their name, their spec, and what must not change.

import type {
  ConditionCheck,
  KubeObject,
  Pipeline,
  PipelineResource,
  PipelineRun,
  Task,
  TaskRun,
} from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';
import { checkObjectParamsHaveProperties, checkParamTypes, declaredParams } from './param-rules.js';
import { checkPipelineSpec, checkWorkspaceUsage } from './pipeline-rules.js';
import { checkPipelineParamUsage } from './pipeline-variable-rules.js';
import { RESOURCE_TYPES, checkTaskResources } from './resource-rules.js';
import { checkPipelineRunSpec, checkTaskRunSpec } from './run-rules.js';
import { checkParamUsage, checkTaskSpec } from './task-rules.js';

/** Names of children are the name and more; Tekton leaves them this much. */
const NAME_MAX = 63;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** The name of an object of tekton.dev. */
export function checkName({ metadata }: KubeObject, findings: Findings): void {
  const name = metadata.name ?? '';
  if (name.length > NAME_MAX) {
    findings.add('Invalid resource name: length must be no more than 63 characters', 'metadata.name');
  } else if (!SUBDOMAIN.test(name)) {
    findings.add(`invalid resource name ${JSON.stringify(name)}: must be a valid DNS label`, 'metadata.name');
  }
}

/** A Task or ClusterTask: nobody else declares its params, so every reference must be to one of its own. */
export function checkTask(task: Task, findings: Findings): void {
  const spec = task.spec ?? {};
  checkTaskSpec(spec, 'spec', findings);
  checkParamUsage(listOf(spec.steps), declaredParams(listOf(spec.params)), 'spec', findings);
  checkObjectParamsHaveProperties(listOf(spec.params), 'spec.params', findings);
}

/** A Pipeline: as for a task, with workspaces too. */
export function checkPipeline(pipeline: Pipeline, findings: Findings): void {
  const spec = pipeline.spec ?? {};
  checkPipelineSpec(spec, 'spec', findings);
  const declared = declaredParams(listOf(spec.params));
  for (const section of ['tasks', 'finally'] as const) {
    checkPipelineParamUsage(listOf(spec[section]), declared, `spec.${section}`, findings);
    listOf(spec[section]).forEach((task, index) => {
      const own = `spec.${section}[${index}].taskSpec`;
      const params = listOf(task.taskSpec?.params);
      checkParamUsage(listOf(task.taskSpec?.steps), declaredParams(params), own, findings);
      checkObjectParamsHaveProperties(params, at(own, 'params'), findings);
    });
  }
  checkWorkspaceUsage(spec, 'spec', findings);
}

export function checkTaskRun(run: TaskRun, findings: Findings): void {
  checkTaskRunSpec(run.spec ?? {}, 'spec', findings);
}

export function checkPipelineRun(run: PipelineRun, findings: Findings): void {
  if (run.spec?.status === 'PipelineRunPending' && run.status?.startTime !== undefined) {
    findings.invalid('PipelineRun cannot be Pending after it is started', 'spec.status');
  }
  checkPipelineRunSpec(run.spec ?? {}, 'spec', findings);
}

export function checkPipelineResource(resource: PipelineResource, findings: Findings): void {
  const type = resource.spec?.type ?? '';
  if (type === '') findings.missing('spec.type');
  else if (!RESOURCE_TYPES.includes(type))
    findings.invalid(type, 'spec.type', `must be one of ${RESOURCE_TYPES.join(', ')}`);
  const names = new Set<string>();
  listOf(resource.spec?.params).forEach(({ name }, index) => {
    const lower = (name ?? '').toLowerCase();
    if (names.has(lower)) findings.both([`spec.params[${index}].name`]);
    names.add(lower);
  });
}

export function checkCondition(condition: ConditionCheck, findings: Findings): void {
  const { check, params, resources } = condition.spec ?? {};
  if ((check?.image ?? '') === '') findings.missing('spec.check.image');
  if ((check?.script ?? '') !== '' && listOf(check?.command).length > 0) {
    findings.add('script cannot be used with command', 'spec.check.script');
  }
  checkParamTypes(listOf(params), 'spec.params', findings);
  checkTaskResources({ inputs: [...listOf(resources)] }, 'spec.resources', findings);
}
