import { hostAddress, repositoryAddress, sshTarget, type SshTarget } from './ssh-target.js';

const git = (host: string, over: Partial<SshTarget> = {}): SshTarget => ({ user: 'git', host, path: '', ...over });

// prettier-ignore
const readings: [annotation: string, then: SshTarget | undefined][] = [
  ['github.com', git('github.com')],
  ['github.com:2222', git('github.com', { port: '2222' })],
  ['git@github.com', git('github.com')],
  ['alice@host', git('host', { user: 'alice' })],
  ['https://github.com', git('github.com', { httpOrigin: 'https://github.com' })],
  ['https://github.com/', git('github.com', { httpOrigin: 'https://github.com' })],
  ['https://me@github.com:8443/org/repo', git('github.com', { path: 'org/repo', httpOrigin: 'https://github.com:8443' })],
  ['HTTPS://Github.com', git('Github.com', { httpOrigin: 'https://Github.com' })],
  ['ssh://git@host:22/org/repo.git', git('host', { port: '22', path: 'org/repo.git' })],
  ['ssh://host', git('host')],
  ['git+ssh://host/x', git('host', { path: 'x' })],
  ['git@host:org/repo.git', git('host', { path: 'org/repo.git' })],
  ['git@host:/srv/repo.git', git('host', { path: 'srv/repo.git' })],
  ['host:2222/org/repo', git('host', { port: '2222', path: 'org/repo' })],
  ['[::1]:2222', git('[::1]', { port: '2222' })],
  ['ssh://[fe80::1]/x', git('[fe80::1]', { path: 'x' })],
  ['', undefined],
  ['ftp://host', undefined],
  ['file:///etc', undefined],
  ['https://', undefined],
  ['host:99999', undefined],
  ['-oProxyCommand=x', undefined],
  ['host*', undefined],
  ['a,b', undefined],
  ['host:../../x', undefined],
  ['git@host:a%b', undefined],
  ['-u@host', undefined],
];
test.each(readings)('sshTarget reads %j', (annotation, then) => {
  expect(sshTarget(annotation)).toEqual(then);
});

// prettier-ignore
const alone: [annotation: string, address: string, insteadOf: string[][]][] = [
  ['host', 'host', []],
  ['ssh://git@host:2222/org/repo', 'host:2222', []],
  ['git@host:org/repo', 'host', []],
  ['https://host', 'host', [['https://host/', 'ssh://git@host/']]],
  ['https://host:8443/org', 'host', [['https://host:8443/org/', 'ssh://git@host/org/']]],
];
test.each(alone)('the only key of a host, annotated with %j, is for all of it', (annotation, address, insteadOf) => {
  expect(hostAddress(sshTarget(annotation)!)).toEqual({ address, insteadOf });
});

// prettier-ignore
const oneOfSeveral: [annotation: string, address: string, insteadOf: string[], target: string][] = [
  ['git@host:org/repo', 'host--org--repo=host', ['git@host:org/repo', 'ssh://git@host/org/repo', 'ssh://git@host:22/org/repo'], 'ssh://git@host--org--repo/org/repo'],
  ['ssh://git@host:2222/org/repo.git', 'host--org--repo=host:2222', ['ssh://git@host:2222/org/repo.git'], 'ssh://git@host--org--repo/org/repo.git'],
  ['https://host/org', 'host--org=host', ['git@host:org/', 'ssh://git@host/org/', 'ssh://git@host:22/org/', 'https://host/org/'], 'ssh://git@host--org/org/'],
];
test.each(oneOfSeveral)(
  'a key annotated with %j, of several of its host, is for that alone',
  (annotation, address, originals, target) => {
    expect(repositoryAddress(sshTarget(annotation)!)).toEqual({
      address,
      insteadOf: originals.map((original) => [original, target]),
    });
  },
);
