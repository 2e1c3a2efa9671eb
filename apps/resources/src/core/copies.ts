// Copies of resources: `paths` of a run's binding. An input is copied from there instead of fetched; an output is copied
// there after the task. Paths below /pvc are in the claim of the PipelineRun, which only the steps that copy mount.

import {
  RESOURCE_COPIES_PATH,
  RESOURCE_STEPS_IMAGE,
  copiesClaimName,
  type Step,
  type Volume,
  type VolumeMount,
} from '@slipway/contracts';
import { invalid, stepName, type BoundResource } from './bound-resource.js';
import type { Addition, PlanContext } from './resource-type.js';

const VOLUME = 'tekton-resource-copies';
/** Pairs of folders, from and to. What is in the first is put into the second, links as links, with modes and times. */
const COPY = 'while [ $# -gt 0 ]; do mkdir -p -- "$2"; cp -a -- "$1/." "$2/"; shift 2; done';

/** The step that brings an input from where another task left it. */
export function copyIn(resource: BoundResource, context: PlanContext): Addition {
  return copying(
    resource,
    context,
    resource.copies.map((from) => [from, resource.path]),
  );
}

/** The step that leaves an output where other tasks find it. */
export function copyOut(resource: BoundResource, context: PlanContext): Addition {
  return copying(
    resource,
    context,
    resource.copies.map((to) => [resource.path, to]),
  );
}

function copying(
  { resourceName, copies }: BoundResource,
  { seed, pipelineRunName }: PlanContext,
  pairs: readonly (readonly [from: string, to: string])[],
): Addition {
  for (const path of copies) check(path, resourceName);
  const inClaim = copies.some((path) => path.startsWith(`${RESOURCE_COPIES_PATH}/`)) && pipelineRunName !== undefined;
  const volumes: Volume[] = inClaim
    ? [{ name: VOLUME, persistentVolumeClaim: { claimName: copiesClaimName(pipelineRunName) } }]
    : [];
  const volumeMounts: VolumeMount[] = volumes.map(({ name }) => ({ name, mountPath: RESOURCE_COPIES_PATH }));
  const step: Step = {
    name: stepName('source-copy', resourceName, `${seed}/${pairs[0]![0]}`),
    image: RESOURCE_STEPS_IMAGE,
    command: ['sh', '-ec', COPY, 'copy'],
    args: pairs.flat(),
    workingDir: '/workspace',
    ...(inClaim ? { volumeMounts } : {}),
  };
  return { steps: [step], volumes };
}

/** Paths are the user's; what the platform itself has in a pod is not for copying. */
function check(path: string, resourceName: string): void {
  const parts = path.split('/');
  if (path.startsWith('/') && !parts.includes('..') && !/[\u0000-\u001f]/.test(path) && parts[1] !== 'tekton') return;
  throw invalid(
    `resource "${resourceName}": paths must be absolute, without ".." and outside of /tekton, not "${path}"`,
  );
}
