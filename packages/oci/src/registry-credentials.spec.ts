import type { Secret } from '@slipway/contracts';
import { credentialsIn } from './registry-credentials.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function dockerConfig(auths: unknown): Secret {
  const data = { '.dockerconfigjson': base64(JSON.stringify({ auths })) };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, type: 'kubernetes.io/dockerconfigjson', data };
}

const entry = (user: string): object => ({ auth: base64(`${user}:pass:word`) });

// prettier-ignore
const table: [what: string, auths: unknown, registry: string, repository: string, user: string | undefined][] = [
  ['the host itself', { 'gcr.io': entry('a') }, 'gcr.io', 'team/app', 'a'],
  ['the host as docker login writes it', { 'https://index.docker.io/v1/': entry('a') }, 'index.docker.io', 'library/x', 'a'],
  ['another name of Docker Hub', { 'docker.io': entry('a') }, 'index.docker.io', 'library/x', 'a'],
  ['a host that begins alike', { 'gcr.io.evil.example': entry('a') }, 'gcr.io', 'team/app', undefined],
  ['another port', { 'gcr.io:5000': entry('a') }, 'gcr.io', 'team/app', undefined],
  ['a path below which the image is', { 'gcr.io/team': entry('a') }, 'gcr.io', 'team/app', 'a'],
  ['a path that only begins alike', { 'gcr.io/te': entry('a') }, 'gcr.io', 'team/app', undefined],
  ['the longer of two paths', { 'gcr.io': entry('a'), 'gcr.io/team': entry('b') }, 'gcr.io', 'team/app', 'b'],
  ['user and password apart', { 'gcr.io': { username: 'a', password: 'pass:word' } }, 'gcr.io', 'team/app', 'a'],
  ['what is no object', { 'gcr.io': null }, 'gcr.io', 'team/app', undefined],
  ['what is no map', 7, 'gcr.io', 'team/app', undefined],
];

test.each(table)('credentialsIn looks for %s', (_what, auths, registry, repository, user) => {
  const found = credentialsIn(dockerConfig(auths), { registry, repository });
  expect(found).toEqual(user === undefined ? undefined : { user, password: 'pass:word' });
});
