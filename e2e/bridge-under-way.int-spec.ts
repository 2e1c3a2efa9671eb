// Runs of an installed Tekton's API that are stopped, deleted, or lose somebody on the way.

import { PIPELINE_RUNS, TASK_RUNS, isDone, succeeded, type KubeObject, type TaskRun } from '@slipway/contracts';
import { bridgedCluster, describeWithApiServer, inline, inTeam, pipelineRun, FOR_EVER_MS } from './bridged-cluster.js';

describeWithApiServer('a run of an installed Tekton that is under way', () => {
  const {
    server,
    store,
    startTheExecutor,
    startTheRegistry,
    killTheRegistry,
    kubectl,
    apply,
    until,
    ended,
    stored,
    shownTaskRuns,
    running,
    podsOf,
  } = bridgedCluster();

  describe('while a step runs', () => {
    beforeAll(() => startTheExecutor(FOR_EVER_MS));
    afterAll(() => startTheExecutor(1));

    test('is cancelled in the cluster', async () => {
      await apply(pipelineRun('stopped', { pipelineSpec: { tasks: [inline('a')] } }));
      await running('stopped');
      await kubectl(`patch pipelinerun stopped --type merge -p {"spec":{"status":"Cancelled"}}`);
      expect(succeeded(await ended('stopped'))).toMatchObject({ status: 'False', reason: 'Cancelled' });
      await until('its TaskRun is cancelled, too', async () => {
        const [child] = await shownTaskRuns('stopped');
        return succeeded(child!)?.reason === 'TaskRunCancelled';
      });
    });

    test('deleted in the cluster, it goes with all it made', async () => {
      await apply(pipelineRun('unwanted', { pipelineSpec: { tasks: [inline('a')] } }));
      await running('unwanted');
      expect(await podsOf('unwanted')).toHaveLength(1);
      await kubectl('delete pipelinerun unwanted');
      await until('nothing is stored', async () => (await stored('unwanted')) === undefined);
      await until('its pod goes', async () => (await podsOf('unwanted')).length === 0);
      await until('its TaskRun is seen no more', async () => (await shownTaskRuns('unwanted')).length === 0);
    });

    test('deleted with its dependents before it, nothing of it is shown again', async () => {
      await apply(pipelineRun('foreground', { pipelineSpec: { tasks: [inline('a')] } }));
      await running('foreground');
      await kubectl('delete pipelinerun foreground --cascade=foreground --timeout=30s'); // waits until it has gone
      await until('nothing is stored', async () => (await stored('foreground')) === undefined);
      await until('its pod goes', async () => (await podsOf('foreground')).length === 0);
      expect(await shownTaskRuns('foreground')).toEqual([]);
    });

    test('goes with its namespace', async () => {
      await kubectl('create namespace team');
      const placed = {
        ...pipelineRun('placed', { pipelineSpec: { tasks: [inline('a')] } }),
        metadata: inTeam('placed'),
      };
      await apply(placed);
      const isStored = async (): Promise<boolean> => (await store().get(TASK_RUNS, 'team', 'placed-a')) !== undefined;
      await until('its TaskRun is stored', isStored);
      await kubectl('delete namespace team --timeout=60s');
      await until('nothing is stored', async () => !(await isStored()));
      expect(await store().get(PIPELINE_RUNS, 'team', 'placed')).toBeUndefined();
    }, 90_000);

    test('deleted and made anew under its name while the registry was killed, it is another run', async () => {
      await apply(pipelineRun('again', { pipelineSpec: { tasks: [inline('a')] } }));
      const before = await running('again');
      const first = await stored('again');
      await killTheRegistry();
      await kubectl('delete pipelinerun again');
      await apply(pipelineRun('again', { pipelineSpec: { tasks: [inline('b')] } }));
      await startTheRegistry();
      await until('the new run has its own TaskRun', async () => {
        const shown = await shownTaskRuns('again');
        return shown.length === 1 && shown[0]?.metadata.name === 'again-b' && succeeded(shown[0])?.reason === 'Running';
      });
      const second = await stored('again');
      expect(second?.metadata.uid).not.toBe(first?.metadata.uid);
      expect(await store().get(TASK_RUNS, 'default', before.metadata.name)).toBeUndefined();
      expect(await podsOf('again')).toHaveLength(1);
    });

    test('is cancelled while the registry was killed', async () => {
      await apply(pipelineRun('late', { pipelineSpec: { tasks: [inline('a')] } }));
      await running('late');
      await killTheRegistry();
      await kubectl(`patch pipelinerun late --type merge -p {"spec":{"status":"Cancelled"}}`);
      await startTheRegistry();
      expect(succeeded(await ended('late'))?.reason).toBe('Cancelled');
    });
  });

  test('goes on while the registry is killed again and again, and no task runs twice', async () => {
    const tasks = Array.from({ length: 12 }, (_, i) => ({
      ...inline(`t${i}`),
      ...(i === 0 ? {} : { runAfter: [`t${i - 1}`] }),
    }));
    await apply(pipelineRun('killed', { pipelineSpec: { tasks } }));
    for (const count of [1, 4, 8]) {
      await until(`${count} TaskRuns are seen`, async () => (await shownTaskRuns('killed')).length >= count);
      await killTheRegistry();
      await startTheRegistry();
    }
    expect(succeeded(await ended('killed'))?.reason).toBe('Succeeded');
    await until('every TaskRun is seen to be over', async () => {
      const shown = await shownTaskRuns('killed');
      return shown.length === 12 && shown.every(isDone);
    });
    expect(await podsOf('killed')).toHaveLength(12);
  }, 120_000);

  test('goes on while the API server is away, and tells of it afterwards', async () => {
    await startTheExecutor(FOR_EVER_MS);
    await apply(pipelineRun('apart', { pipelineSpec: { tasks: [inline('a')] } }));
    await running('apart');
    await server().kill();
    const child = (await store().get<TaskRun>(TASK_RUNS, 'default', 'apart-a'))!;
    const spec = { ...child.spec, status: 'TaskRunCancelled' };
    await store().commit({ writes: [{ op: 'update', object: { ...child, spec } as KubeObject }] });
    await until('it is over here', async () => isDone((await stored('apart')) ?? {}));
    await server().start();
    expect(succeeded(await ended('apart'))?.status).toBe('False');
    await startTheExecutor(1);
    await apply(pipelineRun('afterwards', { pipelineSpec: { tasks: [inline('a')] } }));
    expect(succeeded(await ended('afterwards'))?.reason).toBe('Succeeded');
  }, 120_000);
});
