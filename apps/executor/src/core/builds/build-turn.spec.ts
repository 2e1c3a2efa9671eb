import {
  isDone,
  type Build,
  type BuildStatus,
  type StepState,
  type TaskRun,
  type TaskRunStatus,
} from '@slipway/contracts';
import { compileBuild } from './compile-build.js';
import { nextOfBuild } from './build-turn.js';

const NOW = Date.UTC(2026, 0, 1);
const NOW_TEXT = '2026-01-01T00:00:00Z';
const EARLIER = '2025-12-31T23:59:00Z';

function build(more: { spec?: Partial<Build['spec']>; status?: BuildStatus } = {}): Build {
  return {
    apiVersion: 'build.knative.dev/v1alpha1',
    kind: 'Build',
    metadata: { name: 'b', namespace: 'ns', uid: 'u' },
    spec: { timeout: '5s', steps: [{ name: 's', image: 'i' }], ...more.spec },
    ...(more.status === undefined ? {} : { status: more.status }),
  };
}
const BEGUN: BuildStatus = { startTime: EARLIER, conditions: [{ type: 'Succeeded', status: 'Unknown' }] };

function taskRun(
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  more: TaskRunStatus = {},
  of = build(),
): TaskRun {
  const made = compileBuild(of, []) as TaskRun;
  return { ...made, status: { conditions: [{ type: 'Succeeded', status, reason, message: 'its words' }], ...more } };
}
function said(stored: Build, run: TaskRun | undefined): BuildStatus {
  const turn = nextOfBuild(stored, run, NOW);
  if (turn.kind !== 'say') throw new Error(turn.kind);
  return turn.status;
}
const container = (name: string, state: object): StepState => ({
  name,
  container: `build-step-${name}`,
  imageID: 'sha',
  ...state,
});
const exit = (exitCode: number): object => ({ terminated: { exitCode } });

describe('nextOfBuild', () => {
  const other = {
    ...taskRun('Unknown', 'Running'),
    metadata: { ...taskRun('Unknown', '').metadata, ownerReferences: [] },
  };
  const table: [given: string, stored: Build, run: TaskRun | undefined, then: string][] = [
    ['makes the TaskRun of a Build that is new', build(), undefined, 'begin'],
    ['asks the TaskRun to end once', build({ spec: { status: 'BuildCancelled' }, status: BEGUN }), taskRun('Unknown', 'Running'), 'cancel'],
    ['reads the spelling of Knative’s own clients', build({ spec: { Status: 'BuildCancelled' }, status: BEGUN }), taskRun('Unknown', 'Running'), 'cancel'],
    ['leaves a Build alone that has ended (U2)', build({ spec: { status: 'BuildCancelled' }, status: { conditions: [{ type: 'Succeeded', status: 'True' }] } }), taskRun('False', 'Failed'), 'rest'],
  ]; // prettier-ignore
  test.each(table)('%s', (_given, stored, run, then) => {
    expect(nextOfBuild(stored, run, NOW).kind).toBe(then);
  });

  test('leaves a Build alone that is being deleted', () => {
    const stored = build();
    stored.metadata.deletionTimestamp = EARLIER;
    expect(nextOfBuild(stored, undefined, NOW)).toEqual({ kind: 'rest' });
  });

  const condition = (status: string, reason: string | undefined, message: string): object => ({
    type: 'Succeeded',
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(message === '' ? {} : { message }),
    lastTransitionTime: NOW_TEXT,
  });
  const step = (state: object): TaskRunStatus => ({ podName: 'b-pod-1', steps: [container('s', state)] });
  const exited =
    'build step "build-step-s" exited with code 3 (image: "sha"); for logs run: kubectl -n ns logs b-pod-1 -c build-step-s';
  const words: [given: string, run: TaskRun | undefined, then: object, spec?: Partial<Build['spec']>][] = [
    ['a Build that was asked to end before it began', undefined, condition('False', 'BuildCancelled', 'Build "b" was cancelled'), { status: 'BuildCancelled' }],
    ['a TaskRun of that name that is not its own', other, condition('False', 'BuildExecuteFailed', 'a TaskRun called "b" exists and does not belong to the Build')],
    ['a step that waits', taskRun('Unknown', 'Pending', step({ waiting: { reason: 'ImagePullBackOff' } })), condition('Unknown', 'Pending', 'build step "build-step-s" is pending with reason "ImagePullBackOff"')],
    ['a step that waits and says why', taskRun('Unknown', 'Pending', step({ waiting: { reason: 'R', message: 'because' } })), condition('Unknown', 'Pending', 'build step "build-step-s" is pending with reason "because"')],
    ['a pod that waits', taskRun('Unknown', 'Pending'), condition('Unknown', 'Pending', 'its words')],
    ['a Build that builds', taskRun('Unknown', 'Running', step({ running: {} })), condition('Unknown', 'Building', '')],
    ['a success', taskRun('True', 'Succeeded', step(exit(0))), condition('True', undefined, '')],
    ['a step that failed', taskRun('False', 'StepFailed', step(exit(3))), condition('False', 'BuildFailed', exited)],
    ['a step that failed, by Tekton’s older word', taskRun('False', 'Failed', step(exit(3))), condition('False', 'BuildFailed', exited)],
    ['a step that was killed for its memory', taskRun('False', 'StepOOM', step(exit(3))), condition('False', 'StepOOM', exited)],
    ['a source that could not be fetched', taskRun('False', 'GitRevisionNotFound', step(exit(1))), condition('False', 'GitRevisionNotFound', 'its words')],
    ['a pod that could not be made', taskRun('False', 'PodCreationFailed'), condition('False', 'BuildExecuteFailed', 'its words')],
    ['a pod that the cluster forbids', taskRun('False', 'PodAdmissionFailed'), condition('False', 'BuildExecuteFailed', 'its words')],
    ['a secret that is annotated wrongly', taskRun('False', 'BadSecretAnnotation'), condition('False', 'BuildValidationFailed', 'BadSecretAnnotation: its words')],
    ['too long a time', taskRun('False', 'TaskRunTimeout'), condition('False', 'BuildTimeout', 'Build "b" failed to finish within "5s"')],
    ['too long a time by default', taskRun('False', 'TaskRunTimeout'), condition('False', 'BuildTimeout', 'Build "b" failed to finish within "10m0s"'), { timeout: '0s' }],
    ['too long a wait', taskRun('False', 'TaskRunPendingTimeout'), condition('False', 'BuildTimeout', 'Build "b" failed to start within "1h0m0s"')],
    ['a Build that was cancelled', taskRun('False', 'TaskRunCancelled'), condition('False', 'BuildCancelled', 'Build "b" was cancelled')],
  ]; // prettier-ignore
  test.each(words)('says of %s what Knative says', (_given, run, then, spec = {}) => {
    expect(said(build({ spec }), run).conditions).toEqual([then]);
  });

  test('ends a Build whose TaskRun was deleted, and makes no second one (U3)', () => {
    expect(said(build({ status: BEGUN }), undefined)).toMatchObject({
      completionTime: NOW_TEXT,
      conditions: [{ reason: 'BuildExecuteFailed', message: 'TaskRun "b" was deleted before the Build had finished' }],
    });
  });

  test('names the steps, and not those that fetch; a step that was skipped completed nothing', () => {
    const spec: Partial<Build['spec']> = {
      sources: [
        { name: 'a', git: { url: 'u', revision: 'r' } },
        { name: 'c', custom: { image: 'i' } },
      ],
      steps: [{ name: 'git-source-x', image: 'i' }, { image: 'i' }],
      volumes: [{ name: 'v', gitRepo: { repository: 'https://h/r' } } as never],
    };
    const steps = [
      container('git-source-a', exit(0)),
      container('git-volume-v', exit(0)),
      container('custom-source-c', exit(0)),
      container('git-source-x', exit(1)),
      container('unnamed-2', { ...exit(1), terminationReason: 'Skipped' }),
    ];
    const status = said(build({ spec }), taskRun('False', 'StepFailed', { steps }, build({ spec })));
    expect(status.stepStates).toEqual([
      { name: 'git-source-x', terminated: { exitCode: 1 } },
      { name: 'unnamed-2', terminated: { exitCode: 1 } },
    ]);
    expect(status.stepsCompleted).toEqual(['build-step-git-source-x']);
  });

  test('says which pod it is, when it began and ended, and what its sources were', () => {
    const spec: Partial<Build['spec']> = { source: { git: { url: 'u', revision: 'r' } } };
    const result = (key: string, value: string) => ({ key, value, resourceName: 'git-source-0' });
    const run = taskRun('True', 'Succeeded', {
      podName: 'b-pod-1',
      startTime: '2025-12-31T23:00:00Z',
      completionTime: '2025-12-31T23:30:00Z',
      resourcesResult: [
        result('commit', 'c0ffee'),
        result('url', 'https://h/r'),
        result('author', 'A <a@h>'),
        result('date', NOW_TEXT),
      ],
    });
    expect(said(build({ spec }), run)).toEqual({
      builder: 'Cluster',
      cluster: { namespace: 'ns', podName: 'b-pod-1' },
      startTime: '2025-12-31T23:00:00Z',
      completionTime: '2025-12-31T23:30:00Z',
      stepStates: [],
      stepsCompleted: [],
      sources: [{ name: '0', git: { url: 'https://h/r', commit: 'c0ffee', author: 'A <a@h>', date: NOW_TEXT } }],
      conditions: [{ type: 'Succeeded', status: 'True', lastTransitionTime: NOW_TEXT }],
    });
  });

  test('rests in what it said: asking again says the same, and an end has its time (U1)', () => {
    for (const [, run, , spec = {}] of words) {
      const first = build({ spec });
      const status = said(first, run);
      const stored = { ...first, status };
      if (isDone(stored)) expect(status.completionTime).toBeDefined();
      const again = nextOfBuild(stored, run, NOW + 60_000);
      expect(isDone(stored) ? again : (again as { status: unknown }).status).toEqual(
        isDone(stored) ? { kind: 'rest' } : status,
      );
    }
  });
});
