// `kubectl logs` against a registry, with a logs service that the test plays.

import {
  LOGS_RPC,
  SlipwayError,
  type LogLine,
  type Pod,
  type ReadLogReply,
  type ReadLogRequest,
} from '@slipway/contracts';
import type { Subscription } from '@slipway/bus';
import { eventually } from '@slipway/testing';
import { hasKubectl, startTestRegistry, type Ran, type TestRegistry } from './running-registry.js';

const describeWithKubectl = hasKubectl() ? describe : describe.skip;

/** Lines by container, read as the logs service reads them. */
class Logs {
  readonly lines = new Map<string, LogLine[]>();
  readonly ended = new Set<string>();
  isAway = false;
  asked = 0;

  add(container: string, ...texts: string[]): void {
    const known = this.lines.get(container) ?? [];
    const second = (i: number): string => String(known.length + i).padStart(2, '0');
    this.lines.set(container, [
      ...known,
      ...texts.map((text, i): LogLine => ({
        time: `2026-01-01T00:00:${second(i)}.000000000Z`,
        stream: 'stdout',
        text,
      })),
    ]);
  }

  async read({ container, from, waitMs, maxLines = 1000, sinceTime }: ReadLogRequest): Promise<ReadLogReply> {
    this.asked++;
    if (this.isAway) throw new SlipwayError('transient', 'Away', 'away');
    const all = (): LogLine[] => this.lines.get(container) ?? [];
    const start = from < 0 ? Math.max(0, all().length + from) : from;
    const deadline = Date.now() + waitMs;
    while (all().length <= start && !this.ended.has(container) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const page = all().slice(start, start + maxLines);
    const next = start + page.length;
    const lines =
      sinceTime === undefined ? page : page.filter((line) => Date.parse(line.time) >= Date.parse(sinceTime));
    return { lines, next, end: this.ended.has(container) && next === all().length };
  }
}

function pod(name: string, containers: Record<string, object>, more: object = {}): Pod {
  const statuses = Object.entries(containers).map(([container, state]) => ({
    name: container, state, ready: false, restartCount: 0, image: 'i', imageID: '',
  })); // prettier-ignore
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: Object.keys(containers).map((container) => ({ name: container })) },
    status: { phase: 'Running', containerStatuses: statuses },
    ...more,
  };
}

const running = { running: {} };
const done = { terminated: { exitCode: 0, reason: 'Completed' } };
const waiting = { waiting: { reason: 'ContainerCreating' } };

describeWithKubectl('kubectl logs', () => {
  let registry: TestRegistry;
  let logs: Logs;
  let service: Subscription;
  const kubectl = (args: string): Promise<Ran> => registry.kubectl(args);

  beforeAll(async () => {
    registry = await startTestRegistry();
    await registry.store.commit({
      writes: [
        pod('one', { step: done }),
        pod('two', { 'step-a': done, 'step-b': running }),
        pod('new', { step: waiting }, { status: { phase: 'Pending' } }),
      ].map((object) => ({ op: 'create', object })),
    });
  });
  afterAll(() => registry.close());
  beforeEach(async () => {
    logs = new Logs();
    service = await registry.bus.serve(LOGS_RPC.read, 'logs', (data) => logs.read(data as ReadLogRequest));
  });
  afterEach(() => service.stop());

  test('a finished container’s log is whole', async () => {
    logs.add('step', ...Array.from({ length: 2500 }, (_, i) => `line ${i}`));
    logs.ended.add('step');
    const { code, stdout } = await kubectl('logs one');
    expect(code).toBe(0);
    expect(stdout.split('\n')).toHaveLength(2501);
    expect(stdout).toContain('line 2499\n');
  });

  test('the last lines of a container that has just ended are waited for', async () => {
    logs.add('step', 'first');
    const read = kubectl('logs one');
    await eventually(() => logs.asked > 0);
    logs.add('step', 'last');
    logs.ended.add('step');
    expect((await read).stdout).toBe('first\nlast\n');
  });

  test('tail, since, timestamps and limit cut as they say', async () => {
    logs.add('step-b', 'a', 'b', 'c');
    const out = async (args: string): Promise<string> => (await kubectl(`logs two -c step-b ${args}`.trim())).stdout;
    expect(await out('')).toBe('a\nb\nc\n');
    expect(await out('--tail=2')).toBe('b\nc\n');
    expect(await out('--tail=0')).toBe('');
    expect(await out('--tail=9')).toBe('a\nb\nc\n');
    expect(await out('--timestamps --tail=1')).toBe('2026-01-01T00:00:02.000000000Z c\n');
    expect(await out('--since-time=2026-01-01T00:00:01Z')).toBe('b\nc\n');
    expect(await out('--since=1h')).toBe('');
    expect(await out('--limit-bytes=3')).toBe('a\nb');
  });

  test('a followed log comes as it is written, ends with its container, and outlives the logs service', async () => {
    logs.add('step-b', 'a');
    const follow = registry.kubectlStart('logs -f two step-b --tail=1');
    await eventually(() => follow.output() === 'a\n');
    logs.add('step-b', 'b');
    await eventually(() => follow.output() === 'a\nb\n');
    await service.stop();
    await new Promise((resolve) => setTimeout(resolve, 300));
    service = await registry.bus.serve(LOGS_RPC.read, 'logs', (data) => logs.read(data as ReadLogRequest));
    logs.add('step-b', 'c');
    logs.ended.add('step-b');
    expect(await follow.ended).toEqual({ code: 0, stdout: 'a\nb\nc\n', stderr: '' });
  });

  test('a follower that goes away is not asked for any more', async () => {
    const follow = registry.kubectlStart('logs -f two step-b');
    await eventually(() => logs.asked > 0);
    follow.child.kill();
    await follow.ended;
    logs.add('step-b', 'a');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const asked = logs.asked;
    logs.add('step-b', 'b');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(logs.asked).toBe(asked);
  });

  test('every container of a pod can be read', async () => {
    logs.add('step-a', 'x');
    logs.ended.add('step-a');
    logs.add('step-b', 'y');
    const { stdout } = await kubectl('logs two --all-containers --prefix');
    expect(stdout.trim().split('\n').sort()).toEqual(['[pod/two/step-a] x', '[pod/two/step-b] y']);
  });

  test.each([
    ['logs two -c nobody', 'container nobody is not valid for pod two'],
    ['logs new', 'container "step" in pod "new" is waiting to start: ContainerCreating'],
    ['logs one --previous', 'previous terminated container "step" in pod "one" not found'],
    ['logs nobody', 'pods "nobody" not found'],
  ])('%s says %s', async (args, message) => {
    const { code, stderr } = await kubectl(args);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) as string });
  });

  test('without a name among several containers the choice is shown', async () => {
    const answered = await registry.fetch('/api/v1/namespaces/default/pods/two/log');
    expect(answered.json()).toMatchObject({
      code: 400,
      message: 'a container name must be specified for pod two, choose one of: [step-a step-b]',
    });
  });

  test('without a logs service the answer says so', async () => {
    logs.isAway = true;
    const answered = await registry.fetch('/api/v1/namespaces/default/pods/one/log');
    expect(answered.json()).toMatchObject({
      code: 503,
      reason: 'ServiceUnavailable',
    });
  });
});
