// A run of very many tasks side by side, its scheduler started anew in between.

import { succeeded, type KubeObject, type PipelineRun } from '@slipway/contracts';
import { World } from './world.js';

const TASKS = 1_000;

test('a run of 1,000 tasks starts each once and ends, and its status is not written for every task', async () => {
  const world = new World();
  const step = { name: 's', image: 'busybox', script: 'true' };
  await world.create({
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    metadata: { name: 'task', namespace: 'ns' },
    spec: { steps: [step] },
  } as KubeObject);
  world.start();
  const tasks = Array.from({ length: TASKS }, (_, i) => ({ name: `t${i}`, taskRef: { name: 'task' } }));
  await world.createRun('r', { pipelineSpec: { tasks } });
  const run: PipelineRun = await world.done('r', 50_000);
  await world.stop();
  expect(succeeded(run)).toMatchObject({ status: 'True', reason: 'Succeeded' });
  expect(run.status?.childReferences).toHaveLength(TASKS);
  expect([world.created.length, new Set(world.created).size]).toEqual([TASKS, TASKS]);
  const writes = world.store.commits.flatMap(({ writes }) => writes);
  const statuses = writes.filter((write) => write.op === 'update-status' && write.object.kind === 'PipelineRun');
  expect(statuses.length).toBeLessThan(TASKS / 10);
});
