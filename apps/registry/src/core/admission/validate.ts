// Whether an object may be stored: every rule that applies to its kind, and all that is wrong with it at once.

import { BUILD_GROUP, type CustomRun, type FieldProblem, type KubeObject, type ResourceKind } from '@slipway/contracts';

import {
  claimProblems,
  configMapProblems,
  eventProblems,
  metadataProblems,
  nameProblems,
  secretProblems,
} from './rules/core-rules.js';
import { checkBuild, checkBuildName, checkBuildTemplate, checkImage } from './rules/build-rules.js';
import { checkApproval } from './rules/approval-rules.js';
import { checkCustomRun } from './rules/custom-run-rules.js';
import { Findings, problemsOf } from './rules/findings.js';
import {
  checkCondition,
  checkName,
  checkPipeline,
  checkPipelineResource,
  checkPipelineRun,
  checkTask,
  checkTaskRun,
} from './rules/object-rules.js';
import { DEFAULT_LIMITS, type AdmissionLimits } from './limits.js';
import { RBAC_GROUP, rbacProblems } from './rules/rbac-rules.js';
import { checkRequired } from './rules/required-rules.js';
import { checkResolutionRequest } from './rules/resolution-rules.js';
import { checkRetentionPolicy } from './rules/retention-rules.js';
import { checkStepAction } from './rules/step-action-rules.js';
import { checkCustomRunUpdate, checkRunLabels, checkRunUpdate, isRun, sameJson, specOf } from './rules/update-rules.js';

/**
 * Everything that is wrong with an object of the storage version; empty when it may be stored.
 *
 * `old` is what is stored now, for an update. A spec that did not change is not looked at again: objects that were
 * admitted by an older release stay readable and deletable.
 */
export function validate(
  kind: ResourceKind,
  object: KubeObject,
  old?: KubeObject,
  limits: AdmissionLimits = DEFAULT_LIMITS,
): FieldProblem[] {
  return [...ownProblems(kind, object, old, limits), ...metadataProblems(object)];
}

function ownProblems(
  kind: ResourceKind,
  object: KubeObject,
  old: KubeObject | undefined,
  limits: AdmissionLimits,
): FieldProblem[] {
  switch (kind.group) {
    case '':
      return coreProblems(kind, object, old);
    case RBAC_GROUP:
      return rbacProblems(object);
    default:
      return pipelineProblems(kind, object, old, limits);
  }
}

type Check = (object: never, findings: Findings) => void;

const PIPELINE_KINDS: Readonly<Record<string, Check>> = {
  Task: checkTask,
  ClusterTask: checkTask,
  TaskRun: checkTaskRun,
  Pipeline: checkPipeline,
  PipelineRun: checkPipelineRun,
  PipelineResource: checkPipelineResource,
  Condition: checkCondition,
  StepAction: checkStepAction,
  CustomRun: checkCustomRun,
  ResolutionRequest: checkResolutionRequest,
  Approval: checkApproval,
  RetentionPolicy: checkRetentionPolicy,
  Build: checkBuild,
  BuildTemplate: checkBuildTemplate,
  ClusterBuildTemplate: checkBuildTemplate,
  Image: checkImage,
};

const RUNS = ['PipelineRun', 'TaskRun', 'CustomRun'];

/** Kinds of tekton.dev and of the groups beside it. */
function pipelineProblems(
  kind: ResourceKind,
  object: KubeObject,
  old: KubeObject | undefined,
  limits: AdmissionLimits,
): FieldProblem[] {
  const findings = new Findings(limits);
  if (kind.group === BUILD_GROUP) checkBuildName(object, findings);
  checkName(object, findings);
  if (old !== undefined && isRun(kind.kind)) checkRunUpdate(kind.kind, object, old, findings);
  if (old !== undefined && RUNS.includes(kind.kind)) checkRunLabels(object, old, findings);
  if (old !== undefined && kind.kind === 'CustomRun') {
    checkCustomRunUpdate(object as CustomRun, old as CustomRun, findings);
  }
  if (old === undefined || !sameJson(specOf(object), specOf(old))) {
    PIPELINE_KINDS[kind.kind]?.(object as never, findings);
    checkRequired(kind, object, findings);
  }
  return problemsOf(findings.list);
}

function coreProblems(kind: ResourceKind, object: KubeObject, old: KubeObject | undefined): FieldProblem[] {
  return [...nameProblems(object), ...contentProblems(kind, object as never, old as never)];
}

function contentProblems(kind: ResourceKind, object: never, old: never): FieldProblem[] {
  switch (kind.kind) {
    case 'ConfigMap':
      return configMapProblems(object, old);
    case 'Secret':
      return secretProblems(object, old);
    case 'PersistentVolumeClaim':
      return claimProblems(object, old);
    case 'Event':
      return eventProblems(object);
    default:
      return [];
  }
}
