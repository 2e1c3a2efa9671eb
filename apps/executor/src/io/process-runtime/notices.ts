// What its user should know of a pod that runs here and not on a cluster.

import type { Pod } from '@slipway/contracts';
import { OWN_IMAGES, imageNotice, matchImage, type ImageEntry } from './images.js';

/**
 * A sentence for everything that the pod asks for and that is otherwise here. `standIns`: why images could not be pulled,
 * where they are; there is nothing to say of others then.
 */
export function noticesOf(
  { spec }: Pod,
  images: readonly ImageEntry[],
  standIns?: Readonly<Record<string, string>>,
): string[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const strange = containers
    .map(({ image }) => image ?? '')
    .filter((image) => image !== '' && !OWN_IMAGES.has(image) && matchImage(image, images) === undefined);
  const privileged = containers.filter(({ securityContext }) => securityContext?.privileged === true);
  const probed = containers.filter(({ livenessProbe }) => livenessProbe !== undefined);
  const limited = (spec.volumes ?? []).filter(({ emptyDir }) => (emptyDir?.sizeLimit ?? '0') !== '0');
  return [
    ...(standIns === undefined
      ? [...new Set(strange)].map(imageNotice)
      : Object.entries(standIns).map(([image, why]) => `${imageNotice(image)} It could not be pulled: ${why}`)),
    ...privileged.map(({ name }) => `Container ${name} asks to be privileged; on this machine it is an ordinary one.`),
    ...probed.map(({ name }) => `The liveness probe of container ${name} is not asked on this machine.`),
    ...limited.map(({ name }) => `The size of volume ${name} is not limited on this machine.`),
  ];
}
