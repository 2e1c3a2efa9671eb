// Image outputs: the step that reads the digests of what the task built, after all steps of the task.

import { RESOURCE_STEPS_IMAGE, stableSuffix, type Step } from '@slipway/contracts';
import { param, type BoundResource } from './bound-resource.js';

/** One step for all images, as Tekton's. */
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
    workingDir: '/workspace',
  };
}
