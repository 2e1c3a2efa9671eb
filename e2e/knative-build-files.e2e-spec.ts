// Knative Build's own test files that are not at hand as data, written anew: a test each, named as theirs.

import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { startGitServer, type GitServer } from '../apps/resources/test/git-server.js';
import { hasSshd, startSshServer, type SshServer } from '../apps/resources/test/ssh-server.js';
import { Building, bash, endOf } from './built.js';

const RULES = 'https://github.com/bazelbuild/rules_docker';
const GIT_IMAGE = 'gcr.io/knative-releases/git-init:v0.7.0';

let platform: Building;
let git: GitServer;
let commit: string;
beforeAll(async () => {
  platform = await Building.start();
  git = await startGitServer();
  git.commit('repo', { BUILD: 'before\n' }, 'before');
  commit = git.commit('repo', { BUILD: 'of the commit\n' }, 'a commit');
  const bare = join(git.root, 'repo.git');
  git.git(['push', '-q', bare, 'HEAD:refs/tags/v1', 'HEAD:refs/pull/100/head'], join(git.root, 'repo.work'));
}, 120_000);
afterAll(async () => {
  await git?.close();
  await platform?.stop();
}, 60_000);

const secret = (stringData: Record<string, string>, type = 'kubernetes.io/basic-auth') => ({ type, stringData });
const OPAQUE = 'Opaque';

test('docker-basic: five registries of one secret are in the configuration of docker', async () => {
  const hosts = ['https://us.gcr.io', 'https://eu.gcr.io', 'https://asia.gcr.io', 'https://gcr.io', 'https://index.docker.io/v1/'];
  const annotations = Object.fromEntries(hosts.map((host, i) => [`build.knative.dev/docker-${i}`, host]));
  await platform.account('docker-basic', secret({ username: 'u', password: 'p' }), annotations);
  const build = await platform.run('docker-basic', {
    serviceAccountName: 'docker-basic',
    steps: [bash('cat $HOME/.docker/config.json', { name: 'show' })],
  });
  const { auths } = JSON.parse(await platform.log(build, 'build-step-show')) as { auths: Record<string, object> };
  expect(Object.keys(auths).sort()).toEqual([...hosts].sort());
  expect(auths['https://gcr.io']).toEqual({ username: 'u', password: 'p', auth: 'dTpw', email: 'not@val.id' });
}); // prettier-ignore

test('docker-basic: an address of Docker Hub by which nothing would be found is refused', async () => {
  const annotations = { 'build.knative.dev/docker-0': 'index.docker.io' };
  await platform.account('docker-hub', secret({ username: 'u', password: 'p' }), annotations);
  const build = await platform.run('docker-hub', { serviceAccountName: 'docker-hub', steps: [bash('true')] });
  expect(endOf(build)).toMatch(/^False BuildValidationFailed: BadSecretAnnotation: .*https:\/\/index.docker.io\/v1\//);
});

const ARCHIVE = { type: 'Archive', location: 'gs://build-crd-tests/archive.zip' };
test.each([
  ['source', { source: { gcs: ARCHIVE } }, 'file.txt'],
  ['sources', { sources: [{ name: 'a', gcs: ARCHIVE, targetPath: 'below/it' }] }, 'below/it/file.txt'],
])('gcs-archive: an archive comes as %s', async (field, spec, file) => {
  const build = await platform.run(`gcs-${field}`, { ...spec, steps: [bash(`cat ${file}`, { name: 'show' })] });
  expect(await platform.log(build, 'build-step-show')).toBe('some text\n');
});

test.each(['branch', 'tag', 'ref', 'commitid'])('git-source: a %s names what is built', async (by) => {
  await platform.template(`cat-${by}`, { steps: [{ name: 'show', image: 'ubuntu', args: ['cat', 'BUILD'] }] });
  const revision = { branch: 'main', tag: 'v1', ref: 'refs/pull/100/head', commitid: commit }[by]!;
  const source = { git: { url: `${git.url}/repo`, revision } };
  const build = await platform.run(`git-${by}`, { source, template: { name: `cat-${by}` } });
  expect(await platform.log(build, 'build-step-show')).toBe('of the commit\n');
  expect(build.status?.sources?.[0]?.git?.commit).toBe(commit);
});

(hasSshd ? describe : describe.skip)('git-ssh', () => {
  let ssh: SshServer;
  beforeAll(async () => (ssh = await startSshServer()));
  afterAll(() => ssh?.close());

  test('a key of a service account opens a repository whose host is known', async () => {
    const keys = { 'ssh-privatekey': readFileSync(ssh.keyFile, 'utf8'), known_hosts: ssh.knownHost };
    const host = { 'build.knative.dev/git-0': `127.0.0.1:${ssh.port}` };
    await platform.account('git-ssh', secret(keys, 'kubernetes.io/ssh-auth'), host);
    const url = `ssh://${userInfo().username}@127.0.0.1:${ssh.port}${join(git.root, 'repo.git')}`;
    const build = await platform.run('git-ssh', {
      serviceAccountName: 'git-ssh',
      source: { git: { url, revision: 'main' } },
      steps: [bash('cat BUILD', { name: 'show' })],
    });
    expect([endOf(build), await platform.log(build, 'build-step-show')]).toEqual(['True', 'of the commit\n']);
  });
});

test('git-volume: a volume that is a repository holds a clone of it', async () => {
  const volumes = [{ name: 'source', gitRepo: { repository: `${git.url}/repo.git`, revision: commit } } as never];
  const build = await platform.run('git-volume', {
    volumes,
    steps: [bash('cat /v/repo/BUILD', { name: 'show', volumeMounts: [{ name: 'source', mountPath: '/v' }] })],
  });
  expect([endOf(build), await platform.log(build, 'build-step-show')]).toEqual(['True', 'of the commit\n']);
  expect(build.status?.stepsCompleted).toEqual(['build-step-show']);
});

test('panic: a step whose process dies fails the Build', async () => {
  const build = await platform.run('panic', { steps: [bash('kill -ABRT $BASHPID', { name: 'panic' })] });
  expect(endOf(build)).toMatch(/^False BuildFailed: build step "build-step-panic" exited with code 134 /);
});

test('reuse-git-init: steps clone with the program of the sources, into places of their own', async () => {
  const clone = (...args: string[]) => ({ image: GIT_IMAGE, command: ['/ko-app/git-init'], args });
  const build = await platform.run('reuse-git-init', {
    steps: [
      clone('-url', RULES, '-revision', 'master'),
      clone('-url', RULES, '-revision', 'v0.4.0', '-path', 'a'),
      clone('-url', 'https://github.com/knative/build', '-revision', 'master', '-path', '/workspace/b'),
      { ...clone('-url', RULES, '-revision', 'master', '-path', 'below'), workingDir: '/workspace/b' },
      bash('cat WORKSPACE a/WORKSPACE b/README.md b/below/WORKSPACE', { name: 'show' }),
    ],
  });
  expect([endOf(build), await platform.log(build, 'build-step-show')]).toEqual([
    'True',
    '# workspace\n# workspace\n# build\n# workspace\n',
  ]);
});

test('secret-volume: a secret is mounted', async () => {
  const volumes = [{ name: 'v', secret: { secretName: 'for-volume' } }];
  await platform.create('v1', 'secrets', { kind: 'Secret', metadata: { name: 'for-volume' }, ...secret({ ninja: 'yes' }, OPAQUE) });
  const step = bash('[[ $(cat /s/ninja) == yes ]]', { volumeMounts: [{ name: 'v', mountPath: '/s' }] });
  expect(endOf(await platform.run('secret-volume', { volumes, steps: [step] }))).toBe('True');
}); // prettier-ignore

test('serviceaccount: secrets for pulling images are no credentials of steps', async () => {
  const auths = JSON.stringify({ 'https://gcr.io': { username: 'puller', password: 'p' } });
  await platform.create('v1', 'secrets', { kind: 'Secret', metadata: { name: 'pull' }, ...secret({ '.dockercfg': auths }, 'kubernetes.io/dockercfg') });
  await platform.create('v1', 'serviceaccounts', { kind: 'ServiceAccount', metadata: { name: 'puller' }, imagePullSecrets: [{ name: 'pull' }] });
  const step = bash('! grep -rs puller $HOME');
  expect(endOf(await platform.run('pull-secrets', { serviceAccountName: 'puller', steps: [step] }))).toBe('True');
}); // prettier-ignore

test('step-status: what a step leaves as its message is in its state, wherever it leaves it', async () => {
  const build = await platform.run('step-status', {
    steps: [
      bash('printf default > /dev/termination-log', { name: 'default' }),
      bash('printf custom > /builder/home/message', {
        name: 'custom',
        terminationMessagePath: '/builder/home/message',
      }),
    ],
  });
  expect(build.status?.stepStates?.map(({ name, terminated }) => [name, terminated?.message])).toEqual([
    ['default', 'default'],
    ['custom', 'custom'],
  ]);
});

test('template-env-merge: variables of the Build are set over those of the template, and beside them', async () => {
  await platform.template('env', {
    steps: [bash('echo $FOO $BAR $BAZ', { name: 'show', env: [{ name: 'FOO', value: 'foo' }, { name: 'BAR', value: 'bar' }] })],
  });
  const env = [{ name: 'BAR', value: 'of the Build' }, { name: 'BAZ', value: 'baz' }];
  const build = await platform.run('template-env-merge', { template: { name: 'env', env } });
  expect(await platform.log(build, 'build-step-show')).toBe('foo of the Build baz\n');
}); // prettier-ignore

test('template-volumes-args: arguments say which ConfigMap and which volume are mounted', async () => {
  await platform.create('v1', 'configmaps', { kind: 'ConfigMap', metadata: { name: 'chosen' }, data: { key: 'of the map\n' } });
  await platform.template('volumes-args', {
    parameters: [{ name: 'CFGNAME' }, { name: 'CACHE', default: 'empty' }],
    steps: [
      bash('cat /c/key; ls /cache', {
        name: 'show',
        volumeMounts: [{ name: 'config', mountPath: '/c' }, { name: '${CACHE}', mountPath: '/cache' }],
      }),
    ],
    volumes: [{ name: 'config', configMap: { name: '${CFGNAME}' } }, { name: 'empty', emptyDir: {} }],
  });
  const given = [{ name: 'CFGNAME', value: 'chosen' }];
  const one = await platform.run('volumes-default', { template: { name: 'volumes-args', arguments: given } });
  expect(await platform.log(one, 'build-step-show')).toBe('of the map\n');
  const other = await platform.run('volumes-given', {
    template: { name: 'volumes-args', arguments: [...given, { name: 'CACHE', value: 'mine' }] },
    volumes: [{ name: 'mine', configMap: { name: 'chosen' } }],
  });
  expect(await platform.log(other, 'build-step-show')).toBe('of the map\nkey\n');
}); // prettier-ignore

test('workspace: steps share it, and a volume that is mounted there hides it', async () => {
  const build = await platform.run('workspace', {
    volumes: [{ name: 'other', emptyDir: {} }],
    steps: [
      bash('echo shared > /workspace/file'),
      bash('[[ $(cat /workspace/file) == shared ]]'),
      bash('[[ ! -e /workspace/file ]]', { volumeMounts: [{ name: 'other', mountPath: '/workspace' }] }),
    ],
  });
  expect(endOf(build)).toBe('True');
});
