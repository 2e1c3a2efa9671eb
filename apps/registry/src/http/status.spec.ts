import { SlipwayError, type ErrorKind } from '@slipway/contracts';
import { statusOf } from './status.js';

const run = { resource: 'pipelineruns', group: 'tekton.dev', kind: 'PipelineRun', name: 'r' };
const secret = { resource: 'secrets', group: '', kind: 'Secret', name: 's' };

// prettier-ignore
const kinds: [ErrorKind, number, string][] = [
  ['invalid', 400, 'BadRequest'], ['unauthorized', 401, 'Unauthorized'], ['forbidden', 403, 'Forbidden'],
  ['not-found', 404, 'NotFound'], ['exists', 409, 'AlreadyExists'], ['conflict', 409, 'Conflict'],
  ['expired', 410, 'Expired'], ['too-large', 413, 'RequestEntityTooLarge'], ['overloaded', 429, 'TooManyRequests'],
  ['transient', 503, 'ServiceUnavailable'], ['internal', 500, 'InternalError'],
];

describe('statusOf', () => {
  test.each(kinds)('answers %s with %i %s', (kind, code, reason) => {
    expect(statusOf(new SlipwayError(kind, 'X', 'm'))).toMatchObject({
      code,
      reason,
      status: 'Failure',
      kind: 'Status',
    });
  });

  test.each([
    [new SlipwayError('exists', 'AlreadyExists', 'm'), secret, 'secrets "s" already exists'],
    [new SlipwayError('not-found', 'NotFound', 'm'), run, 'pipelineruns.tekton.dev "r" not found'],
    [new SlipwayError('not-found', 'NamespaceNotFound', 'namespaces "x" not found'), run, 'namespaces "x" not found'],
    [
      new SlipwayError('conflict', 'Conflict', 'm'),
      run,
      'Operation cannot be fulfilled on pipelineruns.tekton.dev "r": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [new SlipwayError('invalid', 'X', 'It is wrong.', { hint: 'Mend it.' }), run, 'It is wrong. Mend it.'],
  ])('words %# as the API server does', (error, subject, message) => {
    expect(statusOf(error, subject).message).toBe(message);
  });

  test('lists every problem of an invalid object, as a cause and in the message', () => {
    const problems = [
      { field: 'spec.a', reason: 'FieldValueRequired', message: 'Required value' },
      { field: 'spec.b', reason: 'FieldValueInvalid', message: 'Invalid value: 1: too small' },
    ];
    expect(statusOf(new SlipwayError('invalid', 'Invalid', 'm', { problems }), run)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'PipelineRun.tekton.dev "r" is invalid: [spec.a: Required value, spec.b: Invalid value: 1: too small]',
      reason: 'Invalid',
      details: { name: 'r', group: 'tekton.dev', kind: 'PipelineRun', causes: problems },
      code: 422,
    });
  });

  test('says when to come back', () => {
    const { details } = statusOf(new SlipwayError('overloaded', 'X', 'm', { retryAfterMs: 1500 }));
    expect(details).toEqual({ retryAfterSeconds: 2 });
  });

  test('keeps a cause that is our bug to itself', () => {
    expect(JSON.stringify(statusOf(new TypeError('password is hunter2'), secret))).not.toContain('hunter2');
  });
});
