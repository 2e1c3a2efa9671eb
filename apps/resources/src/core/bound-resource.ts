// A PipelineResource as one task sees it, and how its params are read.

import { SlipwayError, type PipelineResourceSpec, type TaskResource } from '@slipway/contracts';

export interface BoundResource {
  declared: TaskResource;
  /** Name of the PipelineResource; the declared name when it is given inline. */
  resourceName: string;
  spec: PipelineResourceSpec;
  /** Where the task finds it: an absolute path below /workspace. */
  path: string;
}

/** A param of a resource that is not empty; names are compared without case, as Tekton compares them. */
export function param(spec: PipelineResourceSpec, name: string): string | undefined {
  const value = spec.params?.find((one) => one.name.toLowerCase() === name.toLowerCase())?.value;
  return value === '' ? undefined : value;
}

export function invalid(message: string, details: { hint?: string } = {}): SlipwayError {
  return new SlipwayError('invalid', 'InvalidResource', message, details);
}
