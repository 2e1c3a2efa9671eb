import { recordedCalls } from '@slipway/testing/shared-data';

import { paramValueOf } from './param-value.js';

describe('paramValueOf', () => {
  it.each<[unknown, unknown]>([
    ['text', 'text'],
    ['', ''],
    [null, ''],
    [1, '1'],
    [1.5, '1.5'],
    [true, 'true'],
    [[], []],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [
      ['a', null],
      ['a', ''],
    ],
    [[1, 2, 3], '[1,2,3]'],
    [[['a']], '[["a"]]'],
    [{}, {}],
    [{ a: 'b' }, { a: 'b' }],
    [{ a: 1 }, '{"a":1}'],
    [{ a: { b: 'c' } }, '{"a":{"b":"c"}}'],
  ])('makes of %j what Tekton makes of it', (json, expected) => {
    expect(paramValueOf(json)).toEqual(expected);
  });
});

const calls = recordedCalls<{ in: string; out: [unknown, string, null] }>('paramvalue.unmarshal');
(calls.length > 0 ? describe : describe.skip)('the conformance data', () => {
  it('holds for every recorded value that is JSON', () => {
    for (const call of calls) {
      let json: unknown;
      try {
        json = JSON.parse(call.in);
      } catch {
        continue; // What is no JSON comes from a file of results, never from a document.
      }
      expect({ in: call.in, out: paramValueOf(json) }).toEqual({ in: call.in, out: call.out[0] });
    }
  });
});
