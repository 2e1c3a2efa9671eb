// Attacks on git-init, as they were made on others: by its arguments, by the repository, by the server, and by whoever had
// the folder before. Each has a canary that would sing.

import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { forge } from './forged-commit.js';
import { buildGitInit, type GitInitProgram } from './git-init-program.js';
import { startGitServer, type GitServer } from './git-server.js';

let server: GitServer;
let elsewhere: GitServer;
let program: GitInitProgram;
let canary: string;
let count = 0;

beforeAll(async () => {
  [server, elsewhere, program] = await Promise.all([startGitServer(), startGitServer(), buildGitInit()]);
  server.commit('plain', { 'a.txt': 'one' });
  elsewhere.commit('plain', { 'a.txt': 'other' });
});
afterAll(async () => {
  await Promise.all([server.close(), elsewhere.close()]);
  program.remove();
});
beforeEach(() => {
  canary = join(program.folder, `canary-${++count}`);
});
afterEach(() => {
  server.overrides.clear();
  for (const one of [server, elsewhere]) {
    one.credentials = undefined;
    one.authorizations.length = 0;
  }
  expect(existsSync(canary)).toBe(false);
});

const urlOf = (name: string): string => `${server.url}/${name}.git`;

// prettier-ignore
const ARGUMENTS: [what: string, args: () => string[]][] = [
  ['a revision that is an option', () => ['-url', urlOf('plain'), '-revision', `--upload-pack=touch ${canary};git-upload-pack`]],
  ['a revision that is a short option', () => ['-url', urlOf('plain'), '-revision', '-u']],
  ['a revision that writes a ref', () => ['-url', urlOf('plain'), '-revision', 'main:refs/heads/x']],
  ['a revision that looks at more', () => ['-url', urlOf('plain'), '-revision', 'main@{1}']],
  ['a refspec that is an option', () => ['-url', urlOf('plain'), '-refspec', `--upload-pack=touch ${canary}`]],
  ['a url that is an option', () => ['-url', `--upload-pack=touch ${canary}`]],
  ['a remote helper', () => ['-url', `ext::sh -c "touch ${canary}"`]],
  ['a remote helper by its scheme', () => ['-url', `ext://sh -c touch% ${canary}`]],
  ['an ssh host that is an option', () => ['-url', `ssh://-oProxyCommand=touch%20${canary}/x`]],
  ['an ssh user that is an option', () => ['-url', `ssh://-oProxyCommand=touch ${canary}@h/x`]],
  ['an scp host that is an option', () => ['-url', `-oProxyCommand=touch ${canary}:x`]],
  ['an scp path that is an option', () => ['-url', `git@h:--upload-pack=touch ${canary}`]],
  ['a line in the url', () => ['-url', `${urlOf('plain')}\nhost=evil`]],
  ['a path of this machine', () => ['-url', join(server.root, 'plain.git')]],
  ['a file url', () => ['-url', `file://${join(server.root, 'plain.git')}`]],
  ['a submodule path that is an option', () => ['-url', urlOf('plain'), '-submodulePaths', `--reference=${canary}`]],
  ['a submodule path that leads out', () => ['-url', urlOf('plain'), '-submodulePaths', '../../x']],
  ['a sparse folder that leads out', () => ['-url', urlOf('plain'), '-sparseCheckoutDirectories', 'a/../../x']],
  ['a filter that is a file', () => ['-url', urlOf('plain'), '-filter', 'sparse:oid=HEAD:x']],
  ['a depth that is none', () => ['-url', urlOf('plain'), '-depth', '1 --upload-pack=x']],
  ['a path that leads out', () => ['-url', urlOf('plain'), '-path', `${program.folder}/a/../../../tmp/x`]],
  ['a flag that is none', () => ['-url', urlOf('plain'), '-exec', canary]],
];

test.each(ARGUMENTS)('git-init refuses %s and runs nothing', async (_what, args) => {
  const { code, path, failure, commandLines } = await program.run(args(), { watch: true });
  expect([code, failure?.reason]).toEqual([2, expect.stringMatching(/^Git\w+Refused$/)]);
  expect(existsSync(path)).toBe(false);
  expect(commandLines.filter((line) => /^git\0/.test(line) && line.includes(path))).toEqual([]);
});

describe('a server', () => {
  test('that redirects to a file is not followed', async () => {
    server.overrides.set('/redirected.git', (_request, response) => {
      response.writeHead(302, { location: `file://${join(server.root, 'plain.git')}/info/refs` }).end();
    });
    const { code, path } = await program.run(['-url', urlOf('redirected')]);
    expect([code, existsSync(join(path, 'a.txt'))]).toEqual([1, false]);
  });

  function keep(url: string): () => void {
    writeFileSync(join(program.folder, '.gitconfig'), '[credential]\n\thelper = store\n');
    writeFileSync(join(program.folder, '.git-credentials'), `${url}\n`);
    return () => {
      rmSync(join(program.folder, '.gitconfig'));
      rmSync(join(program.folder, '.git-credentials'));
    };
  }

  test.each([
    ['that are in the url', 'url', 'at once'],
    ['that are in the url', 'url', 'when it has them'],
    ['that are in the home', 'home', 'at once'],
    ['that are in the home', 'home', 'when it has them'],
  ])('that redirects to another host does not get credentials %s sent there (%s, %s)', async (_, where, when) => {
    const ours = server.url.replace('http://', 'http://me:hunter2@');
    const other = elsewhere.url.replace('127.0.0.1', 'localhost');
    server.overrides.set('/moved.git', (request, response) => {
      if (when === 'when it has them' && request.headers.authorization === undefined)
        return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      response.writeHead(302, { location: `${other}${request.url!.replace('/moved', '/plain')}` }).end();
    });
    const forget = where === 'home' ? keep(ours) : () => undefined;
    const args = ['-url', `${where === 'url' ? ours : server.url}/moved.git`];
    const followed = await program.run(args);
    elsewhere.credentials = { user: 'me', password: 'hunter2' };
    const wanted = await program.run(args);
    forget();
    if (when === 'at once') expect(readFileSync(join(followed.path, 'a.txt'), 'utf8')).toBe('other');
    expect(wanted.code).toBe(1);
    expect(elsewhere.authorizations.length).toBeGreaterThan(0);
    expect(elsewhere.authorizations.filter((header) => header !== undefined)).toEqual([]);
  });

  test.each(['of the url', 'of the home'])(
    'that repeats the credentials %s does not get them printed',
    async (where) => {
      server.overrides.set('/echo.git', (request, response) => {
        const { authorization } = request.headers;
        if (authorization === undefined)
          return void response.writeHead(401, { 'www-authenticate': 'Basic realm="g"' }).end();
        const plain = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
        response.writeHead(403, { 'content-type': 'text/plain' }).end(`no: ${authorization}\nno: ${plain}\n`);
      });
      const ours = server.url.replace('http://', 'http://me:hunter2-canary@');
      const forget = where === 'of the home' ? keep(ours) : () => undefined;
      const url = `${where === 'of the url' ? ours : server.url}/echo.git`;
      const { output, message, failure } = await program.run(['-url', url]);
      forget();
      expect(output).toContain('remote: no: ');
      expect(output + JSON.stringify(message)).not.toMatch(/hunter2|bWU6aHVudGVyMi1jYW5hcnk/);
      expect(failure?.reason).toBe('GitAuthForbidden');
    },
  );

  test('that writes to the terminal does not get to a condition', async () => {
    server.overrides.set('/loud.git', (_request, response) => {
      response.writeHead(403, { 'content-type': 'text/plain' }).end('\u001b[2J\u0007gone\n');
    });
    const { failure } = await program.run(['-url', urlOf('loud')]);
    expect(failure?.message).toMatch(/gone/);
    expect(failure?.message).not.toMatch(/[\x00-\x1f\x7f]/);
  });
});

describe('a submodule', () => {
  function evil(url: string, name = 'sub', more = ''): void {
    rmSync(join(server.root, 'evil.work'), { recursive: true, force: true });
    server.commit('evil', { 'b.txt': 'b' });
    const work = join(server.root, 'evil.work');
    server.git(['submodule', 'add', '-f', '-q', join(server.root, 'plain.git'), 'sub'], work);
    writeFileSync(join(work, '.gitmodules'), `[submodule "${name}"]\n\tpath = sub\n\turl = ${url}\n${more}`);
    server.commit('evil', {});
  }

  // prettier-ignore
  test.each([
    ['a path of this machine', () => join(server.root, 'plain.git'), 'GitProtocolRefused'],
    ['a program', () => `ext::sh -c "touch ${canary}"`, 'GitProtocolRefused'],
    ['a file', () => `file://${server.root}/plain.git`, 'GitProtocolRefused'],
    ['an option', () => `--upload-pack=touch ${canary}`, 'GitContentRefused'],
    ['an option to ssh', () => `ssh://-oProxyCommand=touch ${canary}/x`, 'GitUrlRefused'],
  ])('whose url is %s is refused', async (_, url, reason) => {
    evil(url());
    const { code, path, failure } = await program.run(['-url', urlOf('evil')]);
    expect([code, failure?.reason, failure?.message]).toEqual([1, reason, expect.anything()]);
    expect(existsSync(join(path, 'sub/a.txt'))).toBe(false);
  });

  test.each(['../../hooks', '../../../x', 'a/../../../x'])('whose name is %s is refused', async (name) => {
    evil(urlOf('plain'), name);
    const { code, failure } = await program.run(['-url', urlOf('evil')]);
    expect([code, failure?.reason]).toEqual([1, 'GitContentRefused']);
    expect(existsSync(join(program.folder, 'x'))).toBe(false);
  });

  test('that would run a program to update itself is refused', async () => {
    evil(urlOf('plain'), 'sub', `\tupdate = !touch ${canary}\n`);
    const { code, failure } = await program.run(['-url', urlOf('evil')]);
    expect([code, failure?.reason]).toEqual([1, 'GitContentRefused']);
  });
});

describe('a repository', () => {
  test('with a link out of it has a link: nothing behind it is read or written', async () => {
    const outside = mkdtempSync(join(program.folder, 'outside-'));
    // prettier-ignore
    forge(server, 'linked', [['120000', outside, 'out'], ['120000', '/etc/passwd', 'passwd']]);
    const { path } = await program.run(['-url', urlOf('linked')]);
    expect(lstatSync(join(path, 'passwd')).isSymbolicLink()).toBe(true);
  });

  // prettier-ignore
  test.each([
    ['a file .git', [['100644', '[core]\n\tfsmonitor = touch x\n', '.git']]],
    ['a file .GIT', [['100644', '', '.GIT']]],
    ['a file .git in disguise', [['100644', '', '.g\u200cit']]],
    ['a file ..', [['100644', '', '..']]],
    ['settings of submodules behind a link', [['120000', '.git/config', '.gitmodules']]],
  ] as [string, [string, string, string][]][])('with %s is refused', async (_, entries) => {
    forge(server, 'forged', entries);
    const { code, failure } = await program.run(['-url', urlOf('forged')]);
    expect([code, failure?.reason]).toEqual([1, 'GitContentRefused']);
  });

  test('with attributes runs no filter', async () => {
    server.commit('filtered', { '.gitattributes': '* filter=evil diff=evil merge=evil\n', 'a.txt': 'a' });
    const { code, path } = await program.run(['-url', urlOf('filtered')]);
    expect([code, readFileSync(join(path, 'a.txt'), 'utf8')]).toEqual([0, 'a']);
  });

  test('larger than the volume ends the step with a word for it, and leaves nothing half-done', async () => {
    server.commit('large', { 'large.bin': randomBytes(1 << 20).toString('base64') });
    // git may write files of 64 KiB: what it meets on a volume that is full.
    const limited = mkdtempSync(join(program.folder, 'limited-'));
    writeFileSync(join(limited, 'git'), '#!/bin/sh\nulimit -f 128\nexec /usr/bin/git "$@"\n', { mode: 0o755 });
    const env = { PATH: `${limited}:/usr/bin:/bin` };
    const { code, failure, path } = await program.run(['-url', urlOf('large')], { env });
    expect([code, failure?.reason]).toEqual([1, 'GitVolumeFull']);
    expect(readdirSync(path)).toEqual([]);
  });
});

describe('who had the folder before', () => {
  async function poisoned(
    poison: (git: string) => void,
  ): Promise<{ code: number | null; path: string; output: string }> {
    const { path } = await program.run(['-url', urlOf('plain')]);
    poison(join(path, '.git'));
    const { code, output } = await program.run(['-url', urlOf('plain')], { path });
    return { code, path, output };
  }

  test('leaves no setting that is a program', async () => {
    server.commit('plain', { 'a.txt': 'one', '.gitattributes': 'a.txt filter=evil\n' });
    const { code, path } = await poisoned((git) => {
      const run = `touch ${canary}`;
      writeFileSync(
        join(git, 'config'),
        `[core]\n\tfsmonitor = ${run}\n\tsshCommand = ${run}\n\thooksPath = ${git}/evil\n\tgitProxy = ${run}\n\talternateRefsCommand = ${run}\n` +
          `[filter "evil"]\n\tsmudge = ${run}\n\tprocess = ${run}\n[credential]\n\thelper = !${run}\n` +
          `[remote "origin"]\n\turl = ${urlOf('plain')}\n\tuploadpack = ${run}\n\tvcs = ext\n` +
          `[url "ext::${run} "]\n\tinsteadOf = http\n[include]\n\tpath = ${git}/more\n[protocol "ext"]\n\tallow = always\n`,
      );
      writeFileSync(join(git, 'more'), `[core]\n\tfsmonitor = ${run}\n`);
      mkdirSync(join(git, 'evil'));
      mkdirSync(join(git, 'hooks'), { recursive: true });
      for (const hooks of ['evil', 'hooks'])
        for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change', 'fsmonitor-watchman'])
          writeFileSync(join(git, hooks, hook), `#!/bin/sh\n${run}\n`, { mode: 0o755 });
      mkdirSync(join(git, 'info'), { recursive: true });
      writeFileSync(join(git, 'info/attributes'), '* filter=evil\n');
    });
    expect(code).toBe(0);
    expect(readFileSync(join(path, '.git/config'), 'utf8')).not.toContain('touch');
  });

  // prettier-ignore
  const DETOURS: [what: string, make: (git: string, target: string) => void][] = [
    ['a commondir', (git, target) => writeFileSync(join(git, 'commondir'), target)],
    ['alternates', (git, target) => {
      mkdirSync(join(git, 'objects/info'), { recursive: true });
      writeFileSync(join(git, 'objects/info/alternates'), `${target}\n`);
    }],
    ['a file .git', (git, target) => {
      rmSync(git, { recursive: true });
      writeFileSync(git, `gitdir: ${target}\n`);
    }],
    ['a link .git', (git, target) => {
      rmSync(git, { recursive: true });
      symlinkSync(target, git);
    }],
    ['a link in .git', (git, target) => {
      rmSync(join(git, 'objects'), { recursive: true });
      symlinkSync(target, join(git, 'objects'));
    }],
  ];
  test.each(DETOURS)('leads git to no other repository by %s', async (_, make) => {
    const target = mkdtempSync(join(program.folder, 'target-'));
    const { code, path, output } = await poisoned((git) => make(git, target));
    expect([code, output]).toEqual([0, expect.stringContaining('Successfully')]);
    expect(readFileSync(join(path, 'a.txt'), 'utf8')).toBe('one');
    expect(readdirSync(target)).toEqual([]);
    expect(lstatSync(join(path, '.git')).isDirectory()).toBe(true);
    expect(existsSync(join(path, '.git/objects/info/alternates'))).toBe(false);
  });

  describe('where a submodule comes', () => {
    let pinned: string;
    beforeAll(() => {
      pinned = server.commit('sub', { 's.txt': 'sub' });
      server.commit('outer', { 'b.txt': 'b' });
      const work = join(server.root, 'outer.work');
      server.git(['submodule', 'add', '-q', join(server.root, 'sub.git'), 'lib/sub'], work);
      server.git(['config', '--file', '.gitmodules', 'submodule.lib/sub.url', urlOf('sub')], work);
      server.commit('outer', {});
    });

    test('leaves no setting that is a program', async () => {
      const path = mkdtempSync(join(program.folder, 'shared-'));
      server.git(['clone', '-q', join(server.root, 'sub.git'), 'lib/sub'], path);
      const git = join(path, 'lib/sub/.git');
      const run = `touch ${canary}`;
      writeFileSync(
        join(git, 'config'),
        `[core]\n\tfsmonitor = ${run}\n[filter "evil"]\n\tsmudge = ${run}\n\tclean = ${run}\n`,
      );
      writeFileSync(join(git, 'info/attributes'), '* filter=evil\n');
      rmSync(join(path, 'lib/sub/s.txt'));
      const { code } = await program.run(['-url', urlOf('outer')], { path });
      expect([code, readFileSync(join(path, 'lib/sub/s.txt'), 'utf8')]).toEqual([0, 'sub']);
      expect(server.git(['rev-parse', 'HEAD'], join(path, 'lib/sub'))).toBe(pinned);
    });

    test.each(['lib', 'lib/sub'])('leads nowhere by a link in place of %s', async (place) => {
      const { path } = await program.run(['-url', urlOf('outer')]);
      const outside = mkdtempSync(join(program.folder, 'outside-'));
      mkdirSync(join(outside, 'sub'));
      writeFileSync(join(outside, 'sub/kept.txt'), 'kept');
      rmSync(join(path, place), { recursive: true });
      symlinkSync(place === 'lib' ? outside : join(outside, 'sub'), join(path, place));
      const { code } = await program.run(['-url', urlOf('outer')], { path });
      expect([code, lstatSync(join(path, place)).isDirectory()]).toEqual([0, true]);
      expect(readFileSync(join(path, 'lib/sub/s.txt'), 'utf8')).toBe('sub');
      expect(readdirSync(join(outside, 'sub'))).toEqual(['kept.txt']);
    });

    test('what the last run left of it is no hindrance', async () => {
      const { path } = await program.run(['-url', urlOf('outer')]);
      const { code, output } = await program.run(['-url', urlOf('outer')], { path });
      expect([code, output]).toEqual([0, expect.stringContaining('Successfully')]);
      expect(readFileSync(join(path, 'lib/sub/s.txt'), 'utf8')).toBe('sub');
    });
  });

  test.each([
    ['the folder itself', (outside: string, path: string) => symlinkSync(outside, path), ''],
    ['the root', (_: string, path: string) => symlinkSync('/', path), ''],
    ['nothing', (outside: string, path: string) => symlinkSync(join(outside, 'gone'), path), ''],
  ])('does not lead the checkout out by a link to %s', async (_what, make) => {
    const outside = mkdtempSync(join(program.folder, 'outside-'));
    writeFileSync(join(outside, 'kept.txt'), 'kept');
    const area = mkdtempSync(join(program.folder, 'area-'));
    const path = join(area, 'source');
    make(outside, path);
    const { code, failure } = await program.run(['-url', urlOf('plain'), '-deleteExisting'], { path });
    expect([code, failure?.reason]).toEqual([1, 'GitPathRefused']);
    expect(readdirSync(outside)).toEqual(['kept.txt']);
  });

  test('and hooks of the home run nothing', async () => {
    const hooks = mkdtempSync(join(program.folder, 'hooks-'));
    for (const hook of ['post-checkout', 'reference-transaction'])
      writeFileSync(join(hooks, hook), `#!/bin/sh\ntouch ${canary}\n`, { mode: 0o755 });
    writeFileSync(
      join(program.folder, '.gitconfig'),
      `[core]\n\thooksPath = ${hooks}\n\tfsmonitor = touch ${canary}\n`,
    );
    const { code } = await program.run(['-url', urlOf('plain')]);
    rmSync(join(program.folder, '.gitconfig'));
    expect(code).toBe(0);
  });

  test('and variables that name another repository lead nowhere', async () => {
    const target = mkdtempSync(join(program.folder, 'target-'));
    const env = {
      GIT_DIR: target,
      GIT_WORK_TREE: target,
      GIT_INDEX_FILE: join(target, 'index'),
      GIT_OBJECT_DIRECTORY: target,
    };
    const { code, path } = await program.run(['-url', urlOf('plain')], { env });
    expect([code, existsSync(join(path, 'a.txt'))]).toEqual([0, true]);
    expect(readdirSync(target)).toEqual([]);
  });
});
