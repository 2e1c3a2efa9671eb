import { expectRow, ofRun, ofTaskRun, problems, step, type Row } from '../validation-cases.js';

describe('validate refuses a run', () => {
  it.each<Row>([
    {
      says: 'of nothing',
      of: problems('PipelineRun', { spec: {} }),
      is: ['spec.pipelineRef: expected exactly one, got neither: spec.pipelineRef, spec.pipelineSpec'],
    },
    {
      says: 'of two things',
      of: ofTaskRun({ taskSpec: { steps: [step] } }),
      is: ['spec.taskRef: expected exactly one, got both: spec.taskRef, spec.taskSpec'],
    },
    {
      says: 'with parts longer than the whole',
      of: ofRun({ timeouts: { pipeline: '1h', tasks: '40m', finally: '30m' } }),
      is: [
        'spec.timeouts.finally: invalid value: 40m0s + 30m0s should be <= pipeline duration: spec.timeouts.finally, spec.timeouts.tasks',
      ],
    },
    {
      says: 'with a part longer than the whole',
      of: ofRun({ timeouts: { pipeline: '1h', tasks: '2h' } }),
      is: ['spec.timeouts.tasks: invalid value: 2h0m0s should be <= pipeline duration'],
    },
    {
      says: 'with a part without limit in a whole with one',
      of: ofRun({ timeouts: { pipeline: '1h', tasks: '0s' } }),
      is: ['spec.timeouts.tasks: invalid value: 0s (no timeout) should be <= pipeline duration'],
    },
    {
      says: 'with time below nothing',
      of: ofTaskRun({ timeout: '-1s' }),
      is: ['spec.timeout: invalid value: -1s should be >= 0'],
    },
    {
      says: 'with a status that is none',
      of: ofRun({ status: 'Stop' }),
      is: [
        'spec.status: invalid value: Stop should be Cancelled, CancelledRunFinally, StoppedRunFinally or PipelineRunPending',
      ],
    },
    {
      says: 'with a message for nothing',
      of: ofTaskRun({ statusMessage: 'why' }),
      is: [
        'spec.statusMessage: invalid value: statusMessage should not be set if status is not set, but it is currently set to why',
      ],
    },
    {
      says: 'with one param twice',
      of: ofRun({
        params: [
          { name: 'p', value: '' },
          { name: 'P', value: '' },
        ],
      }),
      is: ['spec.params[P].name: expected exactly one, got both'],
    },
    {
      says: 'with results of tasks as params',
      of: ofRun({ params: [{ name: 'p', value: '$(tasks.a.results.r)' }] }),
      is: [
        'spec.params[p].value: invalid value: cannot use result expressions in [tasks.a.results.r] as PipelineRun parameter values',
      ],
    },
    {
      says: 'with a workspace of nothing',
      of: ofRun({ workspaces: [{ name: 'w' }] }),
      is: [/^spec\.workspaces\[0\]\.configMap: expected exactly one, got neither: /],
    },
    {
      says: 'with a workspace of a claim without name',
      of: ofTaskRun({ workspaces: [{ name: 'w', persistentVolumeClaim: {} }] }),
      is: ['spec.workspaces[0].persistentVolumeClaim.claimName: missing field(s)'],
    },
    {
      says: 'with one workspace twice',
      of: ofRun({
        workspaces: [
          { name: 'w', emptyDir: {} },
          { name: 'w', emptyDir: {} },
        ],
      }),
      is: ['spec.workspaces[1].name: workspace "w" provided by pipelinerun more than once, at index 0 and 1'],
    },
    {
      says: 'with breakpoints nowhere',
      of: ofTaskRun({ debug: { breakpoints: {} } }),
      is: [
        'spec.debug.breakpoints.onFailure: invalid value: onFailure breakpoint is empty, it is only allowed to be set as enabled',
      ],
    },
    {
      says: 'with two breakpoints before one step',
      of: ofTaskRun({ debug: { breakpoints: { beforeSteps: ['a', 'b', 'a'] } } }),
      is: [
        'spec.debug.breakpoints.beforeSteps[2]: before step must be unique, the same step: a is defined multiple times at',
      ],
    },
    {
      says: 'with more time for one task than for all',
      of: ofRun({
        timeouts: { tasks: '20m' },
        taskRunSpecs: [{ pipelineTaskName: 'a', timeout: '30m' }, { pipelineTaskName: 'b' }],
      }),
      is: ['spec.taskRunSpecs[0].timeout: invalid value: 30m0s should be <= pipeline tasks duration 20m0s'],
    },
    {
      says: 'with more time for one task than for the run',
      of: ofRun({ timeouts: { pipeline: '20m' }, taskRunSpecs: [{ pipelineTaskName: 'a', timeout: '30m' }] }),
      is: ['spec.taskRunSpecs[0].timeout: invalid value: 30m0s should be <= pipeline duration 20m0s'],
    },
    {
      says: 'with a breakpoint that is none',
      of: ofTaskRun({ debug: { breakpoints: { onFailure: 'yes' } } }),
      is: [
        'spec.debug.breakpoints.onFailure: invalid value: yes is not a valid onFailure breakpoint value, onFailure breakpoint is only allowed to be set as enabled',
      ],
    },
    {
      says: 'with compute resources twice',
      of: ofTaskRun({
        computeResources: { limits: { cpu: '1' } },
        stepSpecs: [{ name: 's', computeResources: { limits: { cpu: '1' } } }],
      }),
      is: ['spec.computeResources: expected exactly one, got both: spec.computeResources, spec.stepSpecs.resources'],
    },
    {
      says: 'whose inline steps use what nobody gives',
      of: problems('PipelineRun', {
        spec: {
          params: [{ name: 'p', value: 'v' }],
          pipelineSpec: {
            tasks: [{ name: 'a', taskSpec: { steps: [{ ...step, script: '$(params.p) $(params.q)' }] } }],
          },
        },
      }),
      is: ['spec.pipelineSpec.tasks[0].taskSpec.steps[0].script: non-existent variable in "$(params.p) $(params.q)"'],
    },
    {
      says: 'that waits after it began',
      of: problems('PipelineRun', {
        spec: { pipelineRef: { name: 'p' }, status: 'PipelineRunPending' },
        status: { startTime: '2026-01-01T00:00:00Z' },
      }),
      is: ['spec.status: invalid value: PipelineRun cannot be Pending after it is started'],
    },
  ])('$says', expectRow);

  it('leaves each inline task its own type of a param', () => {
    const tasks = [
      {
        name: 'a',
        taskSpec: { params: [{ name: 'x', type: 'array' }], steps: [{ image: 'i', args: ['$(params.x[*])'] }] },
        params: [{ name: 'x', value: ['1'] }],
      },
      {
        name: 'b',
        taskSpec: { params: [{ name: 'x', type: 'string' }], steps: [{ ...step, script: 'echo $(params.x)' }] },
        params: [{ name: 'x', value: '1' }],
      },
    ];
    expect(problems('PipelineRun', { spec: { pipelineSpec: { tasks } } })).toEqual([]);
  });
});
