// The folders of outputs, which tasks expect to be there.

import { RESOURCE_STEPS_IMAGE, stableSuffix, type Step } from '@slipway/contracts';
import type { BoundResource } from './bound-resource.js';
import { RESOURCE_TYPES } from './resource-types.js';

/** The step that makes them, first of all: working directories of later steps are made when those start, not before. */
export function outputFolders(outputs: readonly BoundResource[], seed: string): Step[] {
  const folders = outputs.filter(({ spec }) => RESOURCE_TYPES.get(spec.type)?.hasNoFolder !== true);
  if (folders.length === 0) return [];
  return [
    {
      name: `create-dir-${stableSuffix(`${seed}/create-dir`)}`,
      image: RESOURCE_STEPS_IMAGE,
      command: ['mkdir', '-p', '--'],
      args: folders.map(({ path }) => path),
      workingDir: '/workspace',
    },
  ];
}
