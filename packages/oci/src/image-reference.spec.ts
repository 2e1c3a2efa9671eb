import { parseImageReference } from './image-reference.js';

const sha = `sha256:${'a'.repeat(64)}`;

// prettier-ignore
const references: [text: string, registry: string, host: string, repository: string, reference: string][] = [
  ['busybox', 'index.docker.io', 'registry-1.docker.io', 'library/busybox', 'latest'],
  ['docker.io/team/x:1', 'index.docker.io', 'registry-1.docker.io', 'team/x', '1'],
  ['gcr.io/tekton-releases/catalog/upstream/git-clone:0.9', 'gcr.io', 'gcr.io', 'tekton-releases/catalog/upstream/git-clone', '0.9'],
  ['localhost:5000/a/b', 'localhost:5000', 'localhost:5000', 'a/b', 'latest'],
  ['localhost/a', 'localhost', 'localhost', 'a', 'latest'],
  [`registry.example:443/a:1@${sha}`, 'registry.example:443', 'registry.example:443', 'a', sha],
];

test.each(references)('parseImageReference reads %s', (text, registry, host, repository, reference) => {
  expect(parseImageReference(text)).toMatchObject({ registry, host, repository, reference });
});

// prettier-ignore
test.each([
  '', '/', 'gcr.io/', 'gcr.io/A', 'gcr.io/../x', 'gcr.io/a/../../v2/_catalog', 'gcr.io/a?x=1', 'gcr.io/a#b', 'user:pw@gcr.io/a',
  'a@sha256:12', `a@${sha}@${sha}`, 'evil.example:80:80/a', 'gcr.io/a:b c', 'gcr.io/a%2f..', 'http://gcr.io/a', 'x'.repeat(2000),
])('parseImageReference refuses %j', (text) => {
  expect(() => parseImageReference(text)).toThrow(/is no reference to an image/);
});
