// Runs on a real cluster, each beside bare pods of the same shape in the same minute: what the platform adds.

import { resolve } from 'node:path';
import { ApiClient } from '../apps/cli/src/api/client.js';
import { findAccess } from '../apps/cli/src/api/kubeconfig.js';
import { watch } from '../apps/cli/src/api/watch.js';
import { startClusterPlatform } from '../e2e/cluster.js';
import { clusterEnvironment } from '../scripts/e2e-kubernetes.mjs';
import { isDone, succeeded, type KubeObject, type Pod, type TaskRun } from '@slipway/contracts';
import { percentile, seconds, type Row } from './measure.js';
import { pipelineRun, root } from './platform.js';

const ROUNDS = 10;
const AT_ONCE = 50;
const BURSTS = 5;
/** A node goes on taking apart what has ended: the next burst is not to pay for the one before. */
const CALM_MS = 5_000;
const STEPS = 10;
const CHAIN = 5;
const ADDED_MS = 100;
const STEP_MS = 2;

/** Ends of objects, as a watch shows them. */
interface Ends {
  of(name: string): Promise<number>;
  stop(): void;
}

export async function cluster(): Promise<Row[]> {
  const env = await clusterEnvironment(root);
  const kubeconfig = env['E2E_KUBECONFIG']!;
  const world = await startClusterPlatform(resolve(root, 'slipway'), kubeconfig, env);
  const bare = new ApiClient(await accessTo(kubeconfig));
  const ours = new ApiClient(await accessTo(world.platform.kubeconfig));
  const podsPath = `/api/v1/namespaces/${world.namespace}/pods`;
  const tekton = `/apis/tekton.dev/v1/namespaces/${world.namespace}`;
  const ends = {
    pods: followEnds<Pod>(bare, podsPath, ({ status }) => phaseOf(status?.phase)),
    taskRuns: followEnds<TaskRun>(ours, `${tekton}/taskruns`, outcomeOf),
    pipelineRuns: followEnds<TaskRun>(ours, `${tekton}/pipelineruns`, outcomeOf),
  };
  let count = 0;
  const timed = async (
    client: ApiClient,
    path: string,
    of: Ends,
    object: (name: string) => KubeObject,
  ): Promise<number> => {
    const name = `m${count++}`;
    const began = performance.now();
    await client.call(path, { method: 'POST', body: object(name) });
    return (await of.of(name)) - began;
  };
  const pod = (containers: number): Promise<number> =>
    timed(bare, podsPath, ends.pods, (name) => barePod(name, containers));
  const run = (steps: number): Promise<number> =>
    timed(ours, `${tekton}/taskruns`, ends.taskRuns, (name) => taskRun(name, steps));
  const chain = (): Promise<number> =>
    timed(ours, `${tekton}/pipelineruns`, ends.pipelineRuns, (name) => ({
      ...pipelineRun(name, { tasks: CHAIN, script: 'true' }),
      metadata: { name, namespace: world.namespace },
    }));
  try {
    await Promise.all([pod(1), run(1), run(STEPS)]);
    const one = await alternately(
      ROUNDS,
      () => pod(1),
      () => run(1),
    );
    const ten = await alternately(
      ROUNDS,
      () => pod(STEPS),
      () => run(STEPS),
    );
    const five = await alternately(ROUNDS / 2, () => inARow(CHAIN, () => pod(1)), chain);
    const fifty = await alternately(
      BURSTS,
      () => calmly(() => atOnce(() => pod(1))),
      () => calmly(() => atOnce(() => run(1))),
    );
    return [
      row('a one-step TaskRun on a cluster, create → Succeeded', one, added(ADDED_MS)),
      row(`a TaskRun of ${STEPS} steps`, ten, added(ADDED_MS + STEPS * STEP_MS)),
      row(`a chain of ${CHAIN} one-step tasks`, five, added(CHAIN * ADDED_MS)),
      row(`${AT_ONCE} one-step TaskRuns at once, all done`, fifty, {
        text: '≤ 1.2 × bare',
        holds: (mine, theirs) => mine <= 1.2 * theirs,
      }),
    ];
  } finally {
    for (const one of Object.values(ends)) one.stop();
    bare.close();
    ours.close();
    await world.stop();
  }
}

interface Pair {
  bare: number[];
  ours: number[];
}

interface Bar {
  text: string;
  holds: (oursMs: number, bareMs: number) => boolean;
}

function added(ms: number): Bar {
  return { text: `≤ bare + ${ms} ms`, holds: (mine, theirs) => mine <= theirs + ms };
}

function row(what: string, { bare, ours }: Pair, bar: Bar): Row {
  const [bare50, ours50] = [percentile(bare, 50), percentile(ours, 50)];
  return {
    what,
    bar: bar.text,
    measured: `p50 ${seconds(ours50)}, max ${seconds(Math.max(...ours))}; bare pods p50 ${seconds(bare50)}, max ${seconds(Math.max(...bare))} (${ours.length})`,
    reached: bar.holds(ours50, bare50),
    how: 'a client’s own clock from before the POST to the watch event that shows the end; bare pods of as many containers (a chain: one after another) take turns with ours on the same cluster',
  };
}

/** The same minute for both: what the machine does beside this hits them alike. */
async function alternately(rounds: number, bare: () => Promise<number>, ours: () => Promise<number>): Promise<Pair> {
  const pair: Pair = { bare: [], ours: [] };
  for (let i = 0; i < rounds; i++) {
    pair.bare.push(await bare());
    pair.ours.push(await ours());
  }
  return pair;
}

async function inARow(times: number, one: () => Promise<number>): Promise<number> {
  let sum = 0;
  for (let i = 0; i < times; i++) sum += await one();
  return sum;
}

async function calmly(measure: () => Promise<number>): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, CALM_MS));
  return measure();
}

async function atOnce(one: () => Promise<number>): Promise<number> {
  return Math.max(...(await Promise.all(Array.from({ length: AT_ONCE }, one))));
}

function followEnds<T extends KubeObject>(
  client: ApiClient,
  path: string,
  outcome: (object: T) => 'succeeded' | 'failed' | undefined,
): Ends {
  const atMs = new Map<string, number>();
  const waiting = new Map<string, (ms: number) => void>();
  const ended = new AbortController();
  void watch<T>(client, {
    path,
    signal: ended.signal,
    onChange: (object, deleted) => {
      const { name } = object.metadata;
      const how = deleted ? undefined : outcome(object);
      if (how === 'failed')
        throw new Error(`${name} failed: ${JSON.stringify((object as { status?: unknown }).status)}`);
      if (how === undefined || atMs.has(name)) return;
      atMs.set(name, performance.now());
      waiting.get(name)?.(atMs.get(name)!);
    },
  });
  return {
    of: (name) => new Promise((done) => (atMs.has(name) ? done(atMs.get(name)!) : waiting.set(name, done))),
    stop: () => ended.abort(),
  };
}

function outcomeOf(run: TaskRun): 'succeeded' | 'failed' | undefined {
  if (!isDone(run)) return undefined;
  return succeeded(run)?.status === 'True' ? 'succeeded' : 'failed';
}

function phaseOf(phase: string | undefined): 'succeeded' | 'failed' | undefined {
  if (phase === 'Succeeded') return 'succeeded';
  return phase === 'Failed' ? 'failed' : undefined;
}

function barePod(name: string, containers: number): KubeObject {
  const spec = {
    restartPolicy: 'Never',
    containers: Array.from({ length: containers }, (_, i) => ({
      name: `c${i}`,
      image: 'busybox',
      imagePullPolicy: 'IfNotPresent',
      command: ['true'],
    })),
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec } as KubeObject;
}

function taskRun(name: string, count: number): KubeObject {
  const steps = Array.from({ length: count }, (_, i) => ({ name: `s${i}`, image: 'busybox', command: ['true'] }));
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name },
    spec: { taskSpec: { steps } },
  } as KubeObject;
}

async function accessTo(kubeconfig: string): ReturnType<typeof findAccess> {
  return findAccess({ kubeconfig }, { dataDir: '', kubeconfigs: [] } as never);
}
