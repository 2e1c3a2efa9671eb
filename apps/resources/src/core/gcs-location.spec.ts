import { folderPrefix, gcsLocation, matches, uploadName } from './gcs-location.js';

// prettier-ignore
const locations: [text: string, bucket: string, name: string, prefix: string][] = [
  ['gs://bucket', 'bucket', '', ''],
  ['gs://bucket/', 'bucket', '', ''],
  ['gs://bucket/a/b.zip', 'bucket', 'a/b.zip', 'a/b.zip/'],
  ['gs://bucket/a/', 'bucket', 'a/', 'a/'],
];
test.each(locations)('gcsLocation reads %s', (text, bucket, name, prefix) => {
  expect(gcsLocation(text)).toEqual({ bucket, name });
  expect(folderPrefix(gcsLocation(text))).toBe(prefix);
});

test('gcsLocation refuses what is elsewhere', () => {
  expect(() => gcsLocation('https://bucket/x')).toThrow(/has not the form/);
});

// prettier-ignore
const patterns: [pattern: string, name: string, then: boolean][] = [
  ['a/*', 'a/b.txt', true], ['a/*', 'a/b/c.txt', false], ['a/**', 'a/b/c.txt', true],
  ['a/*.zip', 'a/b.zip', true], ['a/*.zip', 'a/bxzip', false], ['a+b/*', 'a+b/c', true], ['a+b/*', 'aab/c', false],
];
test.each(patterns)('matches(%s, %s) is %s', (pattern, name, then) => {
  expect(matches(pattern, name)).toBe(then);
});

// prettier-ignore
const uploads: [location: string, count: number, name: string][] = [
  ['gs://b', 1, 'f'], ['gs://b/dir/', 1, 'dir/f'], ['gs://b/dir', 2, 'dir/f'], ['gs://b/name.txt', 1, 'name.txt'],
];
test.each(uploads)('uploadName puts a file at %s, of %d, to %s', (location, count, name) => {
  expect(uploadName(gcsLocation(location), 'f', count)).toBe(name);
});
