import { isExcused } from '@slipway/testing/recorded-differences';
import { recordedCalls } from '@slipway/testing/shared-data';

import {
  notIsolated,
  prohibitedObject,
  prohibitedVariable,
  referencesTo,
  unknownKey,
  unknownVariable,
} from './variable-references.js';

describe('referencesTo', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['$(params.a)$(params.b.c)', ['a', 'b.c']],
    [`$(params["a.b"]) $(params['c'])`, ['a.b', 'c']],
    ['$(params.a[*]) $(params.b[0])', ['a[*]', 'b[0]']],
    ['$(params.a', []],
    ['$(params.a\n) $(params.b)', ['b']],
    ['$(params["a) $(params.b)', ['b']],
    ['$(paramsx.a) $(params)', []],
    ['$(context.params.a)', []],
    ['$(params.a-${i}.b)', ['a-${i}.b']],
  ])('finds in %j', (text, expected) => {
    expect(referencesTo(text, 'params').map((reference) => reference.raw)).toEqual(expected);
  });

  it.each([
    ['unclosed', '$(params.a'.repeat(100_000), 0],
    ['over lines', `${'$(params.a'.repeat(100_000)}\n)`, 0],
    ['quoted and unclosed', '$(params["a'.repeat(100_000), 0],
    ['complete', '$(params.a)'.repeat(100_000), 100_000],
    ['many lines', '$(params.a\n'.repeat(100_000), 0],
  ])('answers for a megabyte of references that are %s, where quadratic work takes minutes (V1)', (_, text, found) => {
    expect(referencesTo(text, 'params')).toHaveLength(found);
  });
});

describe('unknownKey', () => {
  const objects = {
    has: (name: string) => name === 'o',
    get: (name: string) => (name === 'o' ? new Set(['a']) : undefined),
  };
  it.each<[string, boolean]>([
    ['$(params.o.a)', false],
    ['$(params.o.b)', true],
    ['$(params.o["a"])', false],
    ['$(params.o["b"])', true],
    ['$(params.other.b)', false],
    ['$(params.o)', false],
    ['$(params.o[*])', false],
  ])('looks at %j', (text, unknown) => {
    expect(unknownKey(text, 'params', objects) !== undefined).toBe(unknown);
  });
});

type Check = (text: string, prefix: string, names: Set<string>) => string | undefined;
const CHECKS: Record<string, Check> = {
  ValidateNoReferencesToUnknownVariables: unknownVariable,
  ValidateNoReferencesToProhibitedVariables: prohibitedVariable,
  ValidateNoReferencesToEntireProhibitedVariables: prohibitedObject,
  ValidateVariableReferenceIsIsolated: notIsolated,
};
interface Call {
  in: [string, string, string[] | null];
  out: string | null;
}
(recordedCalls('substitution.ValidateVariableReferenceIsIsolated').length > 0 ? describe : describe.skip)(
  'the conformance data',
  () => {
    const functions = Object.entries(CHECKS).map(([name, check]): [string, number, number, Check, Call[]] => {
      const all = recordedCalls<Call>(`substitution.${name}`);
      const calls = all.filter((call) => !isExcused(`substitution.${name}`, call.in));
      return [name, calls.length, all.length, check, calls];
    });
    it.each(functions)(
      'substitution.%s: ours gives the same, %d of %d times',
      (_name, agreeing, _all, check, calls) => {
        expect(agreeing).toBeGreaterThan(0);
        for (const { in: given, out } of calls) {
          const [text, prefix, names] = given;
          const said = check(text, prefix.replaceAll('\\', ''), new Set(names ?? []));
          // The recording escapes `<`, `>` and `&` as Go does.
          expect({ given, said: said ?? null }).toEqual({ given, said: out === null ? null : out.replace(/: $/, '') });
        }
      },
    );
  },
);
