// Figures from samples, and how they are printed.

export interface Row {
  what: string;
  /** The bar to reach, in words: `p50 ≤ 2 ms`. */
  bar: string;
  /** What was measured, in the same words. */
  measured: string;
  /** Whether every part of the bar is reached. */
  reached: boolean;
  /** How it was measured, in one sentence. */
  how: string;
}

/** The p-th percentile (0–100) of the samples by the nearest rank; NaN without samples. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? NaN;
}

export function ms(value: number): string {
  return value < 10
    ? `${value.toFixed(2)} ms`
    : value < 10_000
      ? `${value.toFixed(0)} ms`
      : `${(value / 1000).toFixed(1)} s`;
}

export function seconds(valueMs: number): string {
  return `${(valueMs / 1000).toFixed(2)} s`;
}

export function table(rows: readonly Row[]): string {
  const head = ['what', 'bar', 'measured', ''];
  const cells = rows.map((row) => [row.what, row.bar, row.measured, row.reached ? 'reached' : '**missed**']);
  return [head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}
