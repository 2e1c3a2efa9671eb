// Which files a set has, and what is known of each.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decisionFor, type Decision } from './decisions.js';

export const SETS = ['tekton-v1', 'tekton-v1beta1', 'tekton-v1alpha1', 'tekton-v0.10'] as const;

export interface ConformanceFile {
  set: string;
  /** Within its set: `pipelineruns/pipelinerun.yaml`. */
  name: string;
  path: string;
  decision: Decision;
}

/** @throws Error when there is no such set below `root`. */
export function readSet(root: string, set: string): ConformanceFile[] {
  const folder = join(root, set);
  if (!existsSync(folder)) throw new Error(`There is no set "${set}" in ${root}. There are: ${SETS.join(', ')}, all.`);
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((name) => ({
      set,
      name,
      path: join(folder, name),
      decision: decisionFor(`${set}/${name}`) ?? { files: /^/ },
    }));
}
