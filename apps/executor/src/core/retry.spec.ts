import type { RetryPolicy, StepState, TaskRun, TaskRunSpec, TaskRunStatus } from '@slipway/contracts';
import { mayRetry, nextAttemptMs, retriedStatus } from './retry.js';

const NOW = Date.parse('2026-01-01T00:10:00Z');

const run = (spec: Partial<TaskRunSpec> = {}): TaskRun => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: 'r', namespace: 'ns', uid: 'u' },
  spec,
});
const failed: TaskRunStatus = {
  podName: 'r-pod',
  startTime: '2026-01-01T00:00:00Z',
  completionTime: '2026-01-01T00:09:59Z',
  conditions: [{ type: 'Succeeded', status: 'False', reason: 'StepFailed', message: 'it broke' }],
};
const done: TaskRunStatus = { ...failed, conditions: [{ type: 'Succeeded', status: 'True' }] };
const step = (exitCode: number, terminationReason = 'Error', reason = 'Error'): StepState => ({
  name: 's',
  container: 'step-s',
  terminationReason,
  terminated: { exitCode, reason },
});
const because = (reason: string, ...steps: StepState[]): TaskRunStatus => ({
  ...failed,
  conditions: [{ type: 'Succeeded', status: 'False', reason }],
  steps,
});

describe('mayRetry without a policy', () => {
  it.each([
    ['a failed attempt with one left', run({ retries: 1 }), failed, true],
    ['the last attempt', run({ retries: 1 }), { ...failed, retriesStatus: [failed] }, false],
    ['a run without retries', run(), failed, false],
    ['a cancelled run', run({ retries: 9, status: 'TaskRunCancelled' }), failed, false],
    ['a run that succeeded', run({ retries: 9 }), done, false],
  ])('of %s', (_, taskRun, status, expected) => {
    expect(mayRetry(taskRun, status)).toBe(expected);
  });
});

describe('mayRetry with a policy', () => {
  const codes: RetryPolicy = { exitCodes: [75, 1] };
  const reasons: RetryPolicy = { reasons: ['StepOOM', 'TaskRunTimeout'] };
  // prettier-ignore
  const rows: [title: string, policy: RetryPolicy, status: TaskRunStatus, expected: boolean, cause?: string][] = [
    ['of an exit code that it names', codes, because('StepFailed', step(0), step(75)), true],
    ['of another exit code', codes, because('StepFailed', step(2)), false],
    ['of a step that was let go on', codes, because('StepFailed', step(75, 'Continued'), step(2)), false],
    ['of a step that the time limit ended: the code is not its own', codes, because('TaskRunTimeout', step(1, 'TaskRunTimeout', 'TaskRunTimeout')), false],
    ['of a reason that it names', reasons, because('TaskRunTimeout'), true],
    ['of a reason that the condition calls by a coarser word', reasons, because('Failed', step(137)), true, 'StepOOM'],
    ['of another reason', reasons, because('PodEvicted'), false],
    ['of either, where it names both', { ...codes, ...reasons }, because('StepFailed', step(75)), true],
    ['of nothing, where its lists are empty', { exitCodes: [] }, because('StepFailed', step(75)), false],
    ['up to its own limit', { limit: 1 }, { ...failed, retriesStatus: [failed] }, false],
    ['of anything, where it names none', { limit: 1 }, because('PodEvicted'), true],
  ];
  for (const [title, policy, status, expected, cause] of rows) {
    it(title, () => {
      expect(mayRetry(run({ retries: 3 }), status, policy, cause)).toBe(expected);
    });
  }
});

describe('retriedStatus', () => {
  it('puts each attempt aside without the attempts before it', () => {
    const once = retriedStatus(failed, run({ retries: 2 }), NOW);
    const twice = retriedStatus({ ...failed, ...{ retriesStatus: once.retriesStatus! } }, run({ retries: 2 }), NOW);
    expect(once.conditions).toMatchObject([{ status: 'Unknown', reason: 'ToBeRetried', message: 'it broke' }]);
    expect(once.podName).toBeUndefined();
    expect(twice.retriesStatus).toEqual([failed, failed]);
  });

  it('says until when the run waits, and the stored run waits until then (R1)', () => {
    const policy: RetryPolicy = { limit: 5, backoff: { delay: '10s', factor: 3 } };
    const status = retriedStatus({ ...failed, retriesStatus: [failed] }, run(), NOW, policy);
    const message = 'it broke; attempt 3 of 6 starts no earlier than 2026-01-01T00:10:30Z';
    expect(status.conditions).toMatchObject([{ reason: 'ToBeRetried', message }]);
    const stored = JSON.parse(JSON.stringify({ status })) as Pick<TaskRun, 'status'>;
    expect(nextAttemptMs(stored, policy)).toBe(Date.parse('2026-01-01T00:10:30Z'));
  });
});

test('nextAttemptMs is never for a first attempt, one that has its pod, or one without a backoff', () => {
  const backoff = { delay: '10s' };
  expect(nextAttemptMs({}, { backoff })).toBeUndefined();
  expect(nextAttemptMs({ status: { podName: 'p', retriesStatus: [failed] } }, { backoff })).toBeUndefined();
  expect(nextAttemptMs({ status: { retriesStatus: [failed] } }, { limit: 1 })).toBeUndefined();
});
