// Many runs at once, pods faked: what the services themselves can carry.

import { performance } from 'node:perf_hooks';
import type { ApiClient } from '../apps/cli/src/api/client.js';
import { ms, percentile, seconds, type Row } from './measure.js';
import { pipelineRun, RUNS, watchRuns } from './platform.js';

const AT_ONCE = 5000;
const SUBMITTERS = 32;

/** Both rows come from one burst: 5,000 one-task runs, submitted as fast as the API takes them. */
export async function burst(client: ApiClient): Promise<Row[]> {
  const runs = watchRuns(client);
  await client.call(RUNS, { method: 'POST', body: pipelineRun('warm-up', {}) });
  await runs.wait(1);

  const answers: number[] = [];
  const started = performance.now();
  let next = 0;
  const submit = async (): Promise<void> => {
    while (next < AT_ONCE) {
      const body = pipelineRun(`burst-${next++}`, {});
      const asked = performance.now();
      await client.call(RUNS, { method: 'POST', body });
      answers.push(performance.now() - asked);
    }
  };
  let done = false;
  const reads: number[] = [];
  const read = async (): Promise<void> => {
    while (!done) {
      const asked = performance.now();
      await client.call(`${RUNS}/burst-0`).catch(() => undefined);
      reads.push(performance.now() - asked);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const reading = read();
  await Promise.all(Array.from({ length: SUBMITTERS }, submit));
  const submittedMs = performance.now() - started;
  await runs.wait(AT_ONCE + 1);
  const allMs = performance.now() - started;
  done = true;
  await reading;
  await runs.stop();

  const perMinute = Math.round((AT_ONCE / allMs) * 60_000);
  const api99 = percentile([...answers, ...reads], 99);
  return [
    {
      what: 'one scheduler replica, pods faked',
      bar: '≥ 10,000 one-task runs a minute',
      measured: `${perMinute.toLocaleString('en')} a minute`,
      reached: perMinute >= 10_000,
      how: `${AT_ONCE.toLocaleString('en')} one-task PipelineRuns through API, bus, scheduler and executor in one process, from the first POST to the last seen Succeeded`,
    },
    {
      what: '5,000 runs submitted at once, pods faked',
      bar: 'all done ≤ 60 s, API p99 < 500 ms meanwhile',
      measured: `all done in ${seconds(allMs)} (submitted in ${seconds(submittedMs)}), API p99 ${ms(api99)}`,
      reached: allMs <= 60_000 && api99 < 500,
      how: `${SUBMITTERS} submitters and one reader on keep-alive connections; both kinds of request are in the p99`,
    },
  ];
}

/** @param client of a platform that was just started again over a store of 20,000 objects */
export async function coldList(client: ApiClient, objects: number): Promise<Row> {
  const started = performance.now();
  const { items } = await client.call<{ items: unknown[] }>('/apis/tekton.dev/v1/namespaces/default/tasks');
  const tookMs = performance.now() - started;
  if (items.length !== objects) throw new Error(`${items.length} objects listed, not ${objects}`);
  return {
    what: 'list of 20,000 objects, cold cache',
    bar: '< 1 s',
    measured: seconds(tookMs),
    reached: tookMs < 1000,
    how: 'one GET of 20,000 Tasks, parsed, as the first request after the platform started again',
  };
}

export async function fill(client: ApiClient, objects: number): Promise<void> {
  let next = 0;
  const create = async (): Promise<void> => {
    while (next < objects) {
      const name = `task-${next++}`;
      const spec = {
        steps: [{ name: 'build', image: 'busybox', script: 'make -C $(params.dir)' }],
        params: [{ name: 'dir' }],
      };
      await client.call('/apis/tekton.dev/v1/namespaces/default/tasks', {
        method: 'POST',
        body: { apiVersion: 'tekton.dev/v1', kind: 'Task', metadata: { name }, spec },
      });
    }
  };
  await Promise.all(Array.from({ length: SUBMITTERS }, create));
}
