// Sub-paths of the workspace: what a Build's source says of which part of it the steps see. A container's mounts are made when
// it starts, and the sub-path is there only once the sources are: so the steps before are init containers, and a last one looks
// whether it is a folder. A kubelet would make one that is missing, and the step would run in an empty folder.

import { POD_PATHS, type Container, type VolumeMount } from '@slipway/contracts';
import type { PodConventions } from './pod-conventions.js';

export const SUB_PATH_CHECK = 'sub-path';

export interface SubPath {
  /** Position of the first step that mounts it. */
  before: number;
  /** For the entrypoint. */
  check: Omit<Container, 'command' | 'image'>;
}

/** The sub-path that the steps mount of the implicit workspace; undefined when there is none. */
export function subPathOf(
  steps: readonly { volumeMounts?: readonly VolumeMount[] }[],
  { volumes }: PodConventions,
): SubPath | undefined {
  const workspace = volumes.find(({ mountPath }) => mountPath === POD_PATHS.workspace)!;
  const ofWorkspace = ({ name, subPath }: VolumeMount): boolean => name === workspace.name && !!subPath;
  const before = steps.findIndex(({ volumeMounts }) => volumeMounts?.some(ofWorkspace));
  if (before < 0) return undefined;
  const paths = new Set(
    steps.flatMap(({ volumeMounts = [] }) => volumeMounts.filter(ofWorkspace).map((m) => m.subPath!)),
  );
  return {
    before,
    check: {
      name: SUB_PATH_CHECK,
      args: ['check-folders', POD_PATHS.workspace, ...paths],
      workingDir: '/',
      volumeMounts: [{ name: workspace.name, mountPath: POD_PATHS.workspace }],
      terminationMessagePath: POD_PATHS.termination,
    },
  };
}
