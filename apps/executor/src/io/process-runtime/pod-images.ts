// The images of a pod: pulled ones, and those that something stands in for.

import { asSlipwayError, type Container, type Pod } from '@slipway/contracts';
import { pullFailureOf, pullPolicyOf, type PullFailure, type PullPolicy } from '../../core/pull-policy.js';
import type { StoredImage } from '../image-store/image-store.js';
import { OWN_IMAGES, matchImage, type ImageEntry } from './images.js';

export type PodImage =
  | { kind: 'pulled'; image: StoredImage }
  /** The host stands in, because it cannot be had. */
  | { kind: 'stand-in'; why: string };

/** By the name that containers give it; none where nothing is pulled, or the operator's images file has it. */
export type PodImages = ReadonlyMap<string, PodImage>;

export const NO_IMAGES: PodImages = new Map();

/** What brings images onto the node. */
export interface NodePulls {
  provide(image: string, policy: PullPolicy, pod: Pod): Promise<StoredImage>;
  /** The host stands in for an image that cannot be had. */
  standsIn: boolean;
  /** Which images pods use: those are not removed. */
  inUse: ImagesInUse;
}

/** Digests by the uid of the pod. */
export class ImagesInUse {
  readonly #byPod = new Map<string, readonly string[]>();

  set(uid: string, digests: readonly string[]): void {
    this.#byPod.set(uid, digests);
  }

  delete(uid: string): void {
    this.#byPod.delete(uid);
  }

  has(digest: string): boolean {
    return [...this.#byPod.values()].some((digests) => digests.includes(digest));
  }
}

/** A container cannot have its image; it is tried again unless the failure says otherwise. */
export class ImageError extends Error {
  override readonly name = 'ImageError';

  constructor(
    readonly image: string,
    readonly failure: PullFailure,
  ) {
    super(failure.message);
  }
}

/** All images that the pod needs and that are pulled. Throws ImageError for the first that cannot be had. */
export async function provideImages(pod: Pod, entries: readonly ImageEntry[], pulls: NodePulls): Promise<PodImages> {
  const found = await Promise.all(
    [...wantedImages(pod, entries)].map(async ([image, policy]): Promise<[string, PodImage]> => {
      try {
        return [image, { kind: 'pulled', image: await pulls.provide(image, policy, pod) }];
      } catch (thrown) {
        const failure = pullFailureOf(image, asSlipwayError(thrown));
        if (!pulls.standsIn) throw new ImageError(image, failure);
        return [image, { kind: 'stand-in', why: failure.message }];
      }
    }),
  );
  return new Map(found);
}

/** Of containers that share an image, the strictest policy counts. */
function wantedImages({ spec }: Pod, entries: readonly ImageEntry[]): Map<string, PullPolicy> {
  const wanted = new Map<string, PullPolicy>();
  const containers: Container[] = [...(spec.initContainers ?? []), ...spec.containers];
  for (const { image = '', imagePullPolicy } of containers) {
    if (image === '' || OWN_IMAGES.has(image) || matchImage(image, entries) !== undefined) continue;
    const policy = pullPolicyOf(image, imagePullPolicy);
    const known = wanted.get(image);
    wanted.set(image, STRICTNESS.find((one) => one === policy || one === known) ?? policy);
  }
  return wanted;
}
const STRICTNESS: readonly PullPolicy[] = ['Always', 'IfNotPresent', 'Never'];
