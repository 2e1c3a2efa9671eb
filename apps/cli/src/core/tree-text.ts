// Rows as lines of a tree. Pure: colours and width are arguments.

import type { RowState, StepRow, TaskRow } from './run-rows.js';

export type PaintState = (state: RowState | 'dim', text: string) => string;

export interface TreeOptions {
  nowMs: number;
  paint: PaintState;
  /** Longest line, in columns; longer ones end with an ellipsis. */
  columns: number;
  /** Which tasks show their steps. */
  steps: 'all' | 'running' | 'none';
}

const SIGNS: Record<RowState, string> = {
  waiting: '○',
  running: '●',
  succeeded: '✓',
  failed: '✗',
  cancelled: '⊘',
  skipped: '–',
};

/** One line a task, and below it one a step or a task of its own where wanted. */
export function treeLines(rows: readonly TaskRow[], options: TreeOptions, indent = ''): string[] {
  const width = Math.min(40, Math.max(0, ...rows.map(({ name }) => name.length)));
  const lines: string[] = [];
  let inFinally = false;
  rows.forEach((row, index) => {
    if (row.finally && !inFinally) {
      inFinally = true;
      lines.push(options.paint('dim', `${indent}│ finally`));
    }
    const last = index === rows.length - 1;
    const below = `${indent}${last ? '    ' : '│   '}`;
    lines.push(line(`${indent}${last ? '└ ' : '├ '}`, row, width, options));
    if (row.tasks !== undefined) lines.push(...treeLines(row.tasks, options, below));
    if (options.steps === 'none' || (options.steps === 'running' && row.state !== 'running')) return;
    const stepWidth = Math.max(0, ...row.steps.map(({ name }) => name.length));
    for (const step of row.steps) lines.push(line(below, step, stepWidth, options));
  });
  return lines;
}

function line(prefix: string, row: TaskRow | StepRow, width: number, { nowMs, paint, columns }: TreeOptions): string {
  const time = row.startMs === undefined ? '' : durationText((row.endMs ?? nowMs) - row.startMs);
  const plain =
    `${row.name.padEnd(width)}  ${time.padStart(6)}${row.note === undefined ? '' : `  ${row.note}`}`.trimEnd();
  const room = columns - prefix.length - 2;
  const text = plain.length <= room ? plain : `${plain.slice(0, Math.max(0, room - 1))}…`;
  return `${paint('dim', prefix)}${paint(row.state, SIGNS[row.state])} ${row.state === 'skipped' ? paint('dim', text) : text}`;
}

/** `0.4s`, `12.3s`, `3m05s`, `1h02m`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
}
