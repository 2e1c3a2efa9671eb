// The files that credentials become, byte for byte: what users' tools read, in Tekton's layout and in Knative Build's.

import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { Tekton, build, type Ended } from './sandbox.js';

const secrets: Record<string, Record<string, string>> = {
  user1: { username: 'user1', password: 'pass1' },
  user2: { username: 'user2', password: 'pass2' },
  odd: { username: 'me\\corp', password: 'p@ss:w/rd ü' },
  marked: { username: ' a#b;"c', password: 'x' },
  broken: { username: 'a\n[core]\n\tsshCommand = touch /tmp/x', password: 'x' },
  giant: { username: 'g', password: 'x'.repeat(1024 * 1024 + 1) },
  key: { 'ssh-privatekey': 'KEY\n', known_hosts: 'github.com ssh-rsa AAA' },
  key2: { 'ssh-privatekey': 'KEY2', known_hosts: '@cert-authority *.example ssh-rsa BBB\n@revoked * ssh-rsa CCC' },
  unknown: { 'ssh-privatekey': 'KEY3' },
  json1: {
    '.dockerconfigjson':
      '{"auths": {"r.example": {"auth": "b2xk"}, "q.example": {"email": "a@b.c", "auth": "cQ==", "password": "p", "username": "u"}},\n "credsStore": "one", "credHelpers": {"a": "x", "b": "y"}}',
  },
  json2: {
    '.dockerconfigjson':
      '{"credHelpers":{"b":"z"},"auths":{"t.example":{"identitytoken":"tok<en>","auth":"dA=="}},"HttpHeaders":{"A":"b"}}',
  },
  cfg: { '.dockercfg': '{"c.example":{"auth":"Yw=="},"q.example":{"auth":"bG9zdA=="}}' },
  list: { '.dockerconfigjson': '["secret-in-a-list"]' },
};
const KNATIVE = '-credentials_layout=knative-build';
const login = (user: string, password: string): string =>
  `{"username":"${user}","password":"${password}","auth":"${Buffer.from(`${user}:${password}`).toString('base64')}","email":"not@val.id"}`;

interface Case {
  what: string;
  flags: string[];
  files: Record<string, string | undefined>;
}

// prettier-ignore
const TEKTON_FILES: Case[] = [
  { what: 'nothing without credentials', flags: [],
    files: { '.gitconfig': undefined, '.git-credentials': undefined, '.ssh/config': undefined, '.docker/config.json': undefined } },
  { what: 'a user for each host', flags: ['-basic-git=user1=https://url1.com', '-basic-git=user2=https://url2.com:8443'],
    files: {
      '.gitconfig': '[credential]\n\thelper = store\n[credential "https://url1.com"]\n\tusername = user1\n[credential "https://url2.com:8443"]\n\tusername = user2\n',
      '.git-credentials': 'https://user1:pass1@url1.com\nhttps://user2:pass2@url2.com:8443\n',
      '.ssh/config': undefined, '.docker/config.json': undefined } },
  { what: 'names and passwords with all kinds of characters', flags: ['-basic-git=odd=https://github.com', '-basic-git=marked=https://h'],
    files: {
      '.gitconfig': '[credential]\n\thelper = store\n[credential "https://github.com"]\n\tusername = me\\\\corp\n[credential "https://h"]\n\tusername = " a#b;\\"c"\n',
      '.git-credentials': 'https://me%5Ccorp:p%40ss%3Aw%2Frd%20%C3%BC@github.com\nhttps://%20a%23b;%22c:x@h\n' } },
  { what: 'whole hosts before paths, which git is to tell apart', flags: ['-basic-git=user1=https://h/org/repo', '-basic-git=user2=https://h'],
    files: {
      '.gitconfig': '[credential]\n\thelper = store\n[credential "https://h"]\n\tusername = user2\n[credential "https://h/org/repo"]\n\tusername = user1\n\tuseHttpPath = true\n',
      '.git-credentials': 'https://user2:pass2@h\nhttps://user1:pass1@h/org/repo\n' } },
  { what: 'both secrets of one URL, the first as the user', flags: ['-basic-git=user1=https://h', '-basic-git=user2=https://h'],
    files: {
      '.gitconfig': '[credential]\n\thelper = store\n[credential "https://h"]\n\tusername = user1\n',
      '.git-credentials': 'https://user1:pass1@h\nhttps://user2:pass2@h\n' } },
  { what: 'a URL with = in it', flags: ['-basic-git=user1=https://h/x?a=b', '-basic-docker=user1=https://r/v1?n=s'],
    files: {
      '.git-credentials': 'https://user1:pass1@h/x?a=b\n',
      '.docker/config.json': `{"auths":{"https://r/v1?n=s":${login('user1', 'pass1')}}}` } },
  { what: 'keys and hosts', flags: ['-ssh-git=key=github.com', '-ssh-git=key2=git.example:2222', '-ssh-git=key2=github.com'],
    files: {
      '.ssh/config': 'Host github.com\n    HostName github.com\n    Port 22\n    IdentityFile /tekton/creds/.ssh/id_key\n    IdentityFile /tekton/creds/.ssh/id_key2\nHost git.example\n    HostName git.example\n    Port 2222\n    IdentityFile /tekton/creds/.ssh/id_key2\n',
      '.ssh/known_hosts': `github.com ssh-rsa AAA\n${secrets['key2']!['known_hosts']}\n${secrets['key2']!['known_hosts']}`,
      '.ssh/id_key': 'KEY\n', '.ssh/id_key2': 'KEY2', '.gitconfig': undefined } },
  { what: 'a key of one repository under a name of its own',
    flags: ['-ssh-git=key=h--org--repo=h:22', '-ssh-git=key2=h', '-git_instead_of=git@h:org/repo ssh://git@h--org--repo/org/repo', '-git_instead_of=https://h/org/repo ssh://git@h--org--repo/org/repo'],
    files: {
      '.ssh/config': 'Host h--org--repo\n    HostName h\n    Port 22\n    IdentityFile /tekton/creds/.ssh/id_key\nHost h\n    HostName h\n    Port 22\n    IdentityFile /tekton/creds/.ssh/id_key2\n',
      '.gitconfig': '[url "ssh://git@h--org--repo/org/repo"]\n\tinsteadOf = git@h:org/repo\n\tinsteadOf = https://h/org/repo\n', '.git-credentials': undefined } },
  { what: 'that a host without a known key is taken at its first word', flags: ['-ssh-git=unknown=h', '-ssh-git=key=g'],
    files: {
      '.ssh/config': 'Host h\n    HostName h\n    Port 22\n    IdentityFile /tekton/creds/.ssh/id_unknown\n    StrictHostKeyChecking accept-new\nHost g\n    HostName g\n    Port 22\n    IdentityFile /tekton/creds/.ssh/id_key\n',
      '.ssh/known_hosts': 'github.com ssh-rsa AAA' } },
  { what: 'addresses of IPv6', flags: ['-ssh-git=key=[::1]:2222', '-ssh-git=key2=[fe80::1]'],
    files: { '.ssh/config': 'Host ::1\n    HostName ::1\n    Port 2222\n    IdentityFile /tekton/creds/.ssh/id_key\nHost fe80::1\n    HostName fe80::1\n    Port 22\n    IdentityFile /tekton/creds/.ssh/id_key2\n' } },
  { what: 'logins of registries: cfg, config, basic', flags: ['-docker-config=json1', '-docker-cfg=cfg', '-basic-docker=user1=r.example'],
    files: { '.docker/config.json': `{"auths":{"c.example":{"auth":"Yw=="},"q.example":{"username":"u","password":"p","auth":"cQ==","email":"a@b.c"},"r.example":${login('user1', 'pass1')}},"credHelpers":{"a":"x","b":"y"},"credsStore":"one"}` } },
  { what: 'all that several config files say', flags: ['-docker-config=json1', '-docker-config=json2'],
    files: { '.docker/config.json': '{"auths":{"q.example":{"username":"u","password":"p","auth":"cQ==","email":"a@b.c"},"r.example":{"auth":"b2xk"},"t.example":{"auth":"dA==","identitytoken":"tok\\u003cen\\u003e"}},"HttpHeaders":{"A":"b"},"credHelpers":{"a":"x","b":"z"},"credsStore":"one"}' } },
];

// prettier-ignore
const KNATIVE_FILES: Case[] = [
  { what: 'every file, with nothing in it', flags: [],
    files: { '.gitconfig': '[credential]\n\thelper = store\n', '.git-credentials': '', '.ssh/config': '', '.ssh/known_hosts': '', '.docker/config.json': '{"auths":{}}' } },
  { what: 'what is documented',
    flags: ['-basic-git=user1=https://url1.com', '-basic-git=user2=https://url2.com', '-ssh-git=key=github.com', '-ssh-git=key2=git.example:2222', '-basic-docker=user2=https://us.gcr.io', '-basic-docker=user2=https://gcr.io'],
    files: {
      '.gitconfig': '[credential]\n\thelper = store\n[credential "https://url1.com"]\n\tusername = user1\n[credential "https://url2.com"]\n\tusername = user2\n',
      '.git-credentials': 'https://user1:pass1@url1.com\nhttps://user2:pass2@url2.com\n',
      '.ssh/config': 'Host github.com\n    HostName github.com\n    IdentityFile /tekton/home/.ssh/id_key\n    Port 22\nHost git.example\n    HostName git.example\n    IdentityFile /tekton/home/.ssh/id_key2\n    Port 2222\n',
      '.ssh/known_hosts': `github.com ssh-rsa AAA\n${secrets['key2']!['known_hosts']}`,
      '.ssh/id_key': 'KEY\n', '.ssh/id_key2': 'KEY2',
      '.docker/config.json': `{"auths":{"https://gcr.io":${login('user2', 'pass2')},"https://us.gcr.io":${login('user2', 'pass2')}}}` } },
];

describe('credentials', () => {
  let tekton: Tekton;
  beforeAll(() => build('sanitized'));
  beforeEach(() => {
    tekton = new Tekton();
    mkdirSync(tekton.path('/tekton/creds'));
    for (const [name, values] of Object.entries(secrets)) {
      mkdirSync(tekton.path(`/tekton/creds-secrets/${name}`), { recursive: true });
      for (const [key, value] of Object.entries(values))
        writeFileSync(tekton.path(`/tekton/creds-secrets/${name}/${key}`), value);
    }
  });
  afterEach(() => tekton.remove());
  const mode = (path: string): string => (statSync(tekton.path(path)).mode & 0o777).toString(8);
  const contentOf = (path: string): string | undefined => (tekton.exists(path) ? tekton.read(path) : undefined);
  const run = (...flags: string[]): Promise<Ended> => tekton.run([...flags, '-entrypoint', 'true', '--']);
  const contents = (folder: string, files: Case['files']): Case['files'] =>
    Object.fromEntries(Object.keys(files).map((name) => [name, contentOf(`${folder}/${name}`)]));

  test.each(TEKTON_FILES)('in Tekton’s layout are $what', async ({ flags, files }) => {
    expect(await run(...flags)).toMatchObject({ code: 0, stdout: '' });
    expect(contents('/tekton/creds', files)).toEqual(files);
    expect(contents('/tekton/home', files)).toEqual(files);
    for (const [name, content] of Object.entries(files))
      if (content !== undefined)
        expect([mode(`/tekton/creds/${name}`), mode(`/tekton/home/${name}`)]).toEqual(['600', '600']);
  });

  test.each(KNATIVE_FILES)('in Knative Build’s layout are $what', async ({ flags, files }) => {
    expect(await run(KNATIVE, ...flags)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(contents('/tekton/home', files)).toEqual(files);
    for (const name of Object.keys(files)) expect(mode(`/tekton/home/${name}`)).toBe('600');
    expect(contents('/tekton/creds', files)).toEqual(
      Object.fromEntries(Object.keys(files).map((name) => [name, undefined])),
    );
  });

  test.each(KNATIVE_FILES)('are $what as well where a program of its own lays them out', async ({ flags, files }) => {
    mkdirSync(tekton.path('/tekton/other'));
    const moved = (text: string | undefined): string | undefined => text?.replaceAll('/tekton/home', '/tekton/other');
    expect(await tekton.run(['write-credentials', '/tekton/other', KNATIVE, ...flags])).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(contents('/tekton/other', files)).toEqual(
      Object.fromEntries(Object.entries(files).map(([name, text]) => [name, moved(text)])),
    );
  });

  test('in a home that steps share are laid out once: what a step adds to them stays', async () => {
    await run(KNATIVE, '-basic-git=user1=https://h');
    writeFileSync(
      tekton.path('/tekton/home/.gitconfig'),
      `${tekton.read('/tekton/home/.gitconfig')}[user]\n\tname = me\n`,
    );
    await run(KNATIVE, '-basic-git=user1=https://h');
    expect(tekton.read('/tekton/home/.gitconfig')).toMatch(/username = user1\n\[user\]\n\tname = me\n$/);
  });

  test('in a home that steps share are not there before it is the step’s turn', async () => {
    const { child, ended } = tekton.start([KNATIVE, '-wait_file', '/tekton/run/0/out', '-entrypoint', 'true', '--']);
    mkdirSync(tekton.path('/tekton/run/0'), { recursive: true });
    writeFileSync(tekton.path('/tekton/run/0/out.err'), '');
    expect((await ended).code).toBe(1);
    expect(child.exitCode).toBe(1);
    expect(tekton.exists('/tekton/home/.gitconfig')).toBe(false);
  });

  test.each([
    ['Tekton', []],
    ['Knative Build', [KNATIVE]],
  ])('are not written through a link of the home, in the layout of %s', async (_whose, layout) => {
    mkdirSync(tekton.path('/tekton/elsewhere'));
    symlinkSync('/tekton/elsewhere', tekton.path('/tekton/home/.ssh'));
    symlinkSync('/tekton/elsewhere/stolen', tekton.path('/tekton/home/.git-credentials'));
    const ended = await run(...layout, '-ssh-git=key=h', '-basic-git=user1=https://h');
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/warning: unsuccessful cred copy: \/tekton\/home\/\.ssh\/id_key: it is behind a link/);
    expect([tekton.exists('/tekton/elsewhere/id_key'), tekton.exists('/tekton/elsewhere/stolen')]).toEqual([
      false,
      false,
    ]);
  });

  test('for ssh are where it looks, which is not where HOME says', async () => {
    const look = ['-entrypoint', 'cat', '--', `${userInfo().homedir}/.ssh/id_key`];
    for (const layout of [[], [KNATIVE]]) {
      expect(await tekton.run([...layout, '-ssh-git=key=h', ...look])).toEqual({
        code: 0,
        stdout: 'KEY\n',
        stderr: '',
      });
    }
  });

  test('that there are none of are no reason to complain of a home that is not there', async () => {
    const home = { HOME: '/nowhere' };
    const run = (...flags: string[]): Promise<Ended> =>
      tekton.run([KNATIVE, ...flags, '-entrypoint', 'true', '--'], home);
    expect(await run()).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await run('-basic-git=user1=https://h')).stderr).toMatch(/unsuccessful cred copy: \/nowhere: No such file/);
  });

  test('name the host whose key nobody knows', async () => {
    expect((await run('-ssh-git=unknown=h')).stderr).toMatch(/secret unknown has no known_hosts: what h first shows/);
  });

  test.each([
    ['-basic-git=none=https://x', /creds-secrets\/none\/username: No such file/],
    ['-basic-git=user1', /expect entries of the form secret=url/],
    ['-basic-git=../key=https://x', /not the name of a secret/],
    ['-ssh-git=../x=h', /not the name of a secret/],
    ['-docker-config=key', /\.dockerconfigjson: No such file/],
    ['-docker-config=list', /\.dockerconfigjson of secret list is not a JSON object/],
    ['-basic-git=broken=https://x', /the username of secret broken has a line break/],
    ['-basic-git=giant=https://x', /creds-secrets\/giant\/password: File too large/],
    ['-credentials_layout=other', /no layout of credentials "other"/],
  ])('that are wrong (%s) stop the step and say why, without a secret', async (flag, why) => {
    const ended = await tekton.run(['-post_file', '/tekton/run/0/out', flag, '-entrypoint', 'echo', '--', 'ran']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(why);
    expect(ended.stderr).not.toMatch(/pass1|sshCommand|xxxx|secret-in-a-list/);
    expect(tekton.exists('/tekton/run/0/out.err')).toBe(true);
  });
});
