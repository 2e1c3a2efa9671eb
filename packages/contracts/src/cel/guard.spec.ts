import { CEL_GUARDS, CEL_PATTERNS } from '@slipway/testing/cel-cases';
import { evaluateGuard, substituteCel } from './guard.js';

/** The value, or the start of the message. */
function outcome(text: string): boolean | string {
  try {
    return evaluateGuard(text);
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

describe('evaluateGuard', () => {
  test.each(CEL_GUARDS)('%s is %s', (text, value) => {
    expect(outcome(text)).toBe(value);
  });

  test.each<[text: string, problem: string]>([
    ['', "Syntax error: mismatched input '<EOF>'"],
    ["'a", "Syntax error: token recognition error at: ''a'"],
    ["'a' == 'b' 'c'", "Syntax error: mismatched input 'c'"],
    ["monday == 'friday'", "undeclared reference to 'monday' (in container '')"],
    ["1 == 'a'", "found no matching overload for '_==_' applied to '(int, string)'"],
    ['1 == 1.0', "found no matching overload for '_==_' applied to '(int, double)'"],
    ["true || 1 == 'a'", "found no matching overload for '_==_' applied to '(int, string)'"],
    ["'a'.size(1)", "found no matching overload for 'size' applied to '(string, int)'"],
    ["'a'.reverse()", "undeclared reference to 'reverse' (in container '')"],
    ["'a'", 'is not evaluated to a boolean'],
    ['1 / 0 == 1', 'division by zero'],
    ['9223372036854775807 + 1 > 0', 'integer overflow'],
    ['9223372036854775808 > 0', 'invalid int literal'],
    ['0u - 1u == 0u', 'unsigned integer overflow'],
    ['[1][3] == 1', 'index out of bounds: 3'],
    ["{'a': 1}['b'] == 1", 'no such key: b'],
    ["'a'.matches('(')", 'error parsing regexp: missing closing )'],
    ["'a'.matches('a**')", 'error parsing regexp: invalid nested repetition operator'],
    ["int('x') == 1", 'type conversion error'],
    ['for == 1', 'reserved identifier: for'],
  ])('refuses %s', (text, problem) => {
    expect(outcome(text)).toContain(problem);
  });

  test.each(CEL_PATTERNS)('matches /%s/ as RE2 does', (pattern, matching, other) => {
    for (const text of matching)
      expect([text, outcome(`${JSON.stringify(text)}.matches('${pattern}')`)]).toEqual([text, true]);
    for (const text of other)
      expect([text, outcome(`${JSON.stringify(text)}.matches('${pattern}')`)]).toEqual([text, false]);
  });

  test.each([
    ['is long', `'${'a'.repeat(20_000)}' == ''`, 'longer than'],
    ['nests deep', `${'('.repeat(5000)}true${')'.repeat(5000)}`, 'nests deeper'],
    ['chains long', Array(100).fill('true').join('&&'), 'nests deeper'],
    [
      'loops over loops',
      `[${Array(200).fill('1').join(',')}].all(a, [${Array(200).fill('1').join(',')}].all(b, [${Array(200).fill('1').join(',')}].all(c, a == b && b == c)))`,
      'cost limit exceeded',
    ],
    ['repeats in its pattern', `'a'.matches('((a{100}){100}){100}')`, 'error parsing regexp: expression too large'],
    ['makes other engines backtrack', `'${'a'.repeat(5000)}!'.matches('^(a+)+$')`, false],
  ])('has an answer in bounded time for one that %s', (_what, text, answer) => {
    const found = outcome(text);
    if (typeof answer === 'string') expect(found).toContain(answer);
    else expect(found).toBe(answer);
  });
});

describe('substituteCel', () => {
  const hostile = `x' == 'x' || 'a\\`;
  const values = new Map([
    ['params.v', hostile],
    ['params.n', '3'],
    ['params.lines', 'a\nb'],
    ['params.quotes', `"'''`],
  ]);
  const replaced = (text: string): string => substituteCel(text, { strings: values });

  test.each<[text: string, value: boolean | string]>([
    ["'$(params.v)' == 'x'", false],
    [`'$(params.v)' == "x' == 'x' || 'a\\\\"`, true],
    [`"$(params.v)" == "x' == 'x' || 'a\\\\"`, true],
    ["r'$(params.v)\\d' == 'x'", false],
    [`r'\\d$(params.n)' == '\\\\d3'`, true],
    ["'''$(params.quotes)''' == '\"\\'\\'\\''", true],
    ["'$(params.lines)' == 'a\\nb'", true],
    ["int('$(params.n)') > 2", true],
    ["1 == 1 // it's '''\n && '$(params.n)' == '3'", true],
    ['$(params.n) > 2', "Syntax error: token recognition error at: '$(params.n) > 2' (position 1)"],
    ["'$(params.other)' == '$' + '(params.other)'", true],
    ["'it\\'s $(params.n)' == \"it's 3\"", true],
  ])('%s', (text, value) => {
    expect(outcome(replaced(text))).toBe(value);
  });

  it('leaves what has no variable as it is', () => {
    expect(replaced("'a' == r'b'")).toBe("'a' == r'b'");
  });
});
