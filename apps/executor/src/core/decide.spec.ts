import type { Pod, PodStatus, TaskRun, TaskRunSpec, TaskRunStatus } from '@slipway/contracts';
import { decide, hasRun, stoppedStatus, wakeAtMs, type Decision, type RunView } from './decide.js';
import { restarted } from './unstarted.js';

const NOW = Date.parse('2026-01-01T00:10:00Z');
const STARTED = '2026-01-01T00:00:00Z';
const POD_NAME = 'r-pod';

const run = (spec: Partial<TaskRunSpec> = {}, status?: TaskRunStatus): TaskRun => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: 'r', namespace: 'ns', uid: 'u' },
  spec,
  ...(status === undefined ? {} : { status }),
});
const started = (over: Partial<TaskRunStatus> = {}): TaskRunStatus => ({
  podName: POD_NAME,
  startTime: STARTED,
  conditions: [{ type: 'Succeeded', status: 'Unknown' }],
  ...over,
});
const pod = (status?: PodStatus, sidecars: string[] = []): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: POD_NAME, uid: 'p' },
  spec: { containers: [{ name: 'step-a' }, ...sidecars.map((name) => ({ name: `sidecar-${name}` }))] },
  ...(status === undefined ? {} : { status }),
});
const container = (name: string, state: object, ready = false) => ({
  ...{ name, state, ready, restartCount: 0, image: '', imageID: '' },
});
const RUNNING: PodStatus = { phase: 'Running', containerStatuses: [container('step-a', { running: {} })] };
const ENDED: PodStatus = {
  phase: 'Succeeded',
  containerStatuses: [container('step-a', { terminated: { exitCode: 0 } })],
};
const done = started({ conditions: [{ type: 'Succeeded', status: 'True' }] });
const view = (over: Partial<RunView>): RunView => ({
  taskRun: run({}, started()),
  pod: pod(),
  onNode: RUNNING,
  defaultTimeoutMs: 3_600_000,
  imagePullMs: 0,
  ...over,
});

const ON_NODE = { nodeName: 'n', onNode: undefined, pod: { ...pod(), spec: { ...pod().spec, nodeName: 'n' } } };
const restartedPod = (atMs: number): Pod => restarted(pod({ phase: 'Pending' }), atMs);
const failingToPull = (reason: string, message: string): PodStatus => ({
  phase: 'Pending',
  containerStatuses: [container('step-a', { waiting: { reason, message } })],
});

describe('decide', () => {
  const rows: [title: string, view: Partial<RunView>, expected: Decision['kind'], reason?: string][] = [
    ['gives a cluster a pod that it has never seen', { onNode: undefined }, 'start-pod'],
    ['gives a pod up that a cluster had once', { onNode: undefined, pod: pod({ phase: 'Pending' }) }, 'lost'],
    [
      'starts a pod again on the node that it is bound to',
      { ...ON_NODE, pod: { ...ON_NODE.pod, status: { phase: 'Pending' } } },
      'start-pod',
    ],
    [
      'starts another pod for one that ended too early on a cluster',
      { onNode: { phase: 'Failed', reason: 'Evicted' } },
      'restart-pod',
    ],
    [
      'takes what a node says of an early end as it is',
      { ...ON_NODE, onNode: { phase: 'Failed', reason: 'Evicted' } },
      'report',
    ],
    ['waits before it starts a pod anew', { onNode: undefined, pod: restartedPod(NOW) }, 'rest'],
    ['starts it anew when its time has come', { onNode: undefined, pod: restartedPod(NOW - 1000) }, 'start-pod'],
    [
      'lets a registry be away for a while',
      { onNode: failingToPull('ImagePullBackOff', 'Back-off'), imagePullMs: 3_600_000 },
      'report',
    ],
    [
      'stops at an image that is not there',
      { onNode: failingToPull('ErrImagePull', 'manifest unknown'), imagePullMs: 3_600_000 },
      'stop',
      'TaskRunImagePullFailed',
    ],
    [
      'stops at a name that is none',
      { onNode: failingToPull('InvalidImageName', ''), imagePullMs: 3_600_000 },
      'stop',
      'TaskRunImagePullFailed',
    ],
    ['makes the pod of a new run', { taskRun: run(), pod: undefined, onNode: undefined }, 'create-pod'],
    ['holds a run that its user holds', { taskRun: run({ status: 'TaskRunPending' }), pod: undefined }, 'hold'],
    ['lets go on what has begun', { taskRun: run({ status: 'TaskRunPending' }, started()) }, 'report'],
    ['starts no pod of another node (D3)', { pod: onOtherNode(), onNode: undefined, nodeName: 'here' }, 'lost'],
    ['starts a pod that is stored and that no node has', { onNode: undefined }, 'start-pod'],
    ['never starts a pod again that was seen to run (D3)', { pod: pod(RUNNING), onNode: undefined }, 'lost'],
    ['gives up on a run whose pod was deleted', { pod: undefined, onNode: undefined }, 'lost'],
    ['reports what the pod does', {}, 'report'],
    ['ends a pod in which a step broke the chain', { onNode: broken() }, 'end-pod'],
    ['lets the steps before a broken one finish', { onNode: broken(true) }, 'report'],
    ['opens the gate when the sidecars are ready', { ...sidecar(true) }, 'open-gate'],
    ['keeps the gate shut until they are', { ...sidecar(false) }, 'report'],
    ['cleans up behind a finished run (D2)', { taskRun: run({ status: 'TaskRunCancelled' }, done) }, 'clean-up'],
    ['waits before the next attempt as long as its policy says (D4)', { ...waiting('1m') }, 'rest'],
    ['makes the pod of the next attempt once that is over', { ...waiting('1s') }, 'create-pod'],
    [
      'stops a run that is cancelled while it waits for its next attempt',
      { ...waiting('1m'), taskRun: { ...waiting('1m').taskRun!, spec: { status: 'TaskRunCancelled' } } },
      'stop',
      'TaskRunCancelled',
    ],
    ['stops a cancelled run', { taskRun: run({ status: 'TaskRunCancelled' }, started()) }, 'stop', 'TaskRunCancelled'],
    [
      'stops a cancelled run that has not begun',
      { taskRun: run({ status: 'TaskRunCancelled' }), pod: undefined, onNode: undefined },
      'stop',
      'TaskRunCancelled',
    ],
    ['stops a run at its time limit (D4)', { taskRun: run({ timeout: '9m' }, started()) }, 'stop', 'TaskRunTimeout'],
    ['does not stop a run before its limit', { taskRun: run({ timeout: '11m' }, started()) }, 'report'],
    ['knows no limit for a timeout of zero', { taskRun: run({ timeout: '0' }, started()) }, 'report'],
    ['takes an end that was in time', { taskRun: run({ timeout: '9m' }, started()), onNode: ENDED }, 'report'],
    ['stops a run whose image cannot be had', { onNode: pulling() }, 'stop', 'TaskRunImagePullFailed'],
  ];

  for (const [title, over, kind, reason] of rows) {
    it(title, () => {
      expect(decide(view(over), NOW)).toMatchObject({ kind, ...(reason === undefined ? {} : { reason }) });
    });
  }

  it('says how long a run was given', () => {
    expect(decide(view({ taskRun: run({ timeout: '1m30s' }, started()) }), NOW)).toHaveProperty(
      'message',
      'TaskRun "r" failed to finish within "1m30s"',
    );
  });

  it('rests with a finished run whatever its pod does, for every state of it (D2)', () => {
    for (const onNode of [undefined, RUNNING, ENDED]) {
      for (const stored of [undefined, pod(), pod(RUNNING)]) {
        expect(decide(view({ taskRun: run({}, done), pod: stored, onNode }), NOW).kind).toBe('clean-up');
      }
    }
  });

  it('starts a pod only where neither the store nor the node shows that it ran, for every state (D3)', () => {
    for (const onNode of [undefined, RUNNING, ENDED]) {
      for (const stored of [undefined, pod(), pod(RUNNING), pod(ENDED)]) {
        const { kind } = decide(view({ pod: stored, onNode }), NOW);
        const mayStart = onNode === undefined && stored !== undefined && !hasRun(stored);
        expect(kind === 'start-pod').toBe(mayStart);
      }
    }
  });
});

describe('wakeAtMs', () => {
  it('is the end of the run, never before its stored second is over', () => {
    expect(wakeAtMs(view({ taskRun: run({ timeout: '20m' }, started()) }))).toBe(
      Date.parse('2026-01-01T00:20:00.999Z'),
    );
  });
  it('is exact where the start is known exactly', () => {
    const startedMs = Date.parse('2026-01-01T00:00:00.250Z');
    expect(wakeAtMs(view({ taskRun: run({ timeout: '1s' }, started()), startedMs }))).toBe(startedMs + 1000);
  });
  it('is the start of the next attempt where the run waits for one', () => {
    expect(wakeAtMs(view(waiting('1m')))).toBe(Date.parse('2026-01-01T00:10:30Z'));
  });
  it('is never for a run without a limit, or a finished one', () => {
    expect(wakeAtMs(view({ taskRun: run({ timeout: '0' }, started()) }))).toBeUndefined();
    expect(wakeAtMs(view({ taskRun: run({}, done) }))).toBeUndefined();
  });
});

describe('stoppedStatus', () => {
  it('has a start, also where the run was stopped before anything was done for it', () => {
    const [never, begun] = [run(), run({}, started())].map((one) => stoppedStatus(one, 'TaskRunCancelled', '', NOW));
    expect(never).toMatchObject({ startTime: '2026-01-01T00:10:00Z', completionTime: '2026-01-01T00:10:00Z' });
    expect(begun).toMatchObject({ startTime: STARTED, completionTime: '2026-01-01T00:10:00Z' });
  });

  it('shows what ran or waited as ended for that reason, and leaves what had ended', () => {
    const steps = [
      { name: 'a', container: 'step-a', terminated: { exitCode: 0 } },
      { name: 'b', container: 'step-b', running: { startedAt: STARTED } },
      { name: 'c', container: 'step-c', waiting: { reason: 'x' } },
    ];
    const status = stoppedStatus(run({}, started({ steps })), 'TaskRunTimeout', 'late', NOW);
    expect(status.steps).toEqual([
      steps[0],
      {
        name: 'b',
        container: 'step-b',
        terminated: { exitCode: 1, startedAt: STARTED, finishedAt: '2026-01-01T00:10:00Z', reason: 'TaskRunTimeout' },
        terminationReason: 'TaskRunTimeout',
      },
      {
        name: 'c',
        container: 'step-c',
        terminated: { exitCode: 1, finishedAt: '2026-01-01T00:10:00Z', reason: 'TaskRunTimeout' },
        terminationReason: 'TaskRunTimeout',
      },
    ]);
  });
});

function sidecar(ready: boolean): Partial<RunView> {
  const statuses = [container('step-a', { running: {} }, true), container('sidecar-s', { running: {} }, ready)];
  return { pod: pod(undefined, ['s']), onNode: { phase: 'Running', containerStatuses: statuses } };
}

/** A run whose first attempt ended half a minute ago. */
function waiting(delay: string): Partial<RunView> {
  const retriesStatus = [{ completionTime: '2026-01-01T00:09:29Z' }];
  const taskRun = run({ retries: 1 }, { retriesStatus });
  return { taskRun, retry: { backoff: { delay } }, pod: undefined, onNode: undefined };
}

function onOtherNode(): Pod {
  return { ...pod(), spec: { ...pod().spec, nodeName: 'there' } };
}

function broken(isBehind = false): PodStatus {
  const before = isBehind ? [container('step-0', { running: {} })] : [];
  const statuses = [
    ...before,
    container('step-a', { terminated: { exitCode: 128, reason: 'StartError' } }),
    container('step-b', { running: {} }),
  ];
  return { phase: 'Running', containerStatuses: statuses };
}

function pulling(): PodStatus {
  const state = { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } };
  return { phase: 'Pending', containerStatuses: [container('step-a', state)] };
}
