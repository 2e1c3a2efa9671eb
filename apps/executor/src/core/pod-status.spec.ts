import type { ContainerStatus, Pod, PodStatus, TaskRun } from '@slipway/contracts';
import { causeOf, isComplete, sidecarsReady, statusFromPod, type FailureReasons } from './pod-status.js';
import { reportedSidecar, stoppedSidecars } from './step-states.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const container = (name: string, state: ContainerStatus['state'], ready = false): ContainerStatus => ({
  ...{ name, state, ready, restartCount: 0, image: '', imageID: '' },
});
const running = (name: string, ready = true): ContainerStatus => container(name, { running: {} }, ready);
const waiting = (name: string, reason: string, message: string): ContainerStatus =>
  container(name, { waiting: { reason, message } });
const ended = (name: string, exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error', message = ''): ContainerStatus =>
  container(name, { terminated: { exitCode, reason, ...(message === '' ? {} : { message }) } }); // prettier-ignore
const entry = (key: string, value: string): string => JSON.stringify([{ key, value, type: 3 }]);

function podOf(status: PodStatus): Pod {
  const containers = (status.containerStatuses ?? []).map(({ name }) => ({ name }));
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'r-pod' }, spec: { containers }, status };
}

/** `reason: message` of the condition, with its status before it. */
function told(status: PodStatus, reasons: FailureReasons = 'StepFailed', annotations = {}): string {
  const taskRun: TaskRun = {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name: 'r', annotations },
    spec: {},
  };
  const report = { taskRun, pod: podOf(status), spec: {}, logged: new Map(), reasons, nowMs: NOW };
  const [condition] = statusFromPod(report).conditions ?? [];
  return `${condition!.status} ${condition!.reason}: ${condition!.message}`;
}

const RUNNING = 'Unknown Running: Not all Steps in the Task have finished executing';
const OK = 'True Succeeded: All Steps have completed executing';
const good = ended('step-a', 0);

const rows: [what: string, status: PodStatus, says: string][] = [
  ['steps that run', { phase: 'Running', containerStatuses: [good, running('step-b')] }, RUNNING],
  ['steps that have ended well, whatever the sidecars still do', { phase: 'Running', containerStatuses: [good, running('sidecar-db')] }, OK],
  ['a pod that has ended well', { phase: 'Succeeded', containerStatuses: [good] }, OK],
  ['a sidecar that failed beside steps that did not', { phase: 'Running', containerStatuses: [good, ended('sidecar-db', 1)] }, OK],
  ['the first step that failed', { phase: 'Failed', containerStatuses: [good, ended('step-b', 3), ended('step-c', 1)] }, 'False StepFailed: "step-b" exited with code 3: Error'],
  ['a step whose time was up', { phase: 'Failed', containerStatuses: [ended('step-a', 1, 'Error', entry('Reason', 'TimeoutExceeded'))] }, 'False StepFailed: "step-a" exited because the step exceeded the specified timeout limit'],
  ['a step without memory', { phase: 'Failed', containerStatuses: [ended('step-a', 137, 'OOMKilled')] }, 'False StepOOM: "step-a" exited with code 137: OOMKilled'],
  ['a step that could not be started', { phase: 'Failed', containerStatuses: [ended('step-a', 127, 'StartError', 'no such file')] }, 'False StepFailed: "step-a" exited with code 127: StartError: no such file'],
  ['results that are too large', { phase: 'Failed', containerStatuses: [ended('step-a', 1, 'Error', entry('Reason', 'TaskRunResultLargerThanAllowedLimit'))] }, 'False TaskRunResultLargerThanAllowedLimit: Termination message is above max allowed size 1572864, caused by large task result.'],
  ['an init container before the steps', { phase: 'Failed', initContainerStatuses: [ended('prepare', 1)], containerStatuses: [ended('step-a', 1)] }, 'False InitContainerFailed: init container failed, "prepare" exited with code 1: Error'],
  ['an init container without memory', { phase: 'Failed', initContainerStatuses: [ended('prepare', 137, 'OOMKilled')], containerStatuses: [] }, 'False InitContainerOOM: init container failed, "prepare" exited with code 137: OOMKilled'],
  ['an eviction before everything else', { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.', containerStatuses: [ended('step-a', 137, 'OOMKilled')] }, 'False PodEvicted: The node was low on memory.'],
  ["the node's own word where no step failed", { phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active too long', containerStatuses: [good, ended('sidecar-db', 1)] }, 'False Failed: Pod was active too long'],
  ['a sidecar, where nothing else failed a pod', { phase: 'Failed', containerStatuses: [good, ended('sidecar-db', 2)] }, 'False SidecarFailed: "sidecar-db" exited with code 2: Error'],
  ['a sidecar without memory', { phase: 'Failed', containerStatuses: [good, ended('sidecar-db', 137, 'OOMKilled')] }, 'False SidecarOOM: "sidecar-db" exited with code 137: OOMKilled'],
  ['that nobody knows why', { phase: 'Failed', containerStatuses: [good] }, 'False Failed: build failed for unspecified reasons.'],
  ['what a pod cannot be made of', { phase: 'Pending', containerStatuses: [waiting('step-a', 'CreateContainerConfigError', 'secret "s" not found')] }, 'False CreateContainerConfigError: Failed to create pod due to config error: secret "s" not found'],
  ['an image that does not come', { phase: 'Pending', containerStatuses: [waiting('step-a', 'ImagePullBackOff', 'no such image')] }, 'Unknown PullImageFailed: build step "step-a" is pending with reason "no such image"'],
  ['a node without room', { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes: Insufficient cpu' }] }, 'Unknown ExceededNodeResources: TaskRun Pod exceeded available resources'],
]; // prettier-ignore

describe('statusFromPod tells of', () => {
  test.each(rows)('%s', (_what, status, says) => {
    expect(told(status)).toBe(says);
  });

  test('any failure by one word, where older words are asked for', () => {
    const failed: PodStatus = { phase: 'Failed', containerStatuses: [ended('step-a', 137, 'OOMKilled')] };
    expect(told(failed, 'Failed')).toBe('False Failed: "step-a" exited with code 137: OOMKilled');
    expect(causeOf(podOf(failed))).toBe('StepOOM');
  });

  test('a failure that its pipeline ignores, and of no other end', () => {
    const ignored = { 'pipeline.tekton.dev/pipeline-task-on-error': 'continue' };
    const failed: PodStatus = { phase: 'Failed', containerStatuses: [ended('step-a', 3)] };
    expect(told(failed, 'StepFailed', ignored)).toBe('False FailureIgnored: "step-a" exited with code 3: Error');
    expect(told({ phase: 'Succeeded', containerStatuses: [good] }, 'StepFailed', ignored)).toBe(OK);
  });
});

test('a pod is complete with its last step, and not before', () => {
  const statuses = (...containerStatuses: ContainerStatus[]): Pod => podOf({ phase: 'Running', containerStatuses });
  expect(isComplete(statuses(good, running('step-b')))).toBe(false);
  expect(isComplete(statuses(good, running('sidecar-db')))).toBe(true);
  expect(causeOf(statuses(running('step-a')))).toBeUndefined();
});

test('steps wait for sidecars that are not ready, and for none that have ended', () => {
  const ready = (...containerStatuses: ContainerStatus[]): boolean =>
    sidecarsReady({ status: { phase: 'Running', containerStatuses } });
  expect(ready(running('step-a', false), running('sidecar-db'))).toBe(true);
  expect(ready(running('step-a'), running('sidecar-db', false))).toBe(false);
  expect(ready(running('step-a'), ended('sidecar-db', 1))).toBe(true);
  expect(sidecarsReady({ status: { phase: 'Pending' } })).toBe(false);
});

test('a run that is over has no sidecar that runs, and of one that had ended it says how', () => {
  const at = '2026-01-01T00:00:00Z';
  const db = { ...reportedSidecar(running('sidecar-db')), running: { startedAt: at } };
  const late = reportedSidecar(waiting('sidecar-late', 'ContainerCreating', ''));
  const failed = reportedSidecar(ended('sidecar-web', 2));
  expect(stoppedSidecars([db, late, failed], at)).toEqual([
    {
      name: 'db',
      container: 'sidecar-db',
      terminated: { exitCode: 0, reason: 'Completed', startedAt: at, finishedAt: at },
    },
    { name: 'late', container: 'sidecar-late', terminated: { exitCode: 0, reason: 'Completed', finishedAt: at } },
    failed,
  ]);
});
