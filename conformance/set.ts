// Which files a set has, and which of them can run here: read from the set's own index.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface ConformanceFile {
  /** `tekton-v1/pipelineruns/pipelinerun.yaml`. */
  name: string;
  path: string;
  /** Why it cannot run on a machine without internet, or on this runtime; empty when it can. */
  blockedBy: readonly string[];
  /** Parts of the language that the file needs and that are not built yet; empty when there are none. */
  notYet: readonly string[];
}

/** What a file needs that no machine of ours has: a registry's images, a cluster's nodes, the internet. */
const BLOCKING = /^(img:|network$|privileged$|windows$|csi$|limitrange$|resolver:|git$)/;

/** Recognised in the text of a file: a part of the language, and how it is written. */
const NOT_YET: readonly [part: string, text: RegExp][] = [
  ['cel', /^\s*-?\s*cel:/m],
  ['step actions', /^kind: StepAction$/m],
  [
    'pipelines in pipelines',
    /^\s{4,}(pipelineRef|pipelineSpec):[\s\S]*^\s{4,}(pipelineRef|pipelineSpec):|^\s{6,}(pipelineRef|pipelineSpec):/m,
  ],
  ['artifacts', /artifacts/],
  ['param enum', /^\s+enum:/m],
];

/** Files that no platform runs as it comes: what they want besides. */
const WANTS: Readonly<Record<string, string>> = {
  'tekton-v1/pipelineruns/no-ci/compressed-results-pipeline.yaml':
    'its script builds the name of a variable at run time, which is substituted nowhere',
  'tekton-v1/taskruns/no-ci/default-workspaces.yaml': 'a server setting: default-task-run-workspace-binding',
};

/** @throws Error when there is no such set below `root`. */
export function readSet(root: string, set: string): ConformanceFile[] {
  const folder = join(root, set);
  if (!existsSync(folder)) throw new Error(`There is no set "${set}" in ${root}.`);
  const index = new Map<string, string>();
  for (const row of readFileSync(join(root, 'index.tsv'), 'utf8').split('\n').slice(1)) {
    const [file, , , , blocked = ''] = row.split('\t');
    if (file) index.set(file, blocked);
  }
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => {
      const name = `${set}/${file}`;
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      return {
        name,
        path,
        blockedBy: [
          ...(index.get(name) ?? '').split(',').filter((part) => BLOCKING.test(part)),
          ...(WANTS[name] === undefined ? [] : [WANTS[name]]),
        ],
        notYet: NOT_YET.filter(([, pattern]) => pattern.test(text)).map(([part]) => part),
      };
    });
}
