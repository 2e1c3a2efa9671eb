import { formatRecord, lineShown, linesOf, parseRecord, type LogRecord } from './record.js';

const time = '2026-01-01T00:00:00.123456789Z';
const line = (text: string, more: object = {}): LogRecord => ({
  kind: 'line',
  line: { time, stream: 'stdout', text, ...more },
});

// prettier-ignore
const table: [what: string, record: LogRecord, text: string][] = [
  ['a line', line('hello world'), `${time} stdout F hello world\n`],
  ['an empty line', line(''), `${time} stdout F \n`],
  ['a line of blanks', line('  '), `${time} stdout F   \n`],
  ['a carriage return and other control characters', line('a\r\u001b[0m\0'), `${time} stdout F a\r\u001b[0m\0\n`],
  ['a part of a long line', line('part', { partial: true }), `${time} stdout P part\n`],
  ['a line of standard error', line('oops', { stream: 'stderr' }), `${time} stderr F oops\n`],
  ['a line that looks like a record', line(`${time} end F `), `${time} stdout F ${time} end F \n`],
  ['lines that were lost', { kind: 'lost', time, count: 12 }, `${time} lost F 12\n`],
  ['the end', { kind: 'end', time }, `${time} end F \n`],
];

describe('a log record', () => {
  test.each(table)('keeps %s', (_what, record, text) => {
    expect(formatRecord(record)).toBe(text);
    expect(parseRecord(text.slice(0, -1))).toEqual(record);
  });

  test('stays one line when a text holds a line end', () => {
    expect(formatRecord(line('a\nb'))).toBe(`${time} stdout F a\u2424b\n`);
  });

  test.each(['', 'nonsense', `${time} stdout`, `${time} stdin F x`, `${time} lost F many`, ' stdout F x'])(
    'is not read from %j',
    (text) => {
      expect(parseRecord(text)).toBeUndefined();
    },
  );

  test('counts as many lines as it stands for, and shows one for all that were lost', () => {
    expect(table.map(([, record]) => linesOf(record))).toEqual([1, 1, 1, 1, 1, 1, 1, 12, 0]);
    expect(lineShown({ kind: 'lost', time, count: 12 })!.text).toContain('12 lines of the log were lost');
    expect(lineShown({ kind: 'end', time })).toBeUndefined();
  });
});
