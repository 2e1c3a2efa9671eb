import { expectRow, ofPipeline, ofPipelineTask, step, type Row } from '../validation-cases.js';

describe('validate refuses a pipeline', () => {
  it.each<Row>([
    {
      says: 'without anything',
      of: ofPipeline({}),
      is: [
        'spec.description: expected at least one, got none: spec.description, spec.params, spec.resources, spec.tasks, spec.workspaces',
      ],
    },
    {
      says: 'with a task that runs nothing',
      of: ofPipeline({ tasks: [{ name: 'a' }] }),
      is: [
        'spec.tasks[0].pipelineRef: expected exactly one, got neither: spec.tasks[0].pipelineRef, spec.tasks[0].pipelineSpec, spec.tasks[0].taskRef, spec.tasks[0].taskSpec',
      ],
    },
    {
      says: 'with a task that runs two things',
      of: ofPipelineTask({ taskSpec: { steps: [step] } }),
      is: ['spec.tasks[1].taskRef: expected exactly one, got multiple: spec.tasks[1].taskRef, spec.tasks[1].taskSpec'],
    },
    {
      says: 'with one name twice',
      of: ofPipelineTask({ name: 'a' }),
      is: ['spec.tasks[1].name: expected exactly one, got both'],
    },
    {
      says: 'with a name that is none',
      of: ofPipelineTask({ name: 'A_b' }),
      is: [
        'spec.tasks[1].name: invalid value "A_b" (Pipeline Task name must be a valid DNS Label.For more info refer to https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#names)',
      ],
    },
    {
      says: 'that runs after a task that is not there',
      of: ofPipelineTask({ runAfter: ['c'] }),
      is: [
        `spec.tasks: invalid value: couldn't add link between b and c: task b depends on c but c wasn't present in Pipeline`,
      ],
    },
    {
      says: 'that takes a result of a task that is not there',
      of: ofPipelineTask({ params: [{ name: 'p', value: '$(tasks.c.results.r)' }] }),
      is: [
        `spec.tasks: invalid value: couldn't add link between b and c: task b depends on c but c wasn't present in Pipeline`,
      ],
    },
    {
      says: 'with a cycle',
      of: ofPipeline({
        tasks: [
          { name: 'a', taskRef: { name: 't' }, runAfter: ['b'] },
          { name: 'b', taskRef: { name: 't' }, params: [{ name: 'p', value: '$(tasks.a.results.r)' }] },
        ],
      }),
      is: ['spec.tasks: invalid value: cycle detected; task "a" depends on "b" (each waits for the next: a → b → a)'],
    },
    {
      says: 'with an unknown param',
      of: ofPipelineTask({ params: [{ name: 'p', value: '$(params.x)' }] }),
      is: ['spec.tasks[1].params[p]: non-existent variable in "$(params.x)"'],
    },
    {
      says: 'with an unknown context',
      of: ofPipelineTask({ params: [{ name: 'p', value: '$(context.pipelineRun.x)' }] }),
      is: ['spec.tasks[1].params[p].value: non-existent variable in "$(context.pipelineRun.x)"'],
    },
    {
      says: 'with a param given twice',
      of: ofPipelineTask({
        params: [
          { name: 'p', value: '1' },
          { name: 'p', value: '2' },
        ],
      }),
      is: ['spec.tasks[1].params[1].name: parameter names must be unique, the parameter "p" is also defined at'],
    },
    {
      says: 'with a param that may be one thing twice, and is none of them by default',
      of: ofPipeline({
        params: [
          { name: 'p', type: 'string', enum: ['a', 'a'], default: 'b' },
          { name: 'q', type: 'array', enum: ['a'] },
        ],
        tasks: [{ name: 'a', taskRef: { name: 't' } }],
      }),
      is: [
        'spec.params[p]: parameter enum value a appears more than once',
        'spec.params[p]: param default value b not in the enum list',
        'spec.params[q]: enum can only be set with string type param',
      ],
    },
    {
      says: 'with a reason before the end',
      of: ofPipelineTask({ params: [{ name: 'p', value: '$(tasks.a.reason)' }] }),
      is: [
        'spec.tasks[1].params[p].value: invalid value: pipeline tasks can not refer to execution status of any other pipeline task or aggregate status of tasks',
      ],
    },
    {
      says: 'with the reason of a task that there is not, at the end',
      of: ofPipeline({
        tasks: [{ name: 'a', taskRef: { name: 't' } }],
        finally: [{ name: 'f', taskRef: { name: 't' }, params: [{ name: 'p', value: '$(tasks.b.reason)' }] }],
      }),
      is: ['spec.finally[0].params[p].value: invalid value: pipeline task b is not defined in the pipeline'],
    },
    {
      says: 'with a status before the end',
      of: ofPipelineTask({ params: [{ name: 'p', value: '$(tasks.a.status)' }] }),
      is: [
        'spec.tasks[1].params[p].value: invalid value: pipeline tasks can not refer to execution status of any other pipeline task or aggregate status of tasks',
      ],
    },
    {
      says: 'with a when operator that is none',
      of: ofPipelineTask({ when: [{ input: 'a', operator: 'like', values: ['a'] }] }),
      is: ['spec.tasks[1].when[0]: invalid value: operator "like" is not recognized. valid operators: in,notin'],
    },
    {
      says: 'with a CEL expression that is none',
      of: ofPipelineTask({ when: [{ cel: "'$(params.x)' = 'y'" }] }),
      is: [
        "spec.tasks[1].when[0].cel: invalid cel expression: '$(params.x)' = 'y' with err: Syntax error: token recognition error at: '= 'y'' (position 15)",
      ],
    },
    {
      says: 'with a variable outside of quotes',
      of: ofPipelineTask({ when: [{ cel: '$(context.pipelineRun.name) > 3' }] }),
      is: [
        "spec.tasks[1].when[0].cel: invalid cel expression: $(context.pipelineRun.name) > 3 with err: Syntax error: token recognition error at: '$(context.pipelineRu' (position 1)",
      ],
    },
    {
      says: 'with a CEL expression that says neither yes nor no',
      of: ofPipelineTask({ when: [{ cel: "'a' + 'b'" }] }),
      is: [
        "spec.tasks[1].when[0].cel: invalid cel expression: 'a' + 'b' with err: The CEL expression 'a' + 'b' is not evaluated to a boolean",
      ],
    },
    {
      says: 'with a when without values',
      of: ofPipelineTask({ when: [{ input: 'a', operator: 'in', values: [] }] }),
      is: ['spec.tasks[1].when[0]: invalid value: expecting non-empty values field'],
    },
    {
      says: 'with an undeclared workspace',
      of: ofPipelineTask({ workspaces: [{ name: 'w', workspace: 'x' }] }),
      is: [
        'spec.tasks[1].workspaces[0]: invalid value: pipeline task "b" expects workspace with name "x" but none exists in pipeline spec',
      ],
    },
    {
      says: 'with retries below nothing',
      of: ofPipelineTask({ retries: -1 }),
      is: ['spec.tasks[1].retries: invalid value: -1 should be >= 0'],
    },
    {
      says: 'with a failure that is retried and ignored',
      of: ofPipelineTask({ onError: 'continue', retries: 1 }),
      is: ['spec.tasks[1].onError: PipelineTask OnError cannot be set to "continue" when Retries is greater than 0'],
    },
    {
      says: 'whose final tasks run after others',
      of: ofPipeline({
        tasks: [{ name: 'a', taskRef: { name: 't' } }],
        finally: [{ name: 'f', taskRef: { name: 't' }, runAfter: ['a'] }],
      }),
      is: [
        'spec.finally[0]: invalid value: no runAfter allowed under spec.finally, final task f has runAfter specified',
      ],
    },
    {
      says: 'whose final tasks take each other’s results',
      of: ofPipeline({
        tasks: [{ name: 'a', taskRef: { name: 't' } }],
        finally: [
          { name: 'f', taskRef: { name: 't' } },
          { name: 'g', taskRef: { name: 't' }, params: [{ name: 'p', value: '$(tasks.f.results.r)' }] },
        ],
      }),
      is: [
        'spec.finally[1].params[p].value: invalid value: invalid task result reference, final task has task result reference from a final task f',
      ],
    },
    {
      says: 'with final tasks only',
      of: ofPipeline({ finally: [{ name: 'f', taskRef: { name: 't' } }] }),
      is: ['spec.finally: invalid value: spec.tasks is empty but spec.finally has 1 tasks'],
    },
    {
      says: 'with a result of nothing',
      of: ofPipeline({
        tasks: [{ name: 'a', taskRef: { name: 't' } }],
        results: [{ name: 'r', value: '$(tasks.b.results.r)' }],
      }),
      is: ['spec.results[0].value: invalid value: referencing a nonexistent task'],
    },
    {
      says: 'with a matrix of too many combinations',
      of: ofPipelineTask({ matrix: { params: [{ name: 'x', value: Array.from({ length: 257 }, String) }] } }),
      is: ['spec.tasks[1].matrix: expected 0 <= 257 <= 256'],
    },
    {
      says: 'with a param in its matrix and beside it',
      of: ofPipelineTask({ params: [{ name: 'x', value: '1' }], matrix: { params: [{ name: 'x', value: ['1'] }] } }),
      is: ['spec.tasks[1].matrix[x]: expected exactly one, got both: spec.tasks[1].matrix[x], spec.tasks[1].params[x]'],
    },
    {
      says: 'that takes one result of many runs',
      of: ofPipeline({
        tasks: [
          { name: 'a', taskRef: { name: 't' }, matrix: { params: [{ name: 'x', value: ['1'] }] } },
          { name: 'b', taskRef: { name: 't' }, params: [{ name: 'p', value: '$(tasks.a.results.r)' }] },
        ],
      }),
      is: [
        'spec.tasks[1]: A matrixed pipelineTask can only be consumed in aggregate using [*] notation, but is currently set to tasks.a.results.r',
      ],
    },
    {
      says: 'with a resource that it does not declare',
      of: ofPipelineTask({ resources: { inputs: [{ name: 'i', resource: 'r' }] } }),
      is: [
        `spec.tasks[1].resources.inputs[0].resource: invalid value: pipeline declared resources didn't match usage in Tasks: Didn't provide required values: [r]`,
      ],
    },
    {
      says: 'with a resource from a task that does not make it',
      of: ofPipeline({
        resources: [{ name: 'r', type: 'git' }],
        tasks: [
          { name: 'a', taskRef: { name: 't' } },
          { name: 'b', taskRef: { name: 't' }, resources: { inputs: [{ name: 'i', resource: 'r', from: ['a'] }] } },
        ],
      }),
      is: [
        'spec.tasks[1].resources.inputs[0].from[0]: invalid value: the resource r from a must be an output but is an input',
      ],
    },
    {
      says: 'with a custom task whose version names no group',
      of: ofPipelineTask({ taskRef: { apiVersion: 'v1', kind: 'Wait' } }),
      is: [
        'spec.tasks[1].taskRef.apiVersion: invalid value: invalid apiVersion format "v1", must be in the format "group/version"',
      ],
    },
    {
      says: 'that takes results of a fanned-out task which are no texts',
      of: ofPipeline({
        tasks: [
          {
            name: 'a',
            matrix: { params: [{ name: 'p', value: ['1', '2'] }] },
            taskSpec: {
              params: [{ name: 'p' }],
              results: [{ name: 'r', type: 'array' }, { name: 's' }],
              steps: [step],
            },
          },
          {
            name: 'b',
            taskRef: { name: 't' },
            params: [
              { name: 'p', value: ['$(tasks.a.results.r[*])'] },
              { name: 'q', value: ['$(tasks.a.results.s[*])'] },
            ],
          },
        ],
      }),
      is: [
        'spec.tasks: invalid value: Matrixed PipelineTasks emitting results must have an underlying type string, but result r has type array in pipelineTask',
      ],
    },
    {
      says: 'with a custom task that has no kind',
      of: ofPipelineTask({ taskRef: { apiVersion: 'x.dev/v1', name: 'c' } }),
      is: ['spec.tasks[1].taskRef.kind: invalid value: custom task ref must specify kind'],
    },
    {
      says: 'with what is wrong inside an inline task',
      of: ofPipeline({ tasks: [{ name: 'a', taskSpec: { steps: [{ ...step, onError: 'no' }] } }] }),
      is: [/^spec\.tasks\[0\]\.taskSpec\.steps\[0\]\.onError: /],
    },
  ])('$says', expectRow);
});
