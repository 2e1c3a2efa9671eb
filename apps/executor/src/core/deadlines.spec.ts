import type { PodStatus, TaskRun } from '@slipway/contracts';
import { deadlineOf, podLimitOf } from './deadlines.js';

const START = Date.UTC(2026, 0, 1);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function run(timeout: string | undefined, pending?: string): TaskRun {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: 'r',
      ...(pending === undefined ? {} : { annotations: { 'slipway.dev/pending-timeout': pending } }),
    },
    spec: timeout === undefined ? {} : { timeout },
  };
}
const container = (name: string, state: object) => ({
  ...{ name, state, ready: false, restartCount: 0, image: '', imageID: '' },
});
const startedAt = '2026-01-01T00:05:00Z';
const QUEUED: PodStatus = { phase: 'Pending', containerStatuses: [container('a', { waiting: {} })] };
const STARTED: PodStatus = {
  initContainerStatuses: [container('i', { terminated: { exitCode: 0, startedAt } })],
  containerStatuses: [container('a', { running: { startedAt: '2026-01-01T00:06:00Z' } }), container('b', {})],
};
/** When the first container is known to have started: the end of its second (L2). */
const BEGUN = START + 5 * MINUTE + 999;

const rows: [says: string, taskRun: TaskRun, onNode: PodStatus | undefined, atMs: number | undefined, reason: string | undefined][] = [
  ['from when it began, where nothing is said of waiting', run('1m'), STARTED, START + MINUTE, 'TaskRunTimeout'],
  ['no end of a run without a limit', run('0', '0'), STARTED, undefined, undefined],
  ['the limit by default', run(undefined), STARTED, START + 10 * MINUTE, 'TaskRunTimeout'],
  ['how long it may wait while no container has started (L3)', run('1m', '30m'), QUEUED, START + 30 * MINUTE, 'TaskRunPendingTimeout'],
  ['the same where no node has the pod yet', run('1m', '30m'), undefined, START + 30 * MINUTE, 'TaskRunPendingTimeout'],
  ['from the first container once one has started, an init container too (L3)', run('1m', '30m'), STARTED, BEGUN + MINUTE, 'TaskRunTimeout'],
  ['no end of waiting where that is not limited', run('1m', '0'), QUEUED, undefined, undefined],
  ['as if nothing were said where what is said is no time', run('1m', 'soon'), QUEUED, START + MINUTE, 'TaskRunTimeout'],
]; // prettier-ignore
test.each(rows)('deadlineOf counts %s', (_says, taskRun, onNode, atMs, reason) => {
  const found = deadlineOf({ taskRun, pod: undefined, onNode, startMs: START, defaultTimeoutMs: 10 * MINUTE });
  expect([found?.atMs, found?.reason]).toEqual([atMs, reason]);
});

test('deadlineOf says which time is over', () => {
  const of = (onNode: PodStatus) =>
    deadlineOf({ taskRun: run('1m', '30m'), pod: undefined, onNode, startMs: START, defaultTimeoutMs: 0 })?.message;
  expect(of(QUEUED)).toBe('TaskRun "r" failed to start within "30m"');
  expect(of(STARTED)).toBe('TaskRun "r" failed to finish within "1m"');
});

test('deadlineOf knows of no end before a beginning', () => {
  const never = { pod: undefined, onNode: STARTED, startMs: undefined, defaultTimeoutMs: 1 };
  expect(deadlineOf({ taskRun: run('1m', '1m'), ...never })).toBeUndefined();
});

const limits: [timeout: string | undefined, pending: string | undefined, then: string][] = [
  ['1m', undefined, '1m'],
  [undefined, undefined, '2h'],
  ['1m', '1h', '1h1m0s'],
  ['0', '1h', '0'],
  ['1m', '0', '0'],
];
test.each(limits)('podLimitOf lets a pod be there for %s and %s of waiting: %s', (timeout, pending, then) => {
  expect(podLimitOf(run(timeout, pending), '2h')).toBe(then);
});
