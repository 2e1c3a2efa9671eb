// Image outputs: the step that reads the digests of what the task built, after all steps of the task.

import { RESOURCE_STEPS_IMAGE, stableSuffix, type Step } from '@slipway/contracts';
import { param, type BoundResource } from './bound-resource.js';

/**
 * One step for all images, as Tekton's. Tools make the folder of the layout or expect it to be there, so it is this step's
 * working directory: those are made before the first step starts.
 */
export function imageDigestExporter(images: readonly BoundResource[], seed: string): Step {
  const listed = images.map(({ resourceName, spec, path }) => ({
    name: resourceName,
    type: 'image',
    url: param(spec, 'url') ?? '',
    digest: param(spec, 'digest') ?? '',
    OutputImageDir: path,
  }));
  return {
    name: `image-digest-exporter-${stableSuffix(`${seed}/image-digest-exporter`)}`,
    image: RESOURCE_STEPS_IMAGE,
    command: ['/ko-app/imagedigestexporter'],
    args: ['-images', JSON.stringify(listed)],
    workingDir: images[0]!.path,
  };
}
