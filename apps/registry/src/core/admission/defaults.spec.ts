import { RESOURCE_KINDS, type KubeObject, type ParamSpec, type ResourceKind } from '@slipway/contracts';
import { isExcused } from '@slipway/testing/recorded-differences';
import { recordedCalls } from '@slipway/testing/shared-data';

import { applyDefaults, paramSpec } from './defaults.js';

const kindOf = (name: string): ResourceKind => RESOURCE_KINDS.find((kind) => kind.kind === name)!;
const apply = (kind: string, fields: object, create = false): Record<string, unknown> =>
  applyDefaults(
    kindOf(kind),
    { apiVersion: 'v', kind, metadata: { name: 'n' }, ...fields },
    {
      create,
    },
  ) as unknown as Record<string, unknown>;

describe('paramSpec', () => {
  it.each<[string, Partial<ParamSpec>, Partial<ParamSpec>]>([
    ['string without anything', {}, { type: 'string' }],
    ['the type of its default', { default: ['a'] }, { type: 'array', default: ['a'] }],
    ['object for an object', { default: { a: 'b' } }, { type: 'object', default: { a: 'b' } }],
    ['object for properties', { properties: { a: {} } }, { type: 'object', properties: { a: { type: 'string' } } }],
    ['what it says', { type: 'string', default: ['a'] }, { type: 'string', default: ['a'] }],
  ])('takes the type of a param to be %s', (_, spec, expected) => {
    expect(paramSpec({ name: 'p', ...spec })).toEqual({ name: 'p', ...expected });
  });
});

describe('applyDefaults', () => {
  it('gives a PipelineRun its timeout and service account, and types to all that is inline', () => {
    const run = apply('PipelineRun', {
      spec: {
        timeouts: { tasks: '5m' },
        pipelineSpec: {
          tasks: [{ name: 't', taskSpec: { params: [{ name: 'p', default: ['x'] }], results: [{ name: 'r' }] } }],
        },
      },
    });
    expect(run['spec']).toEqual({
      timeouts: { tasks: '5m', pipeline: '1h0m0s' },
      taskRunTemplate: { serviceAccountName: 'default' },
      pipelineSpec: {
        tasks: [
          {
            name: 't',
            taskSpec: {
              params: [{ name: 'p', type: 'array', default: ['x'] }],
              results: [{ name: 'r', type: 'string' }],
            },
          },
        ],
      },
    });
  });

  it('leaves a TaskRun what it says itself', () => {
    const run = apply('TaskRun', {
      metadata: { name: 'n', labels: { 'app.kubernetes.io/managed-by': 'me' } },
      spec: { taskRef: { name: 'x', kind: 'ClusterTask' }, timeout: '0s', serviceAccountName: 'builder' },
    });
    expect(run['spec']).toEqual({
      taskRef: { name: 'x', kind: 'ClusterTask' },
      timeout: '0s',
      serviceAccountName: 'builder',
    });
    expect(run['metadata']).toMatchObject({ labels: { 'app.kubernetes.io/managed-by': 'me' } });
  });

  it('does not make a custom task look like one of ours', () => {
    const pipeline = apply('Pipeline', { spec: { tasks: [{ name: 't', taskRef: { apiVersion: 'x.dev/v1' } }] } });
    expect(pipeline['spec']).toEqual({ tasks: [{ name: 't', taskRef: { apiVersion: 'x.dev/v1' } }] });
  });

  it('lets no run be born signed', () => {
    const metadata = { name: 'n', annotations: { 'chains.tekton.dev/signed': 'true', a: 'b' } };
    expect(apply('TaskRun', { metadata, spec: {} }, true)['metadata']).toMatchObject({ annotations: { a: 'b' } });
    expect(apply('TaskRun', { metadata, spec: {} })['metadata']).toMatchObject({ annotations: metadata.annotations });
  });

  it('moves stringData of a Secret into data, where it wins', () => {
    const secret = apply('Secret', { data: { a: 'b2xk', b: 'Yg==' }, stringData: { a: 'näw' } });
    expect(secret).toMatchObject({ type: 'Opaque', data: { a: 'bsOkdw==', b: 'Yg==' } });
    expect(secret).not.toHaveProperty('stringData');
  });

  it('is idempotent', () => {
    for (const kind of ['Task', 'Pipeline', 'TaskRun', 'PipelineRun', 'Secret', 'Namespace', 'PersistentVolumeClaim']) {
      const once = apply(kind, { spec: { params: [{ name: 'p' }] } });
      expect(applyDefaults(kindOf(kind), once as unknown as KubeObject)).toEqual(once);
    }
  });
});

interface Call {
  in: { object: object; defaults: Record<string, unknown> };
  out: object;
}
const withoutEmpty = (json: unknown): unknown =>
  JSON.parse(JSON.stringify(json), (key, value: unknown) =>
    value === null || value === '' || (key === 'computeResources' && JSON.stringify(value) === '{}')
      ? undefined
      : value,
  );

const specs = recordedCalls<{ in: ParamSpec; out: ParamSpec }>('defaults.ParamSpec');
(specs.length > 0 ? describe : describe.skip)('the conformance data', () => {
  it(`defaults.ParamSpec: ours gives the same, ${specs.length} times`, () => {
    for (const call of specs) expect(paramSpec(call.in)).toEqual(call.out);
  });

  const kinds = ['Task', 'Pipeline', 'TaskRun', 'PipelineRun'].map((kind): [string, number, number, Call[]] => {
    const calls = recordedCalls<Call>(`defaults.${kind}`);
    const ours = calls.filter((call) => !isExcused(`defaults.${kind}`, call.in));
    return [kind, ours.length, calls.length, ours];
  });
  it.each(kinds)('defaults.%s: ours gives the same, %d of %d times', (kind, _agreeing, _all, calls) => {
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls) {
      const before = withoutEmpty(call.in.object) as KubeObject;
      const annotations = (json: object): unknown => (json as KubeObject).metadata.annotations;
      const create = JSON.stringify(annotations(call.in.object)) !== JSON.stringify(annotations(call.out));
      expect(withoutEmpty(applyDefaults(kindOf(kind), before, { create }))).toEqual(withoutEmpty(call.out));
    }
  });
});
