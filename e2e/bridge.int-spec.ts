// Runs of an installed Tekton's API that Slipway serves, from their creation to their end.

import { isDone, succeeded, type KubeObject, type PipelineRun, type TaskRun } from '@slipway/contracts';
import {
  bridgedCluster,
  describeWithApiServer,
  unknown,
  step,
  inline,
  meta,
  task,
  pipeline,
  pipelineRun,
  taskRun,
  stepAction,
} from './bridged-cluster.js';

describeWithApiServer('runs of an installed Tekton with managedBy slipway.dev', () => {
  const { store, kubectl, apply, read, until, ended, stored, shownTaskRuns } = bridgedCluster();

  test('one that is applied with all it refers to runs to its end, and its TaskRuns are seen', async () => {
    await apply(
      stepAction('say'),
      task('greet', { steps: [{ name: 'one', ref: { name: 'say' } }] }),
      pipeline('both', [
        { name: 'first', taskRef: { name: 'greet' } },
        { name: 'second', taskRef: { name: 'greet' }, runAfter: ['first'] },
      ]),
      pipelineRun('both-1', { pipelineRef: { name: 'both' } }),
    );
    const done = await ended('both-1');
    expect(succeeded(done)).toMatchObject({ status: 'True', reason: 'Succeeded' });
    expect(done.status?.childReferences?.map(({ name }) => name)).toEqual(['both-1-first', 'both-1-second']);
    const children = await until('both TaskRuns are over in the cluster', async () => {
      const shown = await shownTaskRuns('both-1');
      return shown.length === 2 && shown.every(isDone) && shown;
    });
    for (const child of children) {
      expect(child.spec.managedBy).toBe('slipway.dev');
      expect(child.metadata.labels).toMatchObject({ 'tekton.dev/pipeline': 'both', 'tekton.dev/task': 'greet' });
      expect(child.metadata.ownerReferences).toMatchObject([
        { kind: 'PipelineRun', name: 'both-1', uid: done.metadata.uid, controller: true },
      ]);
      expect(child.status?.steps).toMatchObject([{ terminated: { exitCode: 0 } }]);
    }
  });

  test('a TaskRun of a user does as well, and a definition that changed is read anew', async () => {
    await apply(task('changing', { steps: [step()] }), taskRun('changing-1', { taskRef: { name: 'changing' } }));
    const over = async (name: string): Promise<TaskRun> =>
      until(`${name} is over`, async () => {
        const found = await read<TaskRun>('taskrun', name);
        return found !== undefined && isDone(found) && found;
      });
    expect((await over('changing-1')).status?.steps).toHaveLength(1);
    await apply(
      task('changing', { steps: [step(), step()] }),
      taskRun('changing-2', { taskRef: { name: 'changing' } }),
    );
    expect((await over('changing-2')).status?.steps).toHaveLength(2);
    await kubectl('delete task changing');
    await apply(taskRun('changing-3', { taskRef: { name: 'changing' } }));
    expect(succeeded(await over('changing-3'))).toMatchObject({ status: 'False' });
  });

  test('runs of others are left alone, and not stored', async () => {
    await apply(
      pipelineRun('theirs', { pipelineSpec: { tasks: [inline('a')] }, managedBy: undefined }),
      pipelineRun('kueues', { pipelineSpec: { tasks: [inline('a')] }, managedBy: 'kueue.x-k8s.io/multikueue' }),
      pipelineRun('ours', { pipelineSpec: { tasks: [inline('a')] } }),
    );
    await ended('ours'); // was applied last
    for (const name of ['theirs', 'kueues']) {
      const found = await read<PipelineRun>('pipelinerun', name);
      expect(found).not.toHaveProperty('status');
      expect(found?.metadata.managedFields?.length).toBe(1);
      expect(await stored(name)).toBeUndefined();
    }
  });

  test('one that a RetentionPolicy removes goes in the cluster, and its TaskRuns with it', async () => {
    await apply(pipelineRun('short-lived', { pipelineSpec: { tasks: [inline('a')] } }));
    await ended('short-lived');
    const policy = {
      apiVersion: 'slipway.dev/v1alpha1',
      kind: 'RetentionPolicy',
      metadata: meta('none'),
      spec: { succeeded: { keep: 0 } },
    } as KubeObject;
    await store().commit({ writes: [{ op: 'create', object: policy }] });
    await until('the run has gone', async () => (await read('pipelinerun', 'short-lived')) === undefined);
    await until('its TaskRun is seen no more', async () => (await shownTaskRuns('short-lived')).length === 0);
    await until('nothing is stored', async () => (await stored('short-lived')) === undefined);
    const key = { resource: 'retentionpolicies.slipway.dev', namespace: 'default', name: 'none' };
    await store().commit({ writes: [{ op: 'delete', key }] });
  });

  test('pipelines in pipelines are seen below each other', async () => {
    const inner = { name: 'inner', pipelineSpec: { tasks: [inline('a')] } };
    await apply(pipelineRun('outer', { pipelineSpec: { tasks: [inner] } }));
    const outer = await ended('outer');
    expect(succeeded(outer)?.reason).toBe('Succeeded');
    const middle = await ended('outer-inner');
    expect(middle.spec.managedBy).toBe('slipway.dev');
    expect(middle.metadata.ownerReferences).toMatchObject([{ name: 'outer', uid: outer.metadata.uid }]);
    const [leaf] = await until('the TaskRun of the inner one is over', async () => {
      const shown = await shownTaskRuns('outer-inner');
      return shown.length === 1 && shown.every(isDone) && shown;
    });
    expect(leaf?.metadata.ownerReferences).toMatchObject([{ name: 'outer-inner', uid: middle.metadata.uid }]);
  });

  test('what is shown and deleted by somebody is shown again while its run is there', async () => {
    await apply(pipelineRun('shown-again', { pipelineSpec: { tasks: [inline('a')] } }));
    await ended('shown-again');
    const [first] = await until('its TaskRun is over', async () => {
      const shown = await shownTaskRuns('shown-again');
      return shown.length === 1 && shown.every(isDone) && shown;
    });
    await kubectl('delete taskrun shown-again-a');
    await until('it is there again', async () => {
      const [again] = await shownTaskRuns('shown-again');
      return again !== undefined && again.metadata.uid !== first?.metadata.uid && isDone(again);
    });
  });

  test('one that had begun, and that the store has lost, is not run once more', async () => {
    await apply(pipelineRun('lost', { pipelineSpec: { tasks: [inline('a')] }, managedBy: 'example.com/nobody' }));
    const begun = { ...(await read<PipelineRun>('pipelinerun', 'lost'))!, status: { conditions: [unknown] } };
    await kubectl(
      'replace --raw /apis/tekton.dev/v1/namespaces/default/pipelineruns/lost/status -f -',
      JSON.stringify(begun),
    );
    await kubectl('patch pipelinerun lost --type merge -p {"spec":{"managedBy":"slipway.dev"}}'); // no webhook forbids it here
    expect(succeeded(await ended('lost'))?.reason).toBe('RunLost');
    expect(await stored('lost')).toBeUndefined();
  });

  test('one that Slipway does not accept ends and says why', async () => {
    await apply(pipelineRun('wrong', { pipelineSpec: { tasks: [inline('a'), inline('a')] } }));
    const condition = succeeded(await ended('wrong'));
    expect(condition).toMatchObject({ status: 'False', reason: 'InvalidRun' });
    expect(condition?.message).toContain('PipelineRun "wrong"');
    expect(await stored('wrong')).toBeUndefined();
  });
});
