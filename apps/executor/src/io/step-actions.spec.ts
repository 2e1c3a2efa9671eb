import type { Fence, StepAction, TaskRun } from '@slipway/contracts';
import type { RemoteReferences } from '@slipway/store';
import { StepActions } from './step-actions.js';

const run = { metadata: { name: 'r', namespace: 'ns', uid: 'u' }, spec: {} } as TaskRun;
const task = {
  name: 't',
  spec: {
    steps: [
      { name: 'a', image: 'busybox' },
      { name: 'b', ref: { resolver: 'git', params: [] } },
    ],
  },
};
const action = { metadata: { name: 'x' }, spec: { image: 'of-the-action' } } as StepAction;

/** What the task becomes when its remote reference is answered so. */
const resolved = (answer: unknown): Promise<unknown> => {
  const remote = { get: () => Promise.resolve(answer) } as unknown as RemoteReferences;
  return new StepActions({} as never, remote).resolve(run, task as never, { shard: 1 } as Fence);
};

// prettier-ignore
const rows: [what: string, answer: object, becomes: object][] = [
  ['waits for what is fetched', { kind: 'resolving', request: 'q' },
    { resolving: { request: 'q', reason: 'ResolvingStepActionRef', message: 'TaskRun ns/r awaiting remote StepAction' } }],
  ['fails with what cannot be fetched', { kind: 'failed', message: 'no such commit' },
    { reason: 'TaskRunResolutionFailed', message: 'failed to resolve step ref for step "b" (index 1): no such commit' }],
  ['has the steps that were fetched', { kind: 'resolved', object: action },
    { spec: { steps: [{ name: 'a', image: 'busybox' }, { name: 'b', image: 'of-the-action' }] } }],
];
test.each(rows)('a TaskRun with a remote StepAction %s', async (_what, answer, becomes) => {
  expect(await resolved(answer)).toMatchObject(becomes);
});
