import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, temporaryFolder } from './slipway.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const script = (name: string): string => JSON.stringify(pathToFileURL(join(ROOT, 'scripts', name)).href);

/** Runs a small module in a process of its own. */
function node(source: string): Promise<{ code: number; out: string; err: string }> {
  return new Promise((done) => {
    execFile(process.execPath, ['--input-type=module', '-e', source], (error, out, err) =>
      done({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

test('two starts at once set up one after the other, each whole', async () => {
  const journal = JSON.stringify(join(folder.path, 'journal'));
  const lock = JSON.stringify(join(folder.path, 'lock'));
  const one = `import { withLock } from ${script('lock.mjs')}; import { appendFileSync } from 'node:fs';
    await withLock(${lock}, () => {}, async () => {
      appendFileSync(${journal}, 'begin '); await new Promise((go) => setTimeout(go, 20)); appendFileSync(${journal}, 'end ');
    });`;
  await Promise.all(Array.from({ length: 6 }, () => node(one)));
  expect(readFileSync(join(folder.path, 'journal'), 'utf8')).toBe('begin end '.repeat(6));
  expect(readdirSync(folder.path).filter((name) => name.startsWith('lock'))).toEqual([]);
});

test('a lock whose holder was killed is passed over', async () => {
  const lock = join(folder.path, 'dead-lock');
  const { out: pid } = await node('console.log(process.pid)');
  writeFileSync(lock, pid.trim());
  const { out } = await node(
    `import { withLock } from ${script('lock.mjs')}; await withLock(${JSON.stringify(lock)}, () => {}, async () => console.log('mine'));`,
  );
  expect(out).toBe('mine\n');
});

test('compiled code that was kept is never taken for another bundle, whatever its length', async () => {
  const bundle = join(folder.path, 'bundle.cjs');
  const cache = join(folder.path, 'cache');
  mkdirSync(cache);
  const load = `import { loadBundle } from ${script('load-bundle.mjs')};
    loadBundle(${JSON.stringify(bundle)}, { cacheFolder: ${JSON.stringify(cache)}, keepsCode: true });`;
  writeFileSync(bundle, `console.log('one')`);
  expect([(await node(load)).out, (await node(load)).out]).toEqual(['one\n', 'one\n']);
  expect(readdirSync(cache)).toHaveLength(1);
  writeFileSync(bundle, `console.log('two')`);
  expect([(await node(load)).out, (await node(load)).out]).toEqual(['two\n', 'two\n']);
  expect(readdirSync(cache)).toHaveLength(1);
});

test('a Node that is too old is told so, with the version that is needed', async () => {
  const { code, err } = await node(
    `Object.defineProperty(process.versions, 'node', { value: '18.20.0' }); await import(${script('launch.mjs')});`,
  );
  expect(err).toMatch(/this is Node\.js 18\.20\.0; version 20\.19 or newer is needed/);
  expect(code).toBe(2);
});

test('slipway runs through links, from any folder, with spaces in the path', async () => {
  const spaced = join(folder.path, 'a folder');
  mkdirSync(spaced);
  symlinkSync(ROOT, join(spaced, 'check out'));
  symlinkSync('check out/slipway', join(spaced, 'relative'));
  symlinkSync(join(spaced, 'relative'), join(folder.path, 'absolute'));
  const version = (program: string): Promise<string> =>
    new Promise((done) => execFile(program, ['version'], { cwd: '/' }, (_error, out) => done(out)));
  expect(await version(join(folder.path, 'absolute'))).toMatch(/^slipway \d+\.\d+\.\d+ /);
  expect(existsSync('/.slipway')).toBe(false);
});
