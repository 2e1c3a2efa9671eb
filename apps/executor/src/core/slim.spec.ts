import type { Pod, TaskRun } from '@slipway/contracts';
import { slim } from './slim.js';

const metadata = {
  name: 'x',
  namespace: 'ns',
  uid: 'u',
  resourceVersion: '5',
  labels: { 'slipway.dev/shard': '3', other: 'y' },
  annotations: { long: 'text' },
  ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: 'o', uid: 'ou' }],
};

describe('slim', () => {
  it('keeps of a finished run what says that it is finished', () => {
    const run: TaskRun = {
      apiVersion: 'tekton.dev/v1',
      kind: 'TaskRun',
      metadata,
      spec: { taskSpec: { steps: [] } },
      status: {
        podName: 'p',
        conditions: [{ type: 'Succeeded', status: 'True', message: 'long' }],
        results: [{ name: 'r', value: 'v' }],
      },
    };
    expect(slim(run)).toEqual({
      apiVersion: 'tekton.dev/v1',
      kind: 'TaskRun',
      metadata: {
        name: 'x',
        namespace: 'ns',
        uid: 'u',
        resourceVersion: '5',
        labels: { 'slipway.dev/shard': '3' },
        ownerReferences: metadata.ownerReferences,
      },
      spec: {},
      status: { podName: 'p', conditions: [{ type: 'Succeeded', status: 'True' }] },
    });
  });

  it('keeps everything of what goes on', () => {
    const run: TaskRun = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata, spec: {} };
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { containers: [] },
      status: { phase: 'Running' },
    };
    expect(slim(run)).toBe(run);
    expect(slim(pod)).toBe(pod);
  });
});
