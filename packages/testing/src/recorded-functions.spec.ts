// Every recorded function is replayed by a test, and the documentation says by which and how often it agrees.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { RECORDED_DIFFERENCES, isExcused } from './recorded-differences.js';
import { recordedCalls, recordedFunctions } from './shared-data.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const text = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8');
const documented = text('docs/compatibility.md');

interface Row {
  fn: string;
  calls: number;
  agree: number;
  spec: string;
}

/** The table in the documentation: function, calls, how many agree, where they are replayed. */
const rows = [...documented.matchAll(/^\| `(\w+\.\w+)` +\| +(\d+) +\| +(\d+) +\| `([^`]+)` +\|$/gm)].map(
  ([, fn, calls, agree, spec]): Row => ({ fn: fn!, calls: Number(calls), agree: Number(agree), spec: spec! }),
);

const functions = recordedFunctions();
(functions.length > 0 ? test : test.skip)(`${functions.length} recorded functions are each listed, with counts`, () => {
  const expected = functions.map((fn) => {
    const calls = recordedCalls(fn);
    return { fn, calls: calls.length, agree: calls.filter((call) => !isExcused(fn, call.in)).length };
  });
  expect(rows.map(({ fn, calls, agree }) => ({ fn, calls, agree }))).toEqual(expected);
});

test('a listed function is replayed by the test that is named', () => {
  expect(rows.length).toBeGreaterThan(50);
  for (const { fn, spec } of rows) {
    const [family, name] = fn.split('.') as [string, string];
    const source = text(spec);
    // Families are replayed by a loop over their names.
    const isNamed = source.includes(`'${fn}'`) || (source.includes(`\`${family}.\${`) && source.includes(name));
    expect({ fn, spec, isNamed }).toEqual({ fn, spec, isNamed: true });
  }
});

test('the documentation quotes what and why of every difference in recorded calls', () => {
  const plain = documented.replaceAll(/\s+/g, ' ').replaceAll('\\|', '|'); // `|` in a table
  const missing = RECORDED_DIFFERENCES.flatMap(({ what, why }) => [what, why]).filter((part) => !plain.includes(part));
  expect(missing).toEqual([]);
});
