// Which files a set has, and what is known of each.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decisionFor, type Decision } from './decisions.js';

/** The tables of docs/compatibility.md for the process runtime: between which marks each stands, and the sets in it. */
export const TABLES = [
  { mark: 'conformance', sets: ['tekton-v1', 'tekton-v1beta1', 'tekton-v1alpha1', 'tekton-v0.10'] },
  { mark: 'conformance-knative-build', sets: ['knative-build'] },
] as const;
/** The mark of what became of all sets in a cluster. */
export const CLUSTER_MARK = 'conformance-kubernetes';
export const SETS: readonly string[] = TABLES.flatMap(({ sets }) => sets);

export interface ConformanceFile {
  set: string;
  /** Within its set: `pipelineruns/pipelinerun.yaml`. */
  name: string;
  path: string;
  decision: Decision;
  /** Files that are applied before it: Knative's come in folders, a Build with what it names. */
  beside: readonly string[];
}

/** @throws Error when there is no such set below `root`. */
export function readSet(root: string, set: string): ConformanceFile[] {
  const folder = join(root, set);
  if (!existsSync(folder)) throw new Error(`There is no set "${set}" in ${root}. There are: ${SETS.join(', ')}, all.`);
  const names = (readdirSync(folder, { recursive: true }) as string[]).filter((file) => file.endsWith('.yaml')).sort();
  const runsNothing = (name: string): boolean => !/^kind: Build$/m.test(readFileSync(join(folder, name), 'utf8'));
  return names.map((name) => ({
    set,
    name,
    path: join(folder, name),
    decision: decisionFor(`${set}/${name}`) ?? { files: /^/ },
    beside:
      set === 'knative-build'
        ? names
            .filter((other) => other !== name && dirname(other) === dirname(name) && runsNothing(other))
            .map((other) => join(folder, other))
        : [],
  }));
}
