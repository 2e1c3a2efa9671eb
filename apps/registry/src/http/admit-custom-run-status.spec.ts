import { SlipwayError, type CustomRun, type CustomRunStatus, type CustomRunStatusRequest } from '@slipway/contracts';
import { DEFAULT_LIMITS } from '../core/admission/limits.js';
import { admitCustomRunStatus } from './admit-custom-run-status.js';

const stored = (more: Partial<CustomRun> = {}): CustomRun => ({
  apiVersion: 'tekton.dev/v1beta1',
  kind: 'CustomRun',
  metadata: { name: 'r-wait', namespace: 'ns', uid: 'u1', resourceVersion: '7', labels: { a: 'b' } },
  spec: { customRef: { apiVersion: 'example.dev/v1', kind: 'Wait' } },
  ...more,
});
const ended: CustomRunStatus = { conditions: [{ type: 'Succeeded', status: 'True', reason: 'Waited' }] };
const asked = (more: object = {}): CustomRunStatusRequest => ({
  namespace: 'ns',
  name: 'r-wait',
  uid: 'u1',
  resourceVersion: '7',
  status: ended,
  ...more,
});
const approval = { spec: { customRef: { apiVersion: 'slipway.dev/v1alpha1', kind: 'Approval' } } };

test('replaces the status and nothing else', () => {
  const before = stored({ status: { startTime: '2026-01-01T00:00:00Z' } });
  expect(admitCustomRunStatus(asked(), before, DEFAULT_LIMITS)).toEqual({ ...before, status: ended });
});

// prettier-ignore
const refusals: [why: string, request: object, run: Partial<CustomRun>, kind: string, says: RegExp][] = [
  ['for another run of the name', { uid: 'u0' }, {}, 'conflict', /is another one/],
  ['over an older state', { resourceVersion: '6' }, {}, 'conflict', /has been modified/],
  ['of a run that has ended', {}, { status: ended }, 'conflict', /has ended/],
  ['of a question to people', {}, approval, 'forbidden', /which Slipway serves itself/],
  ['with a field that nobody knows', { status: { result: [] } }, {}, 'invalid', /unknown field "status.result"/],
  ['with a result that is no text', { status: { results: [{ name: 'a', value: 1 }] } }, {}, 'invalid', /value/],
];

test.each(refusals)('refuses a status %s', (_why, request, run, kind, says) => {
  let thrown: unknown;
  try {
    admitCustomRunStatus(asked(request), stored(run), DEFAULT_LIMITS);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(SlipwayError);
  expect(thrown).toMatchObject({ kind, message: expect.stringMatching(says) as string });
});
