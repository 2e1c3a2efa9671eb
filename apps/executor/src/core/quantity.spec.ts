import { quantity } from './quantity.js';

const table: [text: string, then: number | undefined][] = [
  ['1', 1],
  ['0.5', 0.5],
  ['.5', 0.5],
  ['100m', 0.1],
  ['64Mi', 64 * 2 ** 20],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['2G', 2e9],
  ['1e3', 1000],
  ['12E-1', 1.2],
  ['1E', 1e18],
  ['-1', -1],
  ['', undefined],
  ['Mi', undefined],
  ['1 Gi', undefined],
  ['1gi', undefined],
  ['0x10', undefined],
];

test.each(table)('quantity reads %j as %j', (text, then) => {
  expect(quantity(text)).toBe(then);
});
