// The git resolver with git itself against a real server, and what a tenant could try with it.

import { NetworkGuard } from '@slipway/guarded-http';
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redirect, startWebServer, tempDir, text, type WebServer } from '@slipway/testing';
import { startGitServer, type GitServer } from './git-server.js';
import { remoteWorld } from './remote-world.js';

let git: GitServer;
let web: WebServer;
let first: string;
let second: string;
let url: string;

beforeAll(async () => {
  [git, web] = await Promise.all([startGitServer(), startWebServer()]);
  url = `${git.url}/catalog.git`;
  first = git.commit('catalog', { 'tasks/a.yaml': 'kind: Task # 1', 'dir/x': 'x' });
  second = git.commit('catalog', { 'tasks/a.yaml': 'kind: Task # 2', big: 'x'.repeat(2_000_000) });
  const bare = join(git.root, 'catalog.git');
  git.git(['tag', '-a', 'v1', '-m', 'one', first], bare);
  git.git(['config', 'uploadpack.allowFilter', 'true'], bare);
  const work = join(git.root, 'catalog.work');
  mkdirSync(join(work, 'links'));
  symlinkSync('/etc/passwd', join(work, 'links/passwd'));
  symlinkSync('../tasks', join(work, 'links/tasks'));
  git.commit('catalog', {}, 'links');
});
afterAll(() => Promise.all([git.close(), web.close()]));

const leftovers = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`slipway-remote-${process.pid}-`));

test.each([
  ['a branch', 'main', 'kind: Task # 2'],
  ['a full ref', 'refs/heads/main', 'kind: Task # 2'],
  ['a tag, annotated', 'v1', 'kind: Task # 1'],
])('fetches a file at %s', async (_, revision, content) => {
  await expect(remoteWorld().text('git', { url, revision, pathInRepo: 'tasks/a.yaml' })).resolves.toBe(content);
});

test('fetches a file at a commit, and says which commit, file and repository it was', async () => {
  const fetched = await remoteWorld().resolve('git', { url, revision: first, pathInRepo: '/tasks/a.yaml' });
  expect(Buffer.from(fetched.data).toString()).toBe('kind: Task # 1');
  expect(fetched.refSource).toEqual({ uri: `git+${url}`, digest: { sha1: first }, entryPoint: 'tasks/a.yaml' });
  expect(fetched.annotations).toMatchObject({ 'resolution.tekton.dev/revision': first });
  expect(leftovers()).toEqual([]);
});

test('fetches the history where the server gives single commits to nobody', async () => {
  const strict = join(git.root, 'strict.git');
  git.git(['clone', '-q', '--bare', join(git.root, 'catalog.git'), strict], git.root);
  const ref = { url: `${git.url}/strict.git`, revision: second, pathInRepo: 'tasks/a.yaml' };
  await expect(remoteWorld().text('git', ref)).resolves.toBe('kind: Task # 2');
});

// prettier-ignore
test.each([
  ['a revision that is not there', { revision: 'nothing' }, /couldn't find remote ref nothing.*Give a branch/],
  ['a file that is not there', { pathInRepo: 'tasks/b.yaml' }, /there is no file "tasks\/b.yaml" at revision main/],
  ['a folder', { pathInRepo: 'dir' }, /"dir" is no regular file/],
  ['a symbolic link out of the repository', { pathInRepo: 'links/passwd' }, /is no regular file/],
  ['a file behind a symbolic link', { pathInRepo: 'links/tasks/a.yaml' }, /there is no file/],
  ['a file that is too large', { pathInRepo: 'big' }, /larger than 1050000 bytes/],
  ['a path that leads out', { pathInRepo: '../../../etc/passwd' }, /leads out of it/],
  ['a path that is a pattern of git', { pathInRepo: ':(glob)tasks/*' }, /there is no file/],
  ['both ways to name a repository', { repo: 'x', org: 'y' }, /give either "url" or "repo"/],
] as const)('refuses %s', async (_, more, says) => {
  const ref = { url, revision: 'main', pathInRepo: 'tasks/a.yaml', ...more };
  const failure = (await remoteWorld().text('git', ref).catch((error: unknown) => error)) as Error & { hint?: string };
  expect(`${failure.message}. ${failure.hint ?? ''}`).toMatch(says);
  expect(leftovers()).toEqual([]);
});

// prettier-ignore
const INJECTIONS: [string, Record<string, string>][] = [
  ['an option as the revision', { revision: '--upload-pack=touch CANARY' }],
  ['an option as the revision, short', { revision: '-uCANARY' }],
  ['a refspec that writes', { revision: '+refs/heads/main:refs/heads/x' }],
  ['an expression as the revision', { revision: 'main@{0}' }],
  ['an option as the URL', { url: '--upload-pack=touch CANARY' }],
  ['a remote helper', { url: 'ext::sh -c touch% CANARY' }],
  ['a file URL', { url: 'file:///etc' }],
  ['a path of this machine', { url: '/etc' }],
  ['a path beside this process', { url: '../x.git' }],
  ['ssh', { url: 'ssh://-oProxyCommand=touch CANARY/x' }],
  ['ssh without tricks', { url: 'git@github.com:a/b.git' }],
  ['the git protocol', { url: 'git://github.com/a/b.git' }],
  ['credentials in the URL', { url: 'http://me:secret@127.0.0.1/x.git' }],
];

test.each(INJECTIONS)('runs nothing for %s', async (_, more) => {
  await using dir = await disposable();
  const canary = join(dir.path, 'canary');
  const values = Object.fromEntries(Object.entries(more).map(([key, text]) => [key, text.replace('CANARY', canary)]));
  const ref = { url, revision: 'main', pathInRepo: 'tasks/a.yaml', ...values };
  await expect(remoteWorld().text('git', ref)).rejects.toThrow(/refused/);
  expect(existsSync(canary)).toBe(false);
});

async function disposable() {
  const dir = await tempDir();
  return { path: dir.path, [Symbol.asyncDispose]: () => dir.remove() };
}

describe('a token', () => {
  const withToken = (guard?: NetworkGuard) => {
    const world = remoteWorld({}, guard);
    world.objects.addSecret('ns', 'git', { token: 'canary-token\n' });
    return world;
  };
  afterEach(() => {
    git.credentials = undefined;
    git.authorizations.length = 0;
  });

  test('goes in the alphabet that HTTP says, whose + and / other resolvers have written otherwise', async () => {
    const password = '~~~>>>???';
    expect(Buffer.from(`git:${password}`).toString('base64')).toMatch(/\+.*\/|\/.*\+/);
    git.credentials = { user: 'git', password };
    const world = remoteWorld({});
    world.objects.addSecret('ns', 'git', { token: password });
    const ref = { url, revision: 'main', pathInRepo: 'tasks/a.yaml', gitToken: 'git' };
    await expect(world.text('git', ref)).resolves.toBe('kind: Task # 2');
  });

  test('opens a repository, and stands in no argument of git', async () => {
    git.credentials = { user: 'git', password: 'canary-token' };
    const ref = { url, revision: 'main', pathInRepo: 'tasks/a.yaml' };
    await using dir = await disposable();
    // A git that writes down how it was called.
    writeFileSync(join(dir.path, 'git'), `#!/bin/sh\necho "$@" >> ${dir.path}/calls\nexec /usr/bin/git "$@"\n`);
    chmodSync(join(dir.path, 'git'), 0o755);
    const world = remoteWorld({ programPath: `${dir.path}:/usr/bin:/bin` });
    world.objects.addSecret('ns', 'git', { token: 'canary-token' });
    await expect(world.text('git', { ...ref, gitToken: 'git' })).resolves.toBe('kind: Task # 2');
    const { readFileSync } = await import('node:fs');
    const calls = readFileSync(join(dir.path, 'calls'), 'utf8');
    expect(calls).toMatch(/fetch/);
    expect(calls).not.toMatch(/canary|Authorization|Y2FuYXJ5/);
    const failure = await withToken().text('git', ref).catch(String);
    expect(failure).toMatch(/could not read Username|401/);
  });

  test('goes to no host that a redirect leads to, and the redirect is followed without it', async () => {
    web.answers.set(
      '/moved.git/info/refs?service=git-upload-pack',
      redirect(`${url}/info/refs?service=git-upload-pack`),
    );
    const ref = { url: `${web.url}/moved.git`, pathInRepo: 'tasks/a.yaml', gitToken: 'git' };
    await expect(withToken().text('git', ref)).resolves.toBe('kind: Task # 2');
    expect(git.authorizations.every((header) => header === undefined)).toBe(true);
  });

  test('is not shown when the server repeats it', async () => {
    web.answers.set('/echo.git/info/refs?service=git-upload-pack', (request, response) => {
      response.writeHead(403, { 'content-type': 'text/plain' }).end(`no: ${request.headers.authorization}`);
    });
    const ref = { url: `${web.url}/echo.git`, pathInRepo: 'a', gitToken: 'git' };
    const failure = await withToken().text('git', ref).catch(String);
    expect(failure).not.toMatch(/canary|Z2l0OmNhbmFyeS10b2tlb/);
    expect(failure).toMatch(/403/);
  });

  test('of another namespace is out of reach', async () => {
    const world = remoteWorld();
    world.objects.addSecret('elsewhere', 'git', { token: 'x' });
    await expect(world.text('git', { url, pathInRepo: 'a', gitToken: 'git' })).rejects.toThrow(/does not exist/);
  });

  test.each([
    ['github', '/api/v3/repos/team/app', '/commits/main', '/contents/tasks/a.yaml?ref=', 'Bearer canary-token'],
    [
      'gitlab',
      '/api/v4/projects/team%2Fapp/repository',
      '/commits/main',
      '/files/tasks%2Fa.yaml/raw?ref=',
      'Bearer canary-token',
    ],
    ['gitea', '/api/v1/repos/team/app', '/git/commits/main', '/raw/tasks/a.yaml?ref=', 'token canary-token'],
  ])('reads a file through the API of %s', async (scmType, base, commitPath, filePath, authorization) => {
    web.requests.length = 0;
    web.answers.set(`${base}${commitPath}`, text(JSON.stringify({ sha: first, id: first })));
    web.answers.set(`${base}${filePath}${first}`, text('kind: Task # api'));
    const ref = {
      org: 'team',
      repo: 'app',
      serverURL: `${web.url}/`,
      scmType,
      token: 'git',
      pathInRepo: 'tasks/a.yaml',
    };
    const fetched = await withToken().resolve('git', ref);
    expect(Buffer.from(fetched.data).toString()).toBe('kind: Task # api');
    expect(fetched.refSource).toMatchObject({ uri: `git+${web.url}/team/app.git`, digest: { sha1: first } });
    expect(web.requests.every((request) => request.endsWith(authorization))).toBe(true);
  });
});

describe('addresses', () => {
  test('a host on a private network is refused before git starts', async () => {
    await expect(remoteWorld({}, new NetworkGuard([])).text('git', { url, pathInRepo: 'a' })).rejects.toThrow(
      /loopback/,
    );
  });

  test('a URL that git reads otherwise than we do leads to none', async () => {
    const guard = new NetworkGuard([], () => Promise.resolve([{ address: '192.0.2.1', family: 4 }]));
    const ref = { url: url.replace('http://', 'http://example.com\\@'), pathInRepo: 'tasks/a.yaml' };
    await expect(remoteWorld({}, guard).text('git', ref)).rejects.toThrow(/refused/);
  });

  test('a redirect of git to one is refused', async () => {
    web.answers.set('/a.git/info/refs?service=git-upload-pack', redirect('http://169.254.169.254/info/refs'));
    await expect(remoteWorld().text('git', { url: `${web.url}/a.git`, pathInRepo: 'a' })).rejects.toThrow(/link-local/);
  });

  test('git connects to the address that was checked, whatever its name says later', async () => {
    const guard = new NetworkGuard(['127.0.0.1'], () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]));
    const named = url.replace('127.0.0.1', 'no-such-host.invalid');
    const ref = { url: named, pathInRepo: 'tasks/a.yaml' };
    await expect(remoteWorld({}, guard).text('git', ref)).resolves.toBe('kind: Task # 2');
  });

  test("the operator's insteadOf is honoured, and may name what is private", async () => {
    const gitConfig = [[`url.${git.url}/.insteadOf`, 'https://github.com/team/']] as const;
    const world = remoteWorld({ gitConfig }, new NetworkGuard([]));
    const ref = { url: 'https://github.com/team/catalog.git', pathInRepo: 'tasks/a.yaml' };
    const { refSource, data } = await world.resolve('git', ref);
    expect(Buffer.from(data).toString()).toBe('kind: Task # 2');
    expect(refSource.uri).toBe('git+https://github.com/team/catalog.git');
  });
});

test('git ends with the signal, and leaves nothing behind', async () => {
  web.answers.set('/slow.git/info/refs?service=git-upload-pack', () => abort.abort(new Error('late')));
  const abort = new AbortController();
  const ref = { url: `${web.url}/slow.git`, pathInRepo: 'a' };
  await expect(remoteWorld().resolve('git', ref, abort.signal)).rejects.toThrow('late');
  expect(leftovers()).toEqual([]);
});
