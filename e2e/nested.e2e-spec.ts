// Pipelines in pipelines on a platform of real processes: what comes up from two levels below, through kill -9 of the
// scheduler, and how the end of a run reaches those that are nested in it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isDone,
  succeeded,
  type KubeObject,
  type PipelineRun,
  type PipelineTask,
  type TaskRun,
} from '@slipway/contracts';
import { eventually } from '@slipway/testing';
import { ApiClient } from '../apps/cli/src/api/client.js';
import { findAccess } from '../apps/cli/src/api/kubeconfig.js';
import { prepareServices, type Services } from '../scripts/services.mjs';
import { slipway } from './slipway-run.js';

const API = '/apis/tekton.dev/v1/namespaces/default';
const DEADLINE_MS = 60_000;

let folder: string;
let services: Services;
let client: ApiClient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-nested-'));
  services = await prepareServices({ dataDir: folder, output: 'files' });
  await services.startAll();
  client = new ApiClient(
    await findAccess({ kubeconfig: services.kubeconfig }, { dataDir: folder, kubeconfigs: [] } as never),
  );
}, DEADLINE_MS);
afterAll(async () => {
  await services.stopAll();
  rmSync(folder, { recursive: true, force: true });
  client.close();
}, DEADLINE_MS);

const JOURNAL = [{ name: 'journal', workspace: 'journal' }];
/** A task that writes down when it begins and ends, and gives what it was told as its result. */
const say = (name: string, text: string, ...runAfter: string[]): PipelineTask => ({
  name,
  runAfter,
  workspaces: JOURNAL,
  params: [{ name: 'text', value: text }],
  taskSpec: {
    params: [{ name: 'text' }],
    workspaces: [{ name: 'journal' }],
    results: [{ name: 'said' }],
    steps: [
      {
        name: 'say',
        image: 'busybox',
        script:
          '#!/bin/sh\necho "begin $(params.text)" >> $(workspaces.journal.path)/journal\nsleep 0.3\n' +
          'echo "end $(params.text)" >> $(workspaces.journal.path)/journal\nprintf %s "$(params.text)" > $(results.said.path)\n',
      },
    ],
  },
});

/** A later task that is told what all nested runs of the matrix gave. */
const last = (): PipelineTask => {
  const task = say('last', '$(params.all[0]) $(params.all[1])');
  const [text] = task.params!;
  return {
    ...task,
    params: [{ name: 'all', value: '$(tasks.each.results.out[*])' }],
    taskSpec: {
      ...task.taskSpec!,
      params: [{ name: 'all', type: 'array' }],
      steps: task.taskSpec!.steps!.map((step) => ({
        ...step,
        script: step.script!.replaceAll('$(params.text)', text!.value as string),
      })),
    },
  };
};

test('results come up from two levels below, every step runs once, though the scheduler is killed', async () => {
  const workspaces = [{ name: 'journal' }];
  const innermost: PipelineTask = {
    name: 'deep',
    runAfter: ['first'],
    workspaces: JOURNAL,
    params: [{ name: 'env', value: '$(params.env)' }],
    pipelineSpec: {
      params: [{ name: 'env' }],
      workspaces,
      tasks: [say('a', 'a-$(params.env)'), say('b', 'b-$(params.env)', 'a')],
      results: [{ name: 'out', value: '$(tasks.b.results.said)' }],
    },
  };
  await create('tree', {
    workspaces: [
      {
        name: 'journal',
        volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } } },
      },
    ],
    pipelineSpec: {
      workspaces,
      tasks: [
        {
          name: 'each',
          workspaces: JOURNAL,
          matrix: { params: [{ name: 'env', value: ['east', 'west'] }] },
          pipelineSpec: {
            params: [{ name: 'env' }],
            workspaces,
            tasks: [say('first', 'first-$(params.env)'), innermost],
            results: [{ name: 'out', value: '$(tasks.deep.results.out)' }],
          },
        },
        last(),
      ],
      finally: [
        {
          name: 'read',
          workspaces: JOURNAL,
          taskSpec: {
            workspaces,
            results: [{ name: 'journal' }],
            steps: [
              {
                name: 'cat',
                image: 'busybox',
                script: 'cat $(workspaces.journal.path)/journal > $(results.journal.path)',
              },
            ],
          },
        },
      ],
      results: [
        { name: 'last', value: '$(tasks.last.results.said)' },
        { name: 'journal', value: '$(finally.read.results.journal)' },
      ],
    },
  });
  let kills = 0;
  for (let run = await get('tree'); !isDone(run); run = await get('tree')) {
    if (kills < 4 && run.status?.childReferences !== undefined) {
      kills++;
      await services.restart('scheduler', 'SIGKILL');
    }
    await sleep(300);
  }
  const run = await get('tree');
  expect([kills > 0, succeeded(run)?.reason, succeeded(run)?.message]).toEqual([
    true,
    'Succeeded',
    'Tasks Completed: 3 (Failed: 0, Cancelled 0), Skipped: 0',
  ]);
  const result = (name: string): string => run.status!.results!.find((one) => one.name === name)!.value as string;
  expect(result('last')).toBe('b-east b-west');
  const said = ['first-east', 'a-east', 'b-east', 'first-west', 'a-west', 'b-west', 'b-east b-west'];
  const journal = result('journal').trim().split('\n');
  expect([...journal].sort()).toEqual(said.flatMap((text) => [`begin ${text}`, `end ${text}`]).sort());
  for (const env of ['east', 'west']) {
    expect(journal.filter((line) => /^\w+ \S+$/.test(line) && line.endsWith(`-${env}`))).toEqual(
      ['first', 'a', 'b'].flatMap((name) => [`begin ${name}-${env}`, `end ${name}-${env}`]),
    );
  }
}, 90_000);

// `work`: what becomes of the task that runs two levels down; `tidy`: whether the inner finally runs.
test.each([
  ['Cancelled', 'Cancelled', 'TaskRunCancelled', false],
  ['CancelledRunFinally', 'Cancelled', 'TaskRunCancelled', true],
  ['StoppedRunFinally', 'Cancelled', 'Succeeded', true],
  ['slipway cancel', 'Cancelled', 'TaskRunCancelled', false],
])(
  '%s of a run ends all that is nested in it',
  async (how, reason, work, tidy) => {
    const name = how.toLowerCase().replace(' ', '-');
    const step = (script: string): object => ({ steps: [{ name: 's', image: 'busybox', script }] });
    await create(name, {
      pipelineSpec: {
        tasks: [
          {
            name: 'in',
            pipelineSpec: {
              tasks: [
                {
                  name: 'in',
                  pipelineSpec: {
                    tasks: [
                      { name: 'work', taskSpec: step(`sleep ${how === 'StoppedRunFinally' ? 3 : 600}`) },
                      { name: 'never', runAfter: ['work'], taskSpec: step('true') },
                    ],
                    finally: [{ name: 'tidy', taskSpec: step('true') }],
                  },
                },
              ],
            },
          },
        ],
      },
    });
    const inner = `${name}-in-in`;
    await eventually(async () => (await find(`taskruns/${inner}-work`))?.status?.podName !== undefined, {
      deadlineMs: 20_000,
    });
    if (how === 'slipway cancel') {
      expect((await slipway(['cancel', name, '--kubeconfig', services.kubeconfig])).code).toBe(0);
    } else {
      await client.call(`${API}/pipelineruns/${name}`, {
        method: 'PATCH',
        contentType: 'application/merge-patch+json',
        body: { spec: { status: how } },
      });
    }
    await eventually(async () => isDone(await get(name)) && isDone(await get(inner)), { deadlineMs: 30_000 });
    const work_ = `taskruns/${inner}-work`;
    await eventually(async () => isDone((await find(work_))!), { deadlineMs: 20_000 });
    expect(succeeded(await get(name))?.reason).toBe(reason);
    expect([succeeded((await find(work_))!)?.reason, await find(`taskruns/${inner}-never`)]).toEqual([work, undefined]);
    expect((await find(`taskruns/${inner}-tidy`)) !== undefined).toBe(tidy);
    await client.call(`${API}/pipelineruns/${name}`, { method: 'DELETE' });
    for (const path of [`${API}/pipelineruns`, `${API}/taskruns`, '/api/v1/namespaces/default/pods']) {
      const left = (await client.call<{ items: KubeObject[] }>(path)).items.map(({ metadata }) => metadata.name);
      expect([path, left.filter((one) => one.startsWith(`${name}-`))]).toEqual([path, []]);
    }
  },
  90_000,
);

function create(name: string, spec: object): Promise<unknown> {
  const body = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata: { name, namespace: 'default' }, spec };
  return client.call(`${API}/pipelineruns`, { method: 'POST', body });
}

function get(name: string): Promise<PipelineRun> {
  return client.call<PipelineRun>(`${API}/pipelineruns/${name}`);
}

async function find(path: string): Promise<TaskRun | undefined> {
  try {
    return await client.call<TaskRun>(`${API}/${path}`);
  } catch (error) {
    if ((error as { kind?: string }).kind === 'not-found') return undefined;
    throw error;
  }
}
