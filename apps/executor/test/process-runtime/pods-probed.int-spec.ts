import type { Container, Probe } from '@slipway/contracts';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN_DIR, Node, buildPrograms, pod, sh, textOf, until } from './pods.js';

const asRoot = process.getuid?.() === 0;

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

  test.each<[who: string, own: NonNullable<Container['securityContext']>]>([
    ['the root of a container', {}],
    ['a user of its own', asRoot ? { runAsUser: 1234, runAsGroup: 2345 } : {}],
  ])('a probe by command of %s may do what its container may, and no more', async (_who, own) => {
    const runtime = await node.open();
    // Privileges and user; whether the signals that end it are held back; and a call that containers are refused.
    const shown =
      'grep -E "^(Uid|Gid|Groups|CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp|SigBlk):" /proc/self/status; pwd; echo $X';
    const one = pod({
      containers: [
        sh(
          'a',
          `cd /; (${shown}) > /v/own; until test -e /v/done; do sleep 0.05; done; diff /v/own /v/probe && echo same`,
          {
            env: [{ name: 'X', value: 'x' }],
            securityContext: own,
            volumeMounts: [{ name: 'v', mountPath: '/v' }],
            readinessProbe: {
              exec: { command: ['sh', '-c', `test -e /v/done || { (${shown}) > /v/probe; touch /v/done; }`] },
            },
          },
        ),
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
    });
    await runtime.start(one);
    await until(runtime, one, ({ phase }) => phase === 'Succeeded' || phase === 'Failed');
    expect(await textOf(runtime, one, 'a')).toBe('same');
  });

  test('a container that has ended is asked nothing: its process id may be that of another by now', async () => {
    const binDir = mkdtempSync(join(tmpdir(), 'slipway-bin-'));
    const asked = join(binDir, 'asked');
    symlinkSync(join(BIN_DIR, 'entrypoint'), join(binDir, 'entrypoint'));
    const script = `#!/bin/sh\n[ $1 = enter ] && echo $2 >> ${asked}\nexec ${join(BIN_DIR, 'supervisor')} "$@"\n`;
    writeFileSync(join(binDir, 'supervisor'), script);
    chmodSync(join(binDir, 'supervisor'), 0o755);
    const runtime = await node.open({ binDir });
    const one = pod({
      containers: [
        sh('a', 'sleep 0.5', { readinessProbe: { exec: { command: ['false'] } } }),
        sh('b', 'sleep 0.3', { readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 } }),
        sh('c', 'sleep 30'),
      ],
    });
    const times = (): number => (existsSync(asked) ? readFileSync(asked, 'utf8').split('\n').length - 1 : 0);
    await runtime.start(one);
    await until(runtime, one, ({ containerStatuses: all = [] }) =>
      all.slice(0, 2).every(({ state }) => state.terminated),
    );
    const before = times();
    expect(before).toBeGreaterThan(1);
    await new Promise((resolve) => setTimeout(resolve, 1500)); // several times as long as it is between two questions
    expect(times() - before).toBeLessThanOrEqual(1); // one may have been on its way
    await runtime.delete(one.metadata.uid!, 0);
    rmSync(binDir, { recursive: true });
  });
});
