import { paramReplacements, type PipelineRun, type PipelineSpec, type PipelineTask } from '@slipway/contracts';
import { seeded } from '@slipway/testing';
import {
  contextReplacements,
  substitutePipeline,
  substituteRun,
  workspaceReplacements,
} from './substitute-pipeline.js';

const run = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name: 'run', namespace: 'ns', uid: 'u' },
  spec: {
    params: [
      { name: 'plain', value: 'value' },
      { name: 'part', value: 'pipelineRun.name' },
      { name: 'nested', value: '$(context.pipelineRun.name)-$(params.plain)' },
      { name: 'list', value: ['a', '$(context.pipeline.name)'] },
      { name: 'half', value: '$(context' },
    ],
    workspaces: [{ name: 'source', emptyDir: {} }],
  },
} as PipelineRun;
const declared = {
  params: [{ name: 'fallback', default: '$(workspaces.source.bound)' }],
  workspaces: [{ name: 'source' }],
};

const texts = [
  '$(params.plain)', '$(params.nested)', '$(context.$(params.part))', '$(params.$(context.pipelineRun.name))',
  '$(workspaces.$(params.plain).bound)', '$(workspaces.source.bound)', '$(params.fallback)', '$(params.half).pipelineRun.name)',
  '$(tasks.t.results.r)', '$(params.list[*])', '$(params.list[1])', 'none', '$(',
]; // prettier-ignore

describe('variables of a run', () => {
  const inOnePass = (tasks: PipelineTask[]): PipelineSpec => substituteRun({ ...declared, tasks }, run, 'pipeline');
  const inThreePasses = (tasks: PipelineTask[]): PipelineSpec =>
    [
      paramReplacements(run.spec.params, declared.params),
      contextReplacements(run, 'pipeline'),
      workspaceReplacements(declared, run),
    ].reduce(substitutePipeline, { ...declared, tasks } as PipelineSpec);

  test('are put in as by passes over params, context and workspaces one after the other', () => {
    const seed = Number(process.env['SLIPWAY_SEED'] ?? 1);
    const random = seeded(seed);
    const text = (): string =>
      Array.from({ length: 1 + Math.floor(random() * 3) }, () => texts[Math.floor(random() * texts.length)]).join('');
    for (let round = 0; round < 300; round++) {
      const task: PipelineTask = {
        name: 't',
        displayName: text(),
        params: [{ name: 'plain', value: text() }, { name: 'all', value: [text(), text()] }],
        when: [{ input: text(), operator: 'in', values: [text()] }],
        ...(random() < 0.5 ? { taskRef: { name: text() } } : { taskSpec: { steps: [{ name: 's', image: text(), script: text() }] } }),
      }; // prettier-ignore
      expect({ seed, round, spec: inOnePass([task]) }).toEqual({ seed, round, spec: inThreePasses([task]) });
    }
  });

  test('leave a task as it is that has none', () => {
    const task: PipelineTask = {
      name: 't',
      taskRef: { name: 'x' },
      params: [{ name: 'p', value: '$(tasks.a.results.r)' }],
    };
    expect(inOnePass([task]).tasks![0]).toBe(task);
  });
});
