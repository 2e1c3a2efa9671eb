import { mirrored, parseMirrors } from './mirrors.js';

const mirrors = [
  { from: 'https://github.com/', to: 'http://mirror/all/' },
  { from: 'https://github.com/tektoncd/', to: 'http://mirror/tekton/' },
];

test('mirrored takes the longest prefix that fits, and says that the operator chose it', () => {
  expect(mirrored('https://github.com/tektoncd/catalog.git', mirrors)).toEqual({
    url: 'http://mirror/tekton/catalog.git',
    isMirror: true,
  });
  expect(mirrored('https://github.com/a/b', mirrors).url).toBe('http://mirror/all/a/b');
  expect(mirrored('https://github.com.evil.example/a', mirrors)).toEqual({
    url: 'https://github.com.evil.example/a',
    isMirror: false,
  });
});

test('mirrored leads to nothing beside what a mirror stands for', () => {
  const url = 'https://github.com/tektoncd/../a/b';
  expect(mirrored(url, mirrors).url).toBe('http://mirror/all/tektoncd/../a/b');
  for (const way of ['../x', 'a/%2e%2E/../x', '..\\x']) {
    expect(mirrored(`https://github.com/${way}`, mirrors)).toMatchObject({ isMirror: false });
  }
  const bare = [{ from: 'https://github.com', to: 'http://mirror' }];
  expect(mirrored('https://github.com/a', bare).url).toBe('http://mirror/a');
  expect(mirrored('https://github.com.internal/a', bare)).toMatchObject({ isMirror: false });
});

test('parseMirrors reads pairs, and refuses what is none', () => {
  expect(parseMirrors('')).toEqual([]);
  expect(parseMirrors('https://a/=http://b/x=y, https://c/=https://d/')).toEqual([
    { from: 'https://a/', to: 'http://b/x=y' },
    { from: 'https://c/', to: 'https://d/' },
  ]);
  for (const text of ['https://a/', 'https://a/=', '=https://a/', 'https://a/=file:///etc']) {
    expect(parseMirrors(text)).toBeUndefined();
  }
});
