// Volumes of kind gitRepo, which Kubernetes no longer has: an empty volume, and a step that clones into it.

import { RESOURCE_STEPS_IMAGE, type Step, type Volume } from '@slipway/contracts';

interface GitRepo {
  repository: string;
  revision?: string;
  directory?: string;
}

const MOUNT = '/git-volume';

/** Whether a step is one of these. */
export function isGitVolumeStep({ name, image }: Pick<Step, 'name' | 'image'>): boolean {
  return image === RESOURCE_STEPS_IMAGE && name?.startsWith('git-volume-') === true;
}

/** The volumes with each gitRepo emptied, and the steps that fill them, in their order. */
export function gitVolumes(volumes: readonly Volume[]): { volumes: Volume[]; steps: Step[] } {
  const steps: Step[] = [];
  const emptied = volumes.map((volume): Volume => {
    const { gitRepo, ...rest } = volume as Volume & { gitRepo?: GitRepo };
    if (gitRepo === undefined) return volume;
    steps.push({
      name: `git-volume-${volume.name}`,
      image: RESOURCE_STEPS_IMAGE,
      command: ['/ko-app/git-init'],
      args: [
        '-url',
        gitRepo.repository,
        '-revision',
        gitRepo.revision ?? 'HEAD',
        '-path',
        `${MOUNT}${folderOf(gitRepo)}`,
      ],
      volumeMounts: [{ name: volume.name, mountPath: MOUNT }],
    });
    return { ...rest, emptyDir: {} };
  });
  return { volumes: emptied, steps };
}

/** Where the clone is in its volume: `.` is the volume itself; without a directory git names it after the repository. */
function folderOf({ repository, directory = '' }: GitRepo): string {
  if (directory === '.') return '';
  const name =
    repository
      .replace(/[/\s]+$/, '')
      .replace(/\.git$/, '')
      .split(/[/:]/)
      .at(-1) ?? '';
  return `/${directory === '' ? name : directory}`;
}
