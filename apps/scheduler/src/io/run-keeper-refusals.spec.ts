// Runs that cannot start, each with the reason and the words that Tekton has for it.

import { succeeded, type PipelineRun } from '@slipway/contracts';
import { task } from '../../test/builders.js';
import { World } from '../../test/world.js';

let world: World;
afterEach(() => world.stop());

const refusals: [given: string, spec: PipelineRun['spec'], reason: string, message: string][] = [
  [
    'a pipeline that is not there',
    { pipelineRef: { name: 'p' } },
    'CouldntGetPipeline',
    'Error retrieving pipeline for pipelinerun ns/r: pipelines.tekton.dev "p" not found',
  ],
  [
    'a task that is not there',
    { pipelineSpec: { tasks: [{ name: 'a', taskRef: { name: 'x' } }] } },
    'CouldntGetTask',
    `Pipeline ns/r can't be Run; it contains Tasks that don't exist: Couldn't retrieve Task "x": tasks.tekton.dev "x" not found`,
  ],
  [
    'a missing parameter',
    { pipelineSpec: { params: [{ name: 'p' }, { name: 'q' }], tasks: [task('a')] } },
    'ParameterMissing',
    'PipelineRun ns/r is missing some parameters required by Pipeline ns/r: PipelineRun missing parameters: [p q]',
  ],
  [
    'a parameter of another type',
    {
      pipelineSpec: { params: [{ name: 'p', type: 'array' }], tasks: [task('a')] },
      params: [{ name: 'p', value: 'x' }],
    },
    'ParameterTypeMismatch',
    "PipelineRun ns/r parameters have mismatching types with Pipeline ns/r's parameters: parameters have inconsistent types : [p]",
  ],
  [
    'a cycle',
    { pipelineSpec: { tasks: [task('a', 'b'), task('b', 'a')] } },
    'PipelineInvalidGraph',
    `PipelineRun ns/r's Pipeline DAG is invalid: cycle detected; task "a" depends on "b"`,
  ],
  [
    'an unbound workspace',
    { pipelineSpec: { workspaces: [{ name: 'w' }], tasks: [task('a')] } },
    'InvalidWorkspaceBindings',
    `PipelineRun ns/r doesn't bind Pipeline ns/r's Workspaces correctly: pipeline requires workspace with name "w" be provided by pipelinerun`,
  ],
  [
    'a result that its task does not declare',
    {
      pipelineSpec: { tasks: [task('a'), { ...task('b'), params: [{ name: 'p', value: '$(tasks.a.results.r)' }] }] },
    },
    'InvalidTaskResultReference',
    'invalid result reference in pipeline task "b": "r" is not a named result returned by pipeline task "a"',
  ],
  [
    'an index that an array has not',
    {
      pipelineSpec: {
        params: [{ name: 'p', type: 'array', default: ['x'] }],
        tasks: [{ ...task('a'), params: [{ name: 'q', value: '$(params.p[1])' }] }],
      },
    },
    'ParamArrayIndexingInvalid',
    `PipelineRun ns/r failed validation: failed to validate Pipeline ns/r's parameter which has an invalid index while referring to an array: non-existent param references:[$(params.p[1])]`,
  ],
  [
    'an object param that lacks keys',
    {
      params: [{ name: 'o', value: { x: '1' } }],
      pipelineSpec: {
        params: [{ name: 'o', type: 'object', properties: { x: {}, y: {}, z: {} } }],
        tasks: [task('a')],
      },
    },
    'ObjectParameterMissKeys',
    `PipelineRun ns/r parameters is missing object keys required by Pipeline ns/r's parameters: PipelineRun missing object keys for parameters: map[o:[y z]]`,
  ],
  [
    'a resource that it does not bind',
    { pipelineSpec: { resources: [{ name: 'repo', type: 'git' }], tasks: [task('a')] } },
    'InvalidPipelineResourceBindings',
    `PipelineRun ns/r doesn't bind Pipeline ns/r's PipelineResources correctly: PipelineRun bound resources didn't match Pipeline: didn't provide required values: [repo]`,
  ],
  [
    'a result of a task that does not declare it',
    { pipelineSpec: { tasks: [task('a')], results: [{ name: 'out', value: '$(tasks.a.results.r)' }] } },
    'InvalidPipelineResultReference',
    'Failed to resolve pipeline result reference for "r" with error invalid pipeline result "out": "r" is not a named result returned by pipeline task "a"',
  ],
  [
    'an optional workspace where its task needs one',
    {
      pipelineSpec: {
        workspaces: [{ name: 'w', optional: true }],
        tasks: [
          {
            name: 'a',
            taskSpec: { workspaces: [{ name: 'in' }], steps: [] },
            workspaces: [{ name: 'in', workspace: 'w' }],
          },
        ],
      },
    },
    'RequiredWorkspaceMarkedOptional',
    'Optional workspace not supported by task: pipeline workspace "w" is marked optional but pipeline task "a" requires it be provided',
  ],
  [
    'overrides for a task that is not there',
    { pipelineSpec: { tasks: [task('a')] }, taskRunSpecs: [{ pipelineTaskName: 'z' }] },
    'InvalidTaskRunSpecs',
    `PipelineRun ns/r doesn't define taskRunSpecs correctly: PipelineRun's taskrunSpecs defined wrong taskName: "z", does not exist in Pipeline`,
  ],
];
test.each(refusals)('fails a run with %s, saying so', async (_given, spec, reason, message) => {
  world = new World();
  world.start();
  await world.createRun('r', spec);
  const run = await world.done('r');
  expect(succeeded(run)).toMatchObject({ status: 'False', reason, message });
  expect(run.status?.completionTime).toBeDefined();
  expect(world.created).toEqual([]);
});
