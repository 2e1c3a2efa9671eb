// One run of very many tasks side by side, pods faked.

import { performance } from 'node:perf_hooks';
import type { KubeObject } from '@slipway/contracts';
import type { ApiClient } from '../apps/cli/src/api/client.js';
import { seconds, type Row } from './measure.js';
import { RUNS, watchRuns } from './platform.js';

const TASKS = '/apis/tekton.dev/v1/namespaces/default/tasks';

/** @param limitMs the bar */
export async function largeRun(client: ApiClient, tasks: number, limitMs: number): Promise<Row> {
  const task = { apiVersion: 'tekton.dev/v1', kind: 'Task', metadata: { name: 'task' } };
  const spec = { steps: [{ name: 's', image: 'busybox', script: 'true' }] };
  await client.call(TASKS, { method: 'POST', body: { ...task, spec } }).catch(() => undefined); // it is there
  const name = `large-${tasks}`;
  const runs = watchRuns(client);
  const already = (await client.call<{ items: unknown[] }>(RUNS)).items.length;
  const started = performance.now();
  await client.call(RUNS, { method: 'POST', body: sideBySide(name, tasks) });
  await runs.wait(already + 1);
  const tookMs = performance.now() - started;
  await runs.stop();
  return {
    what: `one run of ${tasks.toLocaleString('en')} tasks side by side, pods faked`,
    bar: `≤ ${limitMs / 1000} s`,
    measured: `${seconds(tookMs)} (${(tookMs / tasks).toFixed(1)} ms a task)`,
    reached: tookMs <= limitMs,
    how: 'POST of the PipelineRun, whose tasks all refer to one Task, to the watch event that shows it Succeeded; all services in one process',
  };
}

function sideBySide(name: string, count: number): KubeObject {
  const tasks = Array.from({ length: count }, (_, i) => ({ name: `t${i}`, taskRef: { name: 'task' } }));
  const metadata = { name, namespace: 'default' };
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata,
    spec: { pipelineSpec: { tasks } },
  } as KubeObject;
}
