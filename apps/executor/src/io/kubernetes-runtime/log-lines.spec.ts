import { LogLines } from './log-lines.js';

const TIME = '2026-01-01T00:00:00.123456789Z';

function read(...chunks: Buffer[]): [text: string, partial: boolean][] {
  const lines = new LogLines();
  const found = [...chunks.flatMap((chunk) => lines.push(chunk)), ...lines.end()];
  return found.map(({ text, partial }) => [text, partial === true]);
}

describe('LogLines', () => {
  test('takes the time off each line', () => {
    expect(new LogLines().push(Buffer.from(`${TIME} hello world\n`))).toEqual([
      { time: TIME, stream: 'stdout', text: 'hello world' },
    ]);
  });

  test.each([
    ['an empty line', `${TIME} \n`, ['']],
    ['a line without end', `${TIME} a\n${TIME} b`, ['a', 'b']],
    ['no line', '', []],
    ['a line without time, whole', 'rpc error\n', ['rpc error']],
  ])('reads %s', (_what, text, expected) => {
    expect(read(Buffer.from(text)).map(([line]) => line)).toEqual(expected);
  });

  test('is the same wherever the bytes were cut', () => {
    const bytes = Buffer.from(`${TIME} äöü\n${TIME} zwei\n`);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(read(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual([
        ['äöü', false],
        ['zwei', false],
      ]);
    }
  });

  test.each(['', `${TIME} `])('cuts a long line in pieces, with "%s" before the second', (repeated) => {
    const bytes = Buffer.from(`${TIME} ${'x'.repeat(16_384)}${repeated}${'y'.repeat(10)}\n`);
    expect(read(bytes)).toEqual([
      ['x'.repeat(16_384), true],
      ['y'.repeat(10), false],
    ]);
  });

  test('cuts no character in two', () => {
    const long = 'ä'.repeat(20_000);
    const pieces = read(Buffer.from(`${TIME} x${long}\n`));
    expect(pieces.map(([text]) => text).join('')).toBe(`x${long}`);
    expect(pieces.length).toBe(3);
  });
});
