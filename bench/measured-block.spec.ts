import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from './measure.js';
import { withMeasured } from './measured-block.js';

const row = (what: string, measured: string, reached = true): Row => ({
  ...{ what, bar: '≤ 1 ms', measured, reached, how: `how ${what} was measured` },
});
const page = (inside: string): string =>
  `# Page\n\n<!-- measured -->\n\n${inside}\n\n<!-- /measured -->\n\nWords.\n\n<!-- measured: other -->\n\nx\n\n<!-- /measured: other -->\n`;
const at = (day: string, rows: Row[], machine = 'a machine'): Parameters<typeof withMeasured>[2] => ({
  ...{ day, rows, machine },
});
const first = withMeasured(page('old'), 'measured', at('2026-01-01', [row('a', '1 ms'), row('b', '2 ms')]), false);

test('a whole measurement replaces its block and nothing else', () => {
  expect(first).toBe(
    page(`Machine, 2026-01-01: a machine.

| what | bar | measured |  | on |
| --- | --- | --- | --- | --- |
| a | ≤ 1 ms | 1 ms | reached | 2026-01-01 |
| b | ≤ 1 ms | 2 ms | reached | 2026-01-01 |

- **a**: how a was measured.
- **b**: how b was measured.`),
  );
  expect(withMeasured(first, 'measured', at('2026-01-02', [row('c', '3 ms')]), false)).not.toContain('| a |');
});

test('a measurement of some rows puts those in their places, and keeps the others with their day and their machine', () => {
  const later = at('2026-02-02', [row('c', '4 ms'), row('a', '3 ms', false)], 'another machine');
  expect(withMeasured(first, 'measured', later, true)).toBe(
    page(`Machine, 2026-01-01: a machine.
Machine, 2026-02-02: another machine.

| what | bar | measured |  | on |
| --- | --- | --- | --- | --- |
| a | ≤ 1 ms | 3 ms | **missed** | 2026-02-02 |
| b | ≤ 1 ms | 2 ms | reached | 2026-01-01 |
| c | ≤ 1 ms | 4 ms | reached | 2026-02-02 |

- **a**: how a was measured.
- **b**: how b was measured.
- **c**: how c was measured.`),
  );
});

test('a day of which no row is left takes its machine with it', () => {
  const all = at('2026-02-02', [row('a', '3 ms'), row('b', '3 ms')]);
  expect(withMeasured(first, 'measured', all, true)).not.toContain('2026-01-01');
});

test('a measurement of no row changes nothing but the blanks of the tables that are there', () => {
  const text = readFileSync(join(import.meta.dirname, '../docs/benchmarks.md'), 'utf8');
  const plain = (one: string): string => one.replace(/-{3,}/g, '---').replace(/ +/g, ' ');
  for (const mark of ['measured', 'measured: kubernetes']) {
    expect(plain(withMeasured(text, mark, at('2030-01-01', []), true))).toBe(plain(text));
  }
});

test('a page without the mark is refused', () => {
  expect(() => withMeasured('# Page', 'measured', at('2026-01-01', []), true)).toThrow('<!-- measured -->');
});
