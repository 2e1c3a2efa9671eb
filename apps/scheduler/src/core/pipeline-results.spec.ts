import type { ParamValue, PipelineTask, ResultSpec } from '@slipway/contracts';
import { task } from '../../test/builders.js';
import { play, type Played } from '../../test/played.js';
import { pipelineResults } from './pipeline-results.js';

const withResults = (name: string, ...results: ResultSpec[]): PipelineTask => ({
  ...task(name),
  taskSpec: { ...task(name).taskSpec, results },
});
const all: ResultSpec[] = [
  { name: 'text' },
  { name: 'list', type: 'array' },
  { name: 'map', type: 'object', properties: { k: {} } },
  { name: 'late' },
];
const MADE = { text: 't', list: ['x', 'y'], map: { k: 'v' } as unknown as string[] };

/** A pipeline of task `a`, of `b` that never runs, and of `f` in finally, whose result `r` is `value`. */
function ended(value: ParamValue, end: 'succeeded' | 'failed' = 'succeeded', a: Partial<PipelineTask> = {}): Played {
  const never = {
    ...withResults('b', { name: 'text' }),
    when: [{ input: 'x', operator: 'in' as const, values: ['y'] }],
  };
  const run = play({
    tasks: [{ ...withResults('a', ...all), ...a }, never],
    finally: [withResults('f', { name: 'text' })],
    results: [
      { name: 'r', value },
      { name: 'other', value: '$(finally.f.results.text)' },
    ],
  });
  return run.end('a', end, MADE).end('f', 'succeeded', { text: 'last' });
}

const OTHER = { name: 'other', value: 'last' };

describe('a result of a pipeline', () => {
  const told: [what: string, value: ParamValue, is: ParamValue][] = [
    ['is that of a task', '$(tasks.a.results.text)', 't'],
    ['is that of a finally task', '$(finally.f.results.text)', 'last'],
    ['is text around several', '$(tasks.a.results.text)-$(finally.f.results.text)', 't-last'],
    ['is a whole array', '$(tasks.a.results.list[*])', ['x', 'y']],
    ['is an item of an array', '$(tasks.a.results.list[1])', 'y'],
    ['is a whole object', '$(tasks.a.results.map[*])', { k: 'v' }],
    ['is a key of an object', '$(tasks.a.results.map.k)', 'v'],
    ['is an array of its own', ['$(tasks.a.results.text)', 'z'], ['t', 'z']],
    ['is an object of its own', { one: '$(tasks.a.results.text)' }, { one: 't' }],
  ];
  test.each(told)('%s', (_what, value, is) => {
    expect(pipelineResults('run', ended(value).model)).toEqual({ results: [{ name: 'r', value: is }, OTHER] });
  });

  const dropped: [what: string, value: ParamValue, end: 'succeeded' | 'failed'][] = [
    ['of a task that was skipped', '$(tasks.b.results.text)', 'succeeded'],
    ['that a failed task did not make', '$(tasks.a.results.late)', 'failed'],
    ['that a failed task made', '$(tasks.a.results.text)', 'failed'],
    ['that takes one of these beside others', '$(tasks.a.results.text) $(tasks.b.results.text)', 'succeeded'],
  ];
  test.each(dropped)('%s is left out, and fails nothing', (_what, value, end) => {
    expect(pipelineResults('run', ended(value, end).model)).toEqual({ results: [OTHER] });
  });

  test('that a failed task made is left out where the pipeline ignores its failure, too', () => {
    const { model } = ended('$(tasks.a.results.text)', 'failed', { onError: 'continue' });
    expect(pipelineResults('run', model)).toEqual({ results: [OTHER] });
  });

  const invalid: [what: string, value: ParamValue][] = [
    ['that a successful task did not make', '$(tasks.a.results.late)'],
    ['with an index that the array has not', '$(tasks.a.results.list[2])'],
    ['with a key that the object has not', '$(tasks.a.results.map.other)'],
  ];
  test.each(invalid)('%s fails the run, and keeps the others', (_what, value) => {
    expect(pipelineResults('run', ended(value).model)).toEqual({
      results: [OTHER],
      refusal: {
        reason: 'CouldntGetPipelineResult',
        message:
          "Failed to get PipelineResult from TaskRun Results for PipelineRun run: invalid pipelineresults [r], the referenced results don't exist",
      },
    });
  });
});
