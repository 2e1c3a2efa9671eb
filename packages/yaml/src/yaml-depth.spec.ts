import { mayBeDeeperThan } from './yaml-depth.js';

// prettier-ignore
const table: [what: string, text: string, deeper: boolean][] = [
  ['flow sequences', '['.repeat(11), true],
  ['flow sequences that end', '[]\n'.repeat(50).replace(/^/gm, '- '), false],
  ['flow maps', '{a: '.repeat(11), true],
  ['sequences in one line', '- '.repeat(11) + 'x', true],
  ['keys in one line', '? '.repeat(11) + 'x', true],
  ['indentation', Array.from({ length: 12 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), true],
  ['ten keys side by side', 'a: 1\n'.repeat(10), false],
  ['brackets in a block scalar', `a: |\n${'  [[[ {{{ - - -\n'.repeat(20)}`, false],
  ['brackets in quotes', `a: "${'['.repeat(50)}"`, false],
  ['brackets in a comment', `# ${'['.repeat(50)}\na: 1`, false],
];

test.each(table)('mayBeDeeperThan counts %s', (_what, text, deeper) => {
  expect(mayBeDeeperThan(10, text)).toBe(deeper);
});

test('mayBeDeeperThan goes through a hostile text without recursion', () => {
  for (const piece of ['[', '- ', '? ', '{a: ', 'a: ']) expect(mayBeDeeperThan(1000, piece.repeat(50_000))).toBe(true);
});
