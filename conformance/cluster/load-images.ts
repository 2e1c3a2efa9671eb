// Puts the stand-ins into the cluster, under every name that the files have.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RESOURCE_STEPS_IMAGE } from '@slipway/contracts';
import { hasAsh } from '../../apps/executor/src/io/process-runtime/images.js';
import type { FarSide } from '../far-side/far-side.js';
import type { ConformanceFile } from '../set.js';
import { ashLayer, baseLayer, nodeLayer, ownStepsLayer, standInLayer } from './images.js';
import { imagesIn } from './image-names.js';
import { loadImage } from './load-image.js';

/** What is named nowhere as an image: by a param, or in what the far side answers. */
const ALSO = ['alpine', 'ghcr.io/tektoncd/github.com/tektoncd/pipeline/cmd/git-init:v0.40.2'];

export interface Loading {
  /** Of the checkout, with what it was built to. */
  root: string;
  /** Folder with `kube-load`. */
  tools: string;
  far: FarSide;
  files: readonly ConformanceFile[];
}

export async function loadImages({ root, tools, far, files }: Loading): Promise<void> {
  const folder = `${far.folder}-images`;
  const at = (name: string): string => join(folder, name);
  const names = new Set([
    ...ALSO,
    ...files.flatMap(({ path, beside }) => [path, ...beside].flatMap((file) => imagesIn(readFileSync(file, 'utf8')))),
  ]);
  const ofAlpine = [...names].filter(hasAsh);
  const ofDebian = [...names].filter((name) => !hasAsh(name));
  try {
    const base = [baseLayer(join(root, '.slipway/images')), nodeLayer(at('node.tar'))];
    const standing = [...base, standInLayer(at('tools.tar'), far.folder, far.standIns)];
    const own = ownStepsLayer(at('own.tar'), join(root, '.slipway/bin/ko-app'));
    await loadImage(tools, folder, 'debian', { layers: standing, aliases: ofDebian });
    await loadImage(tools, folder, 'alpine', { layers: [...standing, ashLayer(at('ash.tar'))], aliases: ofAlpine });
    await loadImage(tools, folder, 'resource-steps', { layers: [...base, own], aliases: [RESOURCE_STEPS_IMAGE] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
