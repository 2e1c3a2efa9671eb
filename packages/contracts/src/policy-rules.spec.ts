import { policyProblems, type PolicyScope } from './policy-rules.js';

const pipeline: PolicyScope = {
  on: 'pipeline',
  tasks: [
    { name: 'a' },
    { name: 'inner', pipelineRef: { name: 'p' } },
    { name: 'wait', taskRef: { apiVersion: 'example.dev/v1', kind: 'Wait' } },
    { name: 'fan', matrix: { params: [{ name: 'x', value: ['1'] }] } },
  ],
};
const backoff = { delay: '2s' };
const until = [{ input: '$(loop.results.state)', operator: 'in', values: ['done'] }];
const onA = (policy: unknown): unknown => ({ tasks: { a: policy } });

// prettier-ignore
const right: [what: string, value: unknown, scope: PolicyScope][] = [
  ['nothing', null, pipeline],
  ['all there is', {
    onFailure: 'run-all', maxDepth: 3,
    tasks: {
      a: {
        retry: { limit: 5, exitCodes: [75], reasons: ['StepOOM'], backoff: { delay: '2s', factor: 1.5, max: '1m' } },
        loop: { until, limit: 20, delay: '10s', params: [{ name: 'p', value: ['x'] }] },
        whenSkipped: { results: { r: 'none', list: ['a'], map: { k: 'v' } } },
      },
      fan: { loop: { concurrency: 1, stopOnFailure: true } },
    },
  }, pipeline],
  ['what a pipeline and a custom task can keep of retries', {
    tasks: { inner: { retry: { limit: 2, reasons: ['Failed'], backoff } }, wait: { retry: { limit: 2 } } },
  }, pipeline],
  ['a CEL guard', onA({ loop: { until: [{ cel: "'$(loop.results.x)' == 'y'" }] } }), pipeline],
  ['a part of a loop, on a run', { tasks: { elsewhere: { loop: { limit: 3 } } } }, { on: 'part' }],
  ['retries of a task', { retry: { limit: 2 } }, { on: 'task' }],
];

// prettier-ignore
const wrong: [what: string, value: unknown, scope: PolicyScope, problems: [field: string, message: string][]][] = [
  ['text', 'run-all', pipeline, [['p', 'must be a map']]],
  ['unknown fields and words at once', { onFailure: 'explode', maxdepth: 3, maxDepth: 51 }, pipeline, [
    ['p.onFailure', 'must be one of stop, fail-fast, run-all'],
    ['p.maxdepth', 'is unknown; there are onFailure, maxDepth, tasks'],
    ['p.maxDepth', 'must be a whole number from 1 to 50'],
  ]],
  ['a task that is not there', { tasks: { b: {} } }, pipeline, [['p.tasks.b', 'the pipeline has no task "b"']]],
  ['a name that every object has', { constructor: 1, tasks: { toString: {} } }, pipeline, [
    ['p.constructor', 'is unknown; there are onFailure, maxDepth, tasks'],
    ['p.tasks.toString', 'the pipeline has no task "toString"'],
  ]],
  ['numbers out of range', onA({ retry: { limit: -1, exitCodes: [0, 256, 1.5], backoff: { delay: '1 s', factor: 0 } } }), pipeline, [
    ['p.tasks.a.retry.limit', 'must be a whole number from 0 to 100'],
    ['p.tasks.a.retry.exitCodes[0]', 'must be a whole number from 1 to 255'],
    ['p.tasks.a.retry.exitCodes[1]', 'must be a whole number from 1 to 255'],
    ['p.tasks.a.retry.exitCodes[2]', 'must be a whole number from 1 to 255'],
    ['p.tasks.a.retry.backoff.delay', 'must be a duration from 0s to 24h, such as 10s'],
    ['p.tasks.a.retry.backoff.factor', 'must be a number from 1 to 10'],
  ]],
  ['a backoff without a delay', onA({ retry: { backoff: { max: '1m' } } }), pipeline, [['p.tasks.a.retry.backoff.delay', 'is missing']]],
  ['reasons that are none', onA({ retry: { reasons: ['oom'] } }), pipeline, [['p.tasks.a.retry.reasons[0]', 'must be a reason of a run, such as StepOOM']]],
  ['exit codes of a pipeline', { tasks: { inner: { retry: { exitCodes: [75] } } } }, pipeline, [
    ['p.tasks.inner.retry.exitCodes', 'is for steps; a pipeline has no exit code: name reasons'],
  ]],
  ['what the controller of a custom task decides', { tasks: { wait: { retry: { reasons: ['Busy'], backoff } } } }, pipeline, [
    ['p.tasks.wait.retry.reasons', 'is not for a custom task: its controller decides when to try again'],
    ['p.tasks.wait.retry.backoff', 'is not for a custom task: its controller decides when to try again'],
  ]],
  ['a loop without an end', onA({ loop: { limit: 3 } }), pipeline, [['p.tasks.a.loop.until', 'is missing']]],
  ['a loop that is too long', onA({ loop: { until, limit: 10_001 } }), pipeline, [['p.tasks.a.loop.limit', 'must be a whole number from 1 to 10000']]],
  ['a guard in halves', onA({ loop: { until: [{ input: 'x' }] } }), pipeline, [['p.tasks.a.loop.until[0]', 'must have input, operator and values, or cel']]],
  ['concurrency without a matrix', onA({ loop: { concurrency: 2 } }), pipeline, [['p.tasks.a.loop.concurrency', 'is for a task with a matrix']]],
  ['both loops at once', onA({ loop: { concurrency: 2, until } }), pipeline, [['p.tasks.a.loop.concurrency', 'is for a matrix and cannot stand with "until"']]],
  ['until on a matrix', { tasks: { fan: { loop: { until } } } }, pipeline, [['p.tasks.fan.loop.until', 'cannot be for a task with a matrix']]],
  ['numbers as results', onA({ whenSkipped: { results: { n: 3 } } }), pipeline, [['p.tasks.a.whenSkipped.results.n', 'must be a string, a list of strings, or a map of strings; put numbers in quotes']]],
  ['a field without a value', onA({ retry: null }), pipeline, [['p.tasks.a.retry', 'has no value']]],
  ['what only a pipeline has, on a task', { onFailure: 'stop', retry: {} }, { on: 'task' }, [['p.onFailure', 'is unknown; there are retry']]],
];

describe('policyProblems', () => {
  test.each(right)('takes %s', (_what, value, scope) => {
    expect(policyProblems(value, scope, 'p')).toEqual([]);
  });

  test.each(wrong)('refuses %s, each by its field', (_what, value, scope, problems) => {
    const found = policyProblems(value, scope, 'p').map(({ field, message }) => [field, message]);
    expect(found).toEqual(problems);
  });

  test('says a bounded number of problems about any number of them', () => {
    const many = { tasks: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`t${i}`, 1])) };
    expect(policyProblems(many, pipeline, 'p')).toHaveLength(100);
  });
});
