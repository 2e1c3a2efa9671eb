// Puts one image into the cluster of this machine, under all its names.

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { imageArchive } from './images.js';
import { nodeName } from './image-names.js';

export interface Image {
  /** Archives, the lowest first. */
  layers: readonly string[];
  /** As files name it. */
  aliases: readonly string[];
}

/** @param tools folder with `kube-load`; `folder`: where the archive is while it is loaded */
export async function loadImage(
  tools: string,
  folder: string,
  name: string,
  { layers, aliases }: Image,
): Promise<void> {
  const reference = `conformance.invalid/${name}:latest`;
  const archive = await imageArchive(join(folder, name), reference, layers);
  execFileSync(join(tools, 'kube-load'), [reference, archive], { stdio: ['ignore', 'ignore', 'inherit'] });
  rmSync(archive);
  const tag = ['images', 'tag', '--force', reference, ...new Set(aliases.map(nodeName))];
  const ofTools = '. "$0/lib.sh"; ctr_k8s "$@"';
  execFileSync('bash', ['-c', ofTools, tools, ...tag], { stdio: ['ignore', 'ignore', 'inherit'] });
}
