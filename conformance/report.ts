// What became of the files: rows and totals for the terminal, and the table of docs/compatibility.md.

import type { Outcome } from './check.js';
import type { ConformanceFile } from './set.js';

export interface Result {
  file: ConformanceFile;
  outcome: Outcome;
}

export function row({ file, outcome }: Result): string {
  const detail = outcome.kind === 'passed' ? `${(outcome.tookMs / 1000).toFixed(1)} s` : outcome.because;
  return `${outcome.kind.padEnd(8)}${file.set}/${file.name}  ${detail}`;
}

export function total(results: readonly Result[]): string {
  const count = (kind: Outcome['kind']): number => results.filter(({ outcome }) => outcome.kind === kind).length;
  return `${results.length} files: ${count('passed')} passed, ${count('failed')} failed, ${count('blocked')} blocked`;
}

/** A row a file, the sets side by side, and the reasons of what is blocked or ends otherwise; without times. */
export function documentation(all: readonly Result[], sets: readonly string[]): string {
  const results = all.filter(({ file }) => sets.includes(file.set));
  const names = [...new Set(results.map(({ file }) => file.name))].sort();
  const reasons = [...new Set(results.flatMap((result) => reasonOf(result) ?? []))].sort();
  const cell = (name: string, set: string): string => {
    const result = results.find(({ file }) => file.set === set && file.name === name);
    if (result === undefined) return '';
    const { kind } = result.outcome;
    const reason = reasonOf(result);
    return `${kind === 'passed' ? '✓' : kind}${reason === undefined ? '' : ` [${reasons.indexOf(reason) + 1}]`}`;
  };
  const totals = sets.map((set) => {
    const ofSet = results.filter(({ file }) => file.set === set);
    return `${ofSet.filter(({ outcome }) => outcome.kind === 'passed').length} of ${ofSet.length}`;
  });
  return [
    table(
      ['file', ...sets],
      [['**passed**', ...totals], ...names.map((name) => [name, ...sets.map((s) => cell(name, s))])],
    ),
    reasons.map((reason, i) => `${i + 1}. ${reason}`).join('\n'),
  ].join('\n\n');
}

/** How many of each set passed in a cluster, and a row for each file that does not simply pass. */
export function clusterDocumentation(results: readonly Result[], sets: readonly string[]): string {
  const totals = sets.map((set) => [set, total(results.filter(({ file }) => file.set === set))]);
  const others = results.flatMap((result) => {
    const reason = reasonOf(result);
    const { file, outcome } = result;
    return reason === undefined ? [] : [[`${file.set}/${file.name}`, outcome.kind, reason]];
  });
  return [
    table(['set', 'outcome'], totals),
    table(
      ['file', 'outcome', 'why'],
      others.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    ),
  ].join('\n\n');
}

function reasonOf({ file: { decision }, outcome }: Result): string | undefined {
  if (outcome.kind === 'failed') return outcome.because.replace(/[|\n]/g, ' ').slice(0, 200);
  return decision.blocked ?? decision.why;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
