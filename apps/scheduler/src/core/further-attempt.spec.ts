import type { CustomRun, Policy, PipelineTask, RetryPolicy } from '@slipway/contracts';
import { NOW, task } from '../../test/builders.js';
import { play, type Played } from '../../test/played.js';

const inner: PipelineTask = { name: 'p', pipelineSpec: { tasks: [task('a')] }, retries: 1 };
const trying = (retry: RetryPolicy | undefined, tasks: PipelineTask[] = [inner], more: Policy = {}): Played =>
  play({ tasks }, {}, { ...more, tasks: retry === undefined ? {} : { p: { retry } } });

describe('a pipeline in a pipeline that fails', () => {
  const rows: [what: string, retry: RetryPolicy | undefined, order: string[]][] = [
    ['is tried again at once without a policy', undefined, ['p', 'p-retry1']],
    ['is tried again as often as its policy says', { limit: 2 }, ['p', 'p-retry1', 'p-retry2']],
    ['is not tried again where its policy says never', { limit: 0 }, ['p']],
    ['is tried again for a reason that its policy names', { reasons: ['Failed'] }, ['p', 'p-retry1']],
    ['is not tried again for another reason', { reasons: ['PipelineRunTimeout'] }, ['p']],
  ];
  test.each(rows)('%s', (_what, retry, order) => {
    const run = trying(retry);
    for (const name of order) run.end(name, 'failed');
    expect(run.order).toEqual(order);
    expect(run.last?.condition).toMatchObject({ status: 'False', reason: 'Failed' });
  });

  const backoff = { delay: '10s', factor: 3 };

  test('waits between attempts, by the stored end of the last one, and longer each time', () => {
    const run = trying({ limit: 2, backoff }).end('p', 'failed');
    expect([run.order, run.last?.wakeAtMs]).toEqual([['p'], NOW + 11_000]);
    expect(run.restart().last?.wakeAtMs).toBe(NOW + 11_000);
    run.nowMs = NOW + 11_000;
    expect(run.decide().order).toEqual(['p', 'p-retry1']);
    run.end('p-retry1', 'failed');
    expect(run.last?.wakeAtMs).toBe(NOW + 31_000);
    run.nowMs = NOW + 31_000;
    run.decide().end('p-retry2', 'succeeded');
    expect(run.last?.condition).toMatchObject({ status: 'True', reason: 'Succeeded' });
  });

  test('keeps nothing else of a fanned-out task waiting', () => {
    const fan = { ...inner, matrix: { params: [{ name: 'x', value: ['1', '2'] }] } };
    const run = trying({ backoff }, [fan]).end('p-0', 'failed').end('p-1', 'failed');
    expect(run.order).toEqual(['p-0', 'p-1']);
    run.nowMs = NOW + 11_000;
    expect(run.decide().order).toEqual(['p-0', 'p-1', 'p-0-retry1', 'p-1-retry1']);
  });

  test('is not waited for once its run is asked to end', () => {
    const run = trying({ backoff }, [inner, task('b')]).end('p', 'failed');
    run.run = { ...run.run, spec: { ...run.run.spec, status: 'CancelledRunFinally' } };
    run.decide().end('b', 'cancelled');
    expect(run.order).toEqual(['p', 'b']);
    expect(run.last?.condition).toMatchObject({ status: 'False', reason: 'Failed' });
  });
});

test('a custom task is asked to try again as often as its policy says', () => {
  const wait: PipelineTask = { name: 'p', taskRef: { apiVersion: 'example.dev/v1', kind: 'Wait' }, retries: 1 };
  const run = trying({ limit: 4 }, [wait]);
  expect((run.taskRuns.get('run-p') as unknown as CustomRun).spec.retries).toBe(4);
});
