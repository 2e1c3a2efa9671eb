import type { Artifacts, PipelineSpec } from '@slipway/contracts';
import { ended, NOW, modelOf, noDefinitions, pipelineRun, task } from '../../test/builders.js';
import { Played, play } from '../../test/played.js';
import { decide } from './decide.js';
import { taskStatus } from './status.js';

describe('decide', () => {
  test.each<[what: string, artifacts: Artifacts, params: unknown, reason: string]>([
    [
      'gives a task an artifact of another, behind which it runs',
      { outputs: [{ name: 'image', values: [{ uri: 'u', digest: { sha256: '2', sha1: '1' } }] }] },
      [{ name: 'p', value: '[{"digest":{"sha1":"1","sha256":"2"},"uri":"u"}]' }],
      'Running',
    ],
    [
      'fails the run when the artifact is not there',
      { inputs: [{ name: 'image' }] },
      undefined,
      'PipelineValidationFailed',
    ],
  ])('%s', (_, artifacts, params, reason) => {
    const taker = { ...task('b'), params: [{ name: 'p', value: '$(tasks.a.outputs.image)' }] };
    const run = play({ tasks: [task('a'), taker] });
    expect(run.order).toEqual(['a']);
    const done = ended(run.taskRuns.get('run-a')!, 'succeeded');
    run.model.observe({ ...done, status: { ...done.status, artifacts } });
    run.decide();
    expect(run.taskRuns.get('run-b')?.spec.params).toEqual(params);
    expect(run.last?.condition.reason).toBe(reason);
  });

  test.each<[what: string, cel: string, result: string, ends: string]>([
    ['starts a task whose expression holds', "'$(tasks.a.results.r)' == 'yes'", 'yes', 'b'],
    [
      'skips one whose expression does not',
      "'$(tasks.a.results.r)' == 'yes'",
      'no',
      'When Expressions evaluated to false',
    ],
    [
      'takes a result for text, whatever it says',
      "'$(tasks.a.results.r)' == 'yes'",
      "' == '' || 'yes",
      'When Expressions evaluated to false',
    ],
    [
      'fails the run when an expression cannot be evaluated',
      "int('$(tasks.a.results.r)') > 1",
      'many',
      'CELEvaluationFailed',
    ],
  ])('%s', (_, cel, result, ends) => {
    const producer = { name: 'a', taskSpec: { steps: [], results: [{ name: 'r' }] } };
    const run = play({ tasks: [producer, { ...task('b', 'a'), when: [{ cel }] }] }).end('a', 'succeeded', {
      r: result,
    });
    const { reason, message } = run.last!.condition;
    expect([...run.order, ...Object.values(run.skips()), reason]).toContain(ends);
    expect(run.order.includes('b')).toBe(ends === 'b');
    if (ends === reason) expect(message).toMatch(/^Error evaluating CEL run: type conversion error/);
  });

  test('starts every task that waits for nothing, and the others when what they follow has ended', () => {
    const run = play({ tasks: [task('a'), task('b'), task('c', 'a', 'b')] });
    expect(run.order).toEqual(['a', 'b']);
    expect(run.end('a', 'succeeded').order).toEqual(['a', 'b']);
    expect(run.end('b', 'succeeded').order).toEqual(['a', 'b', 'c']);
    expect(run.last?.condition.message).toBe('Tasks Completed: 2 (Failed: 0, Cancelled 0), Incomplete: 1, Skipped: 0');
    expect(run.end('c', 'succeeded').last?.condition).toEqual({
      status: 'True',
      reason: 'Succeeded',
      message: 'Tasks Completed: 3 (Failed: 0, Cancelled 0), Skipped: 0',
    });
  });

  test('starts nothing new once a task has failed, and lets what runs end (S5)', () => {
    const run = play({ tasks: [task('a'), task('b'), task('c', 'b')], finally: [task('f')] });
    run.end('a', 'failed');
    expect(run.skips()).toEqual({ c: 'PipelineRun was stopping' });
    expect(run.last?.condition.reason).toBe('Running');
    expect(run.order).toEqual(['a', 'b']);
    run.end('b', 'succeeded');
    expect(run.order).toEqual(['a', 'b', 'f']);
    expect(run.end('f', 'succeeded').last?.condition).toEqual({
      status: 'False',
      reason: 'Failed',
      message: 'Tasks Completed: 3 (Failed: 1, Cancelled 0), Skipped: 1',
    });
  });

  test('goes on after a failure that the pipeline task ignores', () => {
    const run = play({ tasks: [{ ...task('a'), onError: 'continue' }, task('b', 'a')] });
    run.end('a', 'failed');
    expect(run.order).toEqual(['a', 'b']);
    expect(run.end('b', 'succeeded').last?.condition.message).toBe(
      'Tasks Completed: 2 (Failed: 1 (Ignored: 1), Cancelled 0), Skipped: 0',
    );
  });

  test('skips a guarded task, runs what only follows it, and skips what needs its result', () => {
    const run = play({
      tasks: [
        { ...task('a'), when: [{ input: 'x', operator: 'in', values: ['y'] }] },
        task('after', 'a'),
        { ...task('needs'), params: [{ name: 'p', value: '$(tasks.a.results.r)' }] },
        task('after-needs', 'needs'),
      ].map((t) => (t.name === 'a' ? { ...t, taskSpec: { ...t.taskSpec, results: [{ name: 'r' }] } } : t)),
    });
    expect(run.order).toEqual(['after']);
    expect(run.skips()).toEqual({
      a: 'When Expressions evaluated to false',
      needs: 'Results were missing',
      'after-needs': 'Parent Tasks were skipped',
    });
    expect(run.end('after', 'succeeded').last?.condition.reason).toBe('Completed');
  });

  test('puts results into params, guards and inline steps of the tasks that take them', () => {
    const run = play({
      tasks: [
        { ...task('a'), taskSpec: { results: [{ name: 'r' }, { name: 'list', type: 'array' }], steps: [] } },
        {
          name: 'b',
          params: [
            { name: 'p', value: 'v-$(tasks.a.results.r)' },
            { name: 'l', value: ['$(tasks.a.results.list[*])'] },
          ],
          when: [{ input: '$(tasks.a.results.list[1])', operator: 'in', values: ['$(tasks.a.results.list[*])'] }],
          taskSpec: {
            params: [{ name: 'p' }, { name: 'l', type: 'array' }],
            steps: [{ script: 'echo $(tasks.a.results.r)' }],
          },
        },
      ],
      results: [{ name: 'out', value: '$(tasks.a.results.r)!' }],
    });
    run.end('a', 'succeeded', { r: '1', list: ['x', 'y'] });
    const b = run.taskRuns.get('run-b')!;
    expect(b.spec.params).toEqual([
      { name: 'p', value: 'v-1' },
      { name: 'l', value: ['x', 'y'] },
    ]);
    expect(b.spec.taskSpec?.steps?.[0]?.script).toBe('echo 1');
    expect(taskStatus(run.model).childReferences?.[1]?.whenExpressions).toEqual([
      { input: 'y', operator: 'in', values: ['x', 'y'] },
    ]);
  });

  test('starts nothing more but finally when a task did not make the result that another takes', () => {
    const run = play({
      tasks: [
        { ...task('a'), taskSpec: { results: [{ name: 'r' }], steps: [] } },
        { ...task('b'), params: [{ name: 'p', value: '$(tasks.a.results.r)' }] },
        task('c', 'b'),
        task('d', 'a'),
      ],
      finally: [task('f')],
    });
    expect(run.end('a', 'succeeded').order).toEqual(['a', 'f']);
    expect(run.skips()).toEqual({ c: 'PipelineRun was stopping', d: 'PipelineRun was stopping' });
    expect(run.end('f', 'succeeded').last?.condition).toEqual({
      status: 'False',
      reason: 'PipelineValidationFailed',
      message:
        'Tasks Completed: 2 (Failed: 0, Cancelled 0), Skipped: 2, Failed Validation: 1 (task "b": Invalid task result reference: Could not find result with name r for task a)',
    });
  });

  test('gives finally tasks the states of the others, and skips one whose result is missing', () => {
    const run = play({
      tasks: [{ ...task('a'), taskSpec: { results: [{ name: 'r' }], steps: [] } }, task('b', 'a')],
      finally: [
        {
          ...task('f'),
          params: ['a', 'b'].map((t) => ({
            name: t,
            value: `$(tasks.${t}.status) $(tasks.${t}.reason) $(tasks.status)`,
          })),
        },
        { ...task('g'), params: [{ name: 'p', value: '$(tasks.a.results.r)' }] },
      ],
    });
    run.end('a', 'failed');
    expect(run.taskRuns.get('run-f')?.spec.params?.map(({ value }) => value)).toEqual([
      'Failed Failed Failed',
      'None  Failed',
    ]);
    expect(run.skips()).toEqual({ b: 'PipelineRun was stopping', g: 'Results were missing' });
    expect(run.last?.startsFinally).toBe(true);
  });

  test('cancels everything at once and skips finally', () => {
    const run = play({ tasks: [task('a'), task('b', 'a')], finally: [task('f')] });
    run.run = { ...run.run, spec: { ...run.run.spec, status: 'Cancelled' } };
    run.decide();
    expect(run.last).toMatchObject({
      create: [],
      cancel: [{ name: 'run-a', mode: 'cancel', cause: 'cancelled' }],
      condition: { status: 'False', reason: 'Cancelled', message: 'PipelineRun "run" was cancelled' },
    });
  });

  test('cancels tasks and runs finally when asked to cancel gracefully', () => {
    const run = play({ tasks: [task('a'), task('b', 'a')], finally: [task('f')] });
    run.run = { ...run.run, spec: { ...run.run.spec, status: 'CancelledRunFinally' } };
    run.decide();
    expect(run.last?.cancel.map(({ name }) => name)).toEqual(['run-a']);
    expect(run.last?.condition.reason).toBe('CancelledRunningFinally');
    run.end('a', 'cancelled');
    expect(run.order).toEqual(['a', 'f']);
    expect(run.end('f', 'succeeded').last?.condition).toMatchObject({ status: 'False', reason: 'Cancelled' });
    expect(run.skips()).toEqual({ b: 'PipelineRun was gracefully cancelled' });
  });

  test('lets tasks end and runs finally when asked to stop gracefully', () => {
    const run = play({ tasks: [task('a'), task('b', 'a')], finally: [task('f')] });
    run.run = { ...run.run, spec: { ...run.run.spec, status: 'StoppedRunFinally' } };
    run.decide();
    expect(run.last?.cancel).toEqual([]);
    expect(run.end('a', 'succeeded').order).toEqual(['a', 'f']);
    expect(run.end('f', 'succeeded').last?.condition).toMatchObject({ status: 'False', reason: 'Cancelled' });
  });

  test('ends a run whose time is up, cancelling what runs, exactly at the deadline', () => {
    const run = play({ tasks: [task('a')] }, { timeouts: { pipeline: '1m' } });
    expect(run.last?.wakeAtMs).toBe(NOW + 60_000);
    run.nowMs = NOW + 59_999;
    expect(run.decide().last?.condition.status).toBe('Unknown');
    run.nowMs = NOW + 60_000;
    expect(run.decide().last).toMatchObject({
      cancel: [{ name: 'run-a', mode: 'cancel', cause: 'timed-out' }],
      condition: { reason: 'PipelineRunTimeout', message: 'PipelineRun "run" failed to finish within "1m0s"' },
    });
  });

  test('cancels tasks when their time is up, and still runs finally', () => {
    const run = play(
      { tasks: [task('a'), task('b', 'a')], finally: [task('f')] },
      { timeouts: { pipeline: '1h', tasks: '1m' } },
    );
    run.nowMs = NOW + 60_000;
    expect(run.decide().last?.cancel).toHaveLength(1);
    run.end('a', 'cancelled');
    expect(run.order).toEqual(['a', 'f']);
    expect(run.last?.condition.reason).toBe('PipelineRunTimeoutRunningFinally');
    expect(run.end('f', 'succeeded').last?.condition).toEqual({
      status: 'False',
      reason: 'PipelineRunTimeout',
      message: 'PipelineRun "run" failed due to tasks failed to finish within "1m0s"',
    });
  });

  test('has no limit where the timeout is 0', () => {
    const run = play({ tasks: [task('a')] }, { timeouts: { pipeline: '0' } });
    run.nowMs = NOW + 1e9;
    expect(run.decide().last?.wakeAtMs).toBeUndefined();
    expect(run.last?.condition.status).toBe('Unknown');
  });

  test('fans a task out, collects its results in order, and ends it when all have ended', () => {
    const run = play({
      tasks: [
        {
          name: 'm',
          matrix: {
            params: [
              { name: 'p', value: ['1', '2'] },
              { name: 'q', value: ['x', 'y'] },
            ],
          },
          taskSpec: { results: [{ name: 'r' }], params: [{ name: 'p' }, { name: 'q' }], steps: [] },
        },
        { ...task('n'), params: [{ name: 'all', value: ['$(tasks.m.results.r[*])', '$(tasks.m.matrix.length)'] }] },
      ],
    });
    expect(run.order).toEqual(['m-0', 'm-1', 'm-2', 'm-3']);
    expect(run.taskRuns.get('run-m-1')?.spec.params).toEqual([
      { name: 'p', value: '2' },
      { name: 'q', value: 'x' },
    ]);
    for (const i of [3, 0, 2]) run.end(`m-${i}`, 'succeeded', { r: `r${i}` });
    expect(run.order).toHaveLength(4);
    run.end('m-1', 'succeeded', { r: 'r1' });
    expect(run.taskRuns.get('run-n')?.spec.params?.[0]?.value).toEqual(['r0', 'r1', 'r2', 'r3', '4']);
  });

  test('checks 2020 Conditions first, and skips the task and what follows it where one does not hold', () => {
    const spec: PipelineSpec = {
      tasks: [{ ...task('a'), conditions: [{ conditionRef: 'c' }] }, task('b', 'a'), task('d')],
    };
    const run = pipelineRun(spec);
    const condition = {
      apiVersion: 'tekton.dev/v1alpha1',
      kind: 'Condition',
      metadata: { name: 'c' },
      spec: { check: { image: 'x' } },
    };
    for (const [end, order, reason] of [
      ['succeeded', ['a-c-0', 'd', 'a'], undefined],
      ['failed', ['a-c-0', 'd'], 'ConditionCheckFailed'],
    ] as const) {
      const played = new Played(run, modelOf(run, { ...noDefinitions, condition: () => condition })).decide();
      played.end('a-c-0', end);
      expect(played.order).toEqual(order);
      expect(played.skips()['a']).toBe(reason);
      expect(played.skips()['b']).toBe(reason && 'Parent Tasks were skipped');
    }
  });

  test('finishes an empty run, and leaves a finished run alone (S4)', () => {
    const run = play({ tasks: [] });
    expect(run.last?.condition).toMatchObject({ status: 'True', reason: 'Succeeded' });
    expect(decide(run.run, run.model, NOW)).toBeUndefined();
  });

  test('converges, in order, whatever fails, is skipped or restarted: every graph of four tasks (S1, S3, S5)', () => {
    for (const spec of everyPipeline(['a', 'b', 'c', 'd'])) {
      for (const failing of ['none', 'a', 'b', 'c', 'd']) {
        for (const guarded of ['none', 'a', 'b']) check(spec, failing, guarded);
      }
    }
  });
});

/** Every acyclic `runAfter` over the names, tasks only following earlier ones: 2^(n(n-1)/2) pipelines. */
function* everyPipeline(names: string[]): Generator<PipelineSpec> {
  const pairs = names.flatMap((later, i) => names.slice(0, i).map((earlier) => [later, earlier] as const));
  for (let bits = 0; bits < 1 << pairs.length; bits++) {
    const chosen = pairs.filter((_, i) => bits & (1 << i));
    yield {
      tasks: names.map((name) =>
        task(name, ...chosen.filter(([later]) => later === name).map(([, earlier]) => earlier)),
      ),
      finally: [task('f')],
    };
  }
}

/** Plays one pipeline, its model built anew from what is stored before every second decision. */
function check(spec: PipelineSpec, failing: string, guarded: string): void {
  const guards = [{ input: 'x', operator: 'notin', values: ['x'] }];
  const tasks = spec.tasks!.map((t) => (t.name === guarded ? { ...t, when: guards } : t));
  const run = pipelineRun({ ...spec, tasks });
  let played = new Played(run).decide();
  const settled = new Map<string, string>();
  for (let turn = 0; turn < 20 && played.last?.condition.status === 'Unknown'; turn++) {
    const open = [...played.taskRuns.values()].find((taskRun) => taskRun.status === undefined);
    expect(open).toBeDefined();
    const name = open!.metadata.name.replace('run-', '');
    settled.set(name, name === failing ? 'failed' : 'succeeded');
    played.end(name, name === failing ? 'failed' : 'succeeded');
    if (turn % 2 === 0 && played.last.condition.status === 'Unknown') {
      const rebuilt = new Played(played.run, modelOf(played.run, noDefinitions, played.taskRuns.values()));
      for (const [key, value] of played.taskRuns) rebuilt.taskRuns.set(key, value);
      rebuilt.order.push(...played.order);
      rebuilt.last = played.last;
      rebuilt.decide();
      expect(rebuilt.model.counts).toEqual(played.model.counts);
      played = rebuilt;
    }
  }
  const { order } = played;
  expect(played.last?.condition.status).not.toBe('Unknown');
  expect(new Set(order).size).toBe(order.length);
  expect(order.at(-1)).toBe('f');
  expect(order).not.toContain(guarded);
  for (const t of tasks) {
    const at = order.indexOf(t.name);
    for (const parent of t.runAfter ?? [])
      if (at >= 0 && parent !== guarded) expect(order.indexOf(parent)).toBeLessThan(at);
  }
  expect(played.last?.condition.status).toBe([...settled.values()].includes('failed') ? 'False' : 'True');
  expect(decide(played.run, played.model, NOW)).toBeUndefined();
}
