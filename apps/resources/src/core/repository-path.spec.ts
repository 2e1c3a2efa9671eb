import { repositoryPath } from './repository-path.js';

test.each([
  ['task.yaml', 'task.yaml'],
  ['/task/git-clone/0.10/git-clone.yaml', 'task/git-clone/0.10/git-clone.yaml'],
  ['./a//b/./c.yaml', 'a/b/c.yaml'],
  ['-x.yaml', '-x.yaml'],
  ['a..b/c...yaml', 'a..b/c...yaml'],
])('repositoryPath brings %j into the form that git knows', (given, path) => {
  expect(repositoryPath(given)).toBe(path);
});

test.each([
  '..',
  '../../etc/passwd',
  'a/../../b',
  '/..',
  'a/..',
  '',
  '/',
  '.',
  'a\0b',
  'a\nb',
  'a\\..\\b',
  '.git/config',
  'a/.GIT/HEAD',
  'x'.repeat(5000),
])('repositoryPath refuses %j', (given) => {
  expect(() => repositoryPath(given)).toThrow(/in the repository/);
});
