// A container of a Build as a step of a task: what the two say differently, and what a Build's container has without saying.

import { BUILD_PATHS } from '@slipway/contracts';
import { entry } from './new-tree.js';
import { entryOf, rename, textAt, type MapEntry, type MapTree } from './tree.js';

/**
 * Images that have no entrypoint. A Build's container runs its `args` there, as container engines do; a step of a task
 * would hand them to the shell that such an image starts by default.
 */
const NO_ENTRYPOINT =
  /^(docker\.io\/)?(library\/)?(alpine|amazonlinux|archlinux|busybox|centos|debian|fedora|golang|ubuntu)([:@].*)?$/;

/** Rewrites one container in place. */
export function containerAsStep(step: MapTree): void {
  rename(step, 'resources', 'computeResources');
  const hasCommand = entryOf(step, 'command') !== undefined;
  if (!hasCommand && NO_ENTRYPOINT.test(textAt(step, 'image') ?? '')) rename(step, 'args', 'command');
}

/** What every container of a Build has, below what it says itself. */
export function buildDefaults(): MapEntry {
  return entry('stepTemplate', {
    workingDir: BUILD_PATHS.workspace,
    env: [{ name: 'HOME', value: BUILD_PATHS.home }],
    volumeMounts: [{ name: 'home', mountPath: BUILD_PATHS.home }],
  });
}

/** The volume behind it. */
export const HOME_VOLUME = { name: 'home', emptyDir: {} };
