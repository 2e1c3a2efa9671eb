import { SlipwayError } from '@slipway/contracts';
import { pullFailureOf, pullPolicyOf, pullRetryMs, type PullPolicy } from './pull-policy.js';

// prettier-ignore
const policies: [image: string, said: string | undefined, policy: PullPolicy][] = [
  ['busybox', undefined, 'Always'],
  ['busybox:latest', undefined, 'Always'],
  ['busybox:1.36', undefined, 'IfNotPresent'],
  ['host:5000/busybox', undefined, 'Always'],
  ['host:5000/busybox:1', undefined, 'IfNotPresent'],
  [`busybox@sha256:${'a'.repeat(64)}`, undefined, 'IfNotPresent'],
  ['busybox', 'Never', 'Never'],
  ['busybox', 'IfNotPresent', 'IfNotPresent'],
  ['busybox:1', 'Always', 'Always'],
  ['busybox:1', 'Whenever', 'IfNotPresent'],
];

test.each(policies)('pullPolicyOf %s that says %s', (image, said, policy) => {
  expect(pullPolicyOf(image, said)).toBe(policy);
});

// prettier-ignore
const failures: [reason: string, shown: string, isFinal: boolean, message: RegExp][] = [
  ['BadImageReference', 'InvalidImageName', true, /^why\. Do that\.$/],
  ['NeverPulled', 'ErrImageNeverPull', true, /why/],
  ['ImageNotFound', 'ErrImagePull', true, /failed to pull image "x:1": not found: why/],
  ['ImageDenied', 'ErrImagePull', true, /pull access denied/],
  ['NoPlatform', 'ErrImagePull', true, /why/],
  ['FetchFailed', 'ImagePullBackOff', false, /why/],
  ['DigestMismatch', 'ImagePullBackOff', false, /why/],
];

test.each(failures)('pullFailureOf shows %s as %s', (reason, shown, isFinal, message) => {
  const failure = pullFailureOf('x:1', new SlipwayError('not-found', reason, 'why.', { hint: 'Do that.' }));
  expect(failure).toMatchObject({ reason: shown, isFinal });
  expect(failure.message).toMatch(message);
});

test('pullRetryMs grows to its limit', () => {
  expect([1, 2, 3, 20].map(pullRetryMs)).toEqual([5000, 10_000, 20_000, 300_000]);
});
