import { recordedCalls } from '@slipway/testing/shared-data';
import { ENTRY_TYPES, formatTerminationMessage, parseTerminationMessage } from './termination.js';

interface Call {
  in: string;
  out: [entries: unknown[] | null, error: string | null];
}

describe('parseTerminationMessage', () => {
  const calls = recordedCalls<Call>('termination.ParseMessage');

  (calls.length === 0 ? it.skip : it)(`termination.ParseMessage: ours gives the same, ${calls.length} times`, () => {
    for (const { in: message, out } of calls) {
      const parsed = parseTerminationMessage(message);
      const [entries, error] = out;
      if (error === null) expect(parsed).toEqual({ entries: entries ?? [] });
      else expect(parsed).toHaveProperty('problem', expect.stringMatching(/^parsing message json: /));
    }
  });

  it.each([
    ['keeps the last of two entries with one key', '[{"key":"a","value":"1"},{"key":"a","value":"2"}]', ['a=2']],
    ['sorts by key', '[{"key":"b","value":"1"},{"key":"a","value":"2"}]', ['a=2', 'b=1']],
    ['drops what is no entry at all', '[{"x":1},"text",null,{"key":"a","value":"1"}]', ['a=1']],
    ['reads nothing from nothing', '', []],
    ['reads null as nothing', 'null', []],
  ])('%s', (_, message, expected) => {
    const parsed = parseTerminationMessage(message);
    expect('entries' in parsed ? parsed.entries.map(({ key, value }) => `${key}=${value}`) : parsed).toEqual(expected);
  });

  it('says why a text is no message', () => {
    expect(parseTerminationMessage('{"key":"a"}')).toEqual({
      problem: 'parsing message json: not an array, msg: {"key":"a"}',
    });
  });

  it('reads back what it formats', () => {
    const entries = [
      { key: 'commit', value: 'abc', resourceName: 'source' },
      { key: 'tag', value: '"1"\n', type: ENTRY_TYPES.TaskRunResult },
    ];
    expect(parseTerminationMessage(formatTerminationMessage(entries))).toEqual({ entries });
  });
});
