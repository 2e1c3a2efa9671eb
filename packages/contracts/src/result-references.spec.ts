import { recordedCalls } from '../../testing/src/shared-data.js';
import {
  parseResultReference,
  resultReferences,
  resultReferencesOf,
  variablesIn,
  type ResultReference,
} from './result-references.js';

const recorded = recordedCalls<{ in: string[] | null; out: unknown[] | null }>('resultref.newResultRefs');

const ref = (pipelineTask: string, result: string, more: Partial<ResultReference> = {}): ResultReference => ({
  section: 'tasks',
  pipelineTask,
  result,
  ...more,
});

describe('parseResultReference', () => {
  it.each<[string, ResultReference | undefined]>([
    ['tasks.a.results.r', ref('a', 'r')],
    ['tasks.a.results.r[*]', ref('a', 'r', { index: '*' })],
    ['tasks.a.results.r[12]', ref('a', 'r', { index: 12 })],
    ['tasks.a.results.r.key', ref('a', 'r', { property: 'key' })],
    ['finally.a.results.r', ref('a', 'r', { section: 'finally' })],
    ['tasks.a.results.r[1*]', undefined],
    ['tasks.a.results.r.key.more', undefined],
    ['tasks.a.result.r', undefined],
    ['tasks.a.status', undefined],
    ['params.a', undefined],
    ['', undefined],
  ])('reads %j', (expression, expected) => {
    expect(parseResultReference(expression)).toEqual(expected);
  });
});

describe('variablesIn', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['$(params.x) and $(tasks.a.results.r[*])', ['params.x', 'tasks.a.results.r[*]']],
    ['$($(params.x))', ['params.x']],
    ['$(params.x', []],
    ['$(a b)', []],
  ])('finds the expressions of %j', (text, expected) => {
    expect(variablesIn(text)).toEqual(expected);
  });

  // Quadratic work would take minutes here, and every test would show it.
  it('answers for a megabyte made to make patterns backtrack (R1)', () => {
    expect(variablesIn(`$(${'a.'.repeat(500_000)}`)).toEqual([]);
  });
});

describe('resultReferencesOf', () => {
  it('finds the references of every part of a task that is substituted', () => {
    const found = resultReferencesOf({
      name: 'x',
      params: [{ name: 'p', value: ['$(tasks.a.results.r)'] }],
      matrix: {
        params: [{ name: 'm', value: '$(tasks.b.results.r[*])' }],
        include: [{ params: [{ name: 'n', value: { k: '$(tasks.c.results.r)' } }] }],
      },
      when: [{ input: '$(tasks.d.results.r)', operator: 'in', values: ['$(tasks.e.results.r)'] }],
      taskSpec: {
        steps: [{ image: 'i', script: '$(tasks.f.results.r)', env: [{ name: 'E', value: '$(tasks.g.results.r)' }] }],
        sidecars: [{ image: '$(tasks.h.results.r)' }],
      },
    });
    expect(found.map((reference) => reference.pipelineTask).sort()).toEqual([...'abcdefgh']);
  });
});

(recorded.length > 0 ? describe : describe.skip)('the conformance data', () => {
  it(`resultref.newResultRefs: ours gives the same, ${recorded.length} times`, () => {
    for (const call of recorded) {
      const found = resultReferences(call.in ?? []).map(({ pipelineTask, result, index, property }) => ({
        pipelineTask,
        result,
        resultsIndex: typeof index === 'number' ? index : 0,
        property: property ?? '',
      }));
      expect({ in: call.in, out: found }).toEqual({ in: call.in, out: call.out ?? [] });
    }
  });
});
