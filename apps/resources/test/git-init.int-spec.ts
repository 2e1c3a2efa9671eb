import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGitInit, type GitInitProgram } from './git-init-program.js';
import { startGitServer, type GitServer } from './git-server.js';

let server: GitServer;
let program: GitInitProgram;

beforeAll(async () => {
  [server, program] = await Promise.all([startGitServer(), buildGitInit()]);
});
afterAll(async () => {
  await server.close();
  program.remove();
});
afterEach(() => {
  server.overrides.clear();
  server.credentials = undefined;
  server.isOld = false;
});

const urlOf = (name: string): string => `${server.url}/${name}.git`;
const read = (...path: string[]): string => readFileSync(join(...path), 'utf8');
const filesOf = (path: string): string[] =>
  readdirSync(path)
    .filter((name) => name !== '.git')
    .sort();

/** The repository with a submodule at `sub`. */
function withSubmodule(outer: string, inner: string, url = urlOf(inner)): void {
  const work = join(server.root, `${outer}.work`);
  server.git(['submodule', 'add', '-f', '-q', join(server.root, `${inner}.git`), 'sub'], work);
  server.git(['config', '-f', '.gitmodules', 'submodule.sub.url', url], work);
  server.commit(outer, {});
}

test('git-init checks out the default branch and reports commit, url, author and date', async () => {
  const commit = server.commit('plain', { 'a.txt': 'one' });
  const date = server.git(['log', '-1', '--format=%ct'], join(server.root, 'plain.work'));
  const { code, path, message } = await program.run(['-url', urlOf('plain')]);
  expect(code).toBe(0);
  expect(read(path, 'a.txt')).toBe('one');
  const about = { resourceName: 'repo', resourceRef: { name: 'repo' } };
  expect(message).toEqual([
    { key: 'commit', value: commit, ...about },
    { key: 'url', value: urlOf('plain'), ...about },
    { key: 'author', value: 'Test <test@localhost>', ...about },
    { key: 'committer-date', value: date, ...about },
    { key: 'date', value: new Date(Number(date) * 1000).toISOString().replace('.000Z', 'Z'), ...about },
  ]);
});

describe('a revision is', () => {
  let first: string;
  let second: string;
  beforeAll(() => {
    first = server.commit('many', { 'a.txt': '1' });
    const [work, bare] = [join(server.root, 'many.work'), join(server.root, 'many.git')];
    server.git(['tag', '-a', '-m', 'v1', 'v1'], work);
    server.git(['push', '-q', bare, 'v1', 'HEAD:refs/pull/100/head', 'HEAD:refs/heads/feature/x'], work);
    second = server.commit('many', { 'a.txt': '2' });
  });

  test.each([
    ['a tag', ['-revision', 'v1'], 1],
    ['a commit that no ref names', ['-revision', 'FIRST'], 1],
    ['a ref of a pull request', ['-revision', 'refs/pull/100/head'], 1],
    ['its short name', ['-revision', 'pull/100/head'], 1],
    ['a branch', ['-revision', 'main'], 2],
    ['a branch with a slash', ['-revision', 'feature/x'], 1],
    ['what a refspec has fetched', ['-refspec', 'refs/pull/100/head:refs/heads/pr', '-revision', 'pr'], 1],
    [
      'one of several refspecs',
      ['-refspec', 'refs/heads/main:refs/heads/main refs/heads/feature/x:refs/heads/y', '-revision', 'y'],
      1,
    ],
    ['HEAD, when there is none', ['-revision', ''], 2],
    ['a branch with all of its history', ['-depth', '0', '-revision', 'main'], 2],
    ['HEAD, in the flags of a Build', ['--url', 'URL', '--revision', ''], 2],
  ] as const)('%s', async (_, args, nth) => {
    const given = args.map((arg) => arg.replace('FIRST', first).replace('URL', urlOf('many')));
    const { code, facts, output } = await program.run(['-url', urlOf('many'), ...given]);
    expect([code, facts['commit']]).toEqual([0, nth === 1 ? first : second]);
    expect(output).toContain('Successfully cloned');
  });

  test('a commit that the server hands out with its branch only', async () => {
    server.isOld = true;
    const { code, facts, path } = await program.run(['-url', urlOf('many'), '-revision', first]);
    expect([code, facts['commit'], read(path, 'a.txt')]).toEqual([0, first, '1']);
  });

  test('a commit that such a server has for a pull request only', async () => {
    server.commit('forked', { 'a.txt': '1' });
    const [work, bare] = [join(server.root, 'forked.work'), join(server.root, 'forked.git')];
    server.git(['commit', '-q', '--allow-empty', '-m', 'theirs'], work);
    const theirs = server.git(['rev-parse', 'HEAD'], work);
    server.git(['commit', '-q', '--allow-empty', '-m', 'theirs, later'], work);
    server.git(['push', '-q', bare, 'HEAD:refs/pull/1/head'], work);
    server.isOld = true;
    const { code, facts } = await program.run(['-url', urlOf('forked'), '-revision', theirs]);
    expect([code, facts['commit']]).toEqual([0, theirs]);
  });
});

test('git-init is shallow unless told not to be', async () => {
  server.commit('deep', { 'a.txt': '1' });
  server.commit('deep', { 'a.txt': '2' });
  server.commit('deep', { 'a.txt': '3' });
  const commits = async (...args: string[]): Promise<string> => {
    const { path } = await program.run(['-url', urlOf('deep'), ...args]);
    return server.git(['rev-list', '--count', 'HEAD'], path);
  };
  expect([await commits(), await commits('-depth=2'), await commits('-depth=0')]).toEqual(['1', '2', '3']);
});

test('git-init stays on the branch that a refspec makes', async () => {
  server.commit('branchy', { 'a.txt': '1' });
  const args = ['-url', urlOf('branchy'), '-refspec', 'refs/heads/main:refs/heads/mine', '-revision', 'mine'];
  const { path } = await program.run(args);
  expect(server.git(['branch', '--show-current'], path)).toBe('mine');
});

describe('in a folder that has a repository', () => {
  test('git-init brings the sources of the new URL, and nothing is left of the old', async () => {
    server.commit('old', { 'old.txt': 'o', 'same.txt': 'o' });
    const commit = server.commit('new', { 'new.txt': 'n', 'same.txt': 'n' });
    const { path } = await program.run(['-url', urlOf('old')]);
    writeFileSync(join(path, 'built.txt'), 'by a step');
    const { facts } = await program.run(['-url', urlOf('new')], { path });
    expect(facts['commit']).toBe(commit);
    expect(filesOf(path)).toEqual(['built.txt', 'new.txt', 'same.txt']);
    expect(read(path, 'same.txt')).toBe('n');
    expect(server.git(['remote', 'get-url', 'origin'], path)).toBe(urlOf('new'));
  });

  test('git-init goes on although the one before it was killed while it wrote', async () => {
    server.commit('locked', { 'a.txt': '1' });
    const { path } = await program.run(['-url', urlOf('locked')]);
    for (const lock of ['index.lock', 'shallow.lock', 'config.lock', 'HEAD.lock', 'refs/heads/main.lock']) {
      mkdirSync(join(path, '.git', lock, '..'), { recursive: true });
      writeFileSync(join(path, '.git', lock), '');
    }
    mkdirSync(join(path, '.git.slipway/.git/objects'), { recursive: true });
    const commit = server.commit('locked', { 'a.txt': '2' });
    const { code, facts, output } = await program.run(['-url', urlOf('locked')], { path });
    expect([code, facts['commit'], output]).toEqual([0, commit, expect.stringContaining('Successfully')]);
    expect(readdirSync(path).sort()).toEqual(['.git', 'a.txt']);
  });

  test('git-init begins anew where the repository is broken', async () => {
    server.commit('broken', { 'a.txt': '1' });
    const { path } = await program.run(['-url', urlOf('broken')]);
    const packs = join(path, '.git/objects/pack');
    rmSync(packs, { recursive: true });
    rmSync(join(path, '.git/objects'), { recursive: true });
    const { code, output } = await program.run(['-url', urlOf('broken')], { path });
    expect([code, output]).toEqual([0, expect.stringContaining('Successfully')]);
  });

  test('git-init deletes all of it when it is told to, and nothing beside', async () => {
    server.commit('plain', { 'a.txt': 'one' });
    const path = join(program.folder, 'full');
    const outside = join(program.folder, 'outside');
    mkdirSync(join(path, '.hidden/deep'), { recursive: true });
    mkdirSync(outside);
    writeFileSync(join(outside, 'kept.txt'), 'kept');
    writeFileSync(join(path, '..file'), '');
    symlinkSync(outside, join(path, 'link'));
    const { code } = await program.run(['-url', urlOf('plain'), '-deleteExisting'], { path });
    expect(code).toBe(0);
    expect(readdirSync(path).sort()).toEqual(['.git', 'a.txt']);
    expect(read(outside, 'kept.txt')).toBe('kept');
  });
});

test('git-init without a path works where it is started, and several times, as the steps of a Build do', async () => {
  server.commit('one', { 'one.txt': '1' });
  server.commit('two', { 'two.txt': '2' });
  const cwd = join(program.folder, 'build-workspace');
  mkdirSync(cwd);
  await program.run(['-url', urlOf('one'), '-revision', 'main'], { path: '', cwd });
  await program.run(['-url', urlOf('two'), '-revision', 'main', '-path', 'other'], { path: '', cwd });
  expect([filesOf(cwd), filesOf(join(cwd, 'other'))]).toEqual([['one.txt', 'other'], ['two.txt']]);
  await program.run(['-url', urlOf('two'), '-revision', 'main'], { path: '', cwd });
  expect(filesOf(cwd)).toEqual(['other', 'two.txt']);
});

describe('submodules', () => {
  beforeAll(() => {
    server.commit('inner', { 'inner.txt': 'in' });
    server.commit('outer', { 'outer.txt': 'out' });
    withSubmodule('outer', 'inner');
  });

  test('are brought, unless told not to', async () => {
    expect(existsSync(join((await program.run(['-url', urlOf('outer')])).path, 'sub/inner.txt'))).toBe(true);
    const without = await program.run(['-url', urlOf('outer'), '-submodules=false']);
    expect(existsSync(join(without.path, 'sub/inner.txt'))).toBe(false);
  });

  test('are those that are named', async () => {
    const only = await program.run(['-url', urlOf('outer'), '-submodulePaths', 'sub']);
    expect(existsSync(join(only.path, 'sub/inner.txt'))).toBe(true);
  });

  test('are brought with those that they have, by addresses that count from their own', async () => {
    server.commit('grand', { 'grand.txt': 'x' });
    withSubmodule('grand', 'outer', '../outer.git');
    const { path } = await program.run(['-url', urlOf('grand')]);
    expect(read(path, 'sub/sub/inner.txt')).toBe('in');
  });

  test('are fetched in full where the server gives no single commits', async () => {
    server.commit('moved', { 'm.txt': '1' });
    server.commit('outer-2', { 'outer.txt': 'out' });
    withSubmodule('outer-2', 'moved');
    server.commit('moved', { 'm.txt': '2' });
    server.isOld = true;
    const { path, code, output } = await program.run(['-url', urlOf('outer-2')]);
    expect([code, output]).toEqual([0, expect.stringContaining('Successfully')]);
    expect(read(path, 'sub/m.txt')).toBe('1');
  });
});

describe('a part of the repository', () => {
  const sizeOf = (path: string): number =>
    Number(server.git(['cat-file', '--batch-all-objects', '--batch-check', '--unordered'], path).split('\n').length);
  beforeAll(() => {
    server.commit('wide', {
      'top.txt': 't',
      'docs/d.md': 'd',
      'docs/deep/e.md': 'e',
      'src/s.ts': 's',
      'src/t.md': 't',
    });
  });

  test('is folders, with what stands above them', async () => {
    const { path } = await program.run(['-url', urlOf('wide'), '-sparseCheckoutDirectories', 'docs, /src/']);
    expect([filesOf(path), filesOf(join(path, 'docs'))]).toEqual([
      ['docs', 'src', 'top.txt'],
      ['d.md', 'deep'],
    ]);
    expect(server.git(['config', 'core.sparseCheckoutCone'], path)).toBe('true');
  });

  test('is patterns', async () => {
    const { path } = await program.run(['-url', urlOf('wide'), '-sparseCheckoutDirectories', '*.md,!docs/deep/*']);
    expect([filesOf(path), filesOf(join(path, 'docs')), filesOf(join(path, 'src'))]).toEqual([
      ['docs', 'src'],
      ['d.md'],
      ['t.md'],
    ]);
  });

  test('is what the last run in the folder says, and all of it when that says nothing', async () => {
    const { path } = await program.run(['-url', urlOf('wide'), '-sparseCheckoutDirectories', 'docs']);
    await program.run(['-url', urlOf('wide'), '-sparseCheckoutDirectories', 'src'], { path });
    await program.run(['-url', urlOf('wide'), '-sparseCheckoutDirectories', 'src'], { path });
    expect(filesOf(path)).toEqual(['src', 'top.txt']);
    expect(read(path, '.git/info/sparse-checkout').match(/src/g)).toHaveLength(1);
    await program.run(['-url', urlOf('wide')], { path });
    expect(filesOf(path)).toEqual(['docs', 'src', 'top.txt']);
  });

  test('is all that is transferred with a filter', async () => {
    const whole = await program.run(['-url', urlOf('wide'), '-sparseCheckoutDirectories', 'src']);
    const partial = await program.run([
      '-url',
      urlOf('wide'),
      '-sparseCheckoutDirectories',
      'src',
      '-filter',
      'blob:none',
    ]);
    expect([partial.code, filesOf(partial.path)]).toEqual([0, ['src', 'top.txt']]);
    expect(sizeOf(partial.path)).toBeLessThan(sizeOf(whole.path));
    const again = await program.run(['-url', urlOf('wide')], { path: partial.path });
    expect([again.code, filesOf(again.path)]).toEqual([0, ['docs', 'src', 'top.txt']]);
  });
});

describe('credentials', () => {
  beforeAll(() => {
    server.commit('private', { 'a.txt': 'one' });
  });

  test('of the url are in no argument, are printed nowhere and stored nowhere', async () => {
    server.credentials = { user: 'me', password: 'hunter2-secret' };
    const url = `${server.url.replace('http://', 'http://me:hunter2-secret@')}/private.git`;
    const good = await program.run(['-url', url], { watch: true });
    expect([good.code, good.facts['url']]).toEqual([0, `${server.url.replace('http://', 'http://***@')}/private.git`]);
    expect(read(good.path, '.git/config')).not.toContain('hunter2');
    expect(good.output + JSON.stringify(good.message)).not.toContain('hunter2');
    const ofGit = good.commandLines.filter((line) => /^git\0/.test(line));
    expect(ofGit.length).toBeGreaterThan(0);
    const helperShells = good.commandLines.filter((line) => /SLIPWAY_GIT/.test(line));
    expect([...ofGit, ...helperShells].join()).not.toMatch(/hunter2|bWU6aHVudGVyMi1zZWNyZXQ/);
  });

  test('of the home are used, for what they were stored for', async () => {
    server.credentials = { user: 'me', password: 'hunter2' };
    writeFileSync(join(program.folder, '.gitconfig'), `[credential]\n\thelper = store\n`);
    writeFileSync(join(program.folder, '.git-credentials'), `${server.url.replace('http://', 'http://me:hunter2@')}\n`);
    const { code, output } = await program.run(['-url', urlOf('private')]);
    rmSync(join(program.folder, '.gitconfig'));
    rmSync(join(program.folder, '.git-credentials'));
    expect([code, output]).toEqual([0, expect.stringContaining('Successfully cloned')]);
  });

  test('of the url open its submodules on the same server', async () => {
    server.commit('outer-3', { 'outer.txt': 'out' });
    withSubmodule('outer-3', 'private', '../private.git');
    server.credentials = { user: 'me', password: 'hunter2' };
    const url = `${server.url.replace('http://', 'http://me:hunter2@')}/outer-3.git`;
    expect(read((await program.run(['-url', url])).path, 'sub/a.txt')).toBe('one');
  });
});

test('git-init takes the settings that the platform gives the step', async () => {
  server.commit('plain', { 'a.txt': 'one' });
  const env = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.${server.url}/.insteadOf`,
    GIT_CONFIG_VALUE_0: 'https://github.com/org/',
  };
  expect((await program.run(['-url', 'https://github.com/org/plain.git'], { env })).code).toBe(0);
});

describe('when the server fails', () => {
  test('git-init tries again, and goes on when it is well', async () => {
    server.commit('shaky', { 'a.txt': 'one' });
    let failures = 0;
    server.overrides.set('/shaky.git/info', (_request, response) => {
      if (++failures === 2) server.overrides.clear();
      response.writeHead(503).end();
    });
    expect([(await program.run(['-url', urlOf('shaky')])).code, failures]).toEqual([0, 2]);
  });

  test('git-init gives up after as many attempts as it is told', async () => {
    let failures = 0;
    server.overrides.set('/shaky.git/info', (_request, response) => {
      failures++;
      response.writeHead(503).end();
    });
    const { code, failure } = await program.run([
      '-url',
      urlOf('shaky'),
      '-retryMaxAttempts',
      '3',
      '-retryFactor=1.5',
      '-retryMax=2ms',
    ]);
    expect([code, failures, failure?.reason]).toEqual([1, 3, 'GitServerFailed']);
  });
});
