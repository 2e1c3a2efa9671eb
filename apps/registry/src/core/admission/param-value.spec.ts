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
  it(`paramvalue.unmarshal: ours gives the same, ${calls.length} times`, () => {
    for (const call of calls) {
      expect({ in: call.in, out: paramValueOf(parsedOrText(call.in)) }).toEqual({ in: call.in, out: call.out[0] });
    }
  });
});

/** What is no JSON comes from a file of results, never from a document: its text is the value. */
function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
