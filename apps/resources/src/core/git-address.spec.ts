import { checkGitUrl, checkRevision, redactUrl, splitRefspecs } from './git-address.js';

test.each([
  'https://github.com/org/repo',
  'https://user:secret@example.com:8443/a/b.git?x=1',
  'http://127.0.0.1:8080/repo.git',
  'http://[::1]:8080/repo.git',
  'ssh://git@example.com:22/org/repo.git',
  'git://example.com/repo',
  'git@github.com:org/repo.git',
  'github.com:org/repo',
  'HTTPS://example.com/x',
])('checkGitUrl takes %s', (url) => {
  expect(() => checkGitUrl(url)).not.toThrow();
});

test.each([
  '',
  '-oProxyCommand=touch /tmp/x',
  '--upload-pack=touch${IFS}/tmp/x',
  'ext::sh -c "touch /tmp/x"',
  'ext::sh%20-c',
  'fd::17/foo',
  'transport::https://example.com/x',
  'file:///etc',
  'FILE:///etc',
  'file://localhost/etc',
  '/etc/passwd',
  './repo',
  '../repo',
  'repo',
  'ftp://example.com/x',
  'javascript://example.com/x',
  'ssh://-oProxyCommand=x/y',
  'ssh://-l@example.com/x',
  'ssh://git@-oProxyCommand=x/y',
  '-oProxyCommand=x:path',
  'user@-host:path',
  'host:-path',
  'https:///path',
  'https://:80/path',
  'https://exa mple.com/x',
  'https://example.com/x\n--upload-pack=x',
  'https://example.com/\u0000',
  'https://ex;ample.com/x',
  'https://$(id)/x',
  'http://example.com\\@127.0.0.1/x',
  'https://domain\\user:secret@example.com/x',
])('checkGitUrl refuses %j', (url) => {
  expect(() => checkGitUrl(url)).toThrow(/refused/);
});

test.each([
  'main',
  'v0.32.0',
  'feature/a-b_c',
  'refs/heads/x',
  'refs/pull/7/head',
  'HEAD',
  '0'.repeat(40),
  'ünï',
  'a@b',
])('checkRevision takes %s', (revision) => {
  expect(() => checkRevision(revision)).not.toThrow();
});

test.each([
  '',
  '-',
  '--upload-pack=touch /tmp/x',
  '--upload-pack=x',
  '-c',
  'a b',
  'a\tb',
  'a\nb',
  'a..b',
  'a~1',
  'a^{}',
  'a:b',
  'a?',
  'a*',
  'a[b',
  'a\\b',
  '@',
  'a@{1}',
  '.a',
  'a/.b',
  'a.lock',
  'a/b.lock/c',
  '/a',
  'a/',
  'a//b',
  'a.',
  '\u007f',
])('checkRevision refuses %j', (revision) => {
  expect(() => checkRevision(revision)).toThrow(/refused/);
});

test('splitRefspecs takes several words and refuses options among them', () => {
  expect(splitRefspecs(' +refs/heads/*:refs/remotes/origin/*  refs/tags/v1:refs/tags/v1')).toEqual([
    '+refs/heads/*:refs/remotes/origin/*',
    'refs/tags/v1:refs/tags/v1',
  ]);
  expect(() => splitRefspecs('main --upload-pack=x')).toThrow(/refused/);
  expect(() => splitRefspecs('+--upload-pack=x')).toThrow(/refused/);
  expect(() => splitRefspecs('a:-b')).toThrow(/refused/);
  expect(() => splitRefspecs('a:b:c')).toThrow(/refused/);
});

test('redactUrl hides user, password and query values, also inside a sentence', () => {
  expect(redactUrl("fatal: unable to access 'https://u:p@h/x?token=abc': no")).toBe(
    "fatal: unable to access 'https://***@h/x?token=***': no",
  );
});

test.each([
  ['https://u:p@ss@host/a', 'https://***@host/a'],
  ['https://u:p/ss@host/a', 'https://***@host/a'],
  ['https://u:p/s@s@host/a@b', 'https://***@b'], // more rather than less
  ['https://host:8443/a@b', 'https://host:8443/a@b'],
  ['https://host/a@b', 'https://host/a@b'],
])('redactUrl leaves no part of a password of %s', (url, shown) => {
  expect(redactUrl(url)).toBe(shown);
});
