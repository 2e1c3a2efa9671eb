import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { Tekton, build, until, type Ended } from './sandbox.js';

const flags = ['-post_file', '/tekton/run/0/out', '-step_metadata_dir', '/tekton/run/0/status'];

describe('a step with a breakpoint', () => {
  let tekton: Tekton;
  beforeAll(() => build('sanitized'));
  beforeEach(() => {
    tekton = new Tekton();
    mkdirSync(tekton.path('/tekton/run/0'));
    mkdirSync(tekton.path('/tekton/debug/decisions'), { recursive: true });
  });
  afterEach(() => tekton.remove());

  const start = (flag: string, script: string): Promise<Ended> =>
    tekton.start([...flags, flag, '-entrypoint', 'sh', '--', '-c', script]).ended;
  const decide = (path: string, text: string): void => {
    writeFileSync(tekton.path('/tekton/run/new'), text);
    renameSync(tekton.path('/tekton/run/new'), tekton.path(path)); // whole, as a kubelet does
  };

  test.each<[what: string, path: string, text: string, code: number, posted: string]>([
    ['goes on by its script', '/tekton/run/0/out.breakpointexit', '0\n', 0, 'out'],
    ['fails by its script', '/tekton/run/0/out.breakpointexit', '1\n', 1, 'out.err'],
    ['goes on by a decision from outside', '/tekton/debug/decisions/0', 'continue', 0, 'out'],
    ['fails by a decision from outside, with its own code', '/tekton/debug/decisions/0', 'fail-continue', 7, 'out.err'],
  ])('waits when it has failed, and %s', async (_what, path, text, code, posted) => {
    const ended = start('-breakpoint_on_failure', 'exit 7');
    await until(() => tekton.exists('/tekton/termination'), 'its message is written');
    expect(tekton.exists('/tekton/run/0/out') || tekton.exists('/tekton/run/0/out.err')).toBe(false);
    decide(path, text);
    expect((await ended).code).toBe(code);
    expect(tekton.exists(`/tekton/run/0/${posted}`)).toBe(true);
  });

  test.each<[what: string, path: string, text: string, code: number, stdout: string]>([
    ['begins by its script', '/tekton/run/0/out.beforestepexit', '', 0, 'ran\n'],
    ['does not by its script', '/tekton/run/0/out.beforestepexit.err', '', 1, ''],
    ['begins by a decision from outside', '/tekton/debug/decisions/0', 'perhaps\ncontinue', 0, 'ran\n'],
    ['does not by a decision from outside', '/tekton/debug/decisions/0', 'fail-continue', 1, ''],
  ])('waits before it begins, and %s', async (_what, path, text, code, stdout) => {
    const ended = start('-debug_before_step', 'echo ran');
    decide(path, text.replace('perhaps\n', '\n'));
    expect(await ended).toMatchObject({ code, stdout });
  });

  test('takes a decision of its own each time', async () => {
    decide('/tekton/debug/decisions/0', 'continue\nfail-continue');
    const args = [...flags, '-debug_before_step', '-breakpoint_on_failure', '-entrypoint', 'sh', '--', '-c', 'exit 7'];
    expect((await tekton.run(args)).code).toBe(7);
  });

  test('does not wait when it succeeds', async () => {
    expect((await start('-breakpoint_on_failure', 'true')).code).toBe(0);
  });
});
