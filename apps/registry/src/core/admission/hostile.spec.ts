import { RESOURCE_KINDS, SlipwayError } from '@slipway/contracts';

import { fromStorage, toStorage } from './convert.js';
import { decode } from './decode.js';
import { applyDefaults } from './defaults.js';
import { validate } from './validate.js';

const step = {
  name: 's',
  image: 'i',
  script: 'echo $(params.p)',
  args: ['$(params.a[*])'],
  env: [{ name: 'E', value: '$(params.o.k)', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
  volumeMounts: [{ name: 'v', mountPath: '/x', subPath: 'y' }],
  workspaces: [{ name: 'w', mountPath: '/w' }],
  when: [{ input: 'a', operator: 'in', values: ['a'] }],
  results: [{ name: 'r', type: 'string' }],
  timeout: '1m',
};
const taskSpec = {
  params: [
    { name: 'p', type: 'string', default: 'd', enum: ['d'] },
    { name: 'a', type: 'array', default: ['x'] },
    { name: 'o', type: 'object', properties: { k: { type: 'string' } }, default: { k: 'v' } },
  ],
  steps: [step],
  stepTemplate: { image: 'i', volumeMounts: [{ name: 'v', mountPath: '/y' }] },
  sidecars: [{ name: 'c', image: 'i', script: 'x', workspaces: [{ name: 'w' }] }],
  workspaces: [{ name: 'w', mountPath: '/w' }],
  volumes: [{ name: 'v', emptyDir: {} }],
  results: [{ name: 'r', type: 'object', properties: { k: {} }, value: '$(steps.s.results.r)' }],
  resources: { inputs: [{ name: 'i', type: 'git' }], outputs: [{ name: 'o', type: 'image' }] },
  inputs: { params: [{ name: 'p' }], resources: [{ name: 'i', type: 'git' }] },
  outputs: { resources: [{ name: 'o', type: 'image' }] },
};
const pipelineSpec = {
  params: taskSpec.params,
  workspaces: [{ name: 'w' }],
  resources: [{ name: 'r', type: 'git' }],
  tasks: [
    { name: 'a', taskSpec, params: [{ name: 'p', value: '$(params.p)' }] },
    {
      name: 'b',
      taskRef: { name: 't', kind: 'Task' },
      runAfter: ['a'],
      params: [{ name: 'p', value: ['$(tasks.a.results.r[*])'] }],
      matrix: { params: [{ name: 'm', value: ['1'] }], include: [{ name: 'i', params: [{ name: 'n', value: '1' }] }] },
      when: [{ input: '$(params.p)', operator: 'in', values: ['$(params.a[*])'] }],
      workspaces: [{ name: 'w', workspace: 'w' }],
      resources: { inputs: [{ name: 'i', resource: 'r', from: ['a'] }] },
      conditions: [{ conditionRef: 'c', resources: [{ name: 'i', resource: 'r', from: ['a'] }] }],
      timeout: '1m',
      retries: 1,
      onError: 'continue',
    },
  ],
  finally: [
    {
      name: 'f',
      pipelineSpec: { tasks: [{ name: 'x', taskRef: { resolver: 'git', params: [{ name: 'u', value: 'v' }] } }] },
    },
  ],
  results: [{ name: 'r', value: '$(tasks.a.results.r)' }],
};
const binding = { name: 'w', volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'] } } };
const SPECS: Record<string, object> = {
  Task: taskSpec,
  ClusterTask: taskSpec,
  Pipeline: pipelineSpec,
  TaskRun: {
    taskSpec,
    params: [{ name: 'p', value: 'v' }],
    workspaces: [binding],
    debug: { breakpoints: { onFailure: 'enabled' } },
    stepSpecs: [{ name: 's', computeResources: {} }],
    inputs: { params: [{ name: 'p', value: 'v' }] },
  },
  PipelineRun: {
    pipelineSpec,
    params: [{ name: 'p', value: { a: 'b' } }],
    workspaces: [binding],
    timeouts: { tasks: '1m' },
    taskRunSpecs: [{ pipelineTaskName: 'a', metadata: { labels: {} } }],
    serviceAccountNames: [{ taskName: 'a', serviceAccountName: 'b' }],
    timeout: '1m',
  },
  StepAction: {
    image: 'i',
    script: 'echo $P',
    args: ['$(params.a[*])'],
    env: [{ name: 'P', value: '$(params.p)' }],
    params: taskSpec.params,
    results: [{ name: 'r', type: 'object', properties: { k: {} } }],
    volumeMounts: [{ name: '$(params.p)', mountPath: '/x' }],
  },
  CustomRun: {
    customRef: { apiVersion: 'a/v1', kind: 'K', name: 'n' },
    customSpec: { apiVersion: 'a/v1', kind: 'K', metadata: { labels: {} }, spec: { x: [1] } },
    params: [{ name: 'p', value: ['v'] }],
    workspaces: [binding],
    timeout: '1m',
  },
  ResolutionRequest: { params: [{ name: 'url', value: 'u' }], url: 'https://example.com' },
  Approval: {
    approvers: ['a'],
    required: 1,
    decisions: [{ user: 'a', decision: 'approve', at: '2026-01-01T00:00:00Z' }],
  },
  RetentionPolicy: { succeeded: { keep: 1, for: '1h' }, failed: { keep: 2 } },
  Condition: { check: step, params: taskSpec.params, resources: [{ name: 'r', type: 'git' }] },
  PipelineResource: {
    type: 'git',
    params: [{ name: 'url', value: 'u' }],
    secrets: [{ fieldName: 'f', secretName: 's', secretKey: 'k' }],
  },
  PersistentVolumeClaim: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

/** Another part of all documents with SLIPWAY_SEED=N; a failure prints the seed of its document. */
const SEED = Number(process.env['SLIPWAY_SEED'] ?? 1);

/** xorshift: the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
const JUNK: readonly unknown[] = [
  null, true, 0, -1, 1.5, 1e300, '', 'x', ' ', '$(params.p)', '$(', '$(tasks.a.results.r)', '$(tasks..results.)', '__proto__', 'constructor', 'a'.repeat(300), '*', '>', '../..', [], {}, [[]], [null], [{}], { __proto__x: 1 },
  JSON.parse('{"__proto__": {"x": 1}}'), JSON.parse('{"constructor": {"prototype": {}}}'), { length: -1 }, { toString: 1 }, '\u0000', '💥', '0s', '-5m',
]; // prettier-ignore
/** A copy in which some of what stands inside is something else, or gone. */
function mutated(value: unknown, random: () => number, rate: number): unknown {
  if (random() < rate) return JUNK[Math.floor(random() * JUNK.length)];
  if (Array.isArray(value)) return value.map((item) => mutated(item, random, rate));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(() => random() > rate);
  return Object.fromEntries(entries.map(([key, member]) => [key, mutated(member, random, rate)]));
}

describe('a hostile document', () => {
  const served = RESOURCE_KINDS.flatMap((kind) => kind.versions.map((version) => ({ kind, version })));

  it.each(served)('is refused or admitted, and never breaks anything: $kind.kind $version', ({ kind, version }) => {
    for (let seed = SEED; seed < SEED + 120; seed++) {
      const random = randomFrom(seed * 7919);
      const body = mutated(
        {
          apiVersion: 'v',
          kind: kind.kind,
          metadata: { name: 'n', labels: { a: 'b' }, annotations: { a: 'b' } },
          spec: SPECS[kind.kind] ?? {},
          data: { a: 'YQ==' },
          involvedObject: {},
        },
        random,
        0.03,
      );
      try {
        const { object } = decode(kind, version, body);
        const stored = applyDefaults(kind, toStorage(kind, version, object), { create: true });
        validate(kind, stored);
        validate(kind, stored, object);
        const again = toStorage(kind, version, fromStorage(kind, version, stored));
        expect({ seed, again: applyDefaults(kind, again) }).toEqual({ seed, again: stored });
      } catch (error) {
        if (!(error instanceof SlipwayError))
          throw new Error(`seed ${seed}: ${JSON.stringify(body)}`, { cause: error });
      }
    }
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it('of ten megabytes is read', () => {
    const steps = Array.from({ length: 50_000 }, (_, i) => ({ name: `s${i}`, image: 'i', script: 'x'.repeat(150) }));
    const kind = RESOURCE_KINDS.find((candidate) => candidate.kind === 'Task')!;
    const { object } = decode(kind, 'v1beta1', { metadata: { name: 'n' }, spec: { steps } });
    expect(validate(kind, applyDefaults(kind, toStorage(kind, 'v1beta1', object)))).toEqual([]);
  });
});
