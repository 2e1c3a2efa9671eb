import type { LogChunk } from '@slipway/contracts';
import { merge, mergeCopied } from './merge.js';
import { linesOf, type LogRecord } from './record.js';

const time = (n: number): string => new Date(n).toISOString();
function chunk(first: number, count: number, more: Partial<LogChunk> = {}): LogChunk {
  const lines = Array.from({ length: count }, (_, i) => ({
    time: time(first + i),
    stream: 'stdout' as const,
    text: String(first + i),
  }));
  return { namespace: 'ns', pod: 'p', podUid: 'u', container: 'c', first, lines, ...more };
}
const texts = (records: LogRecord[]): string[] =>
  records.map((record) => (record.kind === 'line' ? record.line.text : record.kind));

describe('merge', () => {
  // prettier-ignore
  const table: [given: string, chunk: LogChunk, next: number, isEnded: boolean, then: string[] | 'duplicate' | 'gap'][] = [
    ['writes the first lines', chunk(0, 2), 0, false, ['0', '1']],
    ['writes what follows', chunk(2, 2), 2, false, ['2', '3']],
    ['writes only the new part of an overlap', chunk(1, 3), 3, false, ['3']],
    ['writes nothing twice', chunk(0, 2), 2, false, 'duplicate'],
    ['writes nothing when lines before are missing', chunk(5, 2), 2, false, 'gap'],
    ['writes a mark for lines that are gone for good', chunk(5, 1, { gone: true }), 2, false, ['lost', '5']],
    ['writes the end with the last lines', chunk(2, 1, { end: true }), 2, false, ['2', 'end']],
    ['writes the end alone', chunk(2, 0, { end: true }), 2, false, ['end']],
    ['writes the end of a container without a line', chunk(0, 0, { end: true }), 0, false, ['end']],
    ['writes the end that a repeat brings', chunk(0, 2, { end: true }), 2, false, ['end']],
    ['does not end before all lines are there', chunk(3, 0, { end: true }), 2, false, 'gap'],
    ['does not end at an end that is behind', chunk(0, 1, { end: true }), 2, false, 'duplicate'],
    ['writes nothing behind the end', chunk(2, 1), 2, true, 'duplicate'],
  ];
  test.each(table)('%s', (_given, given, next, isEnded, then) => {
    const merged = merge(given, next, isEnded);
    expect(merged.kind === 'append' ? texts(merged.records) : merged.kind).toEqual(then);
  });

  test('stores every line once and in order, whatever chunks of 4 lines come in whatever order', () => {
    const all = [0, 1, 2, 3].flatMap((first) => Array.from({ length: 4 - first }, (_, i) => chunk(first, i + 1)));
    for (const a of all)
      for (const b of all)
        for (const c of all)
          for (const d of all) {
            const stored: string[] = [];
            for (const given of [a, b, c, d]) {
              const merged = merge(given, stored.length, false);
              if (merged.kind === 'append') stored.push(...texts(merged.records));
            }
            expect(stored).toEqual(stored.map((_, i) => String(i)));
          }
  });

  test('counts lost lines, so that numbers stay true', () => {
    const merged = merge(chunk(7, 1, { gone: true }), 4, false);
    expect(merged.kind === 'append' && merged.records.reduce((sum, record) => sum + linesOf(record), 0)).toBe(4);
  });
});

describe('mergeCopied', () => {
  const line = (n: number): LogRecord => ({ kind: 'line', line: chunk(n, 1).lines[0]! });
  const lost = (count: number): LogRecord => ({ kind: 'lost', time: time(0), count });
  const end: LogRecord = { kind: 'end', time: time(0) };
  // prettier-ignore
  const table: [given: string, records: LogRecord[], first: number, next: number, isEnded: boolean, then: LogRecord[]][] = [
    ['takes what follows', [line(2), line(3)], 2, 2, false, [line(2), line(3)]],
    ['takes only what is new, when lines came over the stream meanwhile', [line(2), line(3)], 2, 3, false, [line(3)]],
    ['takes nothing that is all here', [line(2), line(3)], 2, 4, false, []],
    ['takes the end', [line(2), end], 2, 3, false, [end]],
    ['takes no end before the lines are there', [line(2), end], 2, 5, false, []],
    ['takes nothing behind the end', [line(2)], 2, 2, true, []],
    ['takes nothing behind a gap', [line(4)], 4, 2, false, []],
    ['takes the rest of a mark for lost lines', [lost(4), line(6)], 2, 5, false, [lost(1), line(6)]],
    ['takes no mark for lines that are here', [lost(2), line(4)], 2, 4, false, [line(4)]],
  ];
  test.each(table)('%s', (_given, records, first, next, isEnded, then) => {
    expect(mergeCopied(records, first, next, isEnded)).toEqual(then);
  });

  test('keeps numbers true for every copy of a log of 5 lines over every state of another', () => {
    for (let first = 0; first <= 5; first++)
      for (let next = first; next <= 5; next++) {
        const records = [0, 1, 2, 3, 4].slice(first).map(line);
        const copied = mergeCopied(records, first, next, false);
        expect(texts(copied)).toEqual(['0', '1', '2', '3', '4'].slice(next));
      }
  });
});
