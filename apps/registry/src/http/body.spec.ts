import { DEPTH_LIMIT } from '@slipway/yaml';
import { parseBody } from './body.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const nested = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
/** `a: &a [x,x,…]`, `b: &b [*a,*a,…]`, …: nine times nine times nine … values. */
const aliasBomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefghij'.split('').map((key, i) => {
  const last = 'abcdefghi'[i]!;
  return `${key}: &${key} [${Array<string>(9).fill(`*${last}`).join(',')}]`;
})].join('\n'); // prettier-ignore

// prettier-ignore
const accepted: [type: string, text: string, value: unknown][] = [
  ['', '{"a":1}', { a: 1 }],
  ['application/json; charset=utf-8', '{"a":1}', { a: 1 }],
  ['application/yaml', 'a: 1\nb: [x]', { a: 1, b: ['x'] }],
  ['application/apply-patch+yaml', '{"a":{"b":true}}', { a: { b: true } }],
  ['application/yaml', 'a: &x {b: 1}\nc: *x', { a: { b: 1 }, c: { b: 1 } }],
  ['application/yaml', 'on: off\nt: 2020-01-01', { on: 'off', t: '2020-01-01' }],
  ['application/json', nested(DEPTH_LIMIT - 1), JSON.parse(nested(DEPTH_LIMIT - 1))],
];

// prettier-ignore
const refused: [what: string, type: string, text: string | Uint8Array, message: string][] = [
  ['broken JSON', 'application/json', '{"a":', 'not valid JSON'],
  ['broken YAML', 'application/yaml', 'a: [', 'not valid YAML'],
  ['an unknown type', 'text/plain', 'x', 'unknown format'],
  ['invalid UTF-8', 'application/json', Uint8Array.of(0x22, 0xff, 0x22), 'not valid UTF-8'],
  ['long YAML', 'application/yaml', 'a: b\n'.repeat(100_000), 'may have 262144 bytes as YAML'],
  ['a YAML error, with its line', 'application/yaml', 'a: b\nc: [\nd: e', 'line 3'],
  ['a thousand errors in YAML', 'application/yaml', '}'.repeat(200_000), 'not valid YAML: line 1'],
  ['a thousand anchors in YAML', 'application/yaml', '&a '.repeat(60_000), 'not valid YAML: line 1'],
  ['deep nesting', 'application/json', nested(DEPTH_LIMIT + 1), 'nested deeper than'],
  ['very deep nesting', 'application/json', '['.repeat(200_000) + ']'.repeat(200_000), 'nested deeper than'],
  ['very deep YAML', 'application/yaml', '['.repeat(100_000) + ']'.repeat(100_000), 'nested deeper than'],
  ['very deep YAML in one line', 'application/yaml', '- '.repeat(100_000), 'nested deeper than'],
  ['a __proto__ field', 'application/json', '{"metadata":{"labels":{"__proto__":{"x":1}}}}', '__proto__'],
  ['a __proto__ field in YAML', 'application/yaml', '__proto__: {x: 1}', '__proto__'],
  ['an alias bomb', 'application/yaml', aliasBomb, 'not valid YAML'],
  ['an alias to itself', 'application/yaml', 'a: &a\n  b: *a', 'nested deeper than'],
  ['two documents', 'application/yaml', 'a: 1\n---\nb: 2', 'not valid YAML'],
  ['bytes that are no envelope', 'application/vnd.kubernetes.protobuf', 'hello', 'not valid protobuf'],
];

describe('parseBody', () => {
  test.each(accepted)('reads %s %.60s', (type, text, value) => {
    expect(parseBody(type, bytes(text)).value).toEqual(value);
  });

  test.each(refused)('refuses %s', (_what, type, text, message) => {
    expect(() => parseBody(type, typeof text === 'string' ? bytes(text) : text)).toThrow(message);
  });

  test('an empty body is no value', () => {
    expect(parseBody('application/json', new Uint8Array())).toEqual({ value: undefined, duplicates: [] });
  });

  test('copies what YAML aliases share', () => {
    const { a, c } = parseBody('application/yaml', bytes('a: &x {b: 1}\nc: *x')).value as { a: object; c: object };
    expect(a).not.toBe(c);
  });

  test('names the keys that come twice', () => {
    expect(parseBody('application/json', bytes('{"spec":{"a":1,"a":2}}')).duplicates).toEqual(['spec.a']);
  });
});
