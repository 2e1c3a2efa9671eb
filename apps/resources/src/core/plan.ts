// The decision: which steps, volumes and values the resources and credentials of a TaskRun add to its task.
//
//   P1. The same request with the same objects gives the same plan, names included: a pod that is planned twice is one pod.
//   P2. A resource that is declared and not optional is bound, to one of its own type; anything else is the user's to mend.

import {
  SlipwayError,
  type PipelineResourceSpec,
  type ResourceBinding,
  type TaskResource,
  type Volume,
  type Mirror,
  type Step,
  type Secret,
  type ResourcePlan,
  type ResourcePlanRequest,
} from '@slipway/contracts';
import { invalid, type BoundResource } from './bound-resource.js';
import { cloudEventTarget } from './cloud-event.js';
import { copyIn, copyOut } from './copies.js';
import { planCredentials, type CredentialPolicy } from './credentials.js';
import type { GitConfig } from './git-source.js';
import { imageDigestExporter } from './image-digest-exporter.js';
import { outputFolders } from './output-folders.js';
import { replacementsOf } from './replacements.js';
import type { Addition, PlanContext, ResourceType } from './resource-type.js';
import { RESOURCE_TYPES } from './resource-types.js';
import { contained } from './workspace-path.js';

export interface Known {
  /** Specs of PipelineResources of the namespace, by name. */
  resources: ReadonlyMap<string, PipelineResourceSpec>;
  /** The service account's secrets, in its order. */
  secrets: readonly Secret[];
  gitConfig: GitConfig;
  mirrors: readonly Mirror[];
  credentialPolicy: CredentialPolicy;
}

type Direction = 'inputs' | 'outputs';

/** Throws `invalid` or `not-found`, naming the resource and what is wrong with it. */
export function planResources(request: ResourcePlanRequest, known: Known): ResourcePlan {
  const inputs = bind('inputs', request, known.resources);
  const outputs = bind('outputs', request, known.resources);
  const seed = `${request.namespace}/${request.taskRunName}`;
  const { gitConfig, mirrors } = known;
  const context: PlanContext = { seed, gitConfig, mirrors, pipelineRunName: request.pipelineRunName };
  const added = {
    inputs: inputs.flatMap((input) => {
      const additions = additionsOfInput(input, context);
      return request.asSources === true ? additions.map((addition) => namedAs(input, addition)) : additions;
    }),
    outputs: outputs.flatMap((output) => additionsOfOutput(output, context)),
  };
  const images = outputs.filter(({ spec }) => spec.type === 'image');
  const after: Step[] = [
    ...added.outputs.flatMap(({ steps }) => steps),
    ...(images.length === 0 ? [] : [imageDigestExporter(images, seed)]),
  ];
  return {
    before: [...outputFolders(outputs, seed), ...added.inputs.flatMap(({ steps }) => steps)],
    after,
    volumes: onceEach([...added.inputs, ...added.outputs].flatMap(({ volumes }) => volumes ?? [])),
    cloudEventTargets: outputs.filter(({ spec }) => spec.type === 'cloudEvent').map(cloudEventTarget),
    replacements: replacementsOf(request.declared, inputs, outputs),
    credentials: planCredentials(known.secrets, seed, known.credentialPolicy),
  };
}

/** A Build's source is one step, which logs are asked for by its name. */
function namedAs({ resourceName }: BoundResource, { steps, ...rest }: Addition): Addition {
  return { ...rest, steps: steps.map((step) => ({ ...step, name: resourceName })) };
}

function onceEach(volumes: readonly Volume[]): Volume[] {
  return [...new Map(volumes.map((volume) => [volume.name, volume])).values()];
}

/** An input that another task has made is copied; to fetch it would be to take another revision. */
function additionsOfInput(input: BoundResource, context: PlanContext): Addition[] {
  const type = typeOf(input);
  if (type.isCopied && input.copies.length > 0) return [copyIn(input, context)];
  return type.input === undefined ? [] : [type.input(input, context)];
}

function additionsOfOutput(output: BoundResource, context: PlanContext): Addition[] {
  const type = typeOf(output);
  return [
    ...(type.output === undefined ? [] : [type.output(output, context)]),
    ...(type.isCopied && output.copies.length > 0 ? [copyOut(output, context)] : []),
  ];
}

function typeOf({ spec }: Pick<BoundResource, 'spec'>): ResourceType {
  return RESOURCE_TYPES.get(spec.type)!; // `bind` lets no other through
}

function bind(
  direction: Direction,
  { declared, bound, asSources }: ResourcePlanRequest,
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
    if (!RESOURCE_TYPES.has(spec.type)) {
      throw invalid(`resource "${resourceName}" is of type ${spec.type}, which is not supported`, {
        hint: `There are: ${[...RESOURCE_TYPES.keys()].join(', ')}.`,
      });
    }
    const copies = binding.paths ?? [];
    return [{ declared: resource, resourceName, spec, path: pathOf(direction, resource, asSources === true), copies }];
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
function pathOf(direction: Direction, { name, targetPath }: TaskResource, mayBeRoot: boolean): string {
  const given = targetPath === undefined || targetPath === '' ? undefined : targetPath;
  return contained(given ?? (direction === 'inputs' ? name : `output/${name}`), name, mayBeRoot);
}
