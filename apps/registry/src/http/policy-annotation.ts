// The policy of an object that comes in: read from its annotation, and everything that is wrong with it.

import {
  ANNOTATIONS,
  asSlipwayError,
  policyProblems,
  type FieldProblem,
  type KubeObject,
  type PipelineRun,
  type PipelineSpec,
  type PolicyScope,
  type ResourceKind,
} from '@slipway/contracts';
import { plainYaml } from '@slipway/yaml';

const FIELD = `metadata.annotations[${ANNOTATIONS.policy}]`;

/** An annotation that did not change is not looked at again. */
export function policyAnnotationProblems(kind: ResourceKind, object: KubeObject, old?: KubeObject): FieldProblem[] {
  const text = object.metadata.annotations?.[ANNOTATIONS.policy];
  const scope = scopeOf(kind, object);
  if (text === undefined || scope === undefined || isUnchanged(object, old)) return [];
  try {
    return policyProblems(plainYaml(text, 'the policy'), scope, FIELD);
  } catch (thrown) {
    return [{ field: FIELD, reason: 'FieldValueInvalid', message: asSlipwayError(thrown).message }];
  }
}

/** A pipeline that changes may lose a task that its policy names. */
function isUnchanged(object: KubeObject, old: KubeObject | undefined): boolean {
  const text = (of: KubeObject | undefined): string | undefined => of?.metadata.annotations?.[ANNOTATIONS.policy];
  return text(object) === text(old) && object.kind !== 'Pipeline';
}

function scopeOf(kind: ResourceKind, object: KubeObject): PolicyScope | undefined {
  if (kind.group !== 'tekton.dev') return undefined;
  switch (kind.kind) {
    case 'Task':
    case 'ClusterTask':
    case 'TaskRun':
      return { on: 'task' };
    case 'Pipeline':
      return ofPipeline((object as KubeObject & { spec?: PipelineSpec }).spec);
    case 'PipelineRun': {
      const { pipelineSpec } = (object as PipelineRun).spec ?? {};
      return pipelineSpec === undefined ? { on: 'part' } : ofPipeline(pipelineSpec);
    }
    default:
      return undefined;
  }
}

function ofPipeline(spec: PipelineSpec | undefined): PolicyScope {
  return { on: 'pipeline', tasks: [...(spec?.tasks ?? []), ...(spec?.finally ?? [])] };
}
