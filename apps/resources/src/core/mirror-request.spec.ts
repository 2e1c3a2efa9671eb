import { parseMirrorRequest } from './mirror-request.js';

const good = { url: 'https://example.com/a/b.git', revision: 'main', depth: 1 };

test('parseMirrorRequest takes one revision of one repository', () => {
  const request = { ...good, authorization: 'Basic bWU6cHc=' };
  expect(parseMirrorRequest(JSON.stringify(request))).toEqual(request);
  expect(parseMirrorRequest(JSON.stringify({ ...good, depth: 0, more: 'x' }))).toEqual({ ...good, depth: 0 });
});

test.each([
  ['nothing', ''],
  ['no object', 'null'],
  ['no url', JSON.stringify({ ...good, url: 7 })],
  ['ssh', JSON.stringify({ ...good, url: 'git@example.com:a/b' })],
  ['a path', JSON.stringify({ ...good, url: '/etc' })],
  ['a remote helper', JSON.stringify({ ...good, url: 'ext::sh' })],
  ['credentials in the url', JSON.stringify({ ...good, url: 'https://me:pw@example.com/a' })],
  ['an option', JSON.stringify({ ...good, revision: '--upload-pack=x' })],
  ['another depth', JSON.stringify({ ...good, depth: 2 })],
  ['a depth that is a text', JSON.stringify({ ...good, depth: '1' })],
  ['a header too many', JSON.stringify({ ...good, authorization: 'Basic eA==\r\nX: y' })],
  ['another scheme', JSON.stringify({ ...good, authorization: 'Bearer x' })],
])('parseMirrorRequest refuses %s', (_, text) => {
  expect(() => parseMirrorRequest(text)).toThrow();
});
