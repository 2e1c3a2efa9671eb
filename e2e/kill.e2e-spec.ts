// Every process is killed at random moments of a run and of Builds, nats-server's files are wiped, PostgreSQL is killed. After
// restart they end as they would have: no step ran twice, was cut short or too early, and no log line is missing or doubled.
//
// KILL_ROUNDS sets how many runs (default 2 a database), KILL_SEED the first one's seed: a failed round can be run again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDone, succeeded, type Build, type KubeObject, type PipelineRun, type TaskRun } from '@slipway/contracts';
import { findPostgres, seeded, startTestPostgres, type TestPostgres } from '@slipway/testing';
import { startGitServer, type GitServer } from '../apps/resources/test/git-server.js';
import { ApiClient } from '../apps/cli/src/api/client.js';
import { findAccess } from '../apps/cli/src/api/kubeconfig.js';
import { prepareServices, type Part, type Services } from '../scripts/services.mjs';
import { expectedLines, journalBuild, journalProblems, journalRun, randomGraph, STEPS } from './journal-run.js';

const TASKS = 30;
/** One more with each thing that is killed, so that some are at every stage. */
const BUILDS_COUNT = 8;
const README = 'from git';
const DEADLINE_MS = 180_000;
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 2);
const FIRST_SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
const RUNS = '/apis/tekton.dev/v1/namespaces/default/pipelineruns';
const TASK_RUNS = '/apis/tekton.dev/v1/namespaces/default/taskruns';
const BUILDS = '/apis/build.knative.dev/v1alpha1/namespaces/default/builds';
const PODS = '/api/v1/namespaces/default/pods';

type Victim = Part | 'nats with its files' | 'postgres';
const VICTIMS: readonly Victim[] = [
  'registry',
  'scheduler',
  'executor',
  'resources',
  'logs',
  'nats',
  'nats with its files',
];

const postgresPrograms = await findPostgres();

describe.each(['sqlite', 'postgres'] as const)('kill -9 at any moment, on %s', (database) => {
  let folder: string;
  let services: Services;
  let client: ApiClient;
  let postgres: TestPostgres | undefined;
  let git: GitServer;
  const missing = database === 'postgres' && postgresPrograms === undefined;

  beforeAll(async () => {
    if (missing) return;
    folder = mkdtempSync(join(tmpdir(), 'slipway-kill-'));
    if (database === 'postgres') postgres = await startTestPostgres(postgresPrograms!);
    const url = await postgres?.createDatabase();
    git = await startGitServer();
    git.commit('repo', { 'README.md': `${README}\n` });
    const networks = { ALLOWED_NETWORKS: '127.0.0.1' };
    services = await prepareServices({
      dataDir: folder,
      output: 'files',
      env: { executor: networks, resources: networks },
      ...(url === undefined ? {} : { database: url }),
    });
    await services.startAll();
    client = new ApiClient(
      await findAccess({ kubeconfig: services.kubeconfig }, { dataDir: folder, kubeconfigs: [] } as never),
    );
  });
  afterAll(async () => {
    if (missing) return;
    client.close();
    await services.stopAll();
    await postgres?.stop();
    await git.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const rounds = Array.from({ length: ROUNDS }, (_, i) => FIRST_SEED + i);
  (missing ? test.skip : test).each(rounds)(
    'a run of 30 tasks and Builds beside it end as they would have (seed %d)',
    async (seed) => {
      const random = seeded(seed);
      const graph = randomGraph(TASKS, random);
      const name = `kill-${seed}`;
      await patiently(() => client.call(RUNS, { method: 'POST', body: journalRun(name, graph, random) }));

      const victims = database === 'postgres' ? [...VICTIMS, 'postgres' as const] : VICTIMS;
      const builds = Array.from({ length: BUILDS_COUNT }, (_, i) =>
        journalBuild(`${name}-build-${i}`, i % 2 === 0 ? undefined : `${git.url}/repo.git`, random),
      );
      const killed = await killUntilDone(name, builds, victims, random);
      const told = `seed ${seed}, killed ${killed.join(', ')}`;
      for (const build of builds) await expectWhole(build, told);

      const run = await patiently(() => client.call<PipelineRun>(`${RUNS}/${name}`));
      expect([told, succeeded(run)?.reason, succeeded(run)?.message]).toEqual([
        told,
        'Succeeded',
        `Tasks Completed: ${TASKS + 1} (Failed: 0, Cancelled 0), Skipped: 0`,
      ]);
      const results = [...graph.keys()].map((task) => ({ name: task, value: task }));
      expect([told, run.status?.results]).toEqual([told, results]);
      expect([told, journalProblems(graph, await log(name, 'read', 'cat'))]).toEqual([told, []]);
      for (const task of graph.keys()) {
        for (const step of STEPS) {
          expect([told, await log(name, task, step)]).toEqual([told, expectedLines(task, step)]);
        }
      }
    },
    DEADLINE_MS + 60_000,
  );

  /** Kills something every now and then, and creates one more Build, until all has ended; what it killed. */
  async function killUntilDone(
    name: string,
    builds: readonly Build[],
    victims: readonly Victim[],
    random: () => number,
  ): Promise<string[]> {
    const killed: string[] = [];
    const waiting = [...builds];
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const build = waiting.shift();
      if (build !== undefined) await create(build);
      await sleep(200 + random() * 800);
      const run = await patiently(() => client.call<PipelineRun>(`${RUNS}/${name}`));
      const { items } = await patiently(() => client.call<{ items: Build[] }>(BUILDS));
      const open = items.filter((item) => item.metadata.name.startsWith(`${name}-`) && !isDone(item));
      if (isDone(run) && waiting.length === 0 && open.length === 0) return killed;
      if (Date.now() > deadline) {
        const states = [run, ...open].map((one) => `${one.metadata.name} ${JSON.stringify(one.status?.conditions)}`);
        throw new Error(`not ended: ${states.join(', ')}; killed ${killed.join(', ')}`);
      }
      if (killed.length >= 12) continue; // let it come to its end
      const victim = victims[Math.floor(random() * victims.length)]!;
      killed.push(victim);
      await kill(victim, random() * 500);
    }
  }

  /** A registry that is killed may have stored it and not said so. */
  async function create(build: Build): Promise<void> {
    await patiently(() => client.call(BUILDS, { method: 'POST', body: build })).catch((thrown: unknown) => {
      if ((thrown as { kind?: string }).kind !== 'exists') throw thrown;
    });
  }

  /** One TaskRun, one pod, every step once and whole, and the state of all that on the Build. */
  async function expectWhole({ metadata: { name }, spec }: Build, told: string): Promise<void> {
    const build = await patiently(() => client.call<Build>(`${BUILDS}/${name}`));
    const { status } = build;
    expect([told, name, succeeded(build)]).toEqual([told, name, expect.objectContaining({ status: 'True' })]);
    const completed = [...STEPS, 'read'].map((step) => `build-step-${step}`);
    expect([told, name, status?.stepsCompleted]).toEqual([told, name, completed]);
    expect([told, name, status?.completionTime]).toEqual([told, name, expect.any(String)]);
    for (const path of [TASK_RUNS, PODS]) {
      const query = { labelSelector: `build.knative.dev/buildName=${name}` };
      const { items } = await patiently(() => client.call<{ items: KubeObject[] }>(path, { query }));
      expect([told, name, path, items.length]).toEqual([told, name, path, 1]);
    }
    const pod = status?.cluster?.podName ?? '';
    for (const step of STEPS) {
      expect([told, await podLog(pod, `build-step-${step}`)]).toEqual([told, expectedLines(name, step)]);
    }
    const read = await podLog(pod, 'build-step-read');
    const journal = spec.source === undefined ? read : read.slice(1);
    if (spec.source !== undefined) expect([told, name, read[0]]).toEqual([told, name, README]);
    expect([told, name, journalProblems(new Map([[name, []]]), journal)]).toEqual([told, name, []]);
  }

  async function kill(victim: Victim, downMs: number): Promise<void> {
    if (victim === 'postgres') {
      await postgres!.kill();
      await sleep(downMs);
      return postgres!.restart();
    }
    const part: Part = victim === 'nats with its files' ? 'nats' : victim;
    await services.kill(part, 'SIGKILL');
    if (victim === 'nats with its files') await services.wipeNats();
    await sleep(downMs);
    await services.start(part);
  }

  async function log(run: string, task: string, step: string): Promise<string[]> {
    const taskRun = await patiently(() => client.call<TaskRun>(`${TASK_RUNS}/${run}-${task}`));
    return podLog(taskRun.status!.podName!, `step-${step}`);
  }

  /** The lines of one container, once the log is whole: it is stored a moment after the run has ended. */
  function podLog(pod: string, container: string): Promise<string[]> {
    return patiently(async () => {
      const response = await client.stream(`${PODS}/${pod}/log`, { query: { container, follow: 'true' } });
      let text = '';
      for await (const chunk of response) text += String(chunk);
      return text.split('\n').filter((line) => line !== '' && !line.startsWith('slipway: '));
    });
  }
});

/** Asks again while the registry is away. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > deadline || ['invalid', 'not-found', 'exists'].includes((error as { kind?: string }).kind ?? ''))
        throw error;
      await sleep(100);
    }
  }
}
