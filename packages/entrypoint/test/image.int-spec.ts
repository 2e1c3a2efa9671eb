import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STATIC, Tekton, build } from './sandbox.js';

describe('the entrypoint as a program', () => {
  beforeAll(() => build('all', 'sanitized'));

  test('is static, and runs steps in a root file system that has nothing else', () => {
    const root = mkdtempSync(join(tmpdir(), 'slipway-empty-'));
    copyFileSync(STATIC, join(root, 'entrypoint'));
    expect(readFileSync(STATIC).includes('/lib64/ld-linux')).toBe(false);
    const run = (...args: string[]) =>
      spawnSync('bwrap', ['--bind', root, '/', '/entrypoint', ...args], { encoding: 'utf8', env: {} });
    const copied = run(
      '-post_file',
      '/run/0/out',
      '-termination_path',
      '/t',
      '-entrypoint',
      '/entrypoint',
      '--',
      'cp',
      '/entrypoint',
      '/copy',
    );
    expect(copied).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(readFileSync(join(root, 't'), 'utf8'))).toHaveLength(1);
    expect(readFileSync(join(root, 'copy')).equals(readFileSync(STATIC))).toBe(true);
    const skipped = run('-wait_file', '/run/0/out', '-entrypoint', '/nothing', '-termination_path', '/t', '--');
    expect(skipped.status).toBe(1);
    rmSync(root, { recursive: true });
  });

  test('copies itself over an older one, executable for all', () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-cp-'));
    writeFileSync(join(folder, 'e'), 'old', { mode: 0o600 });
    execFileSync(STATIC, ['cp', STATIC, join(folder, 'e')]);
    expect((statSync(join(folder, 'e')).mode & 0o777).toString(8)).toBe('755');
    expect(spawnSync(join(folder, 'e'), ['cp']).status).toBe(1);
    rmSync(folder, { recursive: true });
  });

  test('writes scripts that come in pieces, beside links or without them', async () => {
    const tekton = new Tekton();
    const pieces = ['#!/bin/sh\n', 'echo one'].map((text) => Buffer.from(text).toString('base64'));
    const second = Buffer.from('two').toString('base64');
    const scripts = ['-script', '/tekton/home/s0', ...pieces, '-script', '/tekton/home/s1', second];
    expect(await tekton.run(['step-init', 'step-a', ...scripts])).toMatchObject({ code: 0 });
    expect(tekton.read('home/s0')).toBe('#!/bin/sh\necho one');
    expect(tekton.read('home/s1')).toBe('two');
    expect((statSync(join(tekton.folder, 'home/s0')).mode & 0o777).toString(8)).toBe('755');
    expect(await tekton.run(['step-init', '-script', '/tekton/home/s2', 'no base64!'])).toMatchObject({ code: 1 });
    expect(await tekton.run(['step-init', '-script'])).toMatchObject({ code: 1 });
    tekton.remove();
  });

  test('prepares the links to the folders of steps, and may do it again', async () => {
    const tekton = new Tekton();
    for (let i = 0; i < 2; i++) {
      expect(await tekton.run(['init', '/bin-of-ours/entrypoint', '/tekton/home/e', 'step-a', 'step-b'])).toMatchObject(
        { code: 0 },
      );
    }
    expect(['step-a', 'step-b', '0', '1'].map((name) => readlinkSync(tekton.path(`/tekton/steps/${name}`)))).toEqual([
      '/tekton/run/0/status',
      '/tekton/run/1/status',
      '/tekton/run/0/status',
      '/tekton/run/1/status',
    ]);
    expect((await tekton.run(['step-init', '../evil'])).code).toBe(1);
    tekton.remove();
  });

  test('decodes scripts in place and keeps their mode', async () => {
    const tekton = new Tekton();
    const script = `#!/bin/sh\n${'echo "ä"\n'.repeat(5000)}`;
    const file = tekton.path('/tekton/home/script');
    writeFileSync(file, `${Buffer.from(script).toString('base64')}\n`);
    chmodSync(file, 0o755);
    expect(await tekton.run(['decode-script', '/tekton/home/script'])).toMatchObject({ code: 0 });
    expect({ text: readFileSync(file, 'utf8') === script, mode: statSync(file).mode & 0o777 }).toEqual({
      text: true,
      mode: 0o755,
    });
    for (const junk of ['a', 'ab=c', '!!!!', 'abc', 'ab==c', '====']) {
      writeFileSync(file, junk);
      expect((await tekton.run(['decode-script', '/tekton/home/script'])).code).toBe(1);
      expect(readFileSync(file, 'utf8')).toBe(junk);
    }
    tekton.remove();
  });
});
