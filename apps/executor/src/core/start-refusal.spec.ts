import { SlipwayError, type ErrorKind } from '@slipway/contracts';
import { outsideWait, startRefusal } from './start-refusal.js';

const run = { metadata: { name: 'r' } };

test.each<[ErrorKind, string, boolean, string]>([
  ['transient', 'ExceededResourceQuota', true, 'ExceededResourceQuota'],
  ['overloaded', 'ApiServerBusy', true, 'ApiServerBusy'],
  ['invalid', 'PodAdmissionFailed', false, 'PodAdmissionFailed'],
  ['invalid', 'CouldntCreateWorkspacePVC', false, 'CouldntCreateWorkspacePVC'],
  ['invalid', 'SomethingElse', false, 'PodCreationFailed'],
])('startRefusal of %s %s: may pass %s, shown as %s', (kind, reason, mayPass, shown) => {
  expect(startRefusal(run, new SlipwayError(kind, reason, 'No.'))).toMatchObject({ mayPass, reason: shown });
});

test('startRefusal says what to do about it', () => {
  const error = new SlipwayError('invalid', 'NoServiceAccount', 'serviceaccount "robot" not found', {
    hint: 'Create it.',
  });
  expect(startRefusal(run, error).message).toBe(
    'failed to create task run pod "r": serviceaccount "robot" not found. Create it.',
  );
});

test('outsideWait tells of a cluster or registry that cannot be asked, and of nothing else that passes or does not', () => {
  const waitOf = (kind: ErrorKind, reason: string): unknown => outsideWait(run, new SlipwayError(kind, reason, 'No.'));
  expect(waitOf('transient', 'ApiServerNotTrusted')).toMatchObject({ reason: 'ApiServerNotTrusted' });
  expect(waitOf('transient', 'PullImageFailed')).toMatchObject({ reason: 'PullImageFailed' });
  expect(waitOf('transient', 'NobodyAnswers')).toBeUndefined(); // of the platform, which could not store it either
  expect(waitOf('invalid', 'NamespaceNotFound')).toBeUndefined();
  expect(outsideWait(run, new TypeError('a bug'))).toBeUndefined();
});
