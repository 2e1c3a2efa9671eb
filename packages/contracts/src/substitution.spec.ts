import { isDeepStrictEqual } from 'node:util';
import { recordedCalls } from '../../testing/src/shared-data.js';
import { paramReplacements, substituteTaskSpec, typeOfSpec } from './params.js';
import {
  emptyReplacements,
  layered,
  substitute,
  substituteDeep,
  substituteList,
  substituteValue,
} from './substitution.js';
import type { Replacements } from './substitution.js';
import type { Param, ParamSpec, ParamValue, TaskRun, TaskSpec, WhenExpression } from './tekton.js';
import { substituteWhen, whenAllows } from './when.js';

type Maps = [
  Record<string, string> | null,
  Record<string, string[]> | null,
  Record<string, Record<string, string>> | null,
];

function known(
  strings: Record<string, string> | null,
  arrays: Record<string, string[]> | null = null,
  objects: Record<string, Record<string, string>> | null = null,
): Replacements {
  return {
    strings: new Map(Object.entries(strings ?? {})),
    arrays: new Map(Object.entries(arrays ?? {})),
    objects: new Map(Object.entries(objects ?? {})),
  };
}

describe('substitute', () => {
  const table: [given: string, text: string, then: string][] = [
    ['replaces a variable', 'a $(x) b', 'a 1 b'],
    ['replaces a variable as often as it stands there', '$(x)$(x)-$(y)', '11-2'],
    ['leaves names verbatim that nobody knows', '$(nobody) $(x)', '$(nobody) 1'],
    ['does not look at replaced text again', '$(again)', '$(x)'],
    ['replaces the inner of two', '$(a.$(x))', '$(a.1)'],
    ['leaves an open variable alone', 'a $(x', 'a $(x'],
    ['leaves shell alone', 'echo $((1+2)) ${x} $x', 'echo $((1+2)) ${x} $x'],
    ['finds nothing on the prototype of objects', '$(constructor) $(__proto__)', '$(constructor) $(__proto__)'],
    ['keeps dollar signs of values', '$(dollar)', "$&$1$'"],
  ];
  test.each(table)('%s', (_given, text, then) => {
    expect(substitute(text, known({ x: '1', y: '2', again: '$(x)', dollar: "$&$1$'" }))).toBe(then);
  });

  test('is linear in text that is nothing but openings (V3)', () => {
    const text = '$('.repeat(500_000);
    expect(substitute(`${text}x)`, known({ x: '1' }))).toBe(`${text.slice(2)}1`);
    expect(substitute(text, known({ x: '1' }))).toBe(text);
    expect(substitute('$(x)'.repeat(100_000), known({ x: '1' }))).toHaveLength(100_000);
  });
});

describe('substituteList', () => {
  test('expands an element that is one array variable, and no other', () => {
    const replacements = known({ 'x[0]': 'a' }, { x: ['a', 'b'] });
    expect(substituteList(['$(x[*])', '-$(x)', '$(x)', '$(x[0])'], replacements)).toEqual([
      'a',
      'b',
      '-$(x)',
      'a',
      'b',
      'a',
    ]);
  });
  test('drops an element that is an empty array', () => {
    expect(substituteList(['1', '$(x)', '2'], known(null, { x: [] }))).toEqual(['1', '2']);
  });
});

describe('substituteDeep', () => {
  test('reaches every string, expands lists and returns what has no variables as it is (V4)', () => {
    const plain = { name: 'n', list: ['a'] };
    const value = { plain, image: '$(s)', args: ['$(l[*])', 'x'], nested: [{ key: '$(s)' }], count: 1, none: null };
    const replaced = substituteDeep(value, known({ s: '1' }, { l: ['a', 'b'] }));
    expect(replaced).toEqual({
      plain,
      image: '1',
      args: ['a', 'b', 'x'],
      nested: [{ key: '1' }],
      count: 1,
      none: null,
    });
    expect(replaced.plain).toBe(plain);
    expect(substituteDeep(plain, known({ s: '1' }))).toBe(plain);
  });
});

describe('layered', () => {
  test('looks an earlier layer up first', () => {
    expect(substitute('$(a)$(b)', layered(known({ a: '1' }), known({ a: '2', b: '3' }), emptyReplacements()))).toBe(
      '13',
    );
  });
});

describe('paramReplacements', () => {
  const specs: ParamSpec[] = [
    { name: 's', default: 'default' },
    { name: 'a', type: 'array', default: ['x', 'y', 'z'] },
    { name: 'o', type: 'object', default: { one: '1', two: '2' } },
  ];
  const params: Param[] = [
    { name: 'a', value: ['p', 'q'] },
    { name: 'o', value: { one: 'eins' } },
    { name: 'dotted.name', value: 'd' },
  ];
  const table: [text: string, then: ParamValue][] = [
    ['$(params.s) $(params["s"]) $(params[\'s\']) $(inputs.params.s)', 'default default default default'],
    ['$(params["dotted.name"])', 'd'],
    ['$(params.a[1]) $(params["a"][0])', 'q p'],
    ['$(params.a[2])', '$(params.a[2])'],
    ['$(params.a[*])', ['p', 'q']],
    ['$(params["a"])', ['p', 'q']],
    ['$(params.o.one) $(params.o.two)', 'eins 2'],
    ['$(params.o[*])', { one: 'eins', two: '2' }],
  ];
  test.each(table)('makes %s of values and defaults', (text, then) => {
    expect(substituteValue(text, paramReplacements(params, specs))).toEqual(then);
  });
  test('typeOfSpec follows properties, then the default', () => {
    expect([{}, { properties: {} }, { default: ['a'] }, { default: {} }].map(typeOfSpec)).toEqual([
      'string',
      'object',
      'array',
      'object',
    ]);
  });
});

describe('recorded calls', () => {
  agree('substitution.ApplyReplacements', ([text, strings]: [string, Record<string, string>]) =>
    substitute(text, known(strings)),
  );
  agree('substitution.ApplyArrayReplacements', ([text, ...maps]: [string, ...Maps]) =>
    substituteList([text], known(...maps)),
  );
  agree('paramvalue.applyReplacements', ([value, ...maps]: [ParamValue, ...Maps]) =>
    substituteValue(value, known(...maps)),
  );
  agree('taskrun.ApplyParameters', ([spec, run, defaults]: [TaskSpec, TaskRun, ParamSpec[] | null]) =>
    substituteTaskSpec(spec, paramReplacements(run.spec.params, defaults ?? undefined)),
  );
  agree('when.replaceVariables', ([guards, ...maps]: [WhenExpression[] | null, ...Maps]) =>
    guards === null ? null : substituteWhen(guards, known(...maps)),
  );
  agree('when.allowsExecution', ([guards, cel]: [WhenExpression[] | null, Record<string, boolean> | null]) =>
    whenAllows(guards ?? undefined, new Map(Object.entries(cel ?? {}))),
  );
});

/** One test for all recorded calls of a function; skipped where they are not at hand. */
function agree<In>(fn: string, ours: (given: In) => unknown): void {
  const calls = recordedCalls<{ in: In; out: unknown }>(fn);
  (calls.length === 0 ? test.skip : test)(`${fn}: ours gives the same, ${calls.length} times`, () => {
    const differences = calls
      .map((call) => ({ given: call.in, theirs: withoutEmpty(call.out), ours: withoutEmpty(ours(call.in)) }))
      .filter((call) => !isDeepStrictEqual(call.theirs, call.ours));
    expect(differences).toEqual([]);
  });
}

/** Go leaves out empty strings; we do not. */
function withoutEmpty(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (_key, item: unknown) =>
      typeof item === 'object' && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).filter(([, inner]) => inner !== ''))
        : item,
    ),
  );
}
