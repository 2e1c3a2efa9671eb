// Every process is killed at random moments of a run, nats-server's files are wiped, PostgreSQL is killed. After restart the
// run ends as it would have: no step ran twice, was cut short or too early, and no log line is missing or doubled.
//
// KILL_ROUNDS sets how many runs (default 2 a database), KILL_SEED the first one's seed: a failed round can be run again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDone, succeeded, type PipelineRun, type TaskRun } from '@slipway/contracts';
import { findPostgres, seeded, startTestPostgres, type TestPostgres } from '@slipway/testing';
import { ApiClient } from '../apps/cli/src/api/client.js';
import { findAccess } from '../apps/cli/src/api/kubeconfig.js';
import { prepareServices, type Part, type Services } from '../scripts/services.mjs';
import { expectedLines, journalProblems, journalRun, randomGraph, STEPS } from './journal-run.js';

const TASKS = 30;
const DEADLINE_MS = 120_000;
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 2);
const FIRST_SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
const RUNS = '/apis/tekton.dev/v1/namespaces/default/pipelineruns';
const TASK_RUNS = '/apis/tekton.dev/v1/namespaces/default/taskruns';

type Victim = Part | 'nats with its files' | 'postgres';
const VICTIMS: readonly Victim[] = ['registry', 'scheduler', 'executor', 'logs', 'nats', 'nats with its files'];

const postgresPrograms = await findPostgres();

describe.each(['sqlite', 'postgres'] as const)('kill -9 at any moment, on %s', (database) => {
  let folder: string;
  let services: Services;
  let client: ApiClient;
  let postgres: TestPostgres | undefined;
  const missing = database === 'postgres' && postgresPrograms === undefined;

  beforeAll(async () => {
    if (missing) return;
    folder = mkdtempSync(join(tmpdir(), 'slipway-kill-'));
    if (database === 'postgres') postgres = await startTestPostgres(postgresPrograms!);
    const url = await postgres?.createDatabase();
    services = await prepareServices({
      dataDir: folder,
      output: 'files',
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
    rmSync(folder, { recursive: true, force: true });
  });

  const rounds = Array.from({ length: ROUNDS }, (_, i) => FIRST_SEED + i);
  (missing ? test.skip : test).each(rounds)(
    'a run of 30 tasks ends as it would have (seed %d)',
    async (seed) => {
      const random = seeded(seed);
      const graph = randomGraph(TASKS, random);
      const name = `kill-${seed}`;
      await patiently(() => client.call(RUNS, { method: 'POST', body: journalRun(name, graph, random) }));

      const victims = database === 'postgres' ? [...VICTIMS, 'postgres' as const] : VICTIMS;
      const killed = await killUntilDone(name, victims, random);
      const told = `seed ${seed}, killed ${killed.join(', ')}`;

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

  /** Kills something every now and then until the run has ended; what it killed. */
  async function killUntilDone(name: string, victims: readonly Victim[], random: () => number): Promise<string[]> {
    const killed: string[] = [];
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      await sleep(200 + random() * 800);
      const run = await patiently(() => client.call<PipelineRun>(`${RUNS}/${name}`));
      if (isDone(run)) return killed;
      if (Date.now() > deadline)
        throw new Error(`${name} did not end; killed ${killed.join(', ')}; ${JSON.stringify(run.status?.conditions)}`);
      if (killed.length >= 12) continue; // let it come to its end
      const victim = victims[Math.floor(random() * victims.length)]!;
      killed.push(victim);
      await kill(victim, random() * 500);
    }
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

  /** The lines of one step, once the log is whole: it is stored a moment after the run has ended. */
  async function log(run: string, task: string, step: string): Promise<string[]> {
    const taskRun = await patiently(() => client.call<TaskRun>(`${TASK_RUNS}/${run}-${task}`));
    const path = `/api/v1/namespaces/default/pods/${taskRun.status!.podName!}/log`;
    return patiently(async () => {
      const response = await client.stream(path, { query: { container: `step-${step}`, follow: 'true' } });
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
