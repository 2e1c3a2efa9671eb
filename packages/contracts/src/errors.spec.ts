import { SlipwayError, asSlipwayError, fromWireError, toWireError } from './errors.js';

test('an error crosses the bus whole, but for its cause', () => {
  const error = new SlipwayError('invalid', 'Invalid', 'Task "a" is wrong.', {
    hint: 'Mend it.',
    retryAfterMs: 5,
    problems: [{ field: 'spec.steps', reason: 'FieldValueRequired', message: 'missing field(s)' }],
    cause: new Error('password=hunter2'),
  });
  const wire = JSON.parse(JSON.stringify(toWireError(error))) as ReturnType<typeof toWireError>;
  expect(JSON.stringify(wire)).not.toContain('hunter2');
  const { kind, reason, message, hint, retryAfterMs, problems } = fromWireError(wire);
  expect({ kind, reason, message, hint, retryAfterMs, problems }).toEqual({
    kind: 'invalid',
    reason: 'Invalid',
    message: 'Task "a" is wrong.',
    hint: 'Mend it.',
    retryAfterMs: 5,
    problems: error.problems,
  });
});

test('an unknown throw says nothing of itself to the user', () => {
  expect(toWireError(new TypeError('secret')).message).not.toContain('secret');
  expect(asSlipwayError('text').kind).toBe('internal');
});
