// Every service is replaced by the next release, one process after another, while runs go on; then back again. No run
// fails, no step runs twice or is lost, and who asks the API meets nothing but a replica that does not listen.
//
// The release before is a commit of the history, built here: its own schema, messages and programs. UPGRADE_RUNS sets
// how many runs there are at least.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  SlipwayError,
  isDone,
  succeeded,
  type KubeObject,
  type PipelineRun,
  type TaskRun,
  type TaskSpec,
} from '@slipway/contracts';
import { VERSION } from '@slipway/service';
import { eventually, findPostgres, startTestPostgres, type TestPostgres } from '@slipway/testing';
import { ApiClient, type Call } from '../apps/cli/src/api/client.js';
import { findAccess } from '../apps/cli/src/api/kubeconfig.js';
import { prepareServices, type Part, type Services } from '../scripts/services.mjs';
import { buildRelease, releaseBefore } from './release-before.js';

const MINUTE_MS = 60_000;
const RUNS_AT_LEAST = Number(process.env['UPGRADE_RUNS'] ?? 200);
/** Runs that go on at the same time. */
const AT_ONCE = 10;
/** Runs that have to end between one process and the next. */
const BETWEEN = 5;
const TASKS = ['first', 'second'] as const;
const LINES = 5;
const PIPELINE_RUNS = '/apis/tekton.dev/v1/namespaces/default/pipelineruns';
const TASK_RUNS = '/apis/tekton.dev/v1/namespaces/default/taskruns';
/** What answers requests goes before what asks. */
const ORDER: readonly Part[] = ['registry', 'registry-1', 'logs', 'resources', 'scheduler', 'scheduler-1', 'executor'];

const postgresPrograms = await findPostgres();
const before = await releaseBefore();
const missing = [
  ...(postgresPrograms === undefined ? ['PostgreSQL'] : []),
  ...(before === undefined ? ['the history of the repository'] : []),
];

(missing.length > 0 ? describe.skip : describe)(
  `an upgrade under load${missing.map((m) => ` (needs ${m})`).join()}`,
  () => {
    let folder: string;
    let older: string;
    let postgres: TestPostgres;
    let services: Services;
    let api: Replicas;
    const exits: [part: Part, how: string | number][] = [];

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'slipway-upgrade-'));
      older = join(folder, 'older');
      [postgres] = await Promise.all([startTestPostgres(postgresPrograms!), buildRelease(before!, older)]);
      services = await prepareServices({
        dataDir: join(folder, 'data'),
        database: await postgres.createDatabase(),
        replicas: { registry: 2, scheduler: 2 },
        output: 'files',
        onExit: (part, how) => exits.push([part, how]),
      });
      await services.startAll({ home: older });
      const access = await findAccess({ kubeconfig: services.kubeconfig }, { dataDir: '', kubeconfigs: [] } as never);
      const servers = (['registry', 'registry-1'] as const).map((part) => services.serverOf(part));
      api = new Replicas(servers.map((server) => new ApiClient({ ...access, server })));
    }, 10 * MINUTE_MS);
    afterAll(async () => {
      api?.close();
      await services?.stopAll();
      await postgres?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test(
      'from the release before to this one and back again',
      async () => {
        await api.call('/api/v1/namespaces/default/persistentvolumeclaims', { method: 'POST', body: JOURNAL });
        const load = new Load(api);
        const loading = load.run();
        await Promise.race([loading, roll(undefined)]);
        expect(await versions()).toEqual(ORDER.map((part) => [part, VERSION]));
        exits.length = 0; // how the release before ends is its own affair
        await Promise.race([loading, roll(older)]);
        load.end();
        await loading;

        const runs = (await api.call<{ items: PipelineRun[] }>(PIPELINE_RUNS)).items;
        expect(runs.map((run) => run.metadata.name).sort()).toEqual([...load.names].sort());
        expect(runs.filter((run) => succeeded(run)?.status !== 'True').map(outcome)).toEqual([]);
        expect(await journal()).toEqual(expectedJournal(load.names));
        expect(await incompleteLogs(load.names)).toEqual([]);
        expect(api.surprises).toEqual([]);
        expect(exits.filter(([, how]) => how !== 0)).toEqual([]);

        /** Ends and starts one process after the other, as programs of `home`; runs end in between. */
        async function roll(home: string | undefined): Promise<void> {
          for (const part of ORDER) {
            const ended = load.ended + BETWEEN;
            await services.kill(part, 'SIGTERM');
            await services.start(part, home === undefined ? {} : { home });
            await eventually(() => load.ended >= ended, { deadlineMs: 3 * MINUTE_MS, what: `runs end after ${part}` });
          }
        }
      },
      20 * MINUTE_MS,
    );

    /** The release of each process, as its metrics have it. */
    async function versions(): Promise<[Part, string | undefined][]> {
      return Promise.all(
        ORDER.map(async (part): Promise<[Part, string | undefined]> => {
          const text = await services.metrics(part);
          return [part, /slipway_build_info\{version="([^"]+)"/.exec(text)?.[1]];
        }),
      );
    }

    async function journal(): Promise<string[]> {
      const taskRun = await runTask('read-the-journal', 'cat $(workspaces.journal.path)/journal');
      return (await log(taskRun)).filter((line) => !line.startsWith('slipway: ')).sort();
    }

    async function incompleteLogs(names: readonly string[]): Promise<string[]> {
      const problems: string[] = [];
      for (const name of names.flatMap((run) => TASKS.map((task) => `${run}-${task}`))) {
        const lines = await log(await api.call<TaskRun>(`${TASK_RUNS}/${name}`));
        const wanted = Array.from({ length: LINES }, (_, i) => `${name} line ${i}`);
        const got = lines.filter((line) => line.startsWith(name));
        if (got.join('\n') !== wanted.join('\n')) problems.push(`${name}: ${JSON.stringify(got)}`);
      }
      return problems;
    }

    async function runTask(name: string, script: string): Promise<TaskRun> {
      await api.call(TASK_RUNS, { method: 'POST', body: taskRunOf(name, script) });
      return eventually(
        async () => {
          const taskRun = await api.call<TaskRun>(`${TASK_RUNS}/${name}`);
          return isDone(taskRun) ? taskRun : undefined;
        },
        { deadlineMs: MINUTE_MS, what: `${name} ends` },
      ) as Promise<TaskRun>;
    }

    async function log(taskRun: TaskRun): Promise<string[]> {
      const path = `/api/v1/namespaces/default/pods/${taskRun.status!.podName!}/log`;
      const query = { container: 'step-only', follow: 'true' };
      let text = '';
      for await (const chunk of await api.stream(path, { query })) text += String(chunk);
      return text.split('\n').filter((line) => line !== '');
    }
  },
);

/** Keeps some runs going until it is told to end. */
class Load {
  readonly names: string[] = [];
  ended = 0;
  #isEnding = false;

  constructor(private readonly api: Replicas) {}

  async run(): Promise<void> {
    const going = new Set<string>();
    while (!this.#isEnding || this.names.length < RUNS_AT_LEAST || going.size > 0) {
      while (going.size < AT_ONCE && (!this.#isEnding || this.names.length < RUNS_AT_LEAST)) {
        const name = `run-${this.names.length}`;
        this.names.push(name);
        going.add(name);
        await this.api.create(PIPELINE_RUNS, pipelineRunOf(name));
      }
      await sleep(100); // between two looks at what goes on
      for (const name of going) {
        const run = await this.api.call<PipelineRun>(`${PIPELINE_RUNS}/${name}`);
        if (!isDone(run)) continue;
        if (succeeded(run)?.status !== 'True') throw new Error(`a run failed: ${outcome(run)}`);
        going.delete(name);
        this.ended++;
      }
    }
  }

  /** No more runs than there have to be. */
  end(): void {
    this.#isEnding = true;
  }
}

/** The registry behind a Service: a replica that does not listen is passed over, and everything else is written down. */
class Replicas {
  /** What kubectl would have shown to its user. */
  readonly surprises: string[] = [];
  #next = 0;

  constructor(private readonly clients: readonly ApiClient[]) {}

  call<T>(path: string, call?: Call): Promise<T> {
    return this.#ask((client) => client.call<T>(path, call));
  }

  stream(path: string, call: Call): ReturnType<ApiClient['stream']> {
    return this.#ask((client) => client.stream(path, call));
  }

  /** With a name of its own: after a broken connection it may be there already. */
  async create(path: string, body: KubeObject): Promise<void> {
    try {
      await this.call(path, { method: 'POST', body });
    } catch (error) {
      if (!(error instanceof SlipwayError && error.kind === 'exists')) throw error;
    }
  }

  close(): void {
    for (const client of this.clients) client.close();
  }

  async #ask<T>(ask: (client: ApiClient) => Promise<T>): Promise<T> {
    const endMs = Date.now() + MINUTE_MS;
    for (;;) {
      try {
        return await ask(this.clients[this.#next++ % this.clients.length]!);
      } catch (error) {
        if (!(error instanceof SlipwayError) || error.kind !== 'transient' || Date.now() > endMs) throw error;
        const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
        // A connection that was kept and is closed just then is the other way of not listening.
        if (code !== 'ECONNREFUSED' && code !== 'ECONNRESET') this.surprises.push(`${error.reason}: ${error.message}`);
      }
    }
  }
}

const JOURNAL = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'journal' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
};
const WORKSPACES = [{ name: 'journal', persistentVolumeClaim: { claimName: 'journal' } }];

function stepOf(script: string): TaskSpec {
  return { workspaces: [{ name: 'journal' }], steps: [{ name: 'only', image: 'busybox', script }] };
}

function taskRunOf(name: string, script: string): TaskRun {
  const spec = { workspaces: WORKSPACES, taskSpec: stepOf(script) };
  return { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name, namespace: 'default' }, spec };
}

/** Two tasks, one after the other; each writes to the journal that it begins and ends, and prints some lines. */
function pipelineRunOf(name: string): PipelineRun {
  const script = [
    '#!/bin/sh',
    'me=$(context.taskRun.name)',
    'echo "$me begin" >> $(workspaces.journal.path)/journal',
    `i=0; while [ $i -lt ${LINES} ]; do echo "$me line $i"; i=$((i+1)); sleep 0.1; done`,
    'echo "$me end" >> $(workspaces.journal.path)/journal',
  ].join('\n');
  const [first, second] = TASKS;
  const task = { workspaces: [{ name: 'journal', workspace: 'journal' }], taskSpec: stepOf(script) };
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name, namespace: 'default' },
    spec: {
      workspaces: WORKSPACES,
      pipelineSpec: {
        workspaces: [{ name: 'journal' }],
        tasks: [
          { name: first, ...task },
          { name: second, runAfter: [first], ...task },
        ],
      },
    },
  };
}

function expectedJournal(names: readonly string[]): string[] {
  return names.flatMap((run) => TASKS.flatMap((task) => [`${run}-${task} begin`, `${run}-${task} end`])).sort();
}

function outcome(run: PipelineRun): string {
  return `${run.metadata.name}: ${succeeded(run)?.reason} ${succeeded(run)?.message}`;
}
