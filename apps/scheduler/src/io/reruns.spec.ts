import {
  PERSISTENT_VOLUME_CLAIMS,
  PIPELINE_RUNS,
  TASK_RUNS,
  succeeded,
  type KubeObject,
  type PipelineRun,
  type PipelineRunSpec,
  type PipelineTask,
} from '@slipway/contracts';
import { task } from '../../test/builders.js';
import { World } from '../../test/world.js';

let world: World;
afterEach(() => world.stop());

/** `b` takes a result of `a`; `c` follows `b`, and takes the result too. */
const takes = (name: string, ...runAfter: string[]): PipelineTask => ({
  ...task(name, ...runAfter),
  params: [{ name: 'from', value: '$(tasks.a.results.r)' }],
});
const made = { ...task('a'), taskSpec: { results: [{ name: 'r' }], steps: [{ name: 's', image: 'busybox' }] } };
const SPEC: PipelineRunSpec = {
  pipelineSpec: {
    workspaces: [{ name: 'w' }],
    tasks: [{ ...made, workspaces: [{ name: 'w' }] }, { ...takes('b'), workspaces: [{ name: 'w' }] }, takes('c', 'b')],
    finally: [task('f')],
    results: [{ name: 'out', value: '$(tasks.a.results.r)' }],
  },
  workspaces: [{ name: 'w', volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'] } } }],
};

async function rerun(name: string, of: string, spec: PipelineRunSpec = SPEC): Promise<void> {
  const annotations = { 'slipway.dev/rerun-of': of, 'slipway.dev/rerun': 'failed' };
  const metadata = { name, namespace: 'ns', annotations, creationTimestamp: new Date().toISOString() };
  await world.create({ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata, spec } as KubeObject);
}

const remove = (resource: string, name: string): Promise<unknown> =>
  world.store.commit({ writes: [{ op: 'delete', key: { resource, namespace: 'ns', name } }] });

const objectsOf = (kind: string): KubeObject[] => [...world.store.objects.values()].filter((one) => one.kind === kind);

test('runs what failed and what follows it, with results, references and volumes of the other run, over a restart', async () => {
  let waits = true;
  world = new World((name) => (name === 'one-b' ? 'failed' : name === 'two-b' && waits ? 'running' : 'succeeded'));
  world.resultsOf = (name) => (name.endsWith('-a') ? { r: 'made' } : {});
  world.start();
  await world.createRun('one', SPEC);
  await world.done('one');
  expect(world.created).toEqual(['one-a', 'one-b', 'one-f']);
  await rerun('two', 'one');
  await until(() => world.created.includes('two-b'));
  const uid = world.run('two')!.metadata.uid;
  const [claim, ...others] = objectsOf('PersistentVolumeClaim');
  expect(others).toEqual([]);
  expect(claim!.metadata.ownerReferences).toMatchObject([
    { name: 'one', controller: true },
    { name: 'two', uid },
  ]);

  await world.stop();
  for (const { metadata } of objectsOf('TaskRun'))
    if (metadata.name.startsWith('one')) await remove(TASK_RUNS, metadata.name);
  await remove(PIPELINE_RUNS, 'one');
  waits = false;
  world.start();
  await world.poke('two-b');
  const two = await world.done('two');

  expect(succeeded(two)).toMatchObject({ status: 'True', reason: 'Succeeded' });
  expect(world.created).toEqual(['one-a', 'one-b', 'one-f', 'two-b', 'two-c', 'two-f']);
  const names = two.status?.childReferences?.map(({ name }) => name);
  expect(names).toEqual(['one-a', 'two-b', 'two-c', 'two-f']);
  expect(two.status?.results).toEqual([{ name: 'out', value: 'made' }]);
  const spec = (name: string): unknown => world.store.objects.get(`${TASK_RUNS}/ns/${name}`)?.['spec' as never];
  expect(spec('two-c')).toMatchObject({ params: [{ name: 'from', value: 'made' }] });
  const persistentVolumeClaim = { claimName: claim!.metadata.name };
  expect(spec('two-b')).toMatchObject({ workspaces: [{ name: 'w', persistentVolumeClaim }] });
});

test('a rerun that failed runs again in its turn, with what the first of them made', async () => {
  world = new World((name) => (name === 'one-b' || name === 'two-c' ? 'failed' : 'succeeded'));
  world.resultsOf = (name) => (name.endsWith('-a') ? { r: 'made' } : {});
  world.start();
  await world.createRun('one', SPEC);
  await world.done('one');
  await rerun('two', 'one');
  await world.done('two');
  await rerun('three', 'two');
  const three: PipelineRun = await world.done('three');
  expect(three.status?.childReferences?.map(({ name }) => name)).toEqual(['one-a', 'two-b', 'three-c', 'three-f']);
  expect(objectsOf('PersistentVolumeClaim')).toHaveLength(1);
});

test('refuses a run that is not there, has not finished or has lost its volume, and says what to do', async () => {
  world = new World((name) => (name.endsWith('-b') ? 'failed' : name === 'slow-a' ? 'running' : 'succeeded'));
  world.resultsOf = () => ({ r: 'made' });
  world.start();
  await world.createRun('slow', SPEC);
  await world.createRun('one', SPEC);
  await world.done('one');
  await rerun('of-slow', 'slow');
  await rerun('of-none', 'none');
  for (const { metadata } of objectsOf('PersistentVolumeClaim')) await remove(PERSISTENT_VOLUME_CLAIMS, metadata.name);
  await rerun('of-one', 'one');
  for (const [name, message] of [
    ['of-slow', 'PipelineRun "slow" has not finished. Wait for it, or cancel it first'],
    ['of-none', 'PipelineRun "none", whose failed tasks are to run again, is not there'],
    ['of-one', 'workspace "w" of PipelineRun "one" is gone'],
  ] as const) {
    const condition = succeeded(await world.done(name));
    expect(condition).toMatchObject({ status: 'False', reason: 'RerunRefused' });
    expect(condition?.message).toContain(message);
  }
  expect(world.created.filter((name) => name.startsWith('of-'))).toEqual([]);
});

async function until(holds: () => boolean): Promise<void> {
  const endMs = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > endMs) throw new Error('it did not come about');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
