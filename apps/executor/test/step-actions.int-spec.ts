import { succeeded, type StepAction, type StepActionSpec } from '@slipway/contracts';
import { suiteWorld } from './executor-world.js';

const IMAGE = 'ubuntu';

describe('steps that take from each other', () => {
  const world = suiteWorld();

  const stepAction = (name: string, spec: StepActionSpec): Promise<void> => {
    const action: StepAction = { apiVersion: 'tekton.dev/v1beta1', kind: 'StepAction', metadata: { name }, spec };
    return world.create(action);
  };

  it('run StepActions with results of the steps before, and give their results to the task', async () => {
    await stepAction('greet', {
      image: IMAGE,
      params: [
        { name: 'names', type: 'array' },
        { name: 'greeting', default: 'hello' },
      ],
      env: [{ name: 'GREETING', value: '$(params.greeting)' }],
      args: ['$(params.names[*])', '$(params.names[0])'],
      results: [{ name: 'line' }],
      script: 'printf "%s %s" "$GREETING" "$*" > $(step.results.line.path)',
    });
    const run = await world.run('greeting', {
      params: [{ name: 'word', value: 'moin' }],
      taskSpec: {
        params: [{ name: 'word' }],
        results: [{ name: 'line', value: '$(steps.second.results.line)' }],
        steps: [
          {
            name: 'first',
            image: IMAGE,
            results: [{ name: 'names', type: 'array' }],
            script: `printf '["ann","bo b"]' > $(step.results.names.path)`,
          },
          {
            name: 'second',
            ref: { name: 'greet' },
            params: [
              { name: 'names', value: '$(steps.first.results.names[*])' },
              { name: 'greeting', value: '$(params.word)' },
            ],
          },
        ],
      },
    });
    expect(succeeded(run)).toMatchObject({ status: 'True', reason: 'Succeeded' });
    expect(run.status?.results).toEqual([{ name: 'line', type: 'string', value: 'moin ann bo b ann' }]);
    expect(run.status?.steps?.[0]?.results).toEqual([{ name: 'names', type: 'array', value: ['ann', 'bo b'] }]);
    const [, resolved] = run.status?.taskSpec?.steps ?? [];
    expect(resolved).toMatchObject({ name: 'second', image: IMAGE, env: [{ name: 'GREETING', value: 'moin' }] });
    expect(resolved).not.toHaveProperty('ref');
    expect(resolved).not.toHaveProperty('params');
  });

  it('fail in words that name the step when there is no such StepAction', async () => {
    const run = await world.run('lost', { taskSpec: { steps: [{ name: 's', ref: { name: 'nowhere' } }] } });
    expect(succeeded(run)).toMatchObject({
      status: 'False',
      reason: 'TaskRunResolutionFailed',
      message: 'failed to resolve step ref for step "s" (index 0): stepactions.tekton.dev "nowhere" not found',
    });
  });

  it('fail when the params of the step do not fit', async () => {
    await stepAction('picky', { image: IMAGE, script: 'true', params: [{ name: 'p' }] });
    const run = await world.run('unfit', { taskSpec: { steps: [{ name: 's', ref: { name: 'picky' } }] } });
    expect(succeeded(run)).toMatchObject({
      reason: 'TaskRunResolutionFailed',
      message: 'failed to resolve step ref for step "s" (index 0): non-existent params in Step: [p]',
    });
  });

  it('run or not as a CEL expression about the results before says', async () => {
    const guarded = (name: string, cel: string): object => ({ name, image: IMAGE, script: 'true', when: [{ cel }] });
    const run = await world.run('cel', {
      params: [{ name: 'p', value: "' == '' || '" }],
      taskSpec: {
        params: [{ name: 'p' }],
        steps: [
          { name: 'make', image: IMAGE, results: [{ name: 'r' }], script: 'printf v1.2 > $(step.results.r.path)' },
          guarded('yes', "'$(steps.make.results.r)'.matches('^v\\\\d+') && '$(params.p)' != ''"),
          guarded('no', "'$(params.p)' == 'x' && '$(steps.make.results.r)' != ''"),
          guarded('wrong', "int('$(steps.make.results.r)') > 1"),
        ],
      },
    });
    const steps = run.status?.steps?.map(({ terminationReason }) => terminationReason);
    expect(steps).toEqual(['Completed', 'Completed', 'Skipped', 'Error']);
    expect((await world.log('cel-pod', 'step-wrong')).at(-1)).toContain('type conversion error from string to int');
  });

  it('fail when their service account is not there', async () => {
    const run = await world.run('nobody', {
      serviceAccountName: 'nobody',
      taskSpec: { steps: [{ image: IMAGE, script: 'true' }] },
    });
    expect(succeeded(run)).toMatchObject({ status: 'False', reason: 'PodCreationFailed' });
    expect(succeeded(run)?.message).toContain('serviceaccounts "nobody" not found');
  });

  it('are skipped by their guards, and those behind them run', async () => {
    const run = await world.run('guarded', {
      taskSpec: {
        steps: [
          { name: 'make', image: IMAGE, results: [{ name: 'r' }], script: 'printf foo > $(step.results.r.path)' },
          {
            name: 'not',
            image: IMAGE,
            script: 'exit 1',
            when: [{ input: '$(steps.make.results.r)', operator: 'in', values: ['bar'] }],
          },
          {
            name: 'yes',
            image: IMAGE,
            script: 'echo ran',
            when: [{ input: '$(steps.make.results.r)', operator: 'in', values: ['foo'] }],
          },
        ],
      },
    });
    expect(succeeded(run)).toMatchObject({ status: 'True', message: 'All Steps have completed executing' });
    const steps = run.status?.steps ?? [];
    expect(steps.map(({ terminationReason }) => terminationReason)).toEqual(['Completed', 'Skipped', 'Completed']);
    expect(steps[1]?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
  });

  it('name what they took and made, and read what others made', async () => {
    const artifact = { uri: 'pkg:x', digest: { sha256: 'ab' } };
    const run = await world.run('artifacts', {
      taskSpec: {
        steps: [
          {
            name: 'make',
            image: IMAGE,
            script: `echo '{"inputs":[],"outputs":[{"name":"image","buildOutput":true,"values":[${JSON.stringify(artifact)}]}]}' > $(step.artifacts.path)`,
          },
          { name: 'take', image: IMAGE, script: `echo '$(steps.make.outputs.image)'` },
          {
            name: 'tell',
            image: IMAGE,
            script: `echo '{"outputs":[{"name":"image","values":[{"uri":"pkg:y"}]}]}' > $(artifacts.path)`,
          },
          { name: 'lie', image: IMAGE, script: 'echo nonsense > $(step.artifacts.path)' },
        ],
      },
    });
    expect(succeeded(run)).toMatchObject({ status: 'True' });
    expect(run.status?.steps?.[0]?.outputs).toEqual([{ name: 'image', buildOutput: true, values: [artifact] }]);
    expect(run.status?.steps?.[3]).not.toHaveProperty('outputs');
    expect(run.status?.artifacts).toEqual({
      outputs: [{ name: 'image', buildOutput: true, values: [{ uri: 'pkg:y' }, artifact] }],
    });
    const lines = await world.log('artifacts-pod', 'step-take');
    expect(lines.filter((line) => !line.startsWith('slipway:'))).toEqual([
      '[{"digest":{"sha256":"ab"},"uri":"pkg:x"}]',
    ]);
  });
});
