import type { LogLine } from '@slipway/contracts';
import { parseLogLine, splitLines } from './log-lines.js';

const T = '2026-01-01T00:00:00.123456789Z';
const table: [line: string, then: LogLine][] = [
  [`${T} stdout F hello  world `, { time: T, stream: 'stdout', text: 'hello  world ' }],
  [`${T} stderr P part`, { time: T, stream: 'stderr', text: 'part', partial: true }],
  [`${T} stdout F `, { time: T, stream: 'stdout', text: '' }],
  ['damaged', { time: '1970-01-01T00:00:00.000000000Z', stream: 'stdout', text: 'damaged' }],
  ['', { time: '1970-01-01T00:00:00.000000000Z', stream: 'stdout', text: '' }],
  [`${T} other F x`, { time: '1970-01-01T00:00:00.000000000Z', stream: 'stdout', text: `${T} other F x` }],
];
test.each(table)('parseLogLine reads %j', (line, then) => {
  expect(parseLogLine(Buffer.from(line))).toEqual(then);
});

test('splitLines gives whole lines and the rest, wherever a text is cut', () => {
  const text = 'a\n\nbc\r\nd';
  for (let cut = 0; cut <= text.length; cut++) {
    const first = splitLines(Buffer.from(text.slice(0, cut)));
    const second = splitLines(Buffer.concat([first.rest, Buffer.from(text.slice(cut))]));
    expect([...first.lines, ...second.lines].map(String)).toEqual(['a', '', 'bc\r']);
    expect(String(second.rest)).toBe('d');
  }
});
