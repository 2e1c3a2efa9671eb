// A PipelineResource as one task sees it, and how its params are read.

import { SlipwayError, stableSuffix, type PipelineResourceSpec, type TaskResource } from '@slipway/contracts';

export interface BoundResource {
  declared: TaskResource;
  /** Name of the PipelineResource; the declared name when it is given inline. */
  resourceName: string;
  spec: PipelineResourceSpec;
  /** Where the task finds it: an absolute path below /workspace. */
  path: string;
  /** Folders that the run names: an input is copied from there instead of fetched, an output is copied there. */
  copies: readonly string[];
}

/** A param of a resource that is not empty; names are compared without case, as Tekton compares them. */
export function param(spec: PipelineResourceSpec, name: string): string | undefined {
  const value = spec.params?.find((one) => one.name.toLowerCase() === name.toLowerCase())?.value;
  return value === '' ? undefined : value;
}

/** A param that is `true`, `1` or `yes`. */
export function isOn(spec: PipelineResourceSpec, name: string): boolean {
  return /^(true|t|1|yes)$/i.test(param(spec, name) ?? '');
}

/** `<prefix>-<resource>-<five characters>`, short enough for a container's name behind `step-`. */
export function stepName(prefix: string, resourceName: string, seed: string): string {
  const name = resourceName.slice(0, 50 - prefix.length).replace(/[^a-z0-9-]/g, '-');
  return `${prefix}-${name}-${stableSuffix(`${seed}/${prefix}/${resourceName}`)}`;
}

export function invalid(message: string, details: { hint?: string } = {}): SlipwayError {
  return new SlipwayError('invalid', 'InvalidResource', message, details);
}
