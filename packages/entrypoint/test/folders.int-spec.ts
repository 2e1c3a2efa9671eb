import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { Tekton, build } from './sandbox.js';

describe('check-folders', () => {
  let tekton: Tekton;
  beforeAll(() => build('sanitized'));
  beforeEach(() => {
    tekton = new Tekton();
    mkdirSync(tekton.path('/tekton/root/go/src'), { recursive: true });
    mkdirSync(tekton.path('/tekton/root2'));
    writeFileSync(tekton.path('/tekton/root/file'), '');
    symlinkSync('go/src', tekton.path('/tekton/root/inside'));
    symlinkSync('../root2', tekton.path('/tekton/root/outside'));
    symlinkSync('/etc', tekton.path('/tekton/root/absolute'));
    symlinkSync('loop', tekton.path('/tekton/root/loop'));
  });
  afterEach(() => tekton.remove());

  test.each([['go'], ['go/src'], ['inside'], ['.'], ['go/../go']])('is content with %s', async (path) => {
    expect(await tekton.run(['check-folders', '/tekton/root', path])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test.each([
    ['none', 'subPath "none" is not in /tekton/root'],
    ['file', 'subPath "file" in /tekton/root is not a folder'],
    ['file/below', 'subPath "file/below" in /tekton/root is not a folder'],
    ['outside', 'subPath "outside" leads out of /tekton/root'],
    ['absolute', 'subPath "absolute" leads out of /tekton/root'],
    ['../root2', 'subPath "../root2" leads out of /tekton/root'],
    ['loop', 'subPath "loop" in /tekton/root: Too many levels of symbolic links'],
  ])('says what is wrong with %s, in its log and in its message', async (path, why) => {
    const ended = await tekton.run(['check-folders', '/tekton/root', 'go', path]);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain(why);
    expect(tekton.read('/tekton/termination')).toBe(why);
  });
});
