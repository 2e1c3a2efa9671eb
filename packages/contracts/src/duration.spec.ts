import { durationMs, formatDuration } from './duration.js';

// prettier-ignore
const parsed: [text: string, ms: number | undefined][] = [
  ['0', 0], ['0s', 0], ['1s', 1000], ['1.5s', 1500], ['.5s', 500], ['1h30m', 5_400_000], ['1h0m0s', 3_600_000], ['100ms', 100],
  ['2us', 0.002], ['-1m', -60_000], ['+1s', 1000],
  ['', undefined], ['1', undefined], ['1 s', undefined], ['s', undefined], ['1d', undefined], ['1s2', undefined], ['.s', undefined],
];
test.each(parsed)('durationMs(%j) is %s', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

// prettier-ignore
const printed: [ms: number, text: string][] = [
  [0, '0s'], [1, '1ms'], [1500, '1.5s'], [60_000, '1m0s'], [3_600_000, '1h0m0s'], [3_661_500, '1h1m1.5s'], [-1000, '-1s'], [0.5, '0.5ms'],
];
test.each(printed)('formatDuration(%d) is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('what formatDuration prints, durationMs reads', () => {
  for (let ms = 0; ms < 10_000_000; ms += 12_347) expect(durationMs(formatDuration(ms))).toBe(ms);
});
