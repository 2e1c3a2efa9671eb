import { duplicateKeys } from './json-duplicates.js';

// prettier-ignore
const table: [text: string, paths: string[]][] = [
  ['{}', []],
  ['[1,2,[3]]', []],
  ['{"a":1,"b":{"a":1}}', []],
  ['{"a":1,"a":2}', ['a']],
  ['{"a":1,"a":2,"a":3}', ['a']],
  ['{"spec":{"tasks":[{"name":"x"},{"name":"y","name":"z"}]}}', ['spec.tasks[1].name']],
  ['{"a":"{\\"b\\":1,\\"b\\":2}"}', []],
  ['{"a":"}","b":"\\\\","a":1}', ['a']],
  ['{"a":["x","x"],"b":[{"c":1},{"c":1}]}', []],
  ['{"\\u0061":1,"a":2}', ['a']],
  [' { "a" : 1 , "b" : [ ] , "b" : { } } ', ['b']],
];

describe('duplicateKeys', () => {
  test.each(table)('finds in %s: %j', (text, paths) => {
    expect(duplicateKeys(text)).toEqual(paths);
  });

  test('takes time in proportion to the text, however deep', () => {
    const text = '[{"a":'.repeat(100_000) + '1' + '}]'.repeat(100_000);
    expect(duplicateKeys(text)).toEqual([]);
  });
});
