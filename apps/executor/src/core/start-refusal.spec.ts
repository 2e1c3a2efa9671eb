import { SlipwayError, type ErrorKind } from '@slipway/contracts';
import { startRefusal } from './start-refusal.js';

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
