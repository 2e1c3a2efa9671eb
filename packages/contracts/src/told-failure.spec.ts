import { ENTRY_TYPES } from './termination.js';
import { failureEntries, toldFailure } from './told-failure.js';

test('toldFailure reads what failureEntries says', () => {
  const failure = { reason: 'GitRevisionNotFound', message: 'There is no such branch.' };
  expect(toldFailure(failureEntries(failure))).toEqual(failure);
});

test.each([
  ['the word of another', failureEntries({ reason: 'TaskRunCancelled', message: 'x' })],
  ['no word', failureEntries({ reason: 'Git', message: 'x' })],
  ['a sentence', failureEntries({ reason: 'Git Broke', message: 'x' })],
  ['a result of that name', [{ key: 'FailureReason', value: 'GitFailed', type: ENTRY_TYPES.TaskRunResult }]],
  ['nothing', []],
])('toldFailure hears nothing in %s', (_, entries) => {
  expect(toldFailure(entries)).toBeUndefined();
});

test('a told message is one line and fits', () => {
  const told = toldFailure(failureEntries({ reason: 'GitFailed', message: `a\n\u001b[31mb${'x'.repeat(5000)}` }));
  expect(told?.message).toMatch(/^a \[31mbx+$/);
  expect(told?.message.length).toBeLessThanOrEqual(1024);
});
