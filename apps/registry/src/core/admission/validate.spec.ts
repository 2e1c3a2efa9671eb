import type { PipelineTask } from '@slipway/contracts';

import { ofStep, ofTask, problems } from './validation-cases.js';

describe('validate lets a run change', () => {
  const spec = { pipelineRef: { name: 'p' }, params: [{ name: 'a', value: '1' }] };
  const done = { conditions: [{ type: 'Succeeded', status: 'True' }] };
  it.each<[string, object, object, string[]]>([
    ['its status field while it runs', { spec }, { spec: { ...spec, status: 'Cancelled' } }, []],
    [
      'nothing else while it runs',
      { spec },
      { spec: { ...spec, params: [] } },
      ['spec: invalid value: Once the PipelineRun has started, only status updates are allowed'],
    ],
    [
      'nothing once it is done',
      { spec, status: done },
      { spec: { ...spec, status: 'Cancelled' }, status: done },
      ['spec: invalid value: Once the PipelineRun is complete, no updates are allowed'],
    ],
    [
      'its labels at any time',
      { spec, status: done },
      { spec, status: done, metadata: { name: 'n', labels: { a: 'b' } } },
      [],
    ],
    [
      'not who runs it',
      { spec },
      { spec: { ...spec, managedBy: 'example.com/other' } },
      ['spec.managedBy: invalid value: managedBy is immutable'],
    ],
    [
      'who runs it neither back nor with the rest',
      { spec: { ...spec, managedBy: 'example.com/other' } },
      { spec: { ...spec, params: [] } },
      [
        'spec.managedBy: invalid value: managedBy is immutable',
        'spec: invalid value: Once the PipelineRun has started, only status updates are allowed',
      ],
    ],
    ['from pending to running', { spec: { ...spec, status: 'PipelineRunPending' } }, { spec }, []],
  ])('%s', (_, before, after, expected) => {
    expect(problems('PipelineRun', after, before)).toEqual(expected);
  });

  it("says of a TaskRun's managedBy what it says of a PipelineRun's", () => {
    const spec = { taskRef: { name: 't' }, managedBy: 'tekton.dev/pipeline' };
    expect(problems('TaskRun', { spec: { ...spec, managedBy: 'example.com/other' } }, { spec })).toEqual([
      'spec.managedBy: invalid value: managedBy is immutable',
    ]);
  });

  it.each<[string, object, string[]]>([
    ['what else its controller writes', { completionTime: '2026-01-01T00:00:00Z', extraFields: { seen: true } }, []],
    ['its message', { conditions: [{ type: 'Succeeded', status: 'True', reason: 'Waited', message: 'for 10s' }] }, []],
    [
      'not how it ended',
      { conditions: [{ type: 'Succeeded', status: 'False', reason: 'Waited' }] },
      ['status.conditions: invalid value: Once the CustomRun is complete, its outcome and its results are final'],
    ],
    [
      'not that it has ended',
      { conditions: [] },
      ['status.conditions: invalid value: Once the CustomRun is complete, its outcome and its results are final'],
    ],
    [
      'not what it gave',
      { results: [{ name: 'seconds', value: '2' }] },
      ['status.results: invalid value: Once the CustomRun is complete, its outcome and its results are final'],
    ],
  ])('that is a CustomRun and has ended: %s', (_, change, expected) => {
    const spec = { customRef: { apiVersion: 'example.dev/v1', kind: 'Wait' } };
    const status = {
      conditions: [{ type: 'Succeeded', status: 'True', reason: 'Waited' }],
      results: [{ name: 'seconds', value: '1' }],
    };
    expect(problems('CustomRun', { spec, status: { ...status, ...change } }, { spec, status })).toEqual(expected);
  });

  it.each<[string, string, object, string[]]>([
    ['keeps', 'TaskRun', { 'tekton.dev/pipelineTask': 'build', team: 'blue' }, []],
    [
      'changes',
      'TaskRun',
      { 'tekton.dev/pipelineTask': 'other' },
      [
        'metadata.labels[tekton.dev/pipelineTask]: invalid value: label "tekton.dev/pipelineTask" is immutable once set',
      ],
    ],
    [
      'loses',
      'PipelineRun',
      {},
      [
        'metadata.labels[tekton.dev/pipelineTask]: invalid value: label "tekton.dev/pipelineTask" is immutable once set',
      ],
    ],
    ['first gets', 'CustomRun', { 'tekton.dev/pipelineTask': 'build', 'tekton.dev/pipelineRun': 'r' }, []],
  ])('that %s the label of its task, a %s', (_, kind, labels, expected) => {
    const before = { metadata: { name: 'n', labels: { 'tekton.dev/pipelineTask': 'build' } }, spec: {} };
    expect(problems(kind, { ...before, metadata: { name: 'n', labels } }, before)).toEqual(expected);
  });

  it('reading an object that an older release admitted does not refuse it', () => {
    const odd = { spec: { steps: [] } };
    expect(problems('Task', { ...odd, metadata: { name: 'n', labels: { a: 'b' } } }, odd)).toEqual([]);
    expect(problems('Task', odd)).not.toEqual([]);
  });
});

// Quadratic work would take minutes on these, and every test run would show it.
describe('validate answers', () => {
  const tasks = (count: number): PipelineTask[] =>
    Array.from({ length: count }, (_, i) => ({
      name: `t${i}`,
      taskSpec: {
        params: [{ name: 'x', type: 'string' }],
        steps: [{ image: 'i', script: 'echo $(params.x) $(params.p)' }],
      },
      params: [{ name: 'x', value: i === 0 ? '1' : `$(tasks.t${i - 1}.results.r)` }],
    }));

  it.each([
    [
      '10,000 tasks inline in a run',
      'PipelineRun',
      { spec: { params: [{ name: 'p', value: 'v' }], pipelineSpec: { tasks: tasks(10_000) } } },
    ],
    [
      '10,000 params of a run with as many tasks',
      'PipelineRun',
      {
        spec: {
          params: [
            { name: 'p', value: 'v' },
            ...Array.from({ length: 10_000 }, (_, i) => ({ name: `p${i}`, value: 'v' })),
          ],
          pipelineSpec: { tasks: tasks(10_000) },
        },
      },
    ],
  ])('with %s', (_, kind, fields) => {
    expect(problems(kind, fields)).toEqual([]);
  });

  it('with a megabyte of references that lead nowhere', () => {
    expect(ofStep({ script: '$(params.a'.repeat(100_000) })).toEqual([]);
    expect(ofStep({ script: '$(params.a)'.repeat(100_000) })).toHaveLength(1);
  });

  it('and reports no more than anybody reads', () => {
    const steps = Array.from({ length: 5_000 }, () => ({ script: 'x' }));
    expect(ofTask({ steps })).toHaveLength(200);
  });
});
