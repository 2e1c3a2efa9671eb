// The part of docs/benchmarks.md between two marks: which machine, a table, and how each row was measured. Each row has its day,
// and the machine is told by day, so that rows of several days can stand side by side.

import type { Row } from './measure.js';

export interface Measurement {
  rows: readonly Row[];
  /** `2 × Xeon, 24 GiB, Linux 6.1, Node.js 20.20.2` */
  machine: string;
  /** `2026-11-26` */
  day: string;
}

interface Written {
  what: string;
  bar: string;
  measured: string;
  verdict: string;
  day: string;
  how: string;
}

const HEAD = ['what', 'bar', 'measured', '', 'on'];

/**
 * The page with the block of a mark written anew.
 *
 * @param keepsOthers only some rows were measured: those take their places, and the others stay as they were
 *
 * Errors: a page without the mark.
 */
export function withMeasured(page: string, mark: string, measurement: Measurement, keepsOthers: boolean): string {
  const [open, close] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has no ${open} … ${close}`);
  const before = page.slice(from + open.length, to);
  const { machine, day } = measurement;
  const rows = keepsOthers ? replaced(rowsOf(before), written(measurement)) : written(measurement);
  const machines = new Map([...machinesOf(before), [day, machine]]);
  const text = [
    [...machines].filter(([on]) => rows.some((row) => row.day === on)).map(machineLine),
    lines(rows),
    rows.map(({ what, how }) => `- **${what}**: ${how}`),
  ]
    .map((part) => part.join('\n'))
    .join('\n\n');
  return `${page.slice(0, from)}${open}\n\n${text}\n\n${page.slice(to)}`;
}

function written({ rows, day }: Measurement): Written[] {
  return rows.map(({ what, bar, measured, reached, how }) => ({
    ...{ what, bar, measured, day, how: `${how}.` },
    verdict: reached ? 'reached' : '**missed**',
  }));
}

/** In the order that was; what is new comes last. */
function replaced(before: readonly Written[], now: readonly Written[]): Written[] {
  const fresh = new Map(now.map((row) => [row.what, row]));
  const known = new Set(before.map(({ what }) => what));
  return [...before.map((row) => fresh.get(row.what) ?? row), ...now.filter(({ what }) => !known.has(what))];
}

function rowsOf(block: string): Written[] {
  const hows = new Map([...block.matchAll(/^- \*\*(.+?)\*\*: (.*)$/gm)].map(([, what = '', how = '']) => [what, how]));
  return block
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => {
      const cells = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      const [what = '', bar = '', measured = '', verdict = '', day = ''] = cells;
      return { what, bar, measured, verdict, day, how: hows.get(what) ?? '' };
    });
}

function machinesOf(block: string): [day: string, machine: string][] {
  return [...block.matchAll(/^Machine(?:, (\S+))?: (.*)\.$/gm)].map(([, day = '', machine = '']) => [day, machine]);
}

function machineLine([day, machine]: readonly [string, string]): string {
  return `Machine${day === '' ? '' : `, ${day}`}: ${machine}.`;
}

function lines(rows: readonly Written[]): string[] {
  const cells = rows.map(({ what, bar, measured, verdict, day }) => [what, bar, measured, verdict, day]);
  return [HEAD, HEAD.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`);
}
