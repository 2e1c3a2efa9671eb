import { compileGuard, evaluateGuard, substituteCel } from './guard.js';

/** The value, or the start of the message. */
function outcome(text: string): boolean | string {
  try {
    return evaluateGuard(text);
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

describe('evaluateGuard', () => {
  test.each<[text: string, value: boolean]>([
    [`'README.md' == 'README.md'`, true],
    [`"a" != 'a'`, false],
    [`'monday'=='friday'`, false],
    ['1 + 1 == 2', true],
    ['5 / 2 == 2 && -5 / 2 == -2 && -5 % 3 == -2', true],
    ['1.5 * 2.0 == 3.0', true],
    ['2u + 3u == 5u', true],
    ['0x1F == 31', true],
    ['.5 + 1e-1 == 0.6', true],
    ['-9223372036854775808 < 9223372036854775807', true],
    ["'b' > 'a' && 'ab' > 'a' && '\\u00e9' > 'z'", true],
    ['true > false', true],
    ["'x' in ['y', 'x']", true],
    ['3 in [1, 2]', false],
    ["'k' in {'k': 1}", true],
    ["{'a': {'b': 7}}.a.b == 7 && {'a': 1}['a'] == 1", true],
    ["has({'a': 1}.a) && !has({'a': 1}.b)", true],
    ['[1, 2, 3][1] == 2', true],
    ["[1, 'two'].size() == 2 && size('\u00e9\u{1F600}') == 2 && size({'a': 1}) == 1", true],
    ["[1] + [2] == [1, 2] && 'a' + 'b' == 'ab'", true],
    ["{'a': [1]} == {'a': [1]}", true],
    ["'release-1.2'.startsWith('release-') && 'x.tgz'.endsWith('.tgz') && 'abc'.contains('b')", true],
    ["'v1.2.3'.matches('^v\\\\d+\\\\.\\\\d+') && r'v1' == 'v1' && 'a'.matches(r'\\w')", true],
    ["matches('abc', 'b')", true],
    ['true ? 1 == 1 : 1 == 2', true],
    ['(1 == 1 ? 3 : 4) == 3', true],
    ["int('5') > 3 && string(5) == '5' && double('1.5') > 1.0 && bool('true') && uint(3) == 3u", true],
    ["type(1) == int && type('a') != int", true],
    ['[1, 2].all(i, i > 0) && [1, 2].exists(i, i == 2) && [1, 2].exists_one(i, i > 1)', true],
    ['[1, 2, 3].filter(i, i > 1).map(i, i * 2) == [4, 6] && [1, 2].map(i, i > 1, i + 1) == [3]', true],
    ["{'a': 1}.all(k, k == 'a')", true],
    ['true || 1 / 0 == 1', true],
    ['1 / 0 == 1 || true', true],
    ['false && 1 / 0 == 1', false],
    ['!false && !!true', true],
    ["'''a'b\nc''' == \"a'b\\nc\"", true],
    ["'\\x41\\u0042\\U00000043\\104' == 'ABCD'", true],
    ['1 == 1 // a remark', true],
    ['dyn(1) == dyn("a")', false],
    ['null == null', true],
  ])('%s is %s', (text, value) => {
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

  test.each<[pattern: string, matching: string[], other: string[]]>([
    ['^a.c$', ['abc', 'a\u{1F600}c'], ['ac', 'a\nc', 'xabc']],
    ['(a+)+$', ['aaa', 'ba'], ['a!']],
    ['^(?:x|yz){2,3}$', ['xx', 'yzxyz'], ['x', 'xxxx']],
    ['^[^a-c\\\\d]$', ['d', '-'], ['b', '5']],
    ['^[[:alpha:]_-]+$', ['ab_-Z'], ['a1', '']],
    ['\\\\bword\\\\b', ['a word.'], ['sword']],
    ['(?i)^main$', ['MAIN', 'Main'], ['mains']],
    ['^a{0}b?c*?$', ['', 'bccc'], ['a', 'bb']],
    ['^(?P<major>\\\\d+)\\\\.\\\\d$', ['10.2'], ['10.22']],
    ['', ['', 'x'], []],
    ['a|', ['', 'b'], []],
    ['^\\\\x41\\\\x{1F600}\\\\.$', ['A\u{1F600}.'], ['A\u{1F600}x']],
  ])('matches /%s/ as RE2 does', (pattern, matching, other) => {
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
