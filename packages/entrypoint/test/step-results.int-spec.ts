import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { Tekton, build, type Entry } from './sandbox.js';

const STARTED_AT = {
  key: 'StartedAt',
  value: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
  type: 3,
};
const internal = (key: string, value: string): Entry => ({ key, value, type: 3 });

const first = ['-post_file', '/tekton/run/0/out', '-step_metadata_dir', '/tekton/run/0/status'];
const script = (text: string): string[] => ['-entrypoint', 'sh', '--', '-c', text];

describe('results of a step', () => {
  let tekton: Tekton;
  beforeAll(() => build('sanitized'));
  beforeEach(() => {
    tekton = new Tekton();
  });
  afterEach(() => tekton.remove());

  const results = ['-results', 'a,b,gone', '-step_results', 's'];

  test('stand in the message before its own entries, each with its type', async () => {
    await tekton.run([
      ...first,
      ...results,
      ...script('cd /tekton/results; printf "x\\n" > a; printf "" > b; printf step > /tekton/run/0/status/results/s'),
    ]);
    expect(tekton.message()).toEqual([
      { key: 'a', value: 'x\n', type: 1 },
      { key: 'b', value: '', type: 1 },
      { key: 's', value: 'step', type: 4 },
      STARTED_AT,
    ]);
  });

  test.each([
    ['quotes and control characters', '"\\\t\u0001\u2028'],
    ['every kind of UTF-8', 'äöü 漢字 🎉'],
    ['JSON of their own', '["a",{"b":"</script>&"}]'],
  ])('keep %s', async (_what, value) => {
    writeFileSync(tekton.path('/tekton/results/a'), value);
    await tekton.run([...first, ...results, ...script('true')]);
    expect(tekton.message()[0]).toEqual({ key: 'a', value, type: 1 });
  });

  test('replace bytes that are not UTF-8, one by one', async () => {
    writeFileSync(tekton.path('/tekton/results/a'), Buffer.from([0x61, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf5]));
    await tekton.run([...first, ...results, ...script('true')]);
    expect(tekton.message()[0]!.value).toBe('a\ufffd\ufffd(\ufffd\ufffd\ufffd\ufffd');
  });

  test('come after what the program itself left in the message', async () => {
    await tekton.run([
      ...first,
      ...results,
      ...script(`echo '[{"key":"commit","value":"abc"}] ' > /tekton/termination; printf 1 > /tekton/results/a`),
    ]);
    expect(tekton.message()).toEqual([{ key: 'commit', value: 'abc' }, { key: 'a', value: '1', type: 1 }, STARTED_AT]);
  });

  test.each(['not JSON', '[1', '{"a":1}', '[1] 2', '', '[[[[['.repeat(1000)])(
    'replace what is no array in the message: %.20s',
    async (junk) => {
      writeFileSync(tekton.path('/tekton/termination'), junk);
      await tekton.run([...first, ...script('true')]);
      expect(tekton.message()).toEqual([STARTED_AT]);
    },
  );

  test('that do not fit are printed, and the small ones stay', async () => {
    const big = `${'x'.repeat(20_000)}"ä`;
    writeFileSync(tekton.path('/tekton/results/a'), big);
    writeFileSync(tekton.path('/tekton/results/b'), 'small');
    const ended = await tekton.run([...first, ...results, ...script('printf hello')]);
    expect(ended.code).toBe(0);
    expect(tekton.message()).toEqual([
      { key: 'b', value: 'small', type: 1 },
      STARTED_AT,
      internal('ResultsInLog', '1'),
    ]);
    const [hello, ...lines] = ended.stdout.trimEnd().split('\n');
    expect(hello).toBe('hello\x1e'); // printed without a line end, and ended by the entrypoint
    expect(lines.every((line) => line.length < 12 * 1024)).toBe(true);
    const parts = lines.map((line) => /^\x1eslipway\.result 0 (\d+)\/(\d+) (\S+)$/.exec(line)!);
    expect(parts.map(([, part, of]) => `${part}/${of}`)).toEqual(lines.map((_, i) => `${i + 1}/${lines.length}`));
    expect(JSON.parse(Buffer.from(parts.map(([, , , text]) => text).join(''), 'base64').toString())).toEqual({
      key: 'a',
      value: big,
      type: 1,
    });
  });

  test('fill the message to the last byte', async () => {
    for (const length of [3980, 3990, 3995, 4000, 4005, 4010, 4020, 4030, 4040]) {
      writeFileSync(tekton.path('/tekton/results/a'), 'y'.repeat(length));
      rmSync(tekton.path('/tekton/termination'), { force: true });
      const ended = await tekton.run([...first, ...results, ...script('true')]);
      expect(ended.code).toBe(0);
      expect(statSync(tekton.path('/tekton/termination')).size).toBeLessThanOrEqual(4096);
      const inMessage = tekton.message().some(({ key }) => key === 'a');
      expect(inMessage || ended.stdout.includes('slipway.result 0 1/1')).toBe(true);
    }
  });

  const hostile: [what: string, make: (path: string) => void][] = [
    ['a link', (path) => symlinkSync('/etc/passwd', path)],
    ['a link to nowhere', (path) => symlinkSync('/nowhere', path)],
    ['a folder', (path) => mkdirSync(path)],
    ['a pipe that nobody writes to', (path) => execFileSync('mkfifo', [path])],
    ['a giant', (path) => execFileSync('truncate', ['-s', '10G', path])],
    ['more than all results may be together', (path) => writeFileSync(path, 'z'.repeat(1536 * 1024 + 1))],
  ];
  test.each(hostile)('that are %s fail the step and are not read', async (_what, make) => {
    make(tekton.path('/tekton/results/a'));
    const ended = await tekton.run([...first, ...results, ...script('true')]);
    expect(ended.code).toBe(1);
    expect(tekton.message().map(({ key }) => key)).not.toContain('a');
    expect(ended.stdout).toBe('');
    expect(tekton.exists('/tekton/run/0/out.err')).toBe(true);
  });

  test.each(['../secret', '/etc/passwd', '..', 'a/b'])('of the name %s are not looked for', async (name) => {
    writeFileSync(tekton.path('/tekton/secret'), 'top');
    await tekton.run([...first, '-results', name, ...script('true')]);
    expect(JSON.stringify(tekton.message())).not.toMatch(/top|root:/);
  });
});
