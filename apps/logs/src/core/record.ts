// One record of a log file: a line of text, as container runtimes write it (the CRI log format), so that a person can
// read the file as it is.
//
//     2026-01-01T00:00:00.123456789Z stdout F compiling
//     2026-01-01T00:00:00.223456789Z stderr P the beginning of a long line
//     2026-01-01T00:00:01.123456789Z lost F 12
//     2026-01-01T00:00:02.123456789Z end F

import type { LogLine } from '@slipway/contracts';

export type LogRecord =
  | { kind: 'line'; line: LogLine }
  /** Stands for `count` lines that will never come. */
  | { kind: 'lost'; time: string; count: number }
  /** Nothing follows. */
  | { kind: 'end'; time: string };

/** The record as text, with its line end. A line end inside a text becomes the symbol for one. */
export function formatRecord(record: LogRecord): string {
  switch (record.kind) {
    case 'line': {
      const { time, stream, text, partial } = record.line;
      return `${time} ${stream} ${partial === true ? 'P' : 'F'} ${text.replaceAll('\n', '\u2424')}\n`;
    }
    case 'lost':
      return `${record.time} lost F ${record.count}\n`;
    case 'end':
      return `${record.time} end F \n`;
  }
}

/** The record of a line of the file, without its line end; undefined when it is none. */
export function parseRecord(text: string): LogRecord | undefined {
  const stream = text.indexOf(' ');
  const tag = text.indexOf(' ', stream + 1);
  if (stream <= 0 || tag < 0 || text[tag + 2] !== ' ') return undefined;
  const time = text.slice(0, stream);
  const name = text.slice(stream + 1, tag);
  const rest = text.slice(tag + 3);
  switch (name) {
    case 'stdout':
    case 'stderr': {
      const line: LogLine = { time, stream: name, text: rest };
      return { kind: 'line', line: text[tag + 1] === 'P' ? { ...line, partial: true } : line };
    }
    case 'lost':
      return /^[1-9]\d{0,15}$/.test(rest) ? { kind: 'lost', time, count: Number(rest) } : undefined;
    case 'end':
      return { kind: 'end', time };
    default:
      return undefined;
  }
}

/** How many of the container's lines a record stands for. */
export function linesOf(record: LogRecord): number {
  switch (record.kind) {
    case 'line':
      return 1;
    case 'lost':
      return record.count;
    case 'end':
      return 0;
  }
}

/** What a reader sees in place of a record; undefined for the end. */
export function lineShown(record: LogRecord): LogLine | undefined {
  switch (record.kind) {
    case 'line':
      return record.line;
    case 'lost': {
      const text = `[slipway] ${record.count} lines of the log were lost here`;
      return { time: record.time, stream: 'stderr', text };
    }
    case 'end':
      return undefined;
  }
}
