// Finished runs go when their time is up, with all that hangs from them.

import { PIPELINE_RUNS, TASK_RUNS, timeOf, type KubeObject } from '@slipway/contracts';
import { eventually } from '@slipway/testing';
import { startTestRegistry, type TestRegistry } from './running-registry.js';

const HOUR_MS = 3_600_000;

const policyOf = (spec: string): string =>
  `apiVersion: slipway.dev/v1alpha1\nkind: RetentionPolicy\nmetadata: {name: p}\nspec: ${spec}`;

describe('finished runs', () => {
  let registry: TestRegistry;

  beforeEach(async () => {
    registry = await startTestRegistry();
  });
  afterEach(() => registry.close());

  const run = (name: string, status: string, endedMs: number, more: object = {}): KubeObject =>
    ({
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      metadata: { name, namespace: 'default', ...more },
      spec: { pipelineRef: { name: 'p' } },
      status: { conditions: [{ type: 'Succeeded', status }], completionTime: timeOf(endedMs) },
    }) as unknown as KubeObject;
  const make = async (...objects: KubeObject[]): Promise<KubeObject[]> => {
    const { objects: made } = await registry.store.commit({
      writes: objects.map((object) => ({ op: 'create', object })),
    });
    return made as KubeObject[];
  };
  const names = async (resource = PIPELINE_RUNS): Promise<string[]> =>
    (await registry.store.list(resource)).items.map(({ metadata }) => metadata.name);
  const left = (expected: string[]): Promise<boolean> =>
    eventually(async () => JSON.stringify(await names()) === JSON.stringify(expected));
  const apply = async (spec: string): Promise<void> => {
    const policy = policyOf(spec);
    expect(await registry.kubectl('apply -f -', policy)).toMatchObject({ code: 0, stderr: '' });
  };

  test('stay as long as no policy says otherwise, then those that are too many or too old go with their children', async () => {
    const [old] = await make(
      run('old', 'True', Date.now() - 2 * HOUR_MS),
      run('young', 'True', Date.now()),
      run('failed', 'False', Date.now() - 2 * HOUR_MS),
      run('kept', 'True', 0, { annotations: { 'slipway.dev/keep': 'true' } }),
      run('going-on', 'Unknown', 0),
    );
    const { apiVersion, kind, metadata } = old!;
    const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid!, controller: true };
    await make({
      ...run('old-task', 'True', 0),
      kind: 'TaskRun',
      metadata: { name: 'old-task', namespace: 'default', ownerReferences: [owner] },
    });
    await make(run('foreign', 'True', 0, { namespace: 'other' }));
    expect(await names()).toHaveLength(6);
    await apply('{succeeded: {for: 1h}}');
    await left(['failed', 'going-on', 'kept', 'young', 'foreign']);
    expect(await names(TASK_RUNS)).toEqual([]);
    await apply('{failed: {keep: 0}, succeeded: {keep: 1}}');
    await left(['going-on', 'kept', 'young', 'foreign']);
  });

  test('go when the run that is one too many ends, also when it began before this process', async () => {
    await apply('{succeeded: {keep: 1}}');
    const [first] = await make(run('first', 'Unknown', 0));
    await registry.restart();
    const ended = run('first', 'True', Date.now() - 5_000);
    await registry.store.commit({ writes: [{ op: 'update', object: { ...ended, metadata: first!.metadata } }] });
    const [second] = await make(run('second', 'Unknown', 0));
    expect(await names()).toEqual(['first', 'second']);
    const next = run('second', 'True', Date.now());
    await registry.store.commit({ writes: [{ op: 'update', object: { ...next, metadata: second!.metadata } }] });
    await left(['second']);
  });

  test('are no longer looked after when their policy is gone', async () => {
    await apply('{succeeded: {keep: 0}}');
    await make(run('first', 'True', Date.now()));
    await left([]);
    expect((await registry.kubectl('delete retentionpolicies p')).code).toBe(0);
    await make(run('second', 'True', Date.now()), run('third', 'True', Date.now()));
    await apply('{failed: {keep: 0}}');
    await make(run('fourth', 'False', Date.now()));
    await left(['second', 'third']);
  });

  test('of which a policy cannot be kept are told at once', async () => {
    const ran = await registry.kubectl('apply -f -', policyOf('{failed: {for: 7d}}'));
    expect(ran.stderr).toContain('spec.failed.for: invalid value: 7d');
  });
});
