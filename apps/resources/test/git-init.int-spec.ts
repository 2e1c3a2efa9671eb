import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { startGitServer, type GitServer } from './git-server.js';

let server: GitServer;
let folder: string;
let program: string;

beforeAll(async () => {
  server = await startGitServer();
  folder = mkdtempSync(join(tmpdir(), 'slipway-git-init-'));
  program = join(folder, 'git-init.cjs');
  const entry = join(import.meta.dirname, '../src/steps/git-init.ts');
  await build({ entryPoints: [entry], outfile: program, bundle: true, format: 'cjs', platform: 'node' });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  server.overrides.clear();
  server.credentials = undefined;
});

interface Finished {
  code: number | null;
  output: string;
  path: string;
  message: { key: string; value: string; resourceName?: string }[];
  /** Command lines of every process that ran below the program while it ran. */
  commandLines: string[];
}

let runs = 0;
/** Runs the program as a step does: with flags, a home of its own and a termination message file. */
async function gitInit(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const path = join(folder, `checkout-${++runs}`);
  const termination = join(folder, `termination-${runs}`);
  writeFileSync(termination, '');
  const flags = ['-path', path, '-terminationMessagePath', termination, ...args];
  const child = spawn(process.execPath, [program, ...flags], {
    env: { PATH: process.env['PATH'], HOME: folder, TEKTON_RESOURCE_NAME: 'repo', ...env },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const commandLines: string[] = [];
  let ended = false;
  const code = new Promise<number | null>((resolve) =>
    child.on('close', (status) => {
      ended = true;
      resolve(status);
    }),
  );
  while (!ended) {
    commandLines.push(...allCommandLines());
    await new Promise((resolve) => setImmediate(resolve));
  }
  const text = readFileSync(termination, 'utf8');
  return {
    code: await code,
    output,
    path,
    message: text === '' ? [] : (JSON.parse(text) as Finished['message']),
    commandLines,
  };
}

function allCommandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return [];
      }
    });
}

test('git-init checks out the default branch and reports commit and url', async () => {
  const commit = server.commit('plain', { 'a.txt': 'one' });
  const { code, path, message } = await gitInit(['-url', `${server.url}/plain.git`]);
  expect(code).toBe(0);
  expect(readFileSync(join(path, 'a.txt'), 'utf8')).toBe('one');
  expect(message).toEqual([
    { key: 'commit', value: commit, resourceName: 'repo', resourceRef: { name: 'repo' } },
    { key: 'url', value: `${server.url}/plain.git`, resourceName: 'repo', resourceRef: { name: 'repo' } },
  ]);
});

test('git-init checks out a tag, an older commit, a ref and a refspec', async () => {
  const first = server.commit('many', { 'a.txt': '1' });
  server.git(['tag', 'v1'], join(server.root, 'many.work'));
  server.git(
    ['push', '-q', join(server.root, 'many.git'), 'v1', 'HEAD:refs/pull/7/head'],
    join(server.root, 'many.work'),
  );
  const second = server.commit('many', { 'a.txt': '2' });
  const url = `${server.url}/many.git`;
  for (const [args, commit] of [
    [['-revision', 'v1'], first],
    [['-revision', first], first],
    [['-revision', 'refs/pull/7/head'], first],
    [['-revision', 'main'], second],
    [['-refspec', 'refs/pull/7/head:refs/heads/pr', '-revision', 'pr'], first],
    [['-depth', '0', '-revision', 'main'], second],
  ] as const) {
    const { code, message, output } = await gitInit(['-url', url, ...args]);
    expect([args, code, message[0]?.value, code === 0 ? '' : output]).toEqual([args, 0, commit, '']);
  }
});

test('git-init brings submodules, unless told not to', async () => {
  server.commit('inner', { 'inner.txt': 'in' });
  server.commit('outer', { 'outer.txt': 'out' });
  const work = join(server.root, 'outer.work');
  server.git(['submodule', 'add', '-q', join(server.root, 'inner.git'), 'sub'], work);
  server.git(['config', '-f', '.gitmodules', 'submodule.sub.url', `${server.url}/inner.git`], work);
  server.commit('outer', {});
  const url = `${server.url}/outer.git`;
  expect(existsSync(join((await gitInit(['-url', url])).path, 'sub/inner.txt'))).toBe(true);
  expect(existsSync(join((await gitInit(['-url', url, '-submodules=false'])).path, 'sub/inner.txt'))).toBe(false);
});

test('git-init says what to do when the revision is not there', async () => {
  server.commit('plain', { 'a.txt': 'one' });
  const { code, output } = await gitInit(['-url', `${server.url}/plain.git`, '-revision', 'gone']);
  expect(code).toBe(1);
  expect(output).toMatch(/hint: the repository has no such branch, tag or commit/);
});

// prettier-ignore
const attacks: [what: string, args: (marker: string) => string[]][] = [
  ['a revision that is an option', (marker) => ['-url', `${server.url}/plain.git`, '-revision', `--upload-pack=touch ${marker};git-upload-pack`]],
  ['a refspec that is an option', (marker) => ['-url', `${server.url}/plain.git`, '-refspec', `--upload-pack=touch ${marker}`]],
  ['a url that is an option', (marker) => ['-url', `--upload-pack=touch ${marker}`]],
  ['a remote helper', (marker) => ['-url', `ext::sh -c "touch ${marker}"`]],
  ['an ssh host that is an option', (marker) => ['-url', `ssh://-oProxyCommand=touch%20${marker}/x`]],
  ['an scp host that is an option', (marker) => ['-url', `-oProxyCommand=touch ${marker}:x`]],
  ['a path of this machine', () => ['-url', join(server.root, 'plain.git')]],
  ['a file url', () => ['-url', `file://${join(server.root, 'plain.git')}`]],
];
test.each(attacks)('git-init refuses %s and runs nothing', async (_what, args) => {
  server.commit('plain', { 'a.txt': 'one' });
  const marker = join(folder, `marker-${runs}`);
  const { code, path } = await gitInit(args(marker));
  expect(code).not.toBe(0);
  expect(existsSync(marker)).toBe(false);
  expect(existsSync(join(path, 'a.txt'))).toBe(false);
});

test('git-init does not follow a redirect to a file', async () => {
  server.commit('plain', { 'a.txt': 'one' });
  server.overrides.set('/redirected.git', (_request, response) => {
    response.writeHead(302, { location: `file://${join(server.root, 'plain.git')}/info/refs` }).end();
  });
  const { code, path } = await gitInit(['-url', `${server.url}/redirected.git`]);
  expect(code).not.toBe(0);
  expect(existsSync(join(path, 'a.txt'))).toBe(false);
});

test('git-init refuses submodules whose url is a path or a program', async () => {
  for (const url of [
    join(server.root, 'plain.git'),
    'ext::sh -c "touch /tmp/slipway-never"',
    `file://${server.root}/plain.git`,
  ]) {
    server.commit('plain', { 'a.txt': 'one' });
    server.commit('evil', { 'b.txt': 'b' });
    const work = join(server.root, 'evil.work');
    server.git(['submodule', 'add', '-f', '-q', join(server.root, 'plain.git'), 'sub'], work);
    server.git(['config', '-f', '.gitmodules', 'submodule.sub.url', url], work);
    server.commit('evil', {});
    const { code, path } = await gitInit(['-url', `${server.url}/evil.git`]);
    expect(code).not.toBe(0);
    expect(existsSync(join(path, 'sub/a.txt'))).toBe(false);
    expect(existsSync('/tmp/slipway-never')).toBe(false);
    rmSync(work, { recursive: true });
  }
});

test('git-init keeps a checkout from running hooks of the home or of the repository', async () => {
  server.commit('plain', { 'a.txt': 'one' });
  const marker = join(folder, 'hooked');
  const hooks = mkdtempSync(join(folder, 'hooks-'));
  writeFileSync(join(hooks, 'post-checkout'), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
  writeFileSync(join(folder, '.gitconfig'), `[core]\n\thooksPath = ${hooks}\n`);
  const { code } = await gitInit(['-url', `${server.url}/plain.git`]);
  rmSync(join(folder, '.gitconfig'));
  expect(code).toBe(0);
  expect(existsSync(marker)).toBe(false);
});

test('git-init leaves a link out of the repository a link: it reads nothing behind it', async () => {
  server.commit('linked', { 'a.txt': 'one' });
  const work = join(server.root, 'linked.work');
  spawnSyncLink(work);
  server.commit('linked', {});
  const { path } = await gitInit(['-url', `${server.url}/linked.git`]);
  expect(lstatSync(join(path, 'passwd')).isSymbolicLink()).toBe(true);
});

test('git-init sends a password of the url in no argument, prints it nowhere and stores it nowhere', async () => {
  server.commit('private', { 'a.txt': 'one' });
  server.credentials = { user: 'me', password: 'hunter2-secret' };
  const url = `${server.url.replace('http://', 'http://me:hunter2-secret@')}/private.git`;
  const good = await gitInit(['-url', url]);
  expect(good.code).toBe(0);
  expect(readFileSync(join(good.path, '.git/config'), 'utf8')).not.toContain('hunter2');
  expect(good.output + JSON.stringify(good.message)).not.toContain('hunter2');
  const ofGit = good.commandLines.filter((line) => /^git\0/.test(line));
  expect(ofGit.length).toBeGreaterThan(0);
  expect(ofGit.join()).not.toMatch(/hunter2|bWU6aHVudGVyMi1zZWNyZXQ/);

  const bad = await gitInit(['-url', url.replace('secret', 'wrong')]);
  expect(bad.code).toBe(1);
  expect(bad.output).not.toContain('hunter2');
  expect(bad.output).toMatch(/hint: the server wants credentials/);
});

test('git-init uses the credentials that the entrypoint left in the home', async () => {
  server.commit('private', { 'a.txt': 'one' });
  server.credentials = { user: 'me', password: 'hunter2' };
  writeFileSync(join(folder, '.gitconfig'), `[credential]\n\thelper = store\n`);
  writeFileSync(join(folder, '.git-credentials'), `${server.url.replace('http://', 'http://me:hunter2@')}\n`);
  const { code, output } = await gitInit(['-url', `${server.url}/private.git`]);
  rmSync(join(folder, '.gitconfig'));
  expect([code, output]).toEqual([0, expect.stringContaining('Successfully cloned')]);
});

test('git-init takes the settings that the platform gives the step', async () => {
  server.commit('plain', { 'a.txt': 'one' });
  const { code } = await gitInit(['-url', 'https://github.com/org/plain.git'], {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.${server.url}/.insteadOf`,
    GIT_CONFIG_VALUE_0: 'https://github.com/org/',
  });
  expect(code).toBe(0);
});

function spawnSyncLink(work: string): void {
  server.git(['update-index', '--add', '--cacheinfo', `120000,${linkBlob(work)},passwd`], work);
  server.git(['commit', '-q', '-m', 'link'], work);
  server.git(['checkout', '-q', '--', 'passwd'], work);
}

function linkBlob(work: string): string {
  const target = join(work, 'target');
  writeFileSync(target, '/etc/passwd');
  const blob = server.git(['hash-object', '-w', target], work);
  rmSync(target);
  return blob;
}
