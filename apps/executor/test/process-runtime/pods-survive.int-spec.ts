import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Node,
  buildPrograms,
  eventually,
  exitCodes,
  isDone,
  pod,
  processesWith,
  run,
  sh,
  steps,
  supervisorOf,
  textOf,
  until,
} from './pods.js';

const running = (status: { phase?: string }): boolean => status.phase === 'Running';

describe('when processes die', () => {
  const node = new Node();
  beforeAll(() => buildPrograms());
  afterAll(() => node.remove());

  test('a restarted executor takes a running pod up where it is, and no step runs twice', async () => {
    const before = await node.open();
    const three = steps('echo a >> /workspace/f; sleep 0.3', 'echo b >> /workspace/f; sleep 0.3', 'cat /workspace/f');
    await before.start(three);
    await until(before, three, running);
    await before.close();
    const after = await node.open();
    expect(await after.pods()).toContain(three.metadata.uid);
    await after.start(three);
    const status = await until(after, three, isDone);
    expect({ codes: exitCodes(status), text: await textOf(after, three, 'step-2') }).toEqual({
      codes: [0, 0, 0],
      text: 'a\nb',
    });
  });

  test('killing a supervisor kills everything of its pod, and the pod says so', async () => {
    const runtime = await node.open();
    const marker = `3${Math.random().toString().slice(2, 9)}`;
    const nested = pod({
      containers: [
        sh('plain', `sleep ${marker} & setsid sleep ${marker} & sleep ${marker}`),
        {
          name: 'entry',
          command: ['/tekton/bin/entrypoint'],
          args: ['-entrypoint', 'sh', '--', '-c', `setsid sleep ${marker} & sleep ${marker}`],
          volumeMounts: [{ name: 'bin', mountPath: '/tekton/bin' }],
        },
      ],
      volumes: steps('true').spec.volumes!.slice(0, 1),
    });
    await runtime.start(nested);
    await eventually(
      () => processesWith(`sleep ${marker}`).filter(({ cmdline }) => cmdline.startsWith('sleep')).length === 5,
      'five sleeps',
    );
    process.kill(supervisorOf(nested, node), 'SIGKILL');
    await eventually(() => processesWith(`sleep ${marker}`).length === 0, 'no sleeps');
    const status = await until(runtime, nested, isDone);
    expect(status.phase).toBe('Failed');
    expect(status.containerStatuses!.map(({ state }) => state.terminated!.reason)).toEqual([
      'ContainerStatusUnknown',
      'ContainerStatusUnknown',
    ]);
  });

  test('a supervisor that died without an executor is noticed by the next executor', async () => {
    const before = await node.open();
    const one = pod({ containers: [sh('a', 'sleep 60')] });
    await before.start(one);
    await until(before, one, running);
    await before.close();
    process.kill(supervisorOf(one, node), 'SIGKILL');
    const after = await node.open();
    const status = await until(after, one, isDone);
    expect(exitCodes(status)).toEqual([137]);
  });

  test('pods end when no executor holds them for the grace time', async () => {
    const lonely = new Node();
    const runtime = await lonely.open({ graceMs: 300 });
    const one = pod({
      containers: [
        {
          name: 'a',
          image: 'python',
          command: [
            'python3',
            '-c',
            'import signal,sys\nsignal.signal(signal.SIGTERM, lambda *_: (print("bye"), sys.exit(3)))\nprint("up", flush=True)\nwhile True: signal.pause()',
          ],
        },
      ],
    });
    await runtime.start(one);
    await until(runtime, one, running);
    const supervisor = supervisorOf(one, lonely);
    await runtime.close();
    await eventually(() => !existsSync(`/proc/${supervisor}`), 'the supervisor has ended');
    const after = await lonely.open();
    const status = await until(after, one, isDone);
    expect({ codes: exitCodes(status), log: await textOf(after, one, 'a') }).toEqual({ codes: [3], log: 'up\nbye' });
    await lonely.remove();
  });

  test('pods go on when an executor comes back within the grace time', async () => {
    const other = new Node();
    const runtime = await other.open({ graceMs: 1500 });
    const one = pod({ containers: [sh('a', 'sleep 2.5; echo still here')] });
    await runtime.start(one);
    await until(runtime, one, running);
    await runtime.close();
    await new Promise((resolve) => setTimeout(resolve, 700));
    const after = await other.open({ graceMs: 1500 });
    const status = await until(after, one, isDone);
    expect({ codes: exitCodes(status), log: await textOf(after, one, 'a') }).toEqual({ codes: [0], log: 'still here' });
    await other.remove();
  });

  test.each([
    ['its folder', []],
    ['the pod as asked', ['pod.json']],
    ['the plan', ['pod.json', 'plan']],
  ])('a start that got as far as %s is finished by the next one, once', async (_what, kept) => {
    // A pod that ran shows what a start leaves; cut back to the files of each line, it is what a crash leaves.
    const crashed = new Node();
    const runtime = await crashed.open();
    const one = pod({
      containers: [sh('a', 'echo ran >> /w/f; cat /w/f', { volumeMounts: [{ name: 'w', mountPath: '/w' }] })],
      volumes: [{ name: 'w', persistentVolumeClaim: { claimName: 'c' } }],
    });
    crashed.objects.claims['c'] = {};
    const folder = join(crashed.stateDir, 'pods', one.metadata.uid!);
    if (kept.length > 0) {
      await run(runtime, one);
      await eventually(() => !existsSync(join(folder, 'control')), 'the supervisor has ended');
    } else mkdirSync(folder);
    await runtime.close();
    for (const name of [
      'launched',
      ...['pod.json', 'plan'].filter((file) => !kept.includes(file)),
      'c/a/state',
      'c/a/log',
    ]) {
      if (existsSync(join(folder, name))) (await import('node:fs')).rmSync(join(folder, name));
    }
    const claim = join(crashed.stateDir, 'claims/default/uid-of-c/f');
    if (existsSync(claim)) writeFileSync(claim, '');
    if (kept.includes('plan')) writeFileSync(join(folder, 'c/a/log'), '');
    const after = await crashed.open();
    await after.start(one);
    const status = await until(after, one, isDone);
    expect({ codes: exitCodes(status), text: readFileSync(claim, 'utf8') }).toEqual({ codes: [0], text: 'ran\n' });
    await crashed.remove();
  });

  test('a pod that had begun is never begun again, even with nothing else left of it', async () => {
    const crashed = new Node();
    const runtime = await crashed.open();
    const one = pod({ containers: [sh('a', 'sleep 60')] });
    await runtime.start(one);
    await until(runtime, one, running);
    await runtime.close();
    process.kill(supervisorOf(one, crashed), 'SIGKILL');
    (await import('node:fs')).rmSync(join(crashed.stateDir, 'pods', one.metadata.uid!, 'c/a/state'));
    const after = await crashed.open();
    const status = await until(after, one, isDone);
    expect(status.containerStatuses![0]!.state.terminated!.reason).toBe('ContainerStatusUnknown');
    await crashed.remove();
  });

  test('stop ends what runs and keeps the files; delete leaves nothing', async () => {
    const runtime = await node.open();
    const two = pod({
      containers: [
        sh('polite', 'trap "exit 0" TERM; while :; do sleep 0.02; done'),
        sh('deaf', 'trap "" TERM; while :; do sleep 0.02; done'),
      ],
    });
    await runtime.start(two);
    await until(runtime, two, ({ containerStatuses }) => containerStatuses!.every(({ ready }) => ready));
    await new Promise((resolve) => setTimeout(resolve, 100)); // the shells set their traps
    await runtime.stop(two.metadata.uid!, 0.3);
    const status = await until(runtime, two, isDone);
    expect(exitCodes(status)).toEqual([0, 137]);
    await runtime.delete(two.metadata.uid!, 0);
    expect(await runtime.status(two.metadata.uid!)).toBeUndefined();
    expect(existsSync(join(node.stateDir, 'pods', two.metadata.uid!))).toBe(false);
    await runtime.delete(two.metadata.uid!, 0);
  });

  test('folders deeper than a path may be long go with their pod, and do not keep an executor from starting', async () => {
    const runtime = await node.open();
    const digs = 'import os\nos.chdir("/v")\nfor _ in range(60):\n  os.mkdir("d"*200); os.chdir("d"*200)';
    const deep = (): ReturnType<typeof pod> =>
      pod({
        containers: [
          {
            name: 'a',
            image: 'python',
            command: ['python3', '-c', digs],
            volumeMounts: [{ name: 'v', mountPath: '/v' }],
          },
        ],
        volumes: [{ name: 'v', emptyDir: {} }],
      });
    const [deleted, left] = [deep(), deep()];
    for (const one of [deleted, left]) expect(exitCodes(await run(runtime, one))).toEqual([0]);
    const trash = join(node.stateDir, 'trash');
    await runtime.delete(deleted.metadata.uid!);
    expect(readdirSync(trash)).toEqual([]);
    await runtime.close();
    renameSync(join(node.stateDir, 'pods', left.metadata.uid!), join(trash, 'left')); // killed in the middle of a delete
    await node.open();
    await eventually(() => readdirSync(trash).length === 0, 'the trash is empty');
  });

  test('a supervisor that ends at once, again and again, is not started without a rest', async () => {
    const runtime = await node.open();
    const one = pod({ containers: [sh('a', 'sleep 30')] });
    await runtime.start(one);
    await until(runtime, one, running);
    const folder = join(node.stateDir, 'pods', one.metadata.uid!);
    const plan = readFileSync(join(folder, 'plan'));
    writeFileSync(join(folder, 'plan'), 'what no supervisor understands'); // as on a disk that is full
    process.kill(supervisorOf(one, node), 'SIGKILL');
    const problems = (): number => readFileSync(join(folder, 'supervisor.log'), 'utf8').split('\n').length - 1;
    await eventually(() => problems() > 0, 'the next one has said what is wrong');
    const before = problems();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(problems() - before).toBeGreaterThan(0);
    expect(problems() - before).toBeLessThan(6);
    writeFileSync(join(folder, 'plan'), plan);
    await until(runtime, one, isDone);
  });

  test('a supervisor that is stuck is killed by a delete', async () => {
    const runtime = await node.open();
    const one = pod({ containers: [sh('a', 'sleep 60')] });
    await runtime.start(one);
    await until(runtime, one, running);
    const stuck = supervisorOf(one, node);
    process.kill(stuck, 'SIGSTOP');
    await runtime.delete(one.metadata.uid!, 0);
    expect(existsSync(`/proc/${stuck}`)).toBe(false);
  });

  test('a pod that is stopped at once runs nothing more, and ends', async () => {
    const runtime = await node.open();
    for (let i = 0; i < 10; i++) {
      const one = pod({ initContainers: [sh('i', 'sleep 60')], containers: [sh('a', 'sleep 60')] });
      await runtime.start(one);
      await runtime.stop(one.metadata.uid!, 0);
      const status = await until(runtime, one, isDone);
      expect(exitCodes(status)).toEqual([137]);
    }
  });
});
