import { ENTRY_TYPES, type StepState, type TerminationEntry } from '@slipway/contracts';
import { outputOf, resultsOf } from './log-results.js';
import { resourceResults, resultProblem, taskResults, typedResult } from './results.js';

const entry = (
  key: string,
  value: string,
  type: TerminationEntry['type'] = ENTRY_TYPES.TaskRunResult,
): TerminationEntry => (type === undefined ? { key, value } : { key, value, type });

describe('taskResults', () => {
  it('types each result as it is declared', () => {
    const declared = [
      { name: 'l', type: 'array' as const },
      { name: 'o', type: 'object' as const },
    ];
    expect(taskResults([entry('l', '["a",1]'), entry('o', '{"k":"v"}'), entry('s', '["a"]')], declared, [])).toEqual([
      { name: 'l', type: 'array', value: ['a', '1'] },
      { name: 'o', type: 'object', value: { k: 'v' } },
      { name: 's', type: 'string', value: '["a"]' },
    ]);
  });

  it('keeps the last of two with one name, in the place of the first', () => {
    const names = taskResults([entry('a', '1'), entry('b', '2'), entry('a', '3')], undefined, []);
    expect(names.map(({ name, value }) => `${name}=${JSON.stringify(value)}`)).toEqual(['a="3"', 'b="2"']);
  });

  const steps: StepState[] = [
    {
      name: 's',
      container: 'step-s',
      results: [
        { name: 'text', value: 'x' },
        { name: 'list', type: 'array', value: ['p', 'q'] },
        { name: 'map', type: 'object', value: { k: 'v' } },
      ],
    },
  ];
  it.each([
    ['$(steps.s.results.text)', 'x'],
    ['$(steps.s.results.list[*])', ['p', 'q']],
    ['$(steps.s.results.list[1])', 'q'],
    ['$(steps.s.results.map.k)', 'v'],
  ])('takes %s from the results of a step', (value, expected) => {
    expect(taskResults([], [{ name: 'r', value }], steps)).toMatchObject([{ name: 'r', value: expected }]);
  });

  it('leaves out what a step has not written', () => {
    expect(taskResults([], [{ name: 'r', value: '$(steps.s.results.none)' }], steps)).toEqual([]);
  });
});

describe('resultProblem', () => {
  const list = [{ name: 'l', type: 'array' as const }];
  it('names a result that is not of its type', () => {
    const entries = [entry('l', 'no json')];
    expect(resultProblem(taskResults(entries, list, []), entries, list)).toMatch(
      /"l": task result is expected to be "array"/,
    );
  });
  it('names the keys that an object lacks', () => {
    const declared = [{ name: 'o', type: 'object' as const, properties: { a: {}, b: {} } }];
    const entries = [entry('o', '{"a":"1"}')];
    expect(resultProblem(taskResults(entries, declared, []), entries, declared)).toMatch(/map\[o:\[b\]\]$/);
  });
  it('asks for no result that was not written', () => {
    expect(resultProblem([], [], list)).toBeUndefined();
  });
});

describe('other entries', () => {
  it('are about a resource where they have no type', () => {
    const commit = { key: 'commit', value: 'abc', resourceName: 'source' };
    expect(resourceResults([commit, entry('r', 'x')])).toEqual([{ ...commit, resourceRef: { name: 'source' } }]);
  });
  it('are no result where their text is not of the type', () => {
    expect(typedResult(entry('l', '{'), [{ name: 'l', type: 'array' }])).toBeUndefined();
  });
});

describe('results in a log', () => {
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64');
  const mark = (index: number, part: number, parts: number, text: string) => ({
    text: `\u001eslipway.result ${index} ${part}/${parts} ${text}`,
  });

  it('are joined from their parts, in the order of their numbers', () => {
    const big = encoded({ key: 'big', value: 'ü'.repeat(50), type: 1 });
    const small = encoded({ key: 'small', value: 'x', type: 1 });
    const lines = [
      { text: 'output' },
      mark(1, 1, 1, small),
      mark(0, 1, 2, big.slice(0, 40)),
      mark(0, 2, 2, big.slice(40)),
    ];
    expect(resultsOf(lines)).toEqual([
      { key: 'big', value: 'ü'.repeat(50), type: 1 },
      { key: 'small', value: 'x', type: 1 },
    ]);
    expect(lines.flatMap(outputOf)).toEqual([{ text: 'output' }]);
  });

  it('leave no trace in the output, ended by the step or not', () => {
    const result = mark(0, 1, 1, encoded({ key: 'r', value: 'x', type: 1 }));
    const ended = [{ text: 'output' }, { text: '\u001e' }, result];
    const unended = [{ text: 'output\u001e' }, result];
    for (const lines of [ended, unended]) expect(lines.flatMap(outputOf)).toEqual([{ text: 'output' }]);
  });

  it('are left out where a part is missing or nothing can be read', () => {
    expect(resultsOf([mark(0, 2, 2, 'eA=='), mark(1, 1, 1, '!!!'), mark(2, 1, 1, encoded([1]))])).toEqual([]);
  });

  it('count as the entrypoint wrote them, which is after the step itself', () => {
    const forged = mark(0, 1, 1, encoded({ key: 'r', value: 'forged', type: 1 }));
    const real = mark(0, 1, 1, encoded({ key: 'r', value: 'real', type: 1 }));
    expect(resultsOf([forged, real])).toMatchObject([{ value: 'real' }]);
  });
});
