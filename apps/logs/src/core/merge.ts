// Where a chunk stands to what is stored: the decision behind "every line once, in order, none skipped in silence".

import type { LogChunk } from '@slipway/contracts';
import { linesOf, type LogRecord } from './record.js';

export type Merge =
  /** Write these behind what is stored. */
  | { kind: 'append'; records: LogRecord[] }
  /** All of it is stored already. */
  | { kind: 'duplicate' }
  /** Lines before it are missing: it must not be written. */
  | { kind: 'gap'; missing: number };

/** @param next number of the first line that is not stored */
export function merge(chunk: LogChunk, next: number, isEnded: boolean): Merge {
  if (isEnded) return { kind: 'duplicate' };
  const missing = chunk.first - next;
  if (missing > 0 && chunk.gone !== true) return { kind: 'gap', missing };
  const fresh = missing > 0 ? chunk.lines : chunk.lines.slice(-missing);
  const isEnd = chunk.end === true && chunk.first + chunk.lines.length >= next;
  if (fresh.length === 0 && !isEnd && missing <= 0) return { kind: 'duplicate' };
  const records: LogRecord[] = [];
  const time = fresh[0]?.time ?? chunk.lines.at(-1)?.time ?? '1970-01-01T00:00:00Z';
  if (missing > 0) records.push({ kind: 'lost', time, count: missing });
  for (const line of fresh) records.push({ kind: 'line', line });
  if (isEnd) records.push({ kind: 'end', time: fresh.at(-1)?.time ?? time });
  return { kind: 'append', records };
}

/**
 * What is new of records that another replica has stored. `first` is the line of the first of them, which is not beyond
 * `next`: a gap in them cannot be.
 */
export function mergeCopied(records: readonly LogRecord[], first: number, next: number, isEnded: boolean): LogRecord[] {
  if (isEnded || first > next) return [];
  const fresh: LogRecord[] = [];
  let line = first;
  for (const record of records) {
    const after = line + linesOf(record);
    if (record.kind === 'end') {
      if (line >= next) fresh.push(record);
    } else if (after > next) {
      fresh.push(record.kind === 'lost' ? { ...record, count: after - Math.max(line, next) } : record);
    }
    line = after;
  }
  return fresh;
}
