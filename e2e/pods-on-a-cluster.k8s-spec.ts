// TaskRuns and PipelineRuns whose pods run in a real cluster, which keeps what they mount.

import { resolve } from 'node:path';
import {
  isDone,
  succeeded,
  type PersistentVolumeClaim,
  type PipelineRun,
  type Pod,
  type TaskRun,
} from '@slipway/contracts';
import { startClusterPlatform, type ClusterPlatform } from './cluster.js';

const ROOT = resolve(import.meta.dirname, '..');
let world: ClusterPlatform;

beforeAll(async () => {
  world = await startClusterPlatform(resolve(ROOT, 'slipway'), process.env['E2E_KUBECONFIG']!);
}, 120_000);
afterAll(() => world?.stop());

/** Makes a TaskRun and gives it as it is when it has ended. */
async function ended(name: string, spec: object): Promise<TaskRun> {
  await submit(name, spec);
  return done<TaskRun>('taskrun', name);
}

async function submit(name: string, spec: object): Promise<void> {
  const taskRun = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name }, spec };
  await world.ofPlatform(['create', '-f', '-'], JSON.stringify(taskRun));
}

function done<T extends TaskRun | PipelineRun>(kind: string, name: string): Promise<T> {
  return world.until(`${name} is done`, async () => {
    const run = JSON.parse(await world.ofPlatform(['get', kind, name, '-o', 'json'])) as T;
    return isDone(run) ? run : undefined;
  });
}

async function pod(name: string): Promise<Pod> {
  return JSON.parse(await world.ofCluster(['get', 'pod', name, '-o', 'json'])) as Pod;
}

function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** A step that needs nothing: `step('true')`. */
const step = (script: string): object => ({ name: 'only', image: 'busybox', script });

test('the quickstart runs with pods and a claim of the cluster, which go with the run', async () => {
  const made = await world.ofPlatform(['create', '-o', 'name', '-f', resolve(ROOT, 'examples/quickstart.yaml')]);
  const name = /greeting-card-\w+/.exec(made)![0];
  const run = await done<PipelineRun>('pipelinerun', name);
  expect(succeeded(run)).toMatchObject({ status: 'True' });
  expect(run.status?.results).toEqual([{ name: 'letters', value: '15' }]);
  const printed = await world.ofPlatform(['logs', `${name}-print-pod`, '-c', 'step-frame']);
  expect(printed).toContain('* Hello, Slipway! *');
  expect(await world.ofCluster(['logs', `${name}-print-pod`, '-c', 'step-frame'])).toBe(printed);
  expect((await world.listed<PersistentVolumeClaim>('pvc')).map(({ status }) => status?.phase)).toEqual(['Bound']);

  await world.ofPlatform(['delete', 'pipelinerun', name]);
  await world.until('nothing is left of the run', async () => {
    const left = [...(await world.listed('pods')), ...(await world.listed('pvc'))];
    return left.length === 0 || undefined;
  });
});

test('a plain step is an ordinary container that may do no more than it asks for', async () => {
  expect(succeeded(await ended('plain', { taskSpec: { steps: [step('echo hello')] } }))).toMatchObject({
    status: 'True',
  });
  const { spec } = await pod('plain-pod');
  expect(spec.initContainers).toBeUndefined();
  expect(spec).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
  });
  expect(spec.containers[0]).toMatchObject({
    command: ['/tekton/scripts/script-0'],
    securityContext: { allowPrivilegeEscalation: false },
  });
});

test('secrets of the cluster are mounted, and not shown', async () => {
  await world.ofCluster(['create', 'secret', 'generic', 'token', '--from-literal=value=s3cr3t-of-the-cluster']);
  const volumes = [{ name: 'token', secret: { secretName: 'token' } }];
  const steps = [{ ...step('echo "<$(cat /token/value)>"'), volumeMounts: [{ name: 'token', mountPath: '/token' }] }];
  const run = await ended('secretive', { taskSpec: { steps, volumes } });
  expect(succeeded(run)).toMatchObject({ status: 'True' });
  expect(await world.ofPlatform(['logs', 'secretive-pod', '-c', 'step-only'])).toBe('<***>\n');
});

test('the entrypoint is there without an init container, in a secret that no log has to be searched for', async () => {
  const taskSpec = {
    results: [{ name: 'order' }],
    steps: [
      { ...step('echo -n one > $(results.order.path)'), name: 'first' },
      { ...step('echo -n ,two >> $(results.order.path)'), name: 'second' },
    ],
  };
  const run = await ended('swift', { taskSpec });
  expect(run.status?.results).toEqual([{ name: 'order', type: 'string', value: 'one,two' }]);
  expect((await pod('swift-pod')).spec.initContainers).toBeUndefined();
});

test('results, large scripts and the order of steps go by one init container', async () => {
  const taskSpec = {
    results: [{ name: 'order' }],
    steps: [
      { ...step(`echo -n one > $(results.order.path) # ${'x'.repeat(250_000)}`), name: 'first' },
      { ...step('echo -n ,two >> $(results.order.path)'), name: 'second' },
    ],
  };
  const run = await ended('ordered', { taskSpec });
  expect(run.status?.results).toEqual([{ name: 'order', type: 'string', value: 'one,two' }]);
  expect((await pod('ordered-pod')).spec.initContainers).toHaveLength(1);
});

test('sidecars are there before the first step, and end after the last', async () => {
  const sidecars = [{ name: 'db', image: 'busybox', script: 'echo up; trap exit TERM; while true; do sleep 1; done' }];
  const run = await ended('accompanied', { taskSpec: { steps: [step('echo hello')], sidecars } });
  expect(succeeded(run)).toMatchObject({ status: 'True' });
  // What a sidecar becomes cannot run its script: the pod itself counts as failed, as it does with Tekton.
  await world.until('the pod has ended', async () => isFinished(await pod('accompanied-pod')) || undefined);
}, 180_000);

test('a run that is cancelled takes its pod with it', async () => {
  await submit('cancelled', { taskSpec: { steps: [step('trap exit TERM; echo up; while true; do sleep 1; done')] } });
  await world.until('the step runs', async () => {
    const pods = await world.listed<Pod>('pods');
    return (
      pods.some(({ metadata, status }) => metadata.name === 'cancelled-pod' && status?.phase === 'Running') || undefined
    );
  });
  await world.ofPlatform([
    'patch',
    'taskrun',
    'cancelled',
    '--type=merge',
    '-p',
    '{"spec":{"status":"TaskRunCancelled"}}',
  ]);
  const run = await done<TaskRun>('taskrun', 'cancelled');
  expect(succeeded(run)).toMatchObject({ status: 'False', reason: 'TaskRunCancelled' });
  await world.until('the pod is gone', async () => {
    const names = (await world.listed<Pod>('pods')).map(({ metadata }) => metadata.name);
    return names.includes('cancelled-pod') ? undefined : true;
  });
});

test('ended pods go by the policy of the namespace, before their runs; what they printed stays', async () => {
  const policy = (spec: object): string =>
    JSON.stringify({
      apiVersion: 'slipway.dev/v1alpha1',
      kind: 'RetentionPolicy',
      metadata: { name: 'pods' },
      spec: { pods: spec },
    });
  expect(succeeded(await ended('kept', { taskSpec: { steps: [step('exit 1')] } }))).toMatchObject({ status: 'False' });
  expect(succeeded(await ended('brief', { taskSpec: { steps: [step('echo still here')] } }))).toMatchObject({
    status: 'True',
  });
  await world.ofPlatform(['create', '-f', '-'], policy({ succeeded: { for: '1s' } }));
  await world.until('the pod that succeeded is gone', async () => {
    const names = (await world.listed<Pod>('pods')).map(({ metadata }) => metadata.name);
    return names.includes('brief-pod') ? undefined : true;
  });
  expect((await pod('kept-pod')).status?.phase).toBe('Failed');
  expect(await world.ofPlatform(['logs', 'brief-pod', '-c', 'step-only'])).toBe('still here\n');
  expect(await world.ofPlatform(['get', 'taskrun', 'brief', '-o', 'name'])).toBe('taskrun.tekton.dev/brief\n');
  await world.ofPlatform(['delete', 'retentionpolicy', 'pods']);
});
