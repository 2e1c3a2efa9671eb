import {
  failureEntries,
  formatTerminationMessage,
  type ContainerStatus,
  type Pod,
  type TaskRun,
} from '@slipway/contracts';
import { statusFromPod } from './pod-status.js';

const told = formatTerminationMessage(
  failureEntries({ reason: 'GitRevisionNotFound', message: 'There is no "gone".' }),
);
const ended = (name: string, exitCode: number, message = ''): ContainerStatus => ({
  ...{ name, ready: false, restartCount: 0, image: '', imageID: '' },
  state: { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', message } },
});

function conditionFor(status: Pod['status'], reasons: 'Failed' | 'StepFailed' = 'StepFailed') {
  const taskRun: TaskRun = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name: 'r' }, spec: {} };
  const containers = (status?.containerStatuses ?? []).map(({ name }) => ({ name }));
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers }, status: status! };
  const report = { taskRun, pod, spec: { steps: [] }, logged: new Map(), reasons, nowMs: 0 };
  return statusFromPod(report).conditions![0];
}

test('a source that failed says why in the condition, with the step that it was', () => {
  const containerStatuses = [ended('step-git-source-x', 1, told), ended('step-build', 1)];
  expect(conditionFor({ phase: 'Failed', containerStatuses })).toMatchObject({
    status: 'False',
    reason: 'GitRevisionNotFound',
    message: '"step-git-source-x" exited with code 1: Error: There is no "gone".',
  });
});

test('a source in an init container says why, too', () => {
  const status: Pod['status'] = { phase: 'Failed', initContainerStatuses: [ended('step-git-source-x', 1, told)] };
  expect(conditionFor(status)).toMatchObject({ status: 'False', reason: 'GitRevisionNotFound' });
});

test('what a step that succeeded tells is not why another one failed', () => {
  const containerStatuses = [ended('step-git-source-x', 0, told), ended('step-build', 1)];
  expect(conditionFor({ phase: 'Failed', containerStatuses })).toMatchObject({ reason: 'StepFailed' });
});
