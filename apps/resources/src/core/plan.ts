// The decision: which steps, volumes and values the resources and credentials of a TaskRun add to its task.
//
//   P1. The same request with the same objects gives the same plan, names included: a pod that is planned twice is one pod.
//   P2. A resource that is declared and not optional is bound, to one of its own type; anything else is the user's to mend.

import {
  SlipwayError,
  type PipelineResourceSpec,
  type ResourceBinding,
  type ResourcePlan,
  type ResourcePlanRequest,
  type Secret,
  type Step,
  type TaskResource,
} from '@slipway/contracts';
import { invalid, type BoundResource } from './bound-resource.js';
import { planCredentials } from './credentials.js';
import { gitSource, type GitConfig } from './git-source.js';
import { imageDigestExporter } from './image-digest-exporter.js';
import { replacementsOf } from './replacements.js';
import { contained } from './workspace-path.js';

export interface Known {
  /** Specs of PipelineResources of the namespace, by name. */
  resources: ReadonlyMap<string, PipelineResourceSpec>;
  /** The service account's secrets, in its order. */
  secrets: readonly Secret[];
  gitConfig: GitConfig;
}

type Direction = 'inputs' | 'outputs';

/** Throws `invalid` or `not-found`, naming the resource and what is wrong with it. */
export function planResources(request: ResourcePlanRequest, known: Known): ResourcePlan {
  const inputs = bind('inputs', request, known.resources);
  const outputs = bind('outputs', request, known.resources);
  const seed = `${request.namespace}/${request.taskRunName}`;
  const images = outputs.filter(({ spec }) => spec.type === 'image');
  const after: Step[] = images.length === 0 ? [] : [imageDigestExporter(images, seed)];
  return {
    before: inputs.filter(({ spec }) => spec.type === 'git').map((input) => gitSource(input, seed, known.gitConfig)),
    after,
    volumes: [],
    replacements: replacementsOf(request.declared, inputs, outputs),
    credentials: planCredentials(known.secrets, seed),
  };
}

function bind(
  direction: Direction,
  { declared, bound }: ResourcePlanRequest,
  resources: ReadonlyMap<string, PipelineResourceSpec>,
): BoundResource[] {
  return (declared[direction] ?? []).flatMap((resource) => {
    const binding = bound[direction]?.find(({ name }) => name === resource.name);
    if (binding === undefined) {
      if (resource.optional === true) return [];
      throw invalid(`${direction} resource "${resource.name}" of the task is not bound by the run`, {
        hint: `Add it to the run's resources.${direction}.`,
      });
    }
    const resourceName = binding.resourceRef?.name ?? binding.name;
    const spec = specOf(binding, resources);
    if (spec.type !== resource.type) {
      throw invalid(
        `${direction} resource "${resource.name}" must be of type ${resource.type}, and "${resourceName}" is of type ${spec.type}`,
      );
    }
    if (spec.type !== 'git' && spec.type !== 'image') {
      throw invalid(`resource "${resourceName}" is of type ${spec.type}, which is not supported`, {
        hint: 'There are git and image.',
      });
    }
    return [{ declared: resource, resourceName, spec, path: pathOf(direction, resource) }];
  });
}

function specOf(binding: ResourceBinding, resources: ReadonlyMap<string, PipelineResourceSpec>): PipelineResourceSpec {
  if (binding.resourceSpec !== undefined) return binding.resourceSpec;
  const name = binding.resourceRef?.name;
  if (name === undefined) throw invalid(`resource "${binding.name}" has neither resourceRef.name nor resourceSpec`);
  const spec = resources.get(name);
  if (spec !== undefined) return spec;
  const message = `pipelineresources.tekton.dev "${name}" not found, which resource "${binding.name}" refers to`;
  throw new SlipwayError('not-found', 'PipelineResourceNotFound', message);
}

/** Tekton's places: an input at /workspace/<targetPath or name>, an output at <targetPath> or /workspace/output/<name>. */
function pathOf(direction: Direction, { name, targetPath }: TaskResource): string {
  const given = targetPath === undefined || targetPath === '' ? undefined : targetPath;
  return contained(given ?? (direction === 'inputs' ? name : `output/${name}`), name);
}
