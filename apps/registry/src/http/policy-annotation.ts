// The policy of an object that comes in: read from its annotation, and everything that is wrong with it.

import {
  ANNOTATIONS,
  policyProblems,
  type FieldProblem,
  type KubeObject,
  type PipelineRun,
  type PipelineSpec,
  type PolicyScope,
  type ResourceKind,
} from '@slipway/contracts';
import { isSameAnnotation, yamlAnnotationProblems } from './yaml-annotation.js';

/** An annotation that did not change is not looked at again; but a pipeline that changes may lose a task that it names. */
export function policyAnnotationProblems(kind: ResourceKind, object: KubeObject, old?: KubeObject): FieldProblem[] {
  const scope = scopeOf(kind, object);
  if (scope === undefined) return [];
  if (object.kind !== 'Pipeline' && isSameAnnotation(ANNOTATIONS.policy, object, old)) return [];
  return yamlAnnotationProblems(ANNOTATIONS.policy, object, (value, field) => policyProblems(value, scope, field));
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
