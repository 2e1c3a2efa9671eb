import { hasAsh, matchImage, parseImages, type ImageEntry } from './images.js';

const table: [glob: string, image: string, matches: boolean][] = [
  ['alpine', 'alpine', true],
  ['alpine', 'alpine:3', false],
  ['alpine*', 'alpine:3', true],
  ['*/kaniko/*:v*', 'gcr.io/kaniko/executor:v1.2', true],
  ['*/kaniko/*:v*', 'gcr.io/kaniko/executor', false],
  ['*', '', true],
  ['a*a', 'a', false],
  ['a*b*a', 'abba', true],
  ['a*b*c', 'acb', false],
  ['*.example/*', 'r.example/x', true],
  ['a.c', 'abc', false],
  ['[ab]', 'a', false],
];

test.each(table)('an entry for %j with image %j: %j', (glob, image, matches) => {
  expect(matchImage(image, [{ image: glob }]) !== undefined).toBe(matches);
});

test('the first entry that matches wins', () => {
  const entries: ImageEntry[] = [
    { image: 'a*', path: '/1' },
    { image: 'a', path: '/2' },
  ];
  expect(matchImage('a', entries)?.path).toBe('/1');
});

test('a glob of many stars takes no longer than its text', () => {
  expect(matchImage('a'.repeat(50_000), [{ image: `${'*a'.repeat(5000)}b` }])).toBeUndefined();
});

test('parseImages reads what an operator writes', () => {
  const text = '- image: x\n  rootfs: /srv/x\n- image: "y*"\n  mounts: { /kaniko: /opt/kaniko }\n  path: /opt/bin\n';
  expect(parseImages(text, 'f')).toEqual([
    { image: 'x', rootfs: '/srv/x' },
    { image: 'y*', mounts: { '/kaniko': '/opt/kaniko' }, path: '/opt/bin' },
  ]);
  expect(parseImages('', 'f')).toEqual([]);
});

test.each([
  'image: x',
  '- {}',
  '- image: 1',
  '- image: x\n  rootfs: relative',
  '- image: x\n  rotfs: /x',
  '- image: x\n  mounts: { a: /b }',
  '- null',
])('parseImages refuses %j and names the file', (text) => {
  expect(() => parseImages(text, 'images.yaml')).toThrow(/images\.yaml/);
});

// prettier-ignore
const shells: [image: string, ash: boolean][] = [
  ['alpine', true], ['alpine:3.20', true], ['docker.io/library/busybox', true], ['mirror.gcr.io/alpine@sha256:00', true],
  ['registry:5000/alpine', true], ['alpine-git:1', true], ['alpine/git', true],
  ['ghcr.io/org/cmd/git-init:v1', true],
  ['git', false], ['bash', false], ['notalpine', false], ['', false],
];

test.each(shells)('image %j has the shell of busybox: %j', (image, ash) => {
  expect(hasAsh(image)).toBe(ash);
});
