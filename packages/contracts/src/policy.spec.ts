import { backoffMs, mergedPolicy, taskPolicyOf, type Backoff } from './policy.js';

// prettier-ignore
const delays: [what: string, backoff: Backoff | undefined, ms: number[]][] = [
  ['no backoff', undefined, [0, 0]],
  ['the doubling one', { delay: '2s' }, [2_000, 4_000, 8_000]],
  ['a steady one', { delay: '2s', factor: 1 }, [2_000, 2_000, 2_000]],
  ['one with a limit', { delay: '2s', factor: 3, max: '10s' }, [2_000, 6_000, 10_000, 10_000]],
  ['a limit below the first delay', { delay: '1h', max: '1s' }, [3_600_000, 3_600_000]],
];

test.each(delays)('backoffMs grows by %s', (_what, backoff, ms) => {
  expect(ms.map((_, i) => backoffMs(backoff, i + 1))).toEqual(ms);
});

test('backoffMs is a number for any number of attempts', () => {
  expect(backoffMs({ delay: '1s', factor: 10 }, 100)).toBe(600_000);
});

test('mergedPolicy takes the fields of the run, and of the pipeline what the run leaves open', () => {
  const pipeline = { onFailure: 'stop', tasks: { a: { retry: { limit: 1, exitCodes: [1] } }, b: { loop: {} } } };
  const run = { onFailure: 'run-all', tasks: { a: { retry: { limit: 9, exitCodes: [2, 3] } } } };
  expect(mergedPolicy(run, pipeline)).toEqual({
    onFailure: 'run-all',
    tasks: { a: { retry: { limit: 9, exitCodes: [2, 3] } }, b: { loop: {} } },
  });
  expect(mergedPolicy(undefined, pipeline)).toBe(pipeline);
  expect(mergedPolicy(run, undefined)).toBe(run);
});

test('taskPolicyOf finds nothing for names that every object has', () => {
  expect(taskPolicyOf({ tasks: {} }, 'constructor')).toBeUndefined();
});
