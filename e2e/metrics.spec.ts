// What operators are told of metrics, held against the source that declares them.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { declaredMetrics } from './declared-metrics.js';

const ROOT = resolve(import.meta.dirname, '..');

test('docs/metrics.md has every metric as the code declares it', () => {
  const page = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `slipway_'));
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')));
  const documented = cells.map(([, name, kind, labels, help]) => [name, kind, labels, help]);
  expect(documented).toEqual(
    declaredMetrics().map(({ name, kind, labels, help }) => [name, kind, labels.join(', '), help]),
  );
});

test('no metric is labelled with a name that users choose', () => {
  const bounded = [
    ...['answer', 'cache', 'code', 'durable', 'node', 'outcome', 'reason', 'resolver', 'resource', 'root'],
    ...['status', 'subject', 'verb', 'verdict', 'version'],
  ];
  const labels = new Set(declaredMetrics().flatMap((metric) => metric.labels));
  expect([...labels].filter((label) => !bounded.includes(label))).toEqual([]);
});
