// The executor over an API server that does what it is told: what it asks for, how often, and what it makes of refusals.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHARD_LABEL, succeeded, type TaskRunSpec } from '@slipway/contracts';
import { ExecutorWorld } from '../executor-world.js';
import { ScriptedCluster, type Refusal } from './scripted-cluster.js';

const PLAIN: TaskRunSpec = { taskSpec: { steps: [{ name: 'only', image: 'busybox', command: ['true'] }] } };
const POD = 'r-pod';
const CREATE = { method: 'POST', path: /\/pods$/ };

let folder: string;
let cluster: ScriptedCluster;
let world: ExecutorWorld;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-cluster-'));
  cluster = await ScriptedCluster.start();
  world = new ExecutorWorld(folder, cluster);
  await world.start();
});
afterEach(async () => {
  await world.stop();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

const made = (): Promise<unknown> => world.until('the pod is made', () => cluster.pod(POD));
const shown = (reason: string): Promise<unknown> =>
  world.until(`the run shows ${reason}`, () => {
    const condition = succeeded(world.taskRun('r')!);
    return condition?.reason === reason ? condition : undefined;
  });

test('a one-step run costs two writes, and its pod is left to whoever reads its log', async () => {
  await world.submit('r', PLAIN);
  await made();
  cluster.finish(POD);
  expect(succeeded(await world.done('r'))).toMatchObject({ status: 'True' });
  await world.until('the pod is released', () => cluster.pod(POD)?.metadata.labels?.['slipway.dev/released']);
  expect(cluster.writes).toEqual(['POST /api/v1/namespaces/ns/pods', `PATCH /api/v1/namespaces/ns/pods/${POD}`]);
  expect(await world.log(POD, 'step-only')).toEqual(['hello']);
  expect(cluster.pod(POD)?.metadata.labels).toMatchObject({
    'slipway.dev/installation': 'test',
    [SHARD_LABEL]: expect.any(String) as string,
  });
});

test.each<[string, Omit<Refusal, 'method' | 'path'>, string]>([
  [
    'a full quota',
    { code: 403, message: 'pods "r-pod" is forbidden: exceeded quota: q, requested: pods=1' },
    'ExceededResourceQuota',
  ],
  ['a server that is busy', { code: 429, message: 'later' }, 'ApiServerBusy'],
  ['a server that fails', { code: 500, message: 'etcd is away' }, 'ApiServerFailed'],
  ['a server that does not answer', { code: 0, message: '' }, 'ApiServerUnreachable'],
  ['credentials that have expired', { code: 401, message: 'Unauthorized' }, 'ExecutorUnauthorized'],
  ['a webhook that is down', { code: 500, message: 'failed calling webhook "w": refused' }, 'AdmissionWebhookDown'],
])('%s is waited for, and shown', async (_what, refusal, reason) => {
  cluster.refuse({ ...CREATE, ...refusal });
  await world.submit('r', PLAIN);
  await shown(reason);
  cluster.allow();
  await made();
  cluster.finish(POD);
  expect(succeeded(await world.done('r'))).toMatchObject({ status: 'True' });
});

test.each<[string, Omit<Refusal, 'method' | 'path'>, string]>([
  [
    'a pod that a policy refuses',
    { code: 403, message: 'pods "r-pod" is forbidden: violates PodSecurity "restricted:latest"' },
    'PodAdmissionFailed',
  ],
  [
    'a pod that a webhook denies',
    { code: 400, message: 'admission webhook "w" denied the request: no' },
    'AdmissionRefused',
  ],
  [
    'a namespace that goes away',
    { code: 403, message: 'unable to create new content in namespace ns because it is being terminated' },
    'NamespaceTerminating',
  ],
  ['a pod that is not valid', { code: 422, message: 'Pod "r-pod" is invalid' }, 'PodCreationFailed'],
])('%s ends the run', async (_what, refusal, reason) => {
  cluster.refuse({ ...CREATE, ...refusal });
  const run = await world.run('r', PLAIN);
  expect(succeeded(run)).toMatchObject({ status: 'False', reason });
  expect(succeeded(run)?.message).toContain(refusal.message);
});

test.each<[string, Omit<Refusal, 'method' | 'path'>, string]>([
  ['a quota that stays full', { code: 403, message: 'exceeded quota: q' }, 'ExceededResourceQuota'],
  ['a server that stays busy', { code: 429, message: 'later' }, 'ApiServerBusy'],
  ['a server that stays broken', { code: 500, message: 'etcd is away' }, 'ApiServerFailed'],
  ['a server that stays silent', { code: 0, message: '' }, 'ApiServerUnreachable'],
])('%s is asked again, and costs no commits', async (_what, refusal, reason) => {
  cluster.refuse({ ...CREATE, ...refusal });
  await world.submit('r', PLAIN);
  await shown(reason);
  await world.until('it was tried five times', () => (cluster.writes.length >= 5 ? true : undefined));
  const { commits } = world.objects;
  await world.until('it was tried twice more', () => (cluster.writes.length >= 7 ? true : undefined));
  expect(world.objects.commits).toBe(commits);
});

test('a pod that was evicted before its step had begun is made once more, under the same name', async () => {
  await world.submit('r', PLAIN);
  await made();
  const first = cluster.pod(POD)!.metadata.uid;
  cluster.setStatus(POD, { phase: 'Failed', reason: 'Evicted', message: 'low on memory' });
  await shown('Evicted');
  await world.until('another pod is made', () =>
    cluster.pod(POD)?.metadata.uid !== first ? cluster.pod(POD) : undefined,
  );
  cluster.finish(POD);
  expect(succeeded(await world.done('r'))).toMatchObject({ status: 'True' });
});

test('a pod that was removed after its step had begun is not made again', async () => {
  await world.submit('r', PLAIN);
  await made();
  const running = { name: 'step-only', state: { running: {} }, ready: true, restartCount: 0, image: '', imageID: '' };
  cluster.setStatus(POD, { phase: 'Running', containerStatuses: [running] });
  await shown('Running');
  cluster.remove(POD);
  expect(succeeded(await world.done('r'))).toMatchObject({ status: 'False' });
  expect(cluster.writes.filter((write) => write.startsWith('POST'))).toHaveLength(1);
});

test('a pod of the same name that is not ours is left alone', async () => {
  const theirs = { apiVersion: 'v1', kind: 'Pod', metadata: { name: POD, namespace: 'ns', uid: 'theirs' } };
  cluster.put('pods', theirs);
  expect(succeeded(await world.run('r', PLAIN))).toMatchObject({ status: 'False', reason: 'PodNameTaken' });
  expect(cluster.pod(POD)?.metadata.uid).toBe('theirs');
});

test.each<[string, () => void]>([
  ['a watch that was cut', () => cluster.cutWatches()],
  ['a version that is gone', () => cluster.expireWatches()],
])('what happens behind %s is seen', async (_what, lose) => {
  await world.submit('r', PLAIN);
  await made();
  lose();
  cluster.finish(POD);
  lose();
  expect(succeeded(await world.done('r'))).toMatchObject({ status: 'True' });
});

describe("a shard that is another's for a while", () => {
  test('ends no log: whoever has it goes on with what is still to come', async () => {
    const step = { image: 'busybox', command: ['true'] };
    const steps = [
      { ...step, name: 'first' },
      { ...step, name: 'second' },
    ];
    await world.submit('r', { taskSpec: { steps } });
    await made();
    cluster.run(POD);
    const uid = world.pod(POD)?.metadata.uid ?? '';
    await world.until('its log is followed', () => (world.logs.text(uid, 'step-first').length > 0 ? true : undefined));
    world.loseShards();
    await world.until('no pod is seen', async () => ((await world.runtime.pods()).length === 0 ? true : undefined));
    world.gainShards();
    cluster.finish(POD);
    expect(await world.log(POD, 'step-second')).toEqual(['hello']);
    expect(succeeded(await world.done('r'))).toMatchObject({ status: 'True' });
  });

  test('loses no run of it: a pod that was not seen meanwhile is not gone', async () => {
    await world.submit('r', PLAIN);
    await made();
    cluster.run(POD);
    await shown('Running');
    // The question what the pod does is under way while the shards go and come back.
    const status = world.runtime.status.bind(world.runtime);
    let isAsked = false;
    world.runtime.status = async (uid) => {
      if (isAsked) return status(uid);
      isAsked = true;
      world.loseShards();
      const answer = await status(uid);
      world.gainShards();
      return answer;
    };
    await world.update('r', (run) => ({ ...run, metadata: { ...run.metadata, annotations: { look: 'again' } } }));
    await world.until('it was asked', () => isAsked || undefined);
    cluster.finish(POD);
    expect(succeeded(await world.done('r'))).toMatchObject({ status: 'True' });
  });

  test('is not touched in the cluster, however far the work on it had got', async () => {
    const start = world.runtime.start.bind(world.runtime);
    const starts: Promise<unknown>[] = [];
    world.runtime.start = (pod) => {
      const starting = start(pod);
      starts.push(starting.catch((thrown: unknown) => thrown));
      return starting;
    };
    world.beforeStart = () => Promise.resolve(world.loseShards());
    await world.submit('r', PLAIN);
    await world.until('the pod is about to be made', () => starts[0]);
    expect(await starts[0]).toMatchObject({ reason: 'FenceLost' });
    expect(cluster.writes).toEqual([]);
    world.beforeStart = () => Promise.resolve();
    world.gainShards();
    await made();
  });
});

test('an executor that starts again takes up what it had asked for', async () => {
  await world.submit('r', PLAIN);
  await made();
  await world.stop();
  cluster.finish(POD);
  await world.start();
  expect(succeeded(await world.done('r'))).toMatchObject({ status: 'True' });
  expect(cluster.writes.filter((write) => write.startsWith('POST'))).toHaveLength(1);
});

test('a claim of a run is made once: one that was deleted in the cluster is missed, and not made again', async () => {
  const taskSpec = { ...PLAIN.taskSpec!, workspaces: [{ name: 'w' }] };
  const volumeClaimTemplate = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } } };
  await world.submit('r', { taskSpec, workspaces: [{ name: 'w', volumeClaimTemplate }] });
  await made();
  const [claimName = ''] = cluster.claims();
  cluster.finish(POD);
  await world.done('r');
  await world.stop();
  await world.start();

  const again = { taskSpec, workspaces: [{ name: 'w', persistentVolumeClaim: { claimName } }] };
  await world.submit('second', again);
  await world.until('the second pod is made', () => cluster.pod('second-pod'));
  cluster.finish('second-pod');
  expect(succeeded(await world.done('second'))).toMatchObject({ status: 'True' });

  cluster.removeClaim(claimName);
  const third = await world.run('third', again);
  expect(succeeded(third)).toMatchObject({ status: 'False', reason: 'CouldntCreateWorkspacePVC' });
  expect(succeeded(third)?.message).toContain(`"${claimName}" was deleted in the cluster`);
  expect(cluster.claims()).toEqual([]);
});
