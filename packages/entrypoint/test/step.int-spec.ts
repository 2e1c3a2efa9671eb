import { mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { Tekton, build, until, type Entry } from './sandbox.js';

const STARTED_AT = {
  key: 'StartedAt',
  value: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
  type: 3,
};
const internal = (key: string, value: string): Entry => ({ key, value, type: 3 });

const first = ['-post_file', '/tekton/run/0/out', '-step_metadata_dir', '/tekton/run/0/status'];
const script = (text: string): string[] => ['-entrypoint', 'sh', '--', '-c', text];

describe('a step', () => {
  let tekton: Tekton;
  beforeAll(() => build('sanitized'));
  beforeEach(() => {
    tekton = new Tekton();
  });
  afterEach(() => tekton.remove());

  it('that is stopped before its turn tells its command as soon as that runs', async () => {
    const turn = ['-wait_file', '/tekton/run/9/out', '-on_error', 'continue'];
    const { child, ended } = tekton.start([
      ...turn,
      ...first,
      ...script('trap "exit 5" TERM; while :; do sleep 0.01; done'),
    ]);
    await until(() => tekton.exists('/tekton/run/0/status/artifacts'), 'it waits');
    const [own] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
    process.kill(Number(own), 'SIGTERM'); // not bwrap, which ends with it
    mkdirSync(tekton.path('/tekton/run/9'));
    writeFileSync(tekton.path('/tekton/run/9/out'), '');
    expect((await ended).code).toBe(0);
    expect(tekton.message()).toContainEqual(internal('ExitCode', expect.stringMatching(/^(5|143)$/) as string));
  });

  const endings: [
    what: string,
    flags: string[],
    command: string,
    code: number,
    message: Entry[],
    posted: string,
    exitCode: string | undefined,
  ][] = [
    ['posts its file and its exit code when it succeeds', [], 'exit 0', 0, [STARTED_AT], 'out', '0'],
    ['posts an error when it fails, with its own exit code', [], 'exit 7', 7, [STARTED_AT], 'out.err', undefined],
    ['exits 128 + n when a signal ends it', [], 'kill -9 $$', 137, [STARTED_AT], 'out.err', undefined],
    [
      'goes on after a failure when told so',
      ['-on_error', 'continue'],
      'exit 7',
      0,
      [STARTED_AT, internal('ExitCode', '7')],
      'out',
      '7',
    ],
    ['stops at a failure when told so', ['-on_error', 'stopAndFail'], 'exit 7', 7, [STARTED_AT], 'out.err', undefined],
    [
      'is ended at its timeout',
      ['-timeout', '50ms'],
      'sleep 60',
      1,
      [STARTED_AT, internal('Reason', 'TimeoutExceeded')],
      'out.err',
      undefined,
    ],
    [
      'is ended at its timeout even when it goes on after failures',
      ['-timeout', '0.05s', '-on_error', 'continue'],
      'sleep 60',
      1,
      [STARTED_AT, internal('Reason', 'TimeoutExceeded')],
      'out.err',
      undefined,
    ],
    ['has no timeout when that is zero', ['-timeout', '0s'], 'exit 0', 0, [STARTED_AT], 'out', '0'],
    ['refuses a timeout that is none', ['-timeout', '5 apples'], 'exit 0', 1, [STARTED_AT], 'out.err', undefined],
    ['refuses a negative timeout', ['-timeout', '-1s'], 'exit 0', 1, [STARTED_AT], 'out.err', undefined],
  ];
  test.each(endings)('%s', async (_what, flags, command, code, message, posted, exitCode) => {
    const ended = await tekton.run([...first, ...flags, ...script(command)]);
    expect({ code: ended.code, message: tekton.message() }).toEqual({ code, message });
    expect({ out: tekton.exists('/tekton/run/0/out'), err: tekton.exists('/tekton/run/0/out.err') }).toEqual({
      out: posted === 'out',
      err: posted === 'out.err',
    });
    expect(
      tekton.exists('/tekton/run/0/status/exitCode') ? tekton.read('/tekton/run/0/status/exitCode') : undefined,
    ).toBe(exitCode);
    expect(ended.stderr).not.toMatch(/Sanitizer|runtime error/);
  });

  test.each([
    ['there is no such program', ['-entrypoint', 'no-such-thing', '--']],
    ['it is a folder', ['-entrypoint', '/etc', '--']],
    ['it may not be executed', ['-entrypoint', '/etc/passwd', '--']],
  ])('says so when its command cannot run because %s', async (_why, command) => {
    const ended = await tekton.run([...first, ...command]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/^entrypoint: Error executing command: /m);
    expect(tekton.exists('/tekton/run/0/out.err')).toBe(true);
  });

  test('names the interpreter of its script when that is missing', async () => {
    mkdirSync(tekton.path('/tekton/scripts'));
    writeFileSync(tekton.path('/tekton/scripts/script-0'), '#! /opt/lua -e\n', { mode: 0o755 });
    const ended = await tekton.run([...first, '-entrypoint', '/tekton/scripts/script-0', '--']);
    expect(ended.stderr).toContain("the script's interpreter /opt/lua is not in the image");
    expect(ended.code).toBe(1);
  });

  test('finds its command by its own PATH', async () => {
    mkdirSync(tekton.path('/tekton/tools'));
    writeFileSync(tekton.path('/tekton/tools/hello'), '#!/bin/sh\necho hello "$@"\n', { mode: 0o755 });
    const ended = await tekton.run([...first, '-entrypoint', 'hello', '--', 'a b', ''], {
      PATH: '/nowhere:/tekton/tools:/usr/bin',
    });
    expect(ended).toMatchObject({ code: 0, stdout: 'hello a b \n' });
  });

  test('waits for the step before it, and starts at once when that is done', async () => {
    mkdirSync(tekton.path('/tekton/run/0'));
    const second = tekton.start([
      '-wait_file',
      '/tekton/run/0/out',
      '-post_file',
      '/tekton/run/1/out',
      ...script('date +%s%N'),
    ]);
    await new Promise((done) => setTimeout(done, 200));
    expect(tekton.exists('/tekton/run/1/out')).toBe(false);
    writeFileSync(tekton.path('/tekton/run/0/out'), '');
    expect((await second.ended).code).toBe(0);
  });

  test('waits for several files, with content where that is wanted', async () => {
    mkdirSync(tekton.path('/tekton/downward'));
    writeFileSync(tekton.path('/tekton/downward/ready'), '');
    writeFileSync(tekton.path('/tekton/downward/other'), 'x');
    const step = tekton.start([
      ...first,
      '-wait_file',
      '/tekton/downward/other,/tekton/downward/ready',
      '-wait_file_content',
      ...script('cat /tekton/downward/ready'),
    ]);
    await new Promise((done) => setTimeout(done, 100));
    expect(tekton.exists('/tekton/run/0/out')).toBe(false);
    writeFileSync(tekton.path('/tekton/downward/..new'), 'READY');
    renameSync(tekton.path('/tekton/downward/..new'), tekton.path('/tekton/downward/ready')); // as a kubelet does
    expect(await step.ended).toMatchObject({ code: 0, stdout: 'READY' });
  });

  test('waits for a file whose folder does not exist yet', async () => {
    const step = tekton.start([...first, '-wait_file', '/tekton/run/a/b/out', ...script('echo ran')]);
    await new Promise((done) => setTimeout(done, 100));
    mkdirSync(tekton.path('/tekton/run/a'));
    await new Promise((done) => setTimeout(done, 20));
    mkdirSync(tekton.path('/tekton/run/a/b'));
    await new Promise((done) => setTimeout(done, 20));
    writeFileSync(tekton.path('/tekton/run/a/b/out'), '');
    expect(await step.ended).toMatchObject({ code: 0, stdout: 'ran\n' });
  });

  test('waits as well where the kernel gives no inotify instance', async () => {
    const inner = [
      '/bin-of-ours/entrypoint',
      '-wait_file',
      '/tekton/run/0/out',
      '-termination_path',
      '/tekton/t',
      '-entrypoint',
      'echo',
      '--',
      'ran',
    ];
    const none = 'echo 0 > /proc/sys/user/max_inotify_instances && touch /tekton/up && exec "$@"';
    const step = tekton.start(['-entrypoint', 'unshare', '--', '-U', '-r', '--', 'sh', '-c', none, 'sh', ...inner]);
    await until(() => tekton.exists('/tekton/up'), 'the limit is set');
    await new Promise((done) => setTimeout(done, 100));
    mkdirSync(tekton.path('/tekton/run/0'));
    await new Promise((done) => setTimeout(done, 100));
    writeFileSync(tekton.path('/tekton/run/0/out'), '');
    expect(await step.ended).toMatchObject({ code: 0, stdout: 'ran\n' });
  });

  test('is skipped when the step before it failed, and passes that on', async () => {
    mkdirSync(tekton.path('/tekton/run/0'));
    const second = tekton.start([
      '-wait_file',
      '/tekton/run/0/out',
      '-post_file',
      '/tekton/run/1/out',
      ...script('echo ran'),
    ]);
    await new Promise((done) => setTimeout(done, 50));
    writeFileSync(tekton.path('/tekton/run/0/out.err'), '');
    expect(await second.ended).toMatchObject({ code: 1, stdout: '' });
    expect(tekton.message()).toEqual([STARTED_AT, internal('Reason', 'Skipped')]);
    expect(tekton.exists('/tekton/run/1/out.err')).toBe(true);
  });

  test('a chain of steps runs in order, whoever starts first', async () => {
    const flags = (i: number): string[] => [
      ...(i === 0 ? [] : ['-wait_file', `/tekton/run/${i - 1}/out`]),
      ...['-post_file', `/tekton/run/${i}/out`, '-termination_path', `/tekton/term-${i}`],
      ...script(`echo ${i} >> /tekton/order`),
    ];
    const steps = [4, 2, 3, 1, 0].map((i) => tekton.start(flags(i)).ended);
    expect((await Promise.all(steps)).map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(tekton.read('/tekton/order')).toBe('0\n1\n2\n3\n4\n');
  });

  test('is not disturbed by files that come and go around the one it waits for', async () => {
    mkdirSync(tekton.path('/tekton/downward'));
    const noise =
      'while [ ! -e /tekton/stop ]; do for d in run/0 downward; do touch /tekton/$d/x; rm /tekton/$d/x; done; done';
    const noisy = tekton.start(['-termination_path', '/tekton/n', ...script(`mkdir -p /tekton/run/0; ${noise}`)]);
    for (let round = 0; round < 30; round++) {
      rmSync(tekton.path('/tekton/run/0/out'), { force: true });
      const step = tekton.start([
        '-wait_file',
        '/tekton/run/0/out',
        '-post_file',
        '/tekton/run/1/out',
        ...script('exit 3'),
      ]);
      await until(() => tekton.exists('/tekton/run/0'), 'the noise has begun');
      writeFileSync(tekton.path('/tekton/run/0/out'), '');
      expect((await step.ended).code).toBe(3);
    }
    writeFileSync(tekton.path('/tekton/stop'), '');
    await noisy.ended;
  });

  test('is cancelled by a file, and so are its children', async () => {
    mkdirSync(tekton.path('/tekton/downward'));
    writeFileSync(tekton.path('/tekton/downward/cancel'), '');
    const step = tekton.start([...first, ...script('sleep 60 & echo up; sleep 60')]);
    await until(() => tekton.exists('/tekton/run/0/status/results'), 'the step has begun');
    await new Promise((done) => setTimeout(done, 100));
    writeFileSync(tekton.path('/tekton/downward/cancel'), 'CANCEL');
    expect((await step.ended).code).toBe(9);
    expect(tekton.message()).toEqual([STARTED_AT, internal('Reason', 'Cancelled')]);
    expect(tekton.exists('/tekton/run/0/out.err')).toBe(true);
  });

  test.each(['TERM', 'HUP', 'USR1', 'WINCH'])('passes SIG%s on to its command', async (name) => {
    const program = `trap 'echo got ${name}; exit 3' ${name}; touch /tekton/up; while :; do sleep 0.01; done`;
    const wrapped = script(
      `/bin-of-ours/entrypoint -termination_path /tekton/t -entrypoint sh -- -c "${program}" & p=$!; while [ ! -e /tekton/up ]; do sleep 0.01; done; kill -${name} $p; wait $p`,
    );
    expect(await tekton.run([...first, ...wrapped])).toMatchObject({ code: 3, stdout: `got ${name}\n` });
  });

  test('copies its output to files, and keeps them apart', async () => {
    const ended = await tekton.run([
      ...first,
      '-stdout_path',
      '/tekton/logs/out',
      '-stderr_path',
      '/tekton/logs/err',
      ...script('echo o; echo e >&2; head -c 300000 /dev/zero'),
    ]);
    expect(ended.stdout.length).toBe(300_002);
    expect(ended.stderr).toBe('e\n');
    expect(statSync(tekton.path('/tekton/logs/out')).size).toBe(300_002);
    expect(tekton.read('/tekton/logs/err')).toBe('e\n');
  });

  test('copies all that a command says which ends at once', async () => {
    for (let i = 0; i < 30; i++) {
      const ended = await tekton.run([...first, '-stdout_path', `/tekton/logs/${i}`, ...script('echo a; echo b')]);
      expect([ended.stdout, tekton.read(`/tekton/logs/${i}`)]).toEqual(['a\nb\n', 'a\nb\n']);
    }
  });

  test('ends in its time a command whose output is copied and comes faster than it is read', async () => {
    const copied = '/bin-of-ours/entrypoint -termination_path /tekton/t -timeout 1s -stdout_path /tmp/copy';
    const slowly = 'while [ $(head -c 4096 | wc -c) -gt 0 ]; do sleep 0.01; done';
    const ended = await tekton.run([
      ...first,
      ...script(`timeout -s KILL 20 ${copied} -entrypoint yes -- | ${slowly}`),
    ]);
    expect(ended.stderr).toBe('entrypoint: context deadline exceeded\n');
  });

  test('a message that is a link is not written through', async () => {
    writeFileSync(tekton.path('/tekton/victim'), 'untouched');
    symlinkSync('/tekton/victim', tekton.path('/tekton/termination'));
    const ended = await tekton.run([...first, ...script('true')]);
    expect({ code: ended.code, victim: tekton.read('/tekton/victim') }).toEqual({ code: 1, victim: 'untouched' });
    expect(tekton.exists('/tekton/run/0/out.err')).toBe(true);
  });

  test.each([
    [['-no_such_flag'], /not defined: -no_such_flag/],
    [['-timeout'], /needs an argument: -timeout/],
    [['-wait_file_content=maybe'], /invalid boolean/],
    [['-enable_spire'], /-enable_spire is not supported/],
  ])('refuses %j and lets nobody wait for it', async (flags, why) => {
    const ended = await tekton.run([...first, ...flags]);
    expect({ code: ended.code, err: tekton.exists('/tekton/run/0/out.err') }).toEqual({ code: 2, err: true });
    expect(ended.stderr).toMatch(why);
  });

  test('takes flags in every form of Go', async () => {
    const ended = await tekton.run([
      '--post_file=/tekton/run/0/out',
      '-wait_file_content=false',
      '-results',
      '',
      '-entrypoint=echo',
      '--',
      '-results',
      '--',
      'x',
    ]);
    expect(ended).toMatchObject({ code: 0, stdout: '-results -- x\n' });
  });
});
