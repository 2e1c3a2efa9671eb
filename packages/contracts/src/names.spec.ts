import { createHash } from 'node:crypto';
import { childName, isDnsLabel, isDnsSubdomain, shardOf, subjectToken } from './names.js';
import { md5Hex } from './md5.js';

const long = (char: string, n: number) => char.repeat(n);

describe('childName', () => {
  // prettier-ignore
  const table: [given: string, parent: string, suffix: string, then: string][] = [
    ['joins what fits', 'run', '-task', 'run-task'],
    ['joins 63 characters as they are', long('a', 60), '-bc', `${long('a', 60)}-bc`],
    ['hashes a parent that is one character too long', long('a', 61), '-bc', `${long('a', 28)}${md5Hex(long('a', 61))}-bc`],
    ['hashes both when the suffix alone is too long', long('a', 40), long('b', 31), `${long('a', 31)}${md5Hex(long('a', 40) + long('b', 31))}`],
    ['fills up with the suffix when the parent is short', 'a', long('b', 63), `a${md5Hex('a' + long('b', 63))}${long('b', 30)}`],
  ];
  test.each(table)('%s', (_given, parent, suffix, then) => {
    expect(childName(parent, suffix)).toBe(then);
  });

  test('never exceeds a label, and never ends in a dash', () => {
    for (let parent = 1; parent <= 80; parent++) {
      for (let suffix = 1; suffix <= 80; suffix++) {
        const name = childName(long('p', parent), `-${long('s', suffix - 1)}`);
        expect(name.length).toBeLessThanOrEqual(63);
        if (suffix > 1) expect(name).toMatch(/[a-z0-9]$/);
      }
    }
  });
});

test('md5Hex agrees with the reference at every length around a block, and beyond ASCII', () => {
  for (let n = 0; n <= 130; n++) {
    const text = long('x', n);
    expect(md5Hex(text)).toBe(createHash('md5').update(text).digest('hex'));
  }
  expect(md5Hex('Zürich ✓')).toBe(createHash('md5').update('Zürich ✓').digest('hex'));
});

describe('subjectToken', () => {
  const names = ['a', 'a.b', 'a*', '>', '*', 'a b', 'a=b', '', 'ü', 'a-b_c', '\n', '=2e', '.'];

  test('lets nothing through that means something in a subject', () => {
    for (const name of names) expect(subjectToken(name)).toMatch(/^[A-Za-z0-9_=-]+$/);
  });

  test('gives two names two tokens', () => {
    expect(new Set(names.map(subjectToken)).size).toBe(names.length);
  });
});

test('shardOf is stable, because it is stored', () => {
  expect([shardOf('default', 'a'), shardOf('default', 'b'), shardOf('other', 'a')]).toEqual([38, 19, 29]);
});

test('shardOf spreads names evenly: no shard has twice its share', () => {
  const counts = new Array<number>(64).fill(0);
  for (let i = 0; i < 64_000; i++) counts[shardOf('default', `run-${i}`)]!++;
  expect(Math.max(...counts)).toBeLessThan(2000);
  expect(Math.min(...counts)).toBeGreaterThan(500);
});

// prettier-ignore
const dns: [name: string, label: boolean, subdomain: boolean][] = [
  ['a', true, true], ['a-b', true, true], ['a.b', false, true], ['-a', false, false], ['a-', false, false],
  ['A', false, false], ['', false, false], ['a..b', false, false], [long('a', 63), true, true], [long('a', 64), false, true],
  [long('a', 254), false, false], ['a\n', false, false],
];
test.each(dns)('%j is a label: %s, a subdomain: %s', (name, label, subdomain) => {
  expect([isDnsLabel(name), isDnsSubdomain(name)]).toEqual([label, subdomain]);
});
