// What goes when an owner goes.

import {
  APPROVALS,
  CUSTOM_RUNS,
  PIPELINE_RUNS,
  PODS,
  TASK_RUNS,
  type KubeObject,
  type OwnerReference,
} from '@slipway/contracts';
import { eventually } from '@slipway/testing';
import { startTestRegistry, type Answered, type TestRegistry } from './running-registry.js';

const RUNS = '/apis/tekton.dev/v1/namespaces/default/pipelineruns';
const VERSIONS = {
  PipelineRun: 'tekton.dev/v1',
  TaskRun: 'tekton.dev/v1',
  CustomRun: 'tekton.dev/v1beta1',
  Approval: 'slipway.dev/v1alpha1',
  Pod: 'v1',
} as const;
const JSON_TYPE = { 'content-type': 'application/json' };

describe('deletion', () => {
  let registry: TestRegistry;

  beforeAll(async () => {
    registry = await startTestRegistry();
  });
  afterAll(() => registry.close());

  const post = async (path: string, body: object): Promise<KubeObject> => {
    const answered = await registry.fetch(path, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) });
    expect([answered.code, answered.text.slice(0, 200)]).toEqual([201, expect.anything()]);
    return answered.json<KubeObject & Record<string, never>>();
  };
  const remove = (path: string, propagationPolicy = 'Background'): Promise<Answered> =>
    registry.fetch(path, { method: 'DELETE', headers: JSON_TYPE, body: JSON.stringify({ propagationPolicy }) });
  const run = (name: string, more: object = {}): Promise<KubeObject> =>
    post(RUNS, { metadata: { name, ...more }, spec: { pipelineRef: { name: 'p' } } });
  const refTo = ({ apiVersion, kind, metadata }: KubeObject): OwnerReference => ({
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid!,
  });
  /** Children as services make them: through the bus. */
  const make = async (
    kind: keyof typeof VERSIONS,
    names: string[],
    owners: KubeObject[],
    more: object = {},
  ): Promise<KubeObject[]> => {
    const { objects } = await registry.store.commit({
      writes: names.map((name) => ({
        op: 'create',
        object: {
          apiVersion: VERSIONS[kind],
          kind,
          metadata: { name, namespace: 'default', ownerReferences: owners.map(refTo), ...more },
          spec: {},
        } as KubeObject,
      })),
    });
    return objects as KubeObject[];
  };
  const podOf = (owner: KubeObject): KubeObject =>
    ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${owner.metadata.name}-pod`, namespace: 'default', ownerReferences: [refTo(owner)] },
      spec: {},
    }) as KubeObject;
  const names = async (resource: string): Promise<string[]> =>
    (await registry.store.list(resource)).items.map((object) => object.metadata.name);
  const finalize = async (path: string): Promise<void> => {
    const { code } = await registry.fetch(path, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: '{"metadata":{"finalizers":null}}',
    });
    expect([path, code]).toEqual([path, 200]);
  };

  test('an owner takes its whole tree along, in one commit', async () => {
    const root = await run('r');
    const [task] = await make('TaskRun', ['r-a', 'r-b'], [root]);
    await make('Pod', ['r-a-pod'], [task!]);
    expect((await remove(`${RUNS}/r`)).json()).toMatchObject({ status: 'Success' });
    expect(await names(PIPELINE_RUNS)).toEqual([]);
    expect(await names(TASK_RUNS)).toEqual([]);
    expect(await names(PODS)).toEqual([]);
  });

  test('a tree larger than a commit goes too, root last', async () => {
    const root = await run('big');
    const children = Array.from({ length: 2500 }, (_, i) => `big-${i}`);
    for (let i = 0; i < children.length; i += 500) await make('TaskRun', children.slice(i, i + 500), [root]);
    const answered = await remove(`${RUNS}/big`);
    expect(answered.json<KubeObject & Record<string, never>>().metadata).toMatchObject({
      finalizers: ['foregroundDeletion'],
    });
    await eventually(async () => (await names(PIPELINE_RUNS)).length === 0, { deadlineMs: 30_000 });
    expect(await names(TASK_RUNS)).toEqual([]);
  });

  test('a deletion that a stop cuts short is finished by the next process', async () => {
    const root = await run('cut');
    await make('TaskRun', ['cut-a'], [root], { finalizers: ['example.com/hold'] });
    await remove(`${RUNS}/cut`, 'Foreground');
    expect(await names(PIPELINE_RUNS)).toEqual(['cut']);
    await registry.restart();
    expect(await names(PIPELINE_RUNS)).toEqual(['cut']);
    await finalize('/apis/tekton.dev/v1/namespaces/default/taskruns/cut-a');
    await eventually(async () => (await names(PIPELINE_RUNS)).length === 0);
    expect(await names(TASK_RUNS)).toEqual([]);
  });

  test('what holds a grandchild holds all above it, over a restart too, and lets go of it', async () => {
    const root = await run('deep');
    const [inner] = await make('PipelineRun', ['deep-in'], [root]);
    const [task] = await make('TaskRun', ['deep-in-a', 'deep-in-b'], [inner!]);
    await make('Approval', ['deep-in-a-gate'], [task!], { finalizers: ['example.com/hold'] });
    await remove(`${RUNS}/deep`, 'Foreground');
    await eventually(async () => (await names(TASK_RUNS)).join() === 'deep-in-a'); // its neighbour is not held
    await registry.restart();
    expect((await names(PIPELINE_RUNS)).sort()).toEqual(['deep', 'deep-in']);
    expect(await names(APPROVALS)).toEqual(['deep-in-a-gate']);
    await finalize('/apis/slipway.dev/v1alpha1/namespaces/default/approvals/deep-in-a-gate');
    await eventually(async () => (await names(PIPELINE_RUNS)).length === 0);
    expect([...(await names(TASK_RUNS)), ...(await names(APPROVALS))]).toEqual([]);
  });

  test('of a deep tree larger than a commit nothing is left behind', async () => {
    const root = await run('wide');
    const tasks = await make('TaskRun', Array.from({ length: 700 }, (_, i) => `wide-${i}`), [root]); // prettier-ignore
    await registry.store.commit({ writes: tasks.map((task) => ({ op: 'create', object: podOf(task) })) });
    await remove(`${RUNS}/wide`);
    await eventually(async () => (await names(PIPELINE_RUNS)).length === 0, { deadlineMs: 30_000 });
    expect([...(await names(TASK_RUNS)), ...(await names(PODS))]).toEqual([]);
  });

  test('what two going owners have in common goes, and stays where a third one does', async () => {
    const [root, other] = [await run('common'), await run('other')];
    const [one, two] = await make('TaskRun', ['common-a', 'common-b'], [root], { finalizers: ['example.com/hold'] });
    await make('Pod', ['common-pod'], [one!, two!, root]);
    await make('Pod', ['other-pod'], [one!, two!, other]);
    await remove(`${RUNS}/common`, 'Foreground');
    await eventually(async () => (await names(PODS)).join() === 'other-pod');
    for (const name of ['common-a', 'common-b'])
      await finalize(`/apis/tekton.dev/v1/namespaces/default/taskruns/${name}`);
    await eventually(async () => (await names(PIPELINE_RUNS)).join() === 'other');
    const left = (await registry.store.get(PODS, 'default', 'other-pod'))!;
    expect(left.metadata.ownerReferences).toEqual([refTo(other)]);
    await remove(`${RUNS}/other`);
  });

  test('a run takes the runs nested in it along, down to the last pod and approval', async () => {
    const root = await run('nest');
    const [inner] = await make('PipelineRun', ['nest-in'], [root]);
    const [innermost] = await make('PipelineRun', ['nest-in-in'], [inner!]);
    const [task] = await make('TaskRun', ['nest-in-in-a'], [innermost!]);
    const [custom] = await make('CustomRun', ['nest-in-c'], [inner!]);
    await make('Pod', ['nest-in-in-a-pod'], [task!]);
    await make('Approval', ['nest-in-c'], [custom!]);
    await remove(`${RUNS}/nest`);
    for (const resource of [PIPELINE_RUNS, TASK_RUNS, CUSTOM_RUNS, PODS, APPROVALS]) {
      expect([resource, await names(resource)]).toEqual([resource, []]);
    }
  });

  test('the deletion of a CustomRun goes on after a stop until its Approval has gone', async () => {
    const [custom] = await make('CustomRun', ['gate'], []);
    await make('Approval', ['gate'], [custom!], { finalizers: ['example.com/hold'] });
    await remove('/apis/tekton.dev/v1beta1/namespaces/default/customruns/gate', 'Foreground');
    await registry.restart();
    expect(await names(CUSTOM_RUNS)).toEqual(['gate']);
    await finalize('/apis/slipway.dev/v1alpha1/namespaces/default/approvals/gate');
    await eventually(async () => (await names(CUSTOM_RUNS)).length === 0);
    expect(await names(APPROVALS)).toEqual([]);
  });

  test('a child of two owners stays with the other one', async () => {
    const [one, two] = [await run('one'), await run('two')];
    await make('TaskRun', ['shared'], [one, two]);
    await remove(`${RUNS}/one`);
    const shared = (await registry.store.get(TASK_RUNS, 'default', 'shared'))!;
    expect(shared.metadata.ownerReferences).toEqual([refTo(two)]);
    await remove(`${RUNS}/two`);
    expect(await names(TASK_RUNS)).toEqual([]);
  });

  test('orphaned children lose the reference and nothing else', async () => {
    const root = await run('parent');
    const [child] = await make('TaskRun', ['child'], [root]);
    await remove(`${RUNS}/parent`, 'Orphan');
    const left = (await registry.store.get(TASK_RUNS, 'default', 'child'))!;
    expect(left.metadata).toMatchObject({ uid: child!.metadata.uid });
    expect(left.metadata.ownerReferences).toBeUndefined();
    await remove('/apis/tekton.dev/v1/namespaces/default/taskruns/child');
  });

  test('a child that comes after its owner has gone is removed', async () => {
    const root = await run('late');
    await remove(`${RUNS}/late`);
    await make('TaskRun', ['late-a'], [root]);
    await eventually(async () => (await names(TASK_RUNS)).length === 0);
  });

  test('so it is by a process that did not see the owner go; what has an owner stays', async () => {
    const [gone, there] = [await run('gone'), await run('there')];
    await remove(`${RUNS}/gone`);
    await registry.restart();
    await make('TaskRun', ['there-a'], [there]);
    await make('TaskRun', ['gone-a'], [gone]);
    await eventually(async () => (await names(TASK_RUNS)).join() === 'there-a');
    await remove(`${RUNS}/there`);
  });

  test('an owner of the same name and another uid is not the owner', async () => {
    const [first, there] = [await run('again'), await run('there')];
    const other = { ...first, metadata: { ...first.metadata, uid: 'somebody-else' } };
    await make('TaskRun', ['again-a'], [other, there]);
    await remove(`${RUNS}/again`);
    const left = (await registry.store.get(TASK_RUNS, 'default', 'again-a'))!;
    expect(left.metadata.ownerReferences).toEqual([refTo(other), refTo(there)]);
    await remove(`${RUNS}/there`);
  });

  test('a cycle of owners can be deleted', async () => {
    const one = await run('cycle');
    const [two] = await make('TaskRun', ['cycle-a'], [one]);
    const stored = (await registry.store.get(PIPELINE_RUNS, 'default', 'cycle'))!;
    await registry.store.commit({
      writes: [
        { op: 'update', object: { ...stored, metadata: { ...stored.metadata, ownerReferences: [refTo(two!)] } } },
      ],
    });
    await remove(`${RUNS}/cycle`);
    expect([...(await names(PIPELINE_RUNS)), ...(await names(TASK_RUNS))]).toEqual([]);
  });

  test('a namespace goes with all that is in it, once nothing holds it', async () => {
    await post('/api/v1/namespaces', { metadata: { name: 'tenant' } });
    const maps = '/api/v1/namespaces/tenant/configmaps';
    await post(maps, { metadata: { name: 'free' } });
    await post(maps, { metadata: { name: 'held', finalizers: ['example.com/hold'] } });
    const going = await remove('/api/v1/namespaces/tenant');
    expect(going.json()).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
    await eventually(async () => (await registry.fetch(maps)).json<{ items: unknown[] }>().items.length === 1);
    const refused = await registry.fetch(maps, {
      method: 'POST',
      headers: JSON_TYPE,
      body: '{"metadata":{"name":"new"}}',
    });
    expect(refused.json()).toMatchObject({
      code: 403,
      message: expect.stringContaining('because it is being terminated') as string,
    });
    expect((await registry.fetch('/api/v1/namespaces/tenant')).code).toBe(200);
    await registry.restart();
    await finalize(`${maps}/held`);
    await eventually(async () => (await registry.fetch('/api/v1/namespaces/tenant')).code === 404);
  });
});
