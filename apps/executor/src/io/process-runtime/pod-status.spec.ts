import type { Pod } from '@slipway/contracts';
import { parseReport, type ContainerReport } from './container-state.js';
import { podStatus, type ContainerFacts, type PodFacts } from './pod-status.js';

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', uid: 'u' },
  spec: { initContainers: [{ name: 'i' }], containers: [{ name: 'a' }, { name: 'b' }] },
};
/** status('i ended 0', 'a running') — containers that are not named wait. */
function status(...lines: string[]): ReturnType<typeof podStatus> {
  const containers = lines.map((line): [string, ContainerFacts] => {
    const [name, kind, code, reason] = line.split(' ');
    const ended = {
      kind: 'terminated',
      exitCode: Number(code),
      reason: reason ?? (code === '0' ? 'Completed' : 'Error'),
      message: '',
      startedMs: 1000,
      finishedMs: 2000,
    } as const;
    const report: ContainerReport = kind === 'ended' ? ended : { kind: 'running', pid: 1, startedMs: 1000 };
    return [name!, { report, terminationMessage: kind === 'ended' ? 'left' : '', probeSucceeded: kind === 'running' }];
  });
  return podStatus(pod, { createdMs: 0, waiting: undefined, refused: undefined, containers: new Map(containers) });
}

const phases: [lines: string[], phase: string, ready: boolean][] = [
  [[], 'Pending', false],
  [['i running'], 'Pending', false],
  [['i ended 0'], 'Pending', false],
  [['i ended 0', 'a running'], 'Running', false],
  [['i ended 0', 'a running', 'b running'], 'Running', true],
  [['i ended 0', 'a running', 'b unready'], 'Running', false],
  [['i ended 0', 'a ended 0', 'b running'], 'Running', false],
  [['i ended 0', 'a ended 0', 'b ended 0'], 'Succeeded', false],
  [['i ended 0', 'a ended 1', 'b ended 0'], 'Failed', false],
  [['i ended 0', 'a ended 1', 'b running'], 'Running', false],
  [['i ended 1', 'a ended 137 NotStarted', 'b ended 137 NotStarted'], 'Failed', false],
];
test.each(phases)('a pod with %j is %s, ready %j', (lines, phase, ready) => {
  const got = status(...lines);
  expect(got.phase).toBe(phase);
  expect(got.conditions!.find(({ type }) => type === 'Ready')!.status).toBe(ready ? 'True' : 'False');
});

test('a container says what it left, when it began and ended, and why', () => {
  expect(status('i ended 0', 'a ended 3', 'b running').containerStatuses).toEqual([
    {
      ...{
        name: 'a',
        ready: false,
        started: false,
        restartCount: 0,
        image: '',
        imageID: '',
        containerID: 'process://u/a',
      },
      state: {
        terminated: {
          exitCode: 3,
          reason: 'Error',
          message: 'left',
          startedAt: '1970-01-01T00:00:01Z',
          finishedAt: '1970-01-01T00:00:02Z',
          containerID: 'process://u/a',
        },
      },
    },
    {
      ...{
        name: 'b',
        ready: true,
        started: true,
        restartCount: 0,
        image: '',
        imageID: '',
        containerID: 'process://u/b',
      },
      state: { running: { startedAt: '1970-01-01T00:00:01Z' } },
    },
  ]);
});

test('containers wait for init containers by the name that a kubelet gives it', () => {
  const reasons = status('i running').containerStatuses!.map(({ state }) => state.waiting!.reason);
  expect(reasons).toEqual(['PodInitializing', 'PodInitializing']);
  expect(status('i ended 1', 'a ended 137 NotStarted').containerStatuses![0]!.state).toEqual({
    waiting: { reason: 'PodInitializing' },
  });
});

test('why a pod cannot start is said by its containers, why it never will by the pod', () => {
  const facts: PodFacts = {
    createdMs: 0,
    waiting: { reason: 'CreateContainerConfigError', message: 'm' },
    refused: undefined,
    containers: new Map(),
  };
  expect(podStatus(pod, facts).containerStatuses![0]!.state.waiting).toEqual(facts.waiting);
  const refused = podStatus(pod, { ...facts, waiting: undefined, refused: { reason: 'R', message: 'm' } });
  expect({ phase: refused.phase, reason: refused.reason, message: refused.message }).toEqual({
    phase: 'Failed',
    reason: 'R',
    message: 'm',
  });
});

const reports: [text: string, then: ContainerReport][] = [
  ['', { kind: 'waiting' }],
  ['running 12 1700000000123456789\n', { kind: 'running', pid: 12, startedMs: 1700000000123 }],
  [
    'terminated 0 1000000000 2000000000 Completed \n',
    { kind: 'terminated', exitCode: 0, reason: 'Completed', message: '', startedMs: 1000, finishedMs: 2000 },
  ],
  [
    'terminated 128 0 5000000 StartError no such file: x\n',
    {
      kind: 'terminated',
      exitCode: 128,
      reason: 'StartError',
      message: 'no such file: x',
      startedMs: undefined,
      finishedMs: 5,
    },
  ],
  ['terminated 1', { kind: 'waiting' }],
];
test.each(reports)('parseReport reads %j', (text, then) => {
  expect(parseReport(text)).toEqual(then);
});
