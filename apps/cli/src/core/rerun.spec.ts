import type { PipelineRun, PipelineSpec } from '@slipway/contracts';
import { againOf, unknownParams } from './rerun.js';

const run: PipelineRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: {
    name: 'build-x1',
    generateName: 'build-',
    uid: 'u',
    resourceVersion: '7',
    labels: { app: 'shop', 'slipway.dev/shard': '3', 'tekton.dev/pipeline': 'build' },
    annotations: {
      note: 'n',
      'slipway.dev/policy': 'onFailure: run-all',
      'slipway.dev/depth': '2',
      'slipway.dev/rerun-of': 'build-x0',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
    },
  },
  spec: {
    pipelineRef: { name: 'build' },
    status: 'Cancelled',
    params: [
      { name: 'a', value: '1' },
      { name: 'b', value: ['2'] },
    ],
  },
  status: { startTime: '2026-01-01T00:00:00Z' },
};

test('againOf asks for the same run with other params, and takes over nothing that became of the first', () => {
  expect(againOf(run, [{ name: 'a', value: '9' }])).toEqual({
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name: '',
      generateName: 'build-',
      labels: { app: 'shop' },
      annotations: { note: 'n', 'slipway.dev/policy': 'onFailure: run-all', 'slipway.dev/rerun-of': 'build-x1' },
    },
    spec: {
      pipelineRef: { name: 'build' },
      params: [
        { name: 'b', value: ['2'] },
        { name: 'a', value: '9' },
      ],
    },
  });
});

test('againOf names a run after one that had a name of its own', () => {
  const metadata = { name: 'n'.repeat(63), namespace: 'ns' };
  expect(againOf({ ...run, metadata }, []).metadata.generateName).toHaveLength(58);
});

test('againOf asks for what failed only, and does not hand that on to the run after it', () => {
  const again = againOf(run, [], true);
  expect(again.metadata.annotations).toMatchObject({
    'slipway.dev/rerun-of': 'build-x1',
    'slipway.dev/rerun': 'failed',
  });
  expect(againOf(again, []).metadata.annotations).not.toHaveProperty(['slipway.dev/rerun']);
});

describe('unknownParams', () => {
  const declared = { params: [{ name: 'target' }], tasks: [] };
  const propagated = {
    tasks: [{ name: 'a', taskSpec: { steps: [{ name: 's', script: `echo $(params["by.name"])` }] } }],
  };

  // prettier-ignore
  const table: [given: string, run: Partial<PipelineRun['spec']>, stored: PipelineSpec | undefined, name: string, isKnown: boolean][] = [
    ['one that the inline pipeline declares', { pipelineSpec: declared }, undefined, 'target', true],
    ['one that the Pipeline declared', { pipelineRef: { name: 'p' } }, declared, 'target', true],
    ['one that the run had', { pipelineRef: { name: 'p' }, params: [{ name: 'extra', value: 'x' }] }, declared, 'extra', true],
    ['one that a task takes without a declaration', { pipelineSpec: propagated }, propagated, 'by.name', true],
    ['a misspelt one', { pipelineRef: { name: 'p' } }, declared, 'targt', false],
    ['the beginning of one', { pipelineSpec: propagated }, undefined, 'by', false],
    ['any, while the pipeline is not known', { pipelineRef: { name: 'p' } }, undefined, 'targt', true],
  ];

  test.each(table)('tells %s', (_given, spec, pipelineSpec, name, isKnown) => {
    const status = pipelineSpec === undefined ? {} : { pipelineSpec };
    const run = {
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      metadata: { name: 'r' },
      spec,
      status,
    } as PipelineRun;
    expect(unknownParams(run, [{ name, value: 'x' }])).toEqual(isKnown ? [] : [name]);
  });
});
