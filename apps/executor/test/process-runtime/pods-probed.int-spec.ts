import type { Probe } from '@slipway/contracts';
import { Node, buildPrograms, pod, sh, until } from './pods.js';

describe('what is asked of containers', () => {
  const node = new Node();
  beforeAll(() => buildPrograms());
  afterAll(() => node.remove());

  test('a readiness probe by command decides whether its container is ready', async () => {
    const runtime = await node.open();
    const one = pod({
      containers: [
        sh('a', 'sleep 0.3; touch /v/up; sleep 30', {
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
          readinessProbe: { exec: { command: ['test', '-e', '/v/up'] } },
        }),
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
    });
    await runtime.start(one);
    await until(runtime, one, ({ containerStatuses: [a] = [] }) => a!.state.running !== undefined && !a!.ready);
    const ready = await until(runtime, one, ({ containerStatuses: [a] = [] }) => a!.ready);
    expect(ready.conditions).toContainEqual({ type: 'Ready', status: 'True' });
    await runtime.delete(one.metadata.uid!, 0);
  });

  test('a container is ready once it has started, and then by its readiness probe', async () => {
    const runtime = await node.open();
    const probe = (file: string): Probe => ({ exec: { command: ['test', '-e', `/v/${file}`] } });
    const waits = 'while ! test -e /v/$0; do sleep 0.05; done';
    const one = pod({
      containers: [
        sh('a', 'touch /v/ready; sleep 0.3; touch /v/started; sleep 30', {
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
          startupProbe: probe('started'),
          readinessProbe: probe('ready'),
        }),
        sh('b', `${waits}; sleep 30`.replace('$0', 'started'), {
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
          startupProbe: probe('never'),
        }),
        sh('c', 'sleep 30', { volumeMounts: [{ name: 'v', mountPath: '/v' }], startupProbe: probe('started') }),
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
    });
    await runtime.start(one);
    await until(runtime, one, ({ containerStatuses: [a] = [] }) => a!.state.running !== undefined && !a!.ready);
    const { containerStatuses = [] } = await until(
      runtime,
      one,
      ({ containerStatuses: all = [] }) => all[0]!.ready && all[2]!.ready,
    );
    expect(containerStatuses.map(({ ready }) => ready)).toEqual([true, false, true]);
    await runtime.delete(one.metadata.uid!, 0);
  });
});
