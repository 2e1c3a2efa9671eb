import type { PipelineRun } from '@slipway/contracts';
import { NOW, pipelineRun } from '../../test/builders.js';
import { deadlinesOf, pipelineLimit, tasksLimit } from './timeouts.js';

const MINUTE = 60_000;
type Timeouts = NonNullable<PipelineRun['spec']['timeouts']>;

/** Minutes after the start of the run; of finally, after the start of finally. */
type Minutes = [pipeline: number | undefined, tasks: number | undefined, final: number | undefined];
const rows: [what: string, timeouts: Timeouts | undefined, minutes: Minutes][] = [
  ['an hour for the whole where nobody says', undefined, [60, undefined, undefined]],
  ['what is said for the whole, and no more for its parts', { pipeline: '30m' }, [30, undefined, undefined]],
  ['what the other part leaves of the whole', { pipeline: '30m', tasks: '10m' }, [30, 10, 20]],
  ['that the other way round too', { pipeline: '30m', finally: '10m' }, [30, 20, 10]],
  ['each part as it says', { pipeline: '30m', tasks: '10m', finally: '5m' }, [30, 10, 5]],
  ['no limit for 0', { pipeline: '0' }, [undefined, undefined, undefined]],
  ['a limit of tasks in a whole without one', { pipeline: '0', tasks: '10m' }, [undefined, 10, undefined]],
  ['no limit for what no limit leaves', { pipeline: '30m', tasks: '0' }, [30, undefined, undefined]],
  ['parts of a minute as they stand', { pipeline: '90s', tasks: '30s500ms' }, [1.5, 30.5 / 60, 59.5 / 60]],
];

test.each(rows)('deadlinesOf a run are %s', (_what, timeouts, [pipeline, tasks, final]) => {
  const run = pipelineRun({ tasks: [] }, timeouts === undefined ? {} : { timeouts });
  const begun = { ...run, status: { ...run.status, finallyStartTime: '2026-01-01T00:05:00Z' } };
  const at = (minutes: number | undefined, from = 0): number | undefined =>
    minutes === undefined ? undefined : NOW + (from + minutes) * MINUTE;
  expect(deadlinesOf(begun)).toEqual({ pipelineMs: at(pipeline), tasksMs: at(tasks), finallyMs: at(final, 5) });
});

test('a run that has not started, and finally tasks that have not, have no deadline', () => {
  const run = pipelineRun({ tasks: [] }, { timeouts: { pipeline: '30m', finally: '10m' } });
  expect(deadlinesOf(run).finallyMs).toBeUndefined();
  expect(deadlinesOf({ ...run, status: {} })).toEqual({});
});

test('limits are told as Go tells them', () => {
  expect(pipelineLimit(pipelineRun({ tasks: [] }))).toBe('1h0m0s');
  expect(tasksLimit(pipelineRun({ tasks: [] }, { timeouts: { pipeline: '90m', finally: '30s' } }))).toBe('1h29m30s');
  expect(tasksLimit(pipelineRun({ tasks: [] }))).toBeUndefined();
});
