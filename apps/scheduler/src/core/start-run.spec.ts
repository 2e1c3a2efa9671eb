import type { PipelineRun } from '@slipway/contracts';
import { originOf, withPipelineMetadata } from './start-run.js';

const run = (metadata: Partial<PipelineRun['metadata']>, spec: PipelineRun['spec']): PipelineRun => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name: 'release-x7k2p', ...metadata },
  spec,
});

// prettier-ignore
const labels: [what: string, run: PipelineRun, label: string][] = [
  ['an inline pipeline: what the run’s name was generated from', run({ generateName: 'release-' }, { pipelineSpec: {} }), 'release'],
  ['an inline pipeline of a named run: the run’s name', run({}, { pipelineSpec: {} }), 'release-x7k2p'],
  ['a reference: its name', run({ generateName: 'release-' }, { pipelineRef: { name: 'build' } }), 'build'],
  ['a run that says so itself', run({ labels: { 'tekton.dev/pipeline': 'own' } }, { pipelineSpec: {} }), 'own'],
];

test.each(labels)('the label of the pipeline of %s', (_what, given, label) => {
  expect(withPipelineMetadata(given, undefined).metadata.labels).toMatchObject({ 'tekton.dev/pipeline': label });
});

test('an inline pipeline has the name of its run, whatever its label', () => {
  const given = withPipelineMetadata(run({ generateName: 'release-' }, { pipelineSpec: {} }), undefined);
  expect(originOf(given)).toMatchObject({ kind: 'inline', source: { name: 'release-x7k2p' } });
});
