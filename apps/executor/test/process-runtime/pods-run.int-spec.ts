import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIN_DIR, Node, buildPrograms, exitCodes, isDone, run, steps, textOf, pod, sh, until } from './pods.js';

describe('a pod of the process runtime', () => {
  const node = new Node();
  beforeAll(() => buildPrograms());
  afterAll(() => node.remove());

  test('runs its steps one after another', async () => {
    const runtime = await node.open();
    const two = steps('echo first > /workspace/f; echo one', 'cat /workspace/f; echo err >&2; id -u; pwd');
    const status = await run(runtime, two);
    expect(await textOf(runtime, two, 'step-0')).toBe('one');
    expect((await textOf(runtime, two, 'step-1')).split('\n').sort()).toEqual(['/', '0', 'err', 'first']);
    expect({ phase: status.phase, codes: exitCodes(status) }).toEqual({ phase: 'Succeeded', codes: [0, 0] });
    expect(status.containerStatuses![0]!.state.terminated!.message).toMatch(/StartedAt/);
  });

  test('runs init containers in order before all others', async () => {
    const runtime = await node.open();
    const three = pod({
      initContainers: [sh('i1', 'echo 1 >> /w/f'), sh('i2', 'echo 2 >> /w/f')].map((c) => ({
        ...c,
        volumeMounts: [{ name: 'w', mountPath: '/w' }],
      })),
      containers: [sh('a', 'cat /w/f', { volumeMounts: [{ name: 'w', mountPath: '/w' }] })],
      volumes: [{ name: 'w', emptyDir: {} }],
    });
    const status = await run(runtime, three);
    expect(await textOf(runtime, three, 'a')).toBe('1\n2');
    expect(status.phase).toBe('Succeeded');
  });

  test('a supervisor built with sanitizers finds nothing wrong with itself', async () => {
    buildPrograms('sanitized');
    const binDir = join(node.stateDir, 'bin');
    mkdirSync(binDir);
    copyFileSync(join(BIN_DIR, 'entrypoint'), join(binDir, 'entrypoint'));
    copyFileSync(join(BIN_DIR, 'sanitized/supervisor'), join(binDir, 'supervisor'));
    node.objects.claims['c'] = {};
    const runtime = await node.open({ binDir });
    const mount = { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'a/b/c' }] };
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }];
    const pods = [
      pod({
        initContainers: [sh('i', 'true', { restartPolicy: 'Always', command: ['sleep', '60'] }), sh('j', 'true')],
        containers: [sh('a', 'head -c 500000 /dev/urandom; seq 20000 >&2', mount)],
        volumes,
      }),
      pod(
        {
          containers: [
            sh('a', 'sleep 60', { resources: { limits: { memory: '64Mi', cpu: '500m' } } }),
            sh('b', 'exit 3'),
          ],
        },
        { annotations: { 'slipway.dev/network': 'pod' } },
      ),
      pod({
        containers: [
          { name: 'a', command: ['no-such-command'] },
          sh('b', 'true', { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'a/b/c/d' }] }),
        ],
        volumes,
      }),
      pod({ initContainers: [sh('i', 'exit 1')], containers: [sh('a', 'true')] }),
    ];
    for (const one of pods) await runtime.start(one);
    // A container that is stopped before it started has another end.
    await until(
      runtime,
      pods[1]!,
      ({ containerStatuses: [a, b] = [] }) => a!.state.running !== undefined && b!.state.terminated !== undefined,
    );
    await runtime.stop(pods[1]!.metadata.uid!, 20);
    const codes: unknown[] = [];
    for (const one of pods) {
      const status = await until(
        runtime,
        one,
        (now) => isDone(now) && now.initContainerStatuses?.[0]?.state.running === undefined,
      );
      codes.push([
        ...(status.initContainerStatuses ?? []).map(({ state }) => state.terminated?.exitCode),
        ...exitCodes(status),
      ]);
      const log = join(node.stateDir, 'pods', one.metadata.uid!, 'supervisor.log');
      expect(readFileSync(log, 'utf8')).not.toMatch(/Sanitizer|runtime error/);
    }
    expect(codes).toEqual([
      [143, 0, 0],
      [143, 3],
      [128, 0],
      [1, undefined],
    ]);
  });
});
