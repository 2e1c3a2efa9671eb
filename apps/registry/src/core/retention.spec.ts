import { PIPELINE_RUNS, TASK_RUNS, allowancesOf, timeOf, type Allowances, type KubeObject } from '@slipway/contracts';
import { seeded } from '@slipway/testing';
import { FinishedRuns, finishedRun, type FinishedRun } from './retention.js';

const MINUTE = 60_000;
const run = (name: string, endedMs: number, more: Partial<FinishedRun> = {}): FinishedRun => ({
  key: { resource: PIPELINE_RUNS, namespace: 'n', name }, uid: name, outcome: 'succeeded', endedMs, ...more,
}); // prettier-ignore
const names = (runs: readonly FinishedRun[]): string[] => runs.map(({ uid }) => uid);
const allowances = (spec: Parameters<typeof allowancesOf>[0][number]): Allowances => allowancesOf([spec])!;

describe('finished runs', () => {
  const filled = (): FinishedRuns => {
    const runs = new FinishedRuns();
    for (const one of [run('c', 3 * MINUTE), run('a', MINUTE), run('b', 2 * MINUTE)]) runs.put(one);
    runs.put(run('f', MINUTE, { outcome: 'failed' }));
    runs.put(run('t', MINUTE, { key: { resource: TASK_RUNS, namespace: 'n', name: 't' } }));
    return runs;
  };

  test.each([
    ['the last ones of each kind stay', { succeeded: { keep: 1 } }, 9, ['a', 'b']],
    ['none stay where none are kept', { succeeded: { keep: 0 } }, 9, ['a', 'b', 'c', 't']],
    ['the young stay', { succeeded: { for: '7m' } }, 9, ['a', 'b', 't']],
    ['what is both old and many goes once', { succeeded: { keep: 2, for: '8m' } }, 9, ['a', 't']],
    ['outcomes are apart', { failed: { keep: 0 } }, 9, ['f']],
  ])('%s', (_, spec, nowMinutes, gone) => {
    const runs = filled();
    expect(names(runs.take(allowances(spec), nowMinutes * MINUTE, 100))).toEqual(gone);
    expect(runs.take(allowances(spec), nowMinutes * MINUTE, 100)).toEqual([]);
  });

  test('are due when the oldest has had its time', () => {
    const runs = filled();
    expect(runs.nextDueMs(allowances({ succeeded: { for: '7m' } }))).toBe(8 * MINUTE);
    expect(runs.nextDueMs(allowances({ succeeded: { keep: 2 } }))).toBe(-Infinity);
    expect(runs.nextDueMs(allowances({ succeeded: { keep: 3 } }))).toBe(Infinity);
  });

  test('are forgotten when they are gone, and count once', () => {
    const runs = filled();
    runs.put(run('a', MINUTE));
    runs.drop('a');
    runs.drop('nobody');
    expect(names(runs.take(allowances({ succeeded: { keep: 1 } }), 9 * MINUTE, 100))).toEqual(['b']);
  });

  test('come in parts', () => {
    expect(names(filled().take(allowances({ succeeded: { keep: 0 } }), 9 * MINUTE, 2))).toEqual(['a', 'b', 't']);
  });

  test('of random histories: what is taken is what a plain look at all of them finds', () => {
    const seed = Number(process.env['SLIPWAY_SEED'] ?? 1);
    const random = seeded(seed);
    const upTo = (most: number): number => Math.floor(random() * (most + 1));
    for (let round = 0; round < 200; round++) {
      const all = Array.from({ length: upTo(12) }, (_, i) => run(`r${i}`, upTo(20)));
      const [keep, forMs, nowMs] = [upTo(12), 1 + upTo(20), upTo(30)];
      const runs = new FinishedRuns();
      for (const one of all) runs.put(one);
      const byEnd = [...all].sort((a, b) => a.endedMs - b.endedMs);
      const expected = byEnd.filter((one, i) => byEnd.length - i > keep || one.endedMs + forMs <= nowMs);
      const taken = runs.take(allowances({ succeeded: { keep, for: `${forMs}ms` } }), nowMs, 100);
      expect({ seed, round, taken: names(taken) }).toEqual({ seed, round, taken: names(expected) });
    }
  });
});

describe('policies of a namespace', () => {
  test('all count, and the shortest decides', () => {
    const spec = { succeeded: { keep: 5, for: '1h' }, failed: { keep: 9 } };
    expect(allowancesOf([spec, { succeeded: { keep: 7, for: '1m' } }])).toEqual({
      succeeded: { keep: 5, forMs: MINUTE },
      failed: { keep: 9, forMs: Infinity },
    });
  });
  test('that let nothing go are none', () => {
    expect([allowancesOf([]), allowancesOf([{ succeeded: {} }])]).toEqual([undefined, undefined]);
  });
});

describe('a run that may go', () => {
  const key = { resource: PIPELINE_RUNS, namespace: 'n', name: 'r' };
  const of = (status: object, metadata: object = {}): FinishedRun | undefined =>
    finishedRun(key, { metadata: { name: 'r', uid: 'u', ...metadata }, status } as unknown as KubeObject);
  const ended = (status: string): object => ({ type: 'Succeeded', status, lastTransitionTime: timeOf(5_000) });
  const finished = { conditions: [ended('True')], completionTime: timeOf(4_000) };

  test.each([
    ['has ended', finished, {}, { outcome: 'succeeded', endedMs: 4_000 }],
    ['ended when its condition says so, where nothing else does', { conditions: [ended('False')] }, {}, { outcome: 'failed', endedMs: 5_000 }],
  ])('%s', (_, status, metadata, is) => expect(of(status, metadata)).toMatchObject(is)); // prettier-ignore

  test.each([
    ['goes on', { conditions: [{ type: 'Succeeded', status: 'Unknown' }] }, {}],
    ['has not begun', {}, {}],
    ['belongs to another one', finished, { ownerReferences: [{ kind: 'PipelineRun', name: 'p', controller: true }] }],
    ['is going already', finished, { deletionTimestamp: timeOf(0) }],
    ['is to be kept', finished, { annotations: { 'slipway.dev/keep': 'true' } }],
    ['says no time', { conditions: [{ type: 'Succeeded', status: 'True', lastTransitionTime: 'soon' }] }, {}],
  ])('is none that %s', (_, status, metadata) => expect(of(status, metadata)).toBeUndefined());
});
