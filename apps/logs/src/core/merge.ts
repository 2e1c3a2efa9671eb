// Where a chunk stands to what is stored: the decision behind "every line once, in order, none skipped in silence".

import type { LogChunk } from '@slipway/contracts';
import type { LogRecord } from './record.js';

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
