// When a registry is asked for an image, and what is said when it does not give it: as kubelets do.

import type { SlipwayError } from '@slipway/contracts';

export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never';

/** What a container says, or what follows from its image: a tag that moves is looked at every time. */
export function pullPolicyOf(image: string, said: string | undefined): PullPolicy {
  if (said === 'Always' || said === 'IfNotPresent' || said === 'Never') return said;
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1] ?? 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

/** Why a container waits for its image. `isFinal`: trying again will not help. */
export interface PullFailure {
  reason: 'ErrImagePull' | 'ImagePullBackOff' | 'InvalidImageName' | 'ErrImageNeverPull';
  message: string;
  isFinal: boolean;
}

/** Reasons of errors that the same request will meet again. */
const FINAL: Readonly<Record<string, string>> = {
  ImageNotFound: 'not found',
  ImageDenied: 'pull access denied, repository does not exist or may require authorization',
};

/** An error of a pull in a kubelet's words. */
export function pullFailureOf(image: string, error: SlipwayError): PullFailure {
  const message = withHint(error);
  switch (error.reason) {
    case 'BadImageReference':
      return { reason: 'InvalidImageName', message, isFinal: true };
    case 'NeverPulled':
      return { reason: 'ErrImageNeverPull', message, isFinal: true };
    case 'NoPlatform':
      return { reason: 'ErrImagePull', message: `failed to pull image "${image}": ${message}`, isFinal: true };
  }
  const known = FINAL[error.reason];
  if (known !== undefined) {
    return { reason: 'ErrImagePull', message: `failed to pull image "${image}": ${known}: ${message}`, isFinal: true };
  }
  return { reason: 'ImagePullBackOff', message: `failed to pull image "${image}": ${message}`, isFinal: false };
}

function withHint({ message, hint }: SlipwayError): string {
  return hint === undefined ? message : `${message.replace(/\.$/, '')}. ${hint}`;
}

/** From one failure to the next attempt. */
const BACKOFF = { firstMs: 5000, lastMs: 300_000 } as const;

export function pullRetryMs(failures: number): number {
  return Math.min(BACKOFF.firstMs * 2 ** Math.max(0, failures - 1), BACKOFF.lastMs);
}
