import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Tekton, build, type Ended } from './sandbox.js';

const FIRST = '/tekton/run/0/status';
const flags = (index: number): string[] => [
  ...['-post_file', `/tekton/run/${index}/out`],
  ...['-step_metadata_dir', `/tekton/run/${index}/status`],
];
const script = (text: string): string[] => ['-entrypoint', 'sh', '--', '-c', text];

describe('what a step left for the next', () => {
  let tekton: Tekton;
  beforeAll(() => build('sanitized'));
  beforeEach(async () => {
    tekton = new Tekton();
    await tekton.run(['step-init', 'step-one', 'step-two']);
    for (const name of ['results', 'artifacts']) mkdirSync(tekton.path(`${FIRST}/${name}`), { recursive: true });
  });
  afterEach(() => tekton.remove());

  const leave = (name: string, text: string | Buffer): void => {
    writeFileSync(tekton.path(`${FIRST}/${name}`), text);
  };
  const second = (args: string[], env: Record<string, string> = {}): Promise<Ended> =>
    tekton.run([...flags(1), ...args], env);
  const words = async (...args: string[]): Promise<string> =>
    (await second(['-entrypoint', 'printf', '--', '<%s>', ...args])).stdout;

  test.each<[what: string, word: string, printed: string]>([
    ['text', 'v$(steps.one.results.text)!', '<vplain\n!>'],
    ['an item', '$(steps.one.results.list[1])', '<b c>'],
    ['a key', '$(steps.one.results.map.k)', '<v>'],
    ['something that is not text', '$(steps.one.results.map.n) $(steps.one.results.list[2])', '<7 {"x":[1]}>'],
    ['a whole array as so many words', '$(steps.one.results.list[*])', '<a><b c><{"x":[1]}>'],
    ['an empty array as no word', '$(steps.one.results.empty[*])', '<>'],
    ['nothing where the item is missing', '$(steps.one.results.list[9])', '<$(steps.one.results.list[9])>'],
    ['nothing where the key is missing', '$(steps.one.results.map.z)', '<$(steps.one.results.map.z)>'],
    ['nothing where the result is missing', 'a$(steps.one.results.no)b', '<a$(steps.one.results.no)b>'],
    ['nothing where there is no such step', '$(steps.three.results.text)', '<$(steps.three.results.text)>'],
    ['nothing by a name that is a path', '$(steps../../x.results.text)', '<$(steps../../x.results.text)>'],
    ['nothing for an array inside text', 'x$(steps.one.results.list[*])', '<x$(steps.one.results.list[*])>'],
    [
      'nothing for the variables of others',
      '$(params.x) $(steps.one) $(steps.one.results.text',
      '<$(params.x) $(steps.one) $(steps.one.results.text>',
    ],
    ['what it replaced only once', '$(steps.one.results.nested)', '<$(steps.one.results.text)>'],
    ['an artifact', '$(steps.one.outputs.image)', '<[{"digest":{"sha1":"2","sha256":"1"},"uri":"u"}]>'],
    ['the first artifact', '$(steps.one.inputs)', '<[]>'],
  ])('reaches the words of its command: %s', async (_what, word, printed) => {
    leave('results/text', 'plain\n');
    leave('results/list', '["a", "b c", {"x": [1]}]');
    leave('results/empty', '[]');
    leave('results/map', '{"k":"v","n":7}');
    leave('results/nested', '$(steps.one.results.text)');
    leave(
      'artifacts/provenance.json',
      '{"inputs":[{"name":"src","values":[]}],"outputs":[{"name":"x"},{"name":"image","values":[{"uri":"u","digest":{"sha256":"1","sha1":"2"}}]}]}',
    );
    expect(await words(word)).toBe(printed);
  });

  test('reaches its environment', async () => {
    leave('results/text', 'seen');
    const ended = await second(script('echo "$A,$B"'), {
      A: '<$(steps.one.results.text)>',
      B: '$(steps.one.results.no)',
    });
    expect(ended.stdout).toBe('<seen>,$(steps.one.results.no)\n');
    expect(ended.stderr).toContain('step "one": no: No such file or directory');
  });

  test('reaches a script as far as artifacts go; results stay out of code', async () => {
    mkdirSync(tekton.path('/tekton/scripts'));
    leave('results/text', 'seen');
    leave('artifacts/provenance.json', '{"outputs":[{"name":"image","values":[{"uri":"u"}]}]}');
    const text = `#!/bin/sh\necho '$(steps.one.outputs.image)' '$(steps.one.results.text)'\n`;
    writeFileSync(tekton.path('/tekton/scripts/script-1'), text, { mode: 0o755 });
    const ended = await second(['-entrypoint', '/tekton/scripts/script-1', '--']);
    expect(ended.stdout).toBe('[{"uri":"u"}] $(steps.one.results.text)\n');
  });

  test.each<[what: string, make: (path: string) => void]>([
    ['a link', (path) => symlinkSync('/etc/hostname', path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['a folder', (path) => mkdirSync(path)],
    ['larger than results may be', (path) => writeFileSync(path, Buffer.alloc(1536 * 1024 + 1))],
  ])('is not read when it is %s', async (_what, make) => {
    make(tekton.path(`${FIRST}/results/text`));
    expect(await words('$(steps.one.results.text)')).toBe('<$(steps.one.results.text)>');
  });

  test('is not read through a folder that has become a link', async () => {
    mkdirSync(tekton.path('/tekton/home/secrets'));
    writeFileSync(tekton.path('/tekton/home/secrets/token'), 'mine');
    rmSync(tekton.path(`${FIRST}/results`), { recursive: true });
    symlinkSync('/tekton/home/secrets', tekton.path(`${FIRST}/results`));
    expect(await words('$(steps.one.results.token)')).toBe('<$(steps.one.results.token)>');
    rmSync(tekton.path(FIRST), { recursive: true });
    mkdirSync(tekton.path('/tekton/home/results'));
    writeFileSync(tekton.path('/tekton/home/results/token'), 'mine');
    symlinkSync('/tekton/home', tekton.path(FIRST));
    expect(await words('$(steps.one.results.token)')).toBe('<$(steps.one.results.token)>');
  });

  test('may hold any bytes', async () => {
    leave('results/text', Buffer.from([0xff, 0xfe, 0x0a, 0x28]));
    const ended = await second(script('printf %s "$1" | od -An -tx1').concat('sh', '$(steps.one.results.text)'));
    expect(ended.stdout.trim()).toBe('ff fe 0a 28');
  });

  const when = (...guards: object[]): string[] => ['--when_expressions', JSON.stringify(guards)];
  test.each<[guards: object[], runs: boolean]>([
    [[{ input: 'a', operator: 'in', values: ['a', 'b'] }], true],
    [[{ input: 'a', operator: 'notin', values: ['a', 'b'] }], false],
    [[{ input: 'a', operator: 'in', values: [] }], false],
    [[{ input: '$(steps.one.results.text)', operator: 'in', values: ['foo'] }], true],
    [[{ input: 'foo', operator: 'in', values: ['$(steps.one.results.text)'] }], true],
    [[{ input: 'b', operator: 'in', values: ['$(steps.one.results.list[*])'] }], true],
    [[{ input: '$(steps.one.results.no)', operator: 'in', values: [''] }], false],
    [
      [
        { input: 'a', operator: 'in', values: ['a'] },
        { input: 'a', operator: 'notin', values: ['a'] },
      ],
      false,
    ],
  ])('decides whether it runs: %j', async (guards, runs) => {
    leave('results/text', 'foo');
    leave('results/list', '["a","b"]');
    const ended = await second([
      ...when(...guards),
      '-results',
      'r',
      ...script('echo ran; echo x > /tekton/results/r'),
    ]);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 0, stdout: runs ? 'ran\n' : '' });
    expect(tekton.exists('/tekton/run/1/out')).toBe(true);
    expect(tekton.read('/tekton/run/1/status/exitCode')).toBe('0');
    const reason = tekton.message().filter(({ key }) => key === 'Reason');
    expect(reason).toEqual(runs ? [] : [{ key: 'Reason', value: 'Skipped', type: 3 }]);
    if (!runs) expect(ended.stderr).toContain('Step was skipped due to when expressions were evaluated to false.\n');
  });

  test.each([
    ['not JSON', '[{'],
    ['an unknown operator', '[{"input":"a","operator":"like","values":["a"]}]'],
  ])('fails on guards that cannot be understood: %s', async (_what, guards) => {
    const ended = await second(['-when_expressions', guards, ...script('echo ran')]);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 1, stdout: '' });
    expect(tekton.exists('/tekton/run/1/out.err')).toBe(true);
  });

  test('reports its artifacts behind its results, under their paths', async () => {
    mkdirSync(tekton.path('/tekton/artifacts'));
    const ended = await tekton.run([
      ...flags(0),
      ...['-step_results', 'r'],
      ...script(
        'cd /tekton; echo 1 > run/0/status/results/r; echo {} > run/0/status/artifacts/provenance.json; echo [] > artifacts/provenance.json',
      ),
    ]);
    expect(ended.code).toBe(0);
    expect(tekton.message().map(({ key, value, type }) => [key, key === 'StartedAt' ? '' : value, type])).toEqual([
      ['r', '1\n', 4],
      ['StartedAt', '', 3],
      [`${FIRST}/artifacts/provenance.json`, '{}\n', 5],
      ['/tekton/artifacts/provenance.json', '[]\n', 6],
    ]);
  });

  test('fails when its artifacts are no honest file', async () => {
    const ended = await tekton.run([
      ...flags(0),
      ...script(`ln -s /etc/passwd /tekton/run/0/status/artifacts/provenance.json`),
    ]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('Error while handling artifacts: provenance.json is a link');
    expect(JSON.stringify(tekton.message())).not.toContain('root');
  });
});
