import { safeLine } from './escapes.js';

// prettier-ignore
const table: [given: string, line: string, keepColors: boolean, then: string][] = [
  ['keeps text and tabs', 'a\tb ü', true, 'a\tb ü'],
  ['keeps colours where wanted, and ends them', '\x1b[31mred', true, '\x1b[31mred\x1b[0m'],
  ['drops colours elsewhere', '\x1b[1;31mred\x1b[0m', false, 'red'],
  ['drops what moves the cursor or clears the screen', 'a\x1b[2J\x1b[1;1H\x1b[Ab', true, 'ab'],
  ['drops window titles, ended either way', 'a\x1b]0;title\x07b\x1b]0;title\x1b\\c', true, 'abc'],
  ['drops hyperlinks and keeps their text', '\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\', true, 'text'],
  ['drops a sequence that never ends', 'a\x1b]52;c;ZXZpbA==', true, 'a'],
  ['drops device control strings and resets', 'a\x1bPq#0\x1b\\b\x1bc', true, 'ab'],
  ['drops one-byte controls', 'a\x9b31mb\x07\x08c', true, 'a31mbc'],
  ['keeps the last drawing of a progress line', '10%\r20%\r30%\r', true, '30%'],
  ['cannot be tricked by a sequence inside a sequence', '\x1b\x1b[2Jx', true, 'x'],
];

test.each(table)('safeLine %s', (_given, line, keepColors, then) => {
  expect(safeLine(line, keepColors)).toBe(then);
});

test('safeLine leaves no escape byte in any line of three of these', () => {
  const pieces = ['\x1b', '[', ']', '31m', 'm', '\x07', '\\', '\x9b', 'P', '\r', '2J', ' '];
  for (const a of pieces) {
    for (const b of pieces) {
      for (const c of pieces) expect(safeLine(a + b + c, false)).not.toMatch(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/);
    }
  }
});
