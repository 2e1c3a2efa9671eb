import { ANNOTATIONS, type KubeObject } from '@slipway/contracts';
import {
  CANCEL_MODES,
  askedStrength,
  causeTextOf,
  childKindFor,
  childKindOf,
  strengthOf,
  type CancelCause,
  type ChildKind,
  type ChildObject,
} from './child-kind.js';
import { childRunOf, combinedOutcome, pendingChildRun, type Outcome } from './child-run.js';

const NOW = Date.UTC(2026, 0, 1);

const child = (kind: string, status?: 'True' | 'False' | 'Unknown', reason = ''): ChildObject =>
  ({
    apiVersion: 'tekton.dev/v1',
    kind,
    metadata: { name: 'c', namespace: 'ns' },
    spec: {},
    ...(status === undefined ? {} : { status: { conditions: [{ type: 'Succeeded', status, reason }] } }),
  }) as KubeObject as ChildObject;

describe('childRunOf', () => {
  const outcomes: [kind: string, status: 'True' | 'False' | 'Unknown' | undefined, reason: string, then: Outcome][] = [
    ['TaskRun', undefined, '', 'running'],
    ['TaskRun', 'Unknown', 'Running', 'running'],
    ['TaskRun', 'True', 'Succeeded', 'succeeded'],
    ['TaskRun', 'False', 'TaskRunTimeout', 'failed'],
    ['TaskRun', 'False', 'TaskRunCancelled', 'cancelled'],
    ['CustomRun', 'Unknown', 'CustomRunCancelled', 'running'],
    ['CustomRun', 'True', 'AnythingItSays', 'succeeded'],
    ['CustomRun', 'False', 'CustomRunTimedOut', 'failed'],
    ['CustomRun', 'False', 'CustomRunCancelled', 'cancelled'],
    ['PipelineRun', 'Unknown', 'CancelledRunningFinally', 'running'],
    ['PipelineRun', 'True', 'Completed', 'succeeded'],
    ['PipelineRun', 'False', 'PipelineRunTimeout', 'failed'],
    ['PipelineRun', 'False', 'Cancelled', 'cancelled'],
  ];
  test.each(outcomes)('takes a %s that is %s because of "%s" for %s', (kind, status, reason, then) => {
    expect(childRunOf(child(kind, status, reason)).outcome).toBe(then);
  });

  const asked: [kind: string, cause: CancelCause, spec: object, annotations: Record<string, string>][] = [
    ['TaskRun', 'timed-out', { status: 'TaskRunCancelled', statusMessage: 'TaskRun cancelled as the PipelineRun it belongs to has timed out.' }, {}],
    ['CustomRun', 'cancelled', { status: 'RunCancelled', statusMessage: 'CustomRun cancelled as the PipelineRun it belongs to has been cancelled.' }, { [ANNOTATIONS.cancelledAt]: '2026-01-01T00:00:00Z' }],
    ['PipelineRun', 'timed-out', { status: 'Cancelled' }, { [ANNOTATIONS.cancelCause]: 'PipelineRun cancelled as the PipelineRun it belongs to has timed out.' }],
  ]; // prettier-ignore
  test.each(asked)(
    'tells a %s that was %s by what was written when it was asked to end',
    (kind, cause, spec, notes) => {
      const row = childKindOf({ kind })!;
      const ended = row.asked(
        child(kind, 'False', row.cancelledReason),
        row.asks.cancel!,
        causeTextOf(row, cause),
        NOW,
      );
      expect(ended.spec).toEqual(spec);
      expect(ended.metadata.annotations ?? {}).toEqual(notes);
      expect(childRunOf(ended).outcome).toBe(cause);
    },
  );

  test('says how strongly a child was asked to end, and a stronger way always asks for more', () => {
    for (const kind of ['TaskRun', 'CustomRun', 'PipelineRun']) {
      const row = childKindOf({ kind })!;
      let strength = askedStrength(row, child(kind));
      expect(strength).toBe(-1);
      for (const mode of CANCEL_MODES) {
        const status = row.asks[mode];
        if (status === undefined) continue;
        const now = askedStrength(row, row.asked(child(kind), status, '', NOW));
        expect(now).toBeGreaterThanOrEqual(Math.max(strength, strengthOf(mode)));
        strength = now;
      }
      expect(strength).toBe(strengthOf('cancel'));
    }
  });
});

describe('childKindFor', () => {
  const rows: [given: string, task: Parameters<typeof childKindFor>[0], kind: ChildKind['kind']][] = [
    ['a Task by name', { taskRef: { name: 't' } }, 'TaskRun'],
    ['an inline task', { taskSpec: {} }, 'TaskRun'],
    ['a ClusterTask', { taskRef: { name: 't', kind: 'ClusterTask', apiVersion: 'tekton.dev/v1beta1' } }, 'TaskRun'],
    ['a kind of another group', { taskRef: { apiVersion: 'e.dev/v1', kind: 'Wait' } }, 'CustomRun'],
    ['an inline kind of another group', { taskSpec: { apiVersion: 'e.dev/v1', kind: 'Wait' } }, 'CustomRun'],
    ['a version without a kind', { taskRef: { apiVersion: 'e.dev/v1', name: 't' } }, 'TaskRun'],
    ['a pipeline by name', { pipelineRef: { name: 'p' } }, 'PipelineRun'],
    ['an inline pipeline', { pipelineSpec: {} }, 'PipelineRun'],
  ];
  test.each(rows)('%s runs as %o', (_given, task, kind) => {
    expect(childKindFor(task).kind).toBe(kind);
  });
});

test('combinedOutcome of many runs is the gravest once all have ended, and a failed one that is retried has not', () => {
  const kind = childKindOf({ kind: 'TaskRun' })!;
  const run = (outcome: Outcome, isToRetry = false) => ({ ...pendingChildRun(kind, outcome), outcome, isToRetry });
  expect(combinedOutcome([run('failed'), run('succeeded')])).toBe('failed');
  expect(combinedOutcome([run('failed'), run('cancelled')])).toBe('cancelled');
  expect(combinedOutcome([run('failed'), undefined])).toBe('running');
  expect(combinedOutcome([run('failed', true), run('succeeded')])).toBe('running');
});
