import { ShownNotices } from './shown-notices.js';

/** What is left of lines `<task>: <text>`. */
function left(lines: string[], hasTimestamp = false): string[] {
  const notices = new ShownNotices();
  return lines.filter((line) => {
    const [, task, text] = /^(\S+): (.*)$/.exec(line)!;
    return !notices.repeats({ run: { name: 'r' }, task: task!, step: 's', text: text! }, hasTimestamp);
  });
}

// prettier-ignore
const rows: [what: string, lines: string[], left: string[]][] = [
  ['once over all runs', ['a: slipway: no image', 'a: x', 'b/a: slipway: no image', 'b/a: x'], ['a: slipway: no image', 'a: x', 'b/a: x']],
  ['each that is new', ['a: slipway: no image', 'b/a: slipway: no image', 'b/a: slipway: no probe'], ['a: slipway: no image', 'b/a: slipway: no probe']],
  ['what steps print after their first line, always', ['a: x', 'a: slipway: y', 'a: slipway: y', 'b: x', 'b: slipway: y'], ['a: x', 'a: slipway: y', 'a: slipway: y', 'b: x', 'b: slipway: y']],
];
test.each(rows)('ShownNotices let through %s', (_what, lines, expected) => {
  expect(left(lines)).toEqual(expected);
});

test('ShownNotices see past the time of a line', () => {
  const lines = ['a: 2026-01-01T00:00:00Z slipway: no image', 'b/a: 2026-01-01T00:00:01Z slipway: no image'];
  expect(left(lines, true)).toEqual([lines[0]]);
});
