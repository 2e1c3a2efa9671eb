import type { TaskRun } from '@slipway/contracts';
import {
  MAX_ATTEMPTS,
  afterAttempts,
  dueTargets,
  endEventOf,
  hasUnsentEvents,
  nextEventMs,
  plannedDeliveries,
} from './cloud-events.js';

const END = Date.UTC(2020, 5, 1);
const finished = (status: 'True' | 'False' = 'True', targets = ['http://sink']): TaskRun => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: 'build', namespace: 'team', uid: 'u1' },
  spec: {},
  status: {
    completionTime: new Date(END).toISOString(),
    conditions: [{ type: 'Succeeded', status }],
    cloudEvents: plannedDeliveries(targets),
  },
});
const attempted = (taskRun: TaskRun, why: string | undefined, nowMs = END): TaskRun => ({
  ...taskRun,
  status: afterAttempts(taskRun.status!, new Map([['http://sink', why]]), nowMs),
});

test('an event is due as soon as the run has ended, and no more once it is sent', () => {
  const run = finished();
  expect(dueTargets(run, END)).toEqual(['http://sink']);
  const sent = attempted(run, undefined);
  expect(sent.status?.cloudEvents).toEqual([
    {
      target: 'http://sink',
      status: { condition: 'Sent', message: '', retryCount: 0, sentAt: '2020-06-01T00:00:00Z' },
    },
  ]);
  expect([hasUnsentEvents(run), hasUnsentEvents(sent), nextEventMs(sent)]).toEqual([true, false, undefined]);
});

test('pauses between attempts double, and the last failure is the end (C2)', () => {
  const pauses: number[] = [];
  let run = finished();
  let lastMs = END;
  for (let attempt = 1; hasUnsentEvents(run); attempt++) {
    const dueMs = nextEventMs(run)!;
    if (attempt > 1) pauses.push(dueMs - lastMs);
    expect(dueTargets(run, dueMs - 1)).toEqual([]);
    lastMs = dueMs;
    run = attempted(run, `refused ${attempt}`, dueMs);
  }
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000]);
  expect(run.status?.cloudEvents).toEqual([
    {
      target: 'http://sink',
      status: { condition: 'Failed', message: 'refused 10', retryCount: MAX_ATTEMPTS, sentAt: '2020-06-01T00:04:15Z' },
    },
  ]);
});

test('attempts that are overdue after a stop of the platform are not made all at once (C2)', () => {
  const backMs = END + 600_000; // by then all ten were due
  let run = attempted(finished(), 'refused', END);
  const atMs: number[] = [];
  for (let nowMs = backMs; hasUnsentEvents(run); nowMs += 100) {
    if (dueTargets(run, nowMs).length === 0) continue;
    atMs.push(nowMs);
    run = attempted(run, 'refused', nowMs);
  }
  const pauses = atMs.slice(1).map((time, i) => time - atMs[i]!);
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000]);
});

test('one target that fails does not keep the event from another', () => {
  const run = attempted(finished('True', ['http://sink', 'http://other']), 'refused');
  expect(dueTargets(run, END)).toEqual(['http://other']);
});

test('endEventOf says the same of a run whenever it is asked (C1), with the run as its data', () => {
  const run = finished('False');
  expect(endEventOf(attempted(run, 'x'))).toMatchObject({ id: 'u1-failed', time: endEventOf(run).time });
  expect(endEventOf(run)).toMatchObject({
    type: 'dev.tekton.event.taskrun.failed.v1',
    source: '/apis/tekton.dev/v1/namespaces/team/taskruns/build',
    subject: 'build',
    data: { taskRun: run },
  });
});
