import { succeeded, type KubeObject, type TaskRunSpec } from '@slipway/contracts';
import { suiteWorld } from './executor-world.js';

const IMAGE = 'ubuntu';

describe('a TaskRun on the process runtime', () => {
  const world = suiteWorld();

  it('runs its steps in order, reports each, and ships their lines', async () => {
    const run = await world.run('two', {
      taskSpec: {
        steps: [
          { name: 'first', image: IMAGE, script: 'echo one > /workspace/file; echo from first' },
          { name: 'second', image: IMAGE, command: ['cat'], args: ['/workspace/file'] },
        ],
      },
    });
    expect(succeeded(run)).toMatchObject({
      status: 'True',
      reason: 'Succeeded',
      message: 'All Steps have completed executing',
    });
    expect(run.status).toMatchObject({ podName: 'two-pod', steps: [{ name: 'first' }, { name: 'second' }] });
    expect(run.status?.steps?.map(({ terminationReason }) => terminationReason)).toEqual(['Completed', 'Completed']);
    expect(await world.log('two-pod', 'step-second')).toEqual(['one']);
    expect((await world.log('two-pod', 'step-first')).at(-1)).toBe('from first');
  });

  it('reports typed results, small and large, and hides the lines that carry them', async () => {
    const run = await world.run('results', {
      taskSpec: {
        results: [{ name: 'text' }, { name: 'list', type: 'array' }, { name: 'map', type: 'object' }, { name: 'big' }],
        steps: [
          {
            name: 'write',
            image: IMAGE,
            script: [
              'printf hello > $(results.text.path)',
              `printf '["a","b"]' > $(results.list.path)`,
              `printf '{"k":"v"}' > $(results.map.path)`,
              'head -c 20000 /dev/zero | tr "\\0" x > $(results.big.path)',
              'echo visible',
            ].join('\n'),
          },
        ],
      },
    });
    const results = new Map(run.status?.results?.map(({ name, value }) => [name, value]));
    expect(results.get('text')).toBe('hello');
    expect(results.get('list')).toEqual(['a', 'b']);
    expect(results.get('map')).toEqual({ k: 'v' });
    expect(results.get('big')).toBe('x'.repeat(20000));
    expect((await world.log('results-pod', 'step-write')).filter((line) => !line.startsWith('slipway:'))).toEqual([
      'visible',
    ]);
  });

  it('is not held up by very many runs of another tenant that are slow to be prepared', async () => {
    const { objects } = world;
    const get = objects.get.bind(objects);
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    objects.get = async (resource, namespace, name) => {
      if (namespace === 'busy') await held;
      return get(resource, namespace, name);
    };
    for (let i = 0; i < 100; i++) {
      const metadata = { name: `slow-${i}`, namespace: 'busy' };
      const spec: TaskRunSpec = { taskRef: { name: 'gone' } };
      await world.create({ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata, spec } as KubeObject);
    }
    const steps = [{ name: 'only', image: IMAGE, script: 'true' }];
    const run = await world.run('unheld', { taskSpec: { steps } }).finally(letGo);
    expect(succeeded(run)?.status).toBe('True');
    objects.get = get;
  });

  it('fails with the first failing step, and shows the later ones as skipped', async () => {
    const run = await world.run('failing', {
      taskSpec: {
        steps: [
          { name: 'ok', image: IMAGE, script: 'true' },
          { name: 'bad', image: IMAGE, script: 'exit 3' },
          { name: 'after', image: IMAGE, script: 'echo never' },
        ],
      },
    });
    expect(succeeded(run)).toMatchObject({
      status: 'False',
      reason: 'StepFailed',
      message: '"step-bad" exited with code 3: Error',
    });
    expect(run.status?.steps?.map(({ terminationReason }) => terminationReason)).toEqual([
      'Completed',
      'Error',
      'Skipped',
    ]);
  });

  it('does not wait for steps behind one that could not start', async () => {
    const run = await world.run('unstartable', {
      taskSpec: {
        steps: [
          { name: 'ok', image: IMAGE, script: 'true' },
          { name: 'bad', image: IMAGE, script: 'true', workingDir: '/dev/null/nowhere' },
          { name: 'after', image: IMAGE, script: 'echo never' },
        ],
      },
    });
    expect(succeeded(run)).toMatchObject({ status: 'False', reason: 'StepFailed' });
    expect(succeeded(run)?.message).toMatch(/^"step-bad" exited with code /);
    expect(run.status?.steps?.[2]?.terminationReason).toBe('Skipped');
  });

  it('goes on after a step that may fail, and gives its exit code to the next', async () => {
    const run = await world.run('on-error', {
      taskSpec: {
        steps: [
          { name: 'may-fail', image: IMAGE, onError: 'continue', script: 'exit 7' },
          { name: 'next', image: IMAGE, script: '[ "$(cat $(steps.step-may-fail.exitCode.path))" = 7 ]' },
        ],
      },
    });
    expect(succeeded(run)?.status).toBe('True');
    expect(run.status?.steps?.[0]).toMatchObject({ terminated: { exitCode: 7 }, terminationReason: 'Continued' });
  });

  it('ends a step at its own time limit', async () => {
    const run = await world.run('step-timeout', {
      taskSpec: { steps: [{ name: 'slow', image: IMAGE, timeout: '300ms', script: 'sleep 60' }] },
    });
    expect(succeeded(run)?.message).toBe('"step-slow" exited because the step exceeded the specified timeout limit');
    expect(run.status?.steps?.[0]?.terminationReason).toBe('TimeoutExceeded');
  });

  it('ends a run at its time limit, keeps its log, and cleans its pod up', async () => {
    const run = await world.run('timeout', {
      timeout: '2s',
      taskSpec: { steps: [{ name: 'slow', image: IMAGE, script: 'echo before; sleep 60' }] },
    });
    expect(succeeded(run)).toMatchObject({
      reason: 'TaskRunTimeout',
      message: 'TaskRun "timeout" failed to finish within "2s"',
    });
    expect(run.status?.steps?.[0]).toMatchObject({ terminationReason: 'TaskRunTimeout', terminated: { exitCode: 1 } });
    expect(await world.log('timeout-pod', 'step-slow')).toContain('before');
    await world.cleanedUp('timeout-pod');
  });

  it('ends a cancelled run at once, keeps its log, and cleans its pod up', async () => {
    await world.submit('cancelled', {
      taskSpec: { steps: [{ name: 'slow', image: IMAGE, script: 'echo before; sleep 60' }] },
    });
    await world.until('the step has begun', () => {
      const uid = world.pod('cancelled-pod')?.metadata.uid ?? '';
      return world.logs.text(uid, 'step-slow').includes('before') || undefined;
    });
    await world.update('cancelled', (run) => ({ ...run, spec: { ...run.spec, status: 'TaskRunCancelled' } }));
    const run = await world.done('cancelled');
    expect(succeeded(run)).toMatchObject({
      reason: 'TaskRunCancelled',
      message: 'TaskRun "cancelled" was cancelled. ',
    });
    expect(await world.log('cancelled-pod', 'step-slow')).toContain('before');
    await world.cleanedUp('cancelled-pod');
  });

  it('tries a failed run again, each time in a pod of its own', async () => {
    const run = await world.run('retried', {
      retries: 2,
      taskSpec: {
        steps: [{ name: 'try', image: IMAGE, script: 'echo attempt; [ "$(context.task.retry-count)" = 1 ]' }],
      },
    });
    expect(succeeded(run)?.status).toBe('True');
    expect(run.status?.podName).toBe('retried-pod-retry1');
    expect(run.status?.retriesStatus).toMatchObject([{ podName: 'retried-pod', steps: [{ name: 'try' }] }]);
    expect(run.status?.retriesStatus?.[0]).not.toHaveProperty('retriesStatus');
  });

  it('lets the first step begin when the sidecar is ready, and ends the sidecar after the last', async () => {
    const run = await world.run('sidecar', {
      taskSpec: {
        volumes: [{ name: 'shared', emptyDir: {} }],
        steps: [
          {
            name: 'ask',
            image: IMAGE,
            script: 'cat /shared/up',
            volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
          },
        ],
        sidecars: [
          {
            name: 'server',
            image: IMAGE,
            script: 'echo up > /shared/up; trap "echo bye; exit 0" TERM; while :; do sleep 0.05; done',
            readinessProbe: { exec: { command: ['test', '-f', '/shared/up'] }, periodSeconds: 1 },
            volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
          },
        ],
      },
    });
    expect(succeeded(run)?.status).toBe('True');
    const [server] = run.status?.sidecars ?? [];
    expect(server).toMatchObject({ name: 'server', terminated: { reason: 'Completed' } });
    expect(server).not.toHaveProperty('running');
    expect(await world.log('sidecar-pod', 'sidecar-server')).toContain('bye');
    await world.cleanedUp('sidecar-pod');
  });

  it('shows no value of a secret in the log, however it is written', async () => {
    const token = 'S3cr3t+Value/42!';
    await world.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'token' },
      data: { value: Buffer.from(token).toString('base64') },
    } as never);
    await world.run('masked', {
      taskSpec: {
        steps: [
          {
            name: 'leak',
            image: IMAGE,
            env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'token', key: 'value' } } }],
            script: 'echo "raw $TOKEN"; printf %s "$TOKEN" | base64; printf %s "ab$TOKEN" | base64; echo done',
          },
        ],
      },
    });
    const log = (await world.log('masked-pod', 'step-leak')).join('\n');
    expect(log).toContain('raw ***');
    expect(log).not.toContain(token);
    expect(Buffer.from(log.split('\n').at(-2)!, 'base64').toString()).not.toContain('cr3t');
    expect(log).toContain('done');
  });

  it.each([
    [
      'a param that is missing',
      { taskSpec: { params: [{ name: 'a' }], steps: [{ image: IMAGE, script: 'true' }] } },
      'TaskRunValidationFailed',
      /missing values for these params which have no default values: \[a\]/,
    ],
    [
      'a workspace that is not bound',
      { taskSpec: { workspaces: [{ name: 'w' }], steps: [{ image: IMAGE, script: 'true' }] } },
      'TaskRunValidationFailed',
      /declared workspace "w" is required but has not been bound/,
    ],
    [
      'a task that is not there',
      { taskRef: { name: 'none' } },
      'TaskRunResolutionFailed',
      /tasks.tekton.dev "none" not found/,
    ],
    [
      'an image that nothing is known of, without a command',
      { taskSpec: { steps: [{ name: 's', image: 'example.com/strange' }] } },
      'PodCreationFailed',
      /step "s" names no command/,
    ],
    [
      'a secret that is not there',
      {
        taskSpec: { steps: [{ name: 's', image: IMAGE, script: 'true', envFrom: [{ secretRef: { name: 'none' } }] }] },
      },
      'CreateContainerConfigError',
      /secret "none" not found/,
    ],
  ])('refuses %s', async (title, spec, reason, message) => {
    const run = await world.run(title.replaceAll(/[^a-z]+/g, '-'), spec);
    expect(succeeded(run)).toMatchObject({ status: 'False', reason });
    expect(succeeded(run)?.message).toMatch(message);
  });

  it('makes the claim of a volumeClaimTemplate, and fills workspaces from config maps', async () => {
    await world.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: { color: 'blue' },
    } as never);
    const run = await world.run('workspaces', {
      workspaces: [
        { name: 'disk', volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'] } } },
        { name: 'config', configMap: { name: 'settings' } },
      ],
      taskSpec: {
        workspaces: [{ name: 'disk' }, { name: 'config', readOnly: true }],
        steps: [
          { image: IMAGE, script: 'cp $(workspaces.config.path)/color $(workspaces.disk.path)/copy' },
          { image: IMAGE, script: '[ "$(cat $(workspaces.disk.path)/copy)" = blue ]' },
        ],
      },
    });
    expect(succeeded(run)?.status).toBe('True');
    expect(world.objects.all('persistentvolumeclaims')).toHaveLength(1);
  });

  it('holds a pending run until its user lets it go', async () => {
    await world.submit('pending', {
      status: 'TaskRunPending',
      taskSpec: { steps: [{ image: IMAGE, script: 'true' }] },
    });
    await world.until(
      'it is held',
      () => succeeded(world.taskRun('pending')!)?.reason === 'TaskRunPending' || undefined,
    );
    await world.update('pending', (run) => {
      const spec = { ...run.spec };
      delete spec.status;
      return { ...run, spec };
    });
    expect(succeeded(await world.done('pending'))?.status).toBe('True');
  });
});
