// A platform of its own for each measurement, and the client that measures it.

import { resolve } from 'node:path';
import { ApiClient } from '../apps/cli/src/api/client.js';
import { findAccess } from '../apps/cli/src/api/kubeconfig.js';
import { watch } from '../apps/cli/src/api/watch.js';
import { startPlatform, type Platform } from '../conformance/platform.js';
import { isDone, succeeded, type KubeObject, type PipelineRun } from '@slipway/contracts';

export const root = resolve(process.argv[1]!, '../..');
export const RUNS = '/apis/tekton.dev/v1/namespaces/default/pipelineruns';
export const TASK_RUNS = '/apis/tekton.dev/v1/namespaces/default/taskruns';
/** Runs of steps that are no pipelines. */
export const STEP_RUNS = [
  { kind: 'TaskRun', path: TASK_RUNS, prefix: 'step-' },
  { kind: 'Build', path: '/apis/build.knative.dev/v1alpha1/namespaces/default/builds', prefix: 'build-step-' },
] as const;

export async function withPlatform<T>(
  args: readonly string[],
  measure: (client: ApiClient, platform: Platform) => Promise<T>,
): Promise<T> {
  const platform = await startPlatform(resolve(root, 'slipway'), args);
  const client = new ApiClient(
    await findAccess({ kubeconfig: platform.kubeconfig }, { dataDir: '', kubeconfigs: [] } as never),
  );
  try {
    return await measure(client, platform);
  } finally {
    client.close();
    await platform.stop();
  }
}

/** A run of `tasks` one-step tasks in a row (or side by side), each step with the script. */
export function pipelineRun(
  name: string,
  options: { tasks?: number; steps?: number; script?: string; chained?: boolean },
): KubeObject {
  const { tasks = 1, steps = 1, script = 'echo here', chained = true } = options;
  const taskSpec = { steps: Array.from({ length: steps }, (_, i) => ({ name: `s${i}`, image: 'busybox', script })) };
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name, namespace: 'default' },
    spec: {
      pipelineSpec: {
        tasks: Array.from({ length: tasks }, (_, i) => ({
          name: `t${i}`,
          taskSpec,
          ...(chained && i > 0 ? { runAfter: [`t${i - 1}`] } : {}),
        })),
      },
    },
  } as KubeObject;
}

/** A run of a few steps that is no pipeline, s0 and on: of either kind the same steps. */
export function stepRun(kind: 'TaskRun' | 'Build', name: string, commands: (readonly string[])[]): KubeObject {
  const metadata = { name, namespace: 'default' };
  const of = commands.map(([command, ...args], i) => ({ name: `s${i}`, image: 'busybox', command: [command], args }));
  return kind === 'Build'
    ? ({ apiVersion: 'build.knative.dev/v1alpha1', kind, metadata, spec: { steps: of } } as KubeObject)
    : ({ apiVersion: 'tekton.dev/v1', kind, metadata, spec: { taskSpec: { steps: of } } } as KubeObject);
}

export interface FinishedRuns {
  /** When each run was seen finished, by name. Unix milliseconds. */
  atMs: Map<string, number>;
  /** Resolves once `count` runs are finished; throws when one failed. */
  wait(count: number): Promise<void>;
  /** Resolves once the run of this name is finished; throws when one failed. */
  seen(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Watches all runs of the namespace from now on: PipelineRuns, or what is at the path. */
export function watchRuns(client: ApiClient, path = RUNS): FinishedRuns {
  const atMs = new Map<string, number>();
  const ended = new AbortController();
  let wake: () => void = () => undefined;
  let failure: Error | undefined;
  const watching = watch<PipelineRun>(client, {
    path,
    signal: ended.signal,
    onChange: (run, deleted) => {
      if (deleted || !isDone(run) || atMs.has(run.metadata.name)) return;
      atMs.set(run.metadata.name, Date.now());
      const condition = succeeded(run);
      if (condition?.status === 'False')
        failure = new Error(`${run.metadata.name}: ${condition.reason}: ${condition.message}`);
      wake();
    },
  });
  return {
    atMs,
    async wait(count) {
      while (atMs.size < count && failure === undefined) await new Promise<void>((resolve) => (wake = resolve));
      if (failure !== undefined) throw failure;
    },
    async seen(name) {
      while (!atMs.has(name) && failure === undefined) await new Promise<void>((resolve) => (wake = resolve));
      if (failure !== undefined) throw failure;
    },
    async stop() {
      ended.abort();
      await watching;
    },
  };
}

/** Says when it runs: seconds of the clock with nine decimals. */
export const CLOCK = ['date', '+%s.%N'] as const;

/** What `CLOCK` said in a container, by the API: Unix milliseconds with fractions. */
export async function clockOf(client: ApiClient, pod: string, container: string): Promise<number> {
  const response = await client.stream(`/api/v1/namespaces/default/pods/${pod}/log`, { query: { container } });
  let text = '';
  for await (const chunk of response) text += String(chunk);
  const said = /^\d+\.\d{9}$/m.exec(text)?.[0];
  if (said === undefined) throw new Error(`${pod}/${container} said "${text}"`);
  return Number(said) * 1000;
}
