// What a real cluster refuses, cannot place or ends: each told apart in the TaskRun's condition.

import { resolve } from 'node:path';
import { isDone, succeeded, type Condition, type TaskRun } from '@slipway/contracts';
import { startClusterPlatform, type ClusterPlatform } from './cluster.js';

let world: ClusterPlatform;

beforeAll(async () => {
  world = await startClusterPlatform(resolve(import.meta.dirname, '../slipway'), process.env['E2E_KUBECONFIG']!);
}, 120_000);
afterAll(() => world?.stop());

const PLAIN = { name: 'only', image: 'busybox', command: ['true'] };

async function submit(name: string, step: object, spec: object = {}): Promise<void> {
  const taskRun = {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name },
    spec: { taskSpec: { steps: [{ ...PLAIN, ...step }] }, ...spec },
  };
  await world.ofPlatform(['create', '-f', '-'], JSON.stringify(taskRun));
}

/** The condition once it holds that. */
function condition(name: string, holds: (condition: Condition, run: TaskRun) => boolean): Promise<Condition> {
  return world.until(`${name} shows it`, async () => {
    const run = JSON.parse(await world.ofPlatform(['get', 'taskrun', name, '-o', 'json'])) as TaskRun;
    const shown = succeeded(run);
    return shown !== undefined && holds(shown, run) ? shown : undefined;
  });
}

const ended = (_condition: Condition, run: TaskRun): boolean => isDone(run);

test.each<[string, object, object, string, RegExp]>([
  ['an image whose name is none', { image: 'Not:A:Name' }, {}, 'TaskRunImagePullFailed', /Not:A:Name|couldn't parse/],
  [
    'a secret that is missing',
    { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'absent', key: 'k' } } }] },
    {},
    'CreateContainerConfigError',
    /absent/,
  ],
  ['a service account that is missing', {}, { serviceAccountName: 'robot' }, 'PodCreationFailed', /robot/],
  [
    'a step that takes more memory than it may',
    {
      image: 'debian:bookworm',
      command: ['sh', '-c', 'x=$(head -c 200000000 /dev/zero | tr "\\0" x)'],
      computeResources: { limits: { memory: '20Mi' } },
    },
    {},
    'StepOOM',
    /OOMKilled/,
  ],
  [
    'a pod that is not valid',
    { computeResources: { limits: { memory: '1Mi' }, requests: { memory: '2Mi' } } },
    {},
    'PodCreationFailed',
    /must be less than or equal/,
  ],
])('%s ends the run', async (_what, step, spec, reason, message) => {
  const name = `fails-${reason.toLowerCase()}-${Math.random().toString(36).slice(2, 7)}`;
  await submit(name, step, spec);
  const shown = await condition(name, ended);
  expect(shown).toMatchObject({ status: 'False', reason });
  expect(shown.message).toMatch(message);
});

test('a pod that no node has room for waits', async () => {
  await submit('huge', { computeResources: { requests: { cpu: '1000' } } });
  const shown = await condition('huge', ({ reason }) => reason === 'ExceededNodeResources');
  expect(shown.status).toBe('Unknown');
});

test('a full quota is waited for until there is room', async () => {
  await world.ofCluster(['create', 'quota', 'none', '--hard=pods=0']);
  await submit('queued', {});
  const shown = await condition('queued', ({ reason }) => reason === 'ExceededResourceQuota');
  expect(shown).toMatchObject({ status: 'Unknown' });
  expect(shown.message).toContain('exceeded quota: none');
  await world.ofCluster(['delete', 'quota', 'none']);
  expect(await condition('queued', ended)).toMatchObject({ status: 'True' });
});
