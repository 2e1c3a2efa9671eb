import { Node, buildPrograms, exitCodes, run, steps, textOf, pod, sh } from './pods.js';

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
});
