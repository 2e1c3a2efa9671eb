// Custom tasks that a controller outside of Slipway serves, over NATS with no more rights than it needs; and over the
// API. Registry, scheduler and executor over a real nats-server; the controller is the example, as a process of
// its own; pods are faked.

import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { connectBus, type Bus } from '@slipway/bus';
import {
  CUSTOM_RUNS_RPC,
  isDone,
  succeeded,
  timeOf,
  type CustomRun,
  type CustomRunReply,
  type CustomRunStatus,
  type KubeObject,
  type PipelineRun,
  type TaskRun,
} from '@slipway/contracts';
import type { RunningService } from '@slipway/service';
import { eventually, startTestNats, tempDir, type TestNats } from '@slipway/testing';
import { startExecutor } from '../apps/executor/src/start.js';
import { startRegistry, type RunningRegistry } from '../apps/registry/src/start.js';
import { startScheduler } from '../apps/scheduler/src/start.js';
import { fakedExecutor } from './faked-executor.js';

const EXAMPLE = resolve(import.meta.dirname, '../examples/custom-task-controller');
const ADMIN = 'admin-token';
const CONTROLLER = 'controller-token';
const PASSWORD = 'of-the-controller';
/** As docs/custom-tasks.md has it. */
const CONTROLLER_RULES = [
  { namespaces: ['*'], resources: ['customruns.tekton.dev'], verbs: ['get', 'list', 'watch'] },
  { namespaces: ['*'], resources: ['customruns.tekton.dev/status'], verbs: ['patch'] },
];

let nats: TestNats;
let dir: Awaited<ReturnType<typeof tempDir>>;
let registry: RunningRegistry;
let bus: Bus;
const running: RunningService[] = [];

beforeAll(async () => {
  const user = readFileSync(join(EXAMPLE, 'nats-user.conf'), 'utf8');
  nats = await startTestNats({ users: [user.replace('$WAIT_CONTROLLER_PASSWORD', PASSWORD)] });
  dir = await tempDir();
  const sha256 = (token: string): string => createHash('sha256').update(token).digest('hex');
  const tokensFile = join(dir.path, 'tokens.yaml');
  const all = [{ namespaces: ['*'], resources: ['*'], verbs: ['*'] }];
  await writeFile(join(dir.path, 'token'), `${CONTROLLER}\n`);
  await writeFile(tokensFile, JSON.stringify([
    { tokenSha256: sha256(ADMIN), user: 'admin', rules: all },
    { tokenSha256: sha256(CONTROLLER), user: 'wait-controller', rules: CONTROLLER_RULES },
  ])); // prettier-ignore
  const common = { natsUrl: nats.url, host: '127.0.0.1', port: 0, logLevel: 'error', logFormat: 'text' as const };
  const database = `sqlite:${join(dir.path, 'registry.db')}`;
  registry = await startRegistry({
    ...common,
    instance: 'registry-0',
    database,
    access: { kind: 'tokens', file: tokensFile },
  });
  running.push(
    await startScheduler({ ...common, instance: 'scheduler-0' }),
    await startExecutor({
      ...common,
      instance: 'executor-0',
      ...fakedExecutor(dir.path),
    }),
  );
  bus = await connectBus({ url: nats.url, name: 'test' });
}, 120_000);

afterAll(async () => {
  await bus?.close();
  for (const service of running.reverse()) await service.stop();
  await registry?.stop();
  await nats?.close();
  await dir?.remove();
}, 60_000);

const ways: [way: string, program: string, env: () => Record<string, string>][] = [
  ['NATS', 'over-nats.mjs', () => ({ NATS_URL: addressOf(nats), NATS_USER: 'wait-controller', NATS_PASSWORD: PASSWORD })],
  ['the API', 'over-api.mjs', () => ({ SLIPWAY_URL: registry.url, TOKEN_FILE: join(dir.path, 'token') })],
]; // prettier-ignore

describe.each(ways)('the example controller over %s', (_way, program, env) => {
  const word = program.slice('over-'.length, -'.mjs'.length);
  let controller: ChildProcess;
  let said = '';
  beforeAll(async () => {
    await createWaits(`${word}-early`, '0'); // before there is a controller
    controller = spawn(process.execPath, [join(EXAMPLE, program)], { env: { PATH: process.env['PATH'], ...env() } });
    controller.stdout?.on('data', (bytes: Buffer) => (said += bytes.toString()));
    controller.stderr?.on('data', (bytes: Buffer) => (said += bytes.toString()));
    await until(() => (said.includes('serving') ? true : undefined), () => `the controller to serve: ${said}`);
  }, 60_000); // prettier-ignore
  afterAll(async () => {
    if (controller.exitCode !== null) return;
    controller.kill();
    await once(controller, 'exit');
  });

  test('serves what was there before it, and what comes; a later task has the result', async () => {
    await createWaits(`${word}-late`, '1');
    for (const name of [`${word}-early`, `${word}-late`]) {
      expect(succeeded(await done(name))).toMatchObject({ status: 'True', reason: 'Succeeded' });
    }
    expect(await read<CustomRun>('v1beta1', `customruns/${word}-late-wait`)).toMatchObject({
      status: { results: [{ name: 'seconds', value: '1' }], conditions: [{ status: 'True', reason: 'Waited' }] },
    });
    const say = await read<TaskRun>('v1', `taskruns/${word}-late-say`);
    expect(say.spec.params).toEqual([{ name: 'waited', value: '1' }]);
    expect(said).not.toMatch(/permission|error/i);
  }, 60_000);

  test('ends what is cancelled, and what runs out of time', async () => {
    await createWaits(`${word}-long`, '3600');
    await createWaits(`${word}-slow`, '3600', '1s');
    await until(async () => (await read<CustomRun>('v1beta1', `customruns/${word}-long-wait`)).status?.startTime, () => said);
    await api('PATCH', 'v1', `pipelineruns/${word}-long`, { spec: { status: 'Cancelled' } });
    expect(succeeded(await done(`${word}-long`))).toMatchObject({ status: 'False', reason: 'Cancelled' });
    expect(succeeded(await read<CustomRun>('v1beta1', `customruns/${word}-long-wait`))).toMatchObject({
      reason: 'CustomRunCancelled',
      message: expect.stringContaining('has been cancelled') as string, // the controller's words, not the scheduler's
    });
    expect(succeeded(await done(`${word}-slow`))).toMatchObject({ status: 'False' });
    expect(succeeded(await read<CustomRun>('v1beta1', `customruns/${word}-slow-wait`))).toMatchObject({
      reason: 'CustomRunTimedOut',
      message: 'It did not end within 1s.',
    });
  }, 60_000); // prettier-ignore
});

describe('customruns.status', () => {
  const waited: CustomRunStatus = { conditions: [{ type: 'Succeeded', status: 'True', reason: 'Waited' }] };
  const write = (run: CustomRun, more: object = {}): Promise<unknown> => {
    const { namespace, name, uid, resourceVersion } = run.metadata;
    return bus.request(CUSTOM_RUNS_RPC.status, { namespace, name, uid, resourceVersion, status: waited, ...more });
  };

  test('refuses what is not the state that was read, what has ended, and every other kind', async () => {
    await createWaits('refused', '3600');
    const key = { namespace: 'default', name: 'refused-wait' };
    const run = await until(async () => (await bus.request<CustomRunReply>(CUSTOM_RUNS_RPC.get, key)).object);
    const other = (await read<PipelineRun>('v1', 'pipelineruns/refused')) as unknown as CustomRun;
    await expect(write(other)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(write(other, { resource: 'pipelineruns.tekton.dev' })).rejects.toMatchObject({ kind: 'not-found' });
    await expect(write(run, { uid: 'other' })).rejects.toMatchObject({ kind: 'conflict', reason: 'UidMismatch' });
    await expect(write(run, { status: { nonsense: 1 } })).rejects.toMatchObject({ kind: 'invalid' });
    await write(run, { status: { startTime: timeOf(Date.now()) } });
    await expect(write(run)).rejects.toMatchObject({ kind: 'conflict', reason: 'Conflict' });
    const { object } = await bus.request<CustomRunReply>(CUSTOM_RUNS_RPC.get, key);
    expect(object?.spec).toEqual(run.spec);
    await write(object!, { status: { ...waited, results: [{ name: 'seconds', value: '1' }] } });
    const ended = (await bus.request<CustomRunReply>(CUSTOM_RUNS_RPC.get, key)).object!;
    await expect(write(ended)).rejects.toMatchObject({ kind: 'conflict', reason: 'CustomRunFinished' });
    expect(succeeded(await done('refused'))).toMatchObject({ status: 'True' });
    const anew = { status: { conditions: [{ type: 'Succeeded', status: 'False', reason: 'Regretted' }] } };
    await expect(api('PATCH', 'v1beta1', 'customruns/refused-wait/status', anew)).rejects.toThrow(
      /^422 .*its outcome and its results are final/,
    );
    expect((await bus.request<CustomRunReply>(CUSTOM_RUNS_RPC.get, key)).object).toEqual(ended);
  });

  test('is all that the user of the example may write, and CustomRuns are all that it may read', async () => {
    const [user, pass] = ['wait-controller', PASSWORD];
    const limited = await connect({ servers: addressOf(nats), user, pass, inboxPrefix: '_INBOX.wait-controller' });
    try {
      const refused = ['store.get', 'store.commit', 'change.0.x', '$JS.API.CONSUMER.CREATE.CHANGES.wait-controller.change.>'];
      for (const subject of refused) {
        await expect(limited.request(subject, '{}')).rejects.toThrow(/permission/i);
      }
    } finally {
      await limited.close();
    }
  }); // prettier-ignore
});

/** The example's own PipelineRun, with another name, other seconds and another timeout. */
async function createWaits(name: string, seconds: string, timeout = '1m'): Promise<void> {
  const document = readFileSync(join(EXAMPLE, 'pipeline-run.yaml'), 'utf8')
    .replace('name: waits', `name: ${name}`)
    .replace("value: '1'", `value: '${seconds}'`)
    .replace('timeout: 1m', `timeout: ${timeout}`);
  await api('POST', 'v1', 'pipelineruns', document);
}

function addressOf({ url }: TestNats): string {
  return url.replace(/\/\/.*@/, '//');
}

function until<T>(probe: () => T | undefined | Promise<T | undefined>, what = (): string => 'it'): Promise<T> {
  return eventually(
    async () => {
      const found = await probe();
      if (found === undefined) throw new Error(what());
      return found;
    },
    { what: 'what is awaited', deadlineMs: 45_000 },
  );
}

const done = (name: string): Promise<PipelineRun> =>
  until(async () => {
    const run = await read<PipelineRun>('v1', `pipelineruns/${name}`);
    return isDone(run) ? run : undefined;
  });

const read = <T extends KubeObject>(version: string, path: string): Promise<T> => api<T>('GET', version, path);

/** `body`: a text is YAML, anything else is sent as JSON. */
async function api<Answer = unknown>(method: string, version: string, path: string, body?: unknown): Promise<Answer> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/yaml';
  const response = await fetch(`${registry.url}/apis/tekton.dev/${version}/namespaces/default/${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN}`, 'content-type': type },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}
