import { RESOURCE_KINDS, type KubeObject, type ResourceKind, type SlipwayError } from '@slipway/contracts';

import { fromStorage, isStoredForm, toStorage } from './convert.js';

const kindOf = (name: string): ResourceKind => RESOURCE_KINDS.find((kind) => kind.kind === name)!;
const object = (version: string, kind: string, fields: object): KubeObject => ({
  apiVersion: `tekton.dev/${version}`,
  kind,
  metadata: { name: 'n' },
  ...fields,
});

interface Row {
  title: string;
  kind: string;
  version: string;
  older: object;
  stored: object;
  /** What the older version shows, where it is not what was written. */
  shown?: object;
}
const compute = { limits: { cpu: '1' } };

const rows: Row[] = [
  {
    title: 'compute resources of steps, templates and sidecars',
    kind: 'Task',
    version: 'v1beta1',
    older: {
      steps: [{ image: 'i', resources: compute }],
      stepTemplate: { resources: compute },
      sidecars: [{ resources: compute }],
    },
    stored: {
      steps: [{ image: 'i', computeResources: compute }],
      stepTemplate: { computeResources: compute },
      sidecars: [{ computeResources: compute }],
    },
  },
  {
    title: 'PipelineResources, which stay where they are',
    kind: 'Task',
    version: 'v1beta1',
    older: { resources: { inputs: [{ name: 'git', type: 'git' }] }, steps: [] },
    stored: { resources: { inputs: [{ name: 'git', type: 'git' }] }, steps: [] },
  },
  {
    title: 'overrides of a TaskRun',
    kind: 'TaskRun',
    version: 'v1beta1',
    older: {
      stepOverrides: [{ name: 's', resources: compute }],
      sidecarOverrides: [{ name: 's', resources: compute }],
    },
    stored: {
      stepSpecs: [{ name: 's', computeResources: compute }],
      sidecarSpecs: [{ name: 's', computeResources: compute }],
    },
  },
  {
    title: 'bundles, which are remote references',
    kind: 'TaskRun',
    version: 'v1beta1',
    older: { taskRef: { name: 't', bundle: 'registry/x:1' } },
    stored: {
      taskRef: {
        resolver: 'bundles',
        params: [
          { name: 'bundle', value: 'registry/x:1' },
          { name: 'name', value: 't' },
          { name: 'kind', value: 'Task' },
        ],
      },
    },
  },
  {
    title: 'bundles of pipelines',
    kind: 'PipelineRun',
    version: 'v1beta1',
    older: { pipelineRef: { name: 'p', bundle: 'registry/x:1' } },
    stored: {
      pipelineRef: {
        resolver: 'bundles',
        params: [
          { name: 'bundle', value: 'registry/x:1' },
          { name: 'name', value: 'p' },
          { name: 'kind', value: 'Pipeline' },
        ],
      },
    },
  },
  {
    title: 'inputs of one task and params of another, each as it was',
    kind: 'Pipeline',
    version: 'v1alpha1',
    older: {
      tasks: [
        { name: 'a', taskSpec: { inputs: { params: [{ name: 'p' }] } } },
        { name: 'b', taskSpec: { params: [{ name: 'p' }], inputs: { resources: [{ name: 'r', type: 'git' }] } } },
      ],
    },
    stored: {
      tasks: [
        { name: 'a', taskSpec: { params: [{ name: 'p' }] } },
        {
          name: 'b',
          taskSpec: { params: [{ name: 'p' }], resources: { inputs: [{ name: 'r', type: 'git' }] } },
        },
      ],
    },
  },
  {
    title: 'the template of task runs',
    kind: 'PipelineRun',
    version: 'v1beta1',
    older: {
      serviceAccountName: 'sa',
      podTemplate: { nodeSelector: { a: 'b' } },
      timeouts: { pipeline: '1h', tasks: '30m' },
      taskRunSpecs: [
        {
          pipelineTaskName: 't',
          taskServiceAccountName: 'x',
          taskPodTemplate: {},
          stepOverrides: [{ name: 's', resources: compute }],
        },
      ],
    },
    stored: {
      taskRunTemplate: { serviceAccountName: 'sa', podTemplate: { nodeSelector: { a: 'b' } } },
      timeouts: { pipeline: '1h', tasks: '30m' },
      taskRunSpecs: [
        {
          pipelineTaskName: 't',
          serviceAccountName: 'x',
          podTemplate: {},
          stepSpecs: [{ name: 's', computeResources: compute }],
        },
      ],
    },
  },
  {
    title: 'the single timeout',
    kind: 'PipelineRun',
    version: 'v1beta1',
    older: { timeout: '2h' },
    stored: { timeouts: { pipeline: '2h' } },
  },
  {
    title: 'capitals of when expressions',
    kind: 'Pipeline',
    version: 'v1beta1',
    older: { tasks: [{ name: 't', when: [{ Input: 'a', Operator: 'in', Values: ['a'] }] }] },
    stored: { tasks: [{ name: 't', when: [{ input: 'a', operator: 'in', values: ['a'] }] }] },
    shown: { tasks: [{ name: 't', when: [{ input: 'a', operator: 'in', values: ['a'] }] }] },
  },
  {
    title: 'the inputs and outputs of early 2020',
    kind: 'Task',
    version: 'v1alpha1',
    older: {
      inputs: { params: [{ name: 'p', type: 'string' }], resources: [{ name: 'git', type: 'git' }] },
      outputs: {
        resources: [{ name: 'img', type: 'image' }],
        results: [{ name: 'tests', format: 'junit', path: '/r' }],
      },
      steps: [{ image: 'i', resources: compute, script: '$(inputs.params.p)' }],
    },
    stored: {
      params: [{ name: 'p', type: 'string' }],
      resources: {
        inputs: [{ name: 'git', type: 'git' }],
        outputs: [{ name: 'img', type: 'image' }],
        results: [{ name: 'tests', format: 'junit', path: '/r' }],
      },
      steps: [{ image: 'i', computeResources: compute, script: '$(inputs.params.p)' }],
    },
  },
  {
    title: 'the later form of v1alpha1, which it had in common with v1beta1',
    kind: 'Task',
    version: 'v1alpha1',
    older: { params: [{ name: 'p' }], resources: { inputs: [{ name: 'git', type: 'git' }] }, steps: [] },
    stored: { params: [{ name: 'p' }], resources: { inputs: [{ name: 'git', type: 'git' }] }, steps: [] },
  },
  {
    title: 'what a TaskRun of early 2020 gives its task',
    kind: 'TaskRun',
    version: 'v1alpha1',
    older: {
      taskRef: { name: 't' },
      inputs: { params: [{ name: 'p', value: 'v' }], resources: [{ name: 'git', resourceRef: { name: 'r' } }] },
      outputs: { resources: [{ name: 'img', resourceRef: { name: 'i' } }] },
      serviceAccount: 'sa',
      trigger: { type: 'manual' },
    },
    stored: {
      taskRef: { name: 't' },
      params: [{ name: 'p', value: 'v' }],
      resources: {
        inputs: [{ name: 'git', resourceRef: { name: 'r' } }],
        outputs: [{ name: 'img', resourceRef: { name: 'i' } }],
      },
      serviceAccountName: 'sa',
    },
    shown: {
      taskRef: { name: 't' },
      inputs: { params: [{ name: 'p', value: 'v' }], resources: [{ name: 'git', resourceRef: { name: 'r' } }] },
      outputs: { resources: [{ name: 'img', resourceRef: { name: 'i' } }] },
      serviceAccount: 'sa',
    },
  },
  {
    title: 'the inline tasks of a pipeline',
    kind: 'Pipeline',
    version: 'v1alpha1',
    older: {
      tasks: [
        {
          name: 't',
          conditions: [{ conditionRef: 'c' }],
          taskSpec: { inputs: { params: [{ name: 'p' }] }, steps: [{ resources: compute }] },
        },
      ],
    },
    stored: {
      tasks: [
        {
          name: 't',
          conditions: [{ conditionRef: 'c' }],
          taskSpec: { params: [{ name: 'p' }], steps: [{ computeResources: compute }] },
        },
      ],
    },
  },
  {
    title: 'cancellation and the single timeout',
    kind: 'PipelineRun',
    version: 'v1alpha1',
    older: { status: 'PipelineRunCancelled', timeout: '5m' },
    stored: { status: 'Cancelled', timeouts: { pipeline: '5m' } },
  },
  {
    title: 'service accounts by task',
    kind: 'PipelineRun',
    version: 'v1beta1',
    older: { serviceAccountNames: [{ taskName: 'a', serviceAccountName: 'x' }] },
    stored: { taskRunSpecs: [{ pipelineTaskName: 'a', serviceAccountName: 'x' }] },
  },
  {
    title: 'the check of a Condition',
    kind: 'Condition',
    version: 'v1alpha1',
    older: { check: { image: 'i', resources: compute } },
    stored: { check: { image: 'i', computeResources: compute } },
  },
  {
    title: 'the spec of a ClusterTask',
    kind: 'ClusterTask',
    version: 'v1beta1',
    older: { steps: [{ resources: compute }] },
    stored: { steps: [{ computeResources: compute }] },
  },
];

describe('conversion', () => {
  it.each(rows)('of $kind $version stores and shows $title', ({ kind, version, older, stored, shown }) => {
    const written = object(version, kind, { spec: older });
    const before = structuredClone(written);
    const kept = toStorage(kindOf(kind), version, written);
    expect(written).toEqual(before);
    expect(kept).toMatchObject({ apiVersion: `tekton.dev/${kindOf(kind).storageVersion}`, spec: stored });
    expect((kept as unknown as { spec: unknown }).spec).toEqual(stored);
    const read = fromStorage(kindOf(kind), version, kept) as unknown as { spec: unknown };
    expect(read.spec).toEqual(shown ?? older);
    // There and back again changes nothing more.
    expect(toStorage(kindOf(kind), version, read as unknown as KubeObject)).toEqual(kept);
  });

  it('rewrites the oldest variables, and leaves the shell its own', () => {
    const script = 'echo ${inputs.params.a} ${outputs.resources.i.url} ${HOME} ${inputs} $(inputs.params.b)';
    const stored = toStorage(kindOf('Task'), 'v1alpha1', object('v1alpha1', 'Task', { spec: { steps: [{ script }] } }));
    expect(stored).toMatchObject({
      spec: {
        steps: [{ script: 'echo $(inputs.params.a) $(outputs.resources.i.url) ${HOME} ${inputs} $(inputs.params.b)' }],
      },
    });
  });

  it('refuses two fields that say the same thing differently', () => {
    const convert = (kind: string, version: string, spec: object): unknown =>
      toStorage(kindOf(kind), version, object(version, kind, { spec }));
    expect(() => convert('Task', 'v1alpha1', { inputs: { params: [] }, params: [] })).toThrow(
      'expected exactly one, got both: spec.inputs.params, spec.params',
    );
    expect(() => convert('PipelineRun', 'v1beta1', { timeout: '1h', timeouts: { pipeline: '2h' } })).toThrow(
      'expected exactly one, got both: spec.timeout, spec.timeouts.pipeline',
    );
    expect(() => convert('TaskRun', 'v1beta1', { taskRef: { bundle: 'b', resolver: 'git' } })).toThrow(
      'expected exactly one, got both: spec.taskRef.bundle, spec.taskRef.resolver',
    );
    const twice = { tasks: [{ taskRef: { bundle: 'b', params: [] } }, { taskRef: { bundle: 'b', resolver: 'git' } }] };
    try {
      convert('Pipeline', 'v1beta1', twice);
    } catch (error) {
      expect((error as SlipwayError).problems.map(({ field }) => field)).toEqual([
        'spec.tasks[0].taskRef.bundle',
        'spec.tasks[1].taskRef.bundle',
      ]);
    }
    expect.assertions(5);
    expect(convert('PipelineRun', 'v1beta1', { timeout: '60m', timeouts: { pipeline: '1h' } })).toMatchObject({
      spec: { timeouts: { pipeline: '1h' } },
    });
  });

  it('turns the old maps of children into references, and results into results', () => {
    const run = object('v1beta1', 'PipelineRun', {
      spec: {},
      status: { pipelineResults: [{ name: 'r', value: 'v' }], taskRuns: { 'n-a': { pipelineTaskName: 'a' } } },
    });
    const stored = toStorage(kindOf('PipelineRun'), 'v1beta1', run) as unknown as { status: unknown };
    expect(stored.status).toEqual({
      results: [{ name: 'r', value: 'v' }],
      taskRuns: { 'n-a': { pipelineTaskName: 'a' } },
      childReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'n-a', pipelineTaskName: 'a' }],
    });
  });

  it('reads the params of a v1alpha1 ResolutionRequest from a map, and shows them as one', () => {
    const kind = kindOf('ResolutionRequest');
    const older = object('v1alpha1', 'ResolutionRequest', { spec: { params: { url: 'u', revision: 'main' } } });
    const stored = toStorage(kind, 'v1alpha1', older);
    expect(stored).toMatchObject({
      apiVersion: 'resolution.tekton.dev/v1beta1',
      spec: { params: [{ name: 'url', value: 'u' }, { name: 'revision', value: 'main' }] }, // prettier-ignore
    });
    expect(fromStorage(kind, 'v1alpha1', stored)).toMatchObject({ spec: { params: { url: 'u', revision: 'main' } } });
  });

  it('shows a ClusterTask in its own version, although it is stored in the words of a Task', () => {
    const kind = kindOf('ClusterTask');
    const spec = { steps: [{ name: 's', image: 'i', resources: { limits: { cpu: '1' } } }] };
    const stored = toStorage(kind, 'v1beta1', object('v1beta1', 'ClusterTask', { spec }));
    expect(isStoredForm(kind, 'v1beta1')).toBe(false);
    expect(fromStorage(kind, 'v1beta1', stored)).toMatchObject({ spec });
  });

  it('remembers of what was written in v1alpha1 that it was, and in which form', () => {
    const form = (version: string, spec: object): string | undefined =>
      toStorage(kindOf('Task'), version, object(version, 'Task', { spec })).metadata.annotations?.[
        'slipway.dev/v1alpha1-form'
      ];
    expect(form('v1alpha1', { steps: [] })).toBe('params');
    expect(form('v1alpha1', { inputs: { params: [{ name: 'p' }] }, steps: [] })).toBe('inputs');
    expect([form('v1beta1', { steps: [] }), form('v1', { steps: [] })]).toEqual([undefined, undefined]);
  });

  it('shows every version the version it asked for', () => {
    for (const kind of RESOURCE_KINDS.filter(({ group }) => group === 'tekton.dev')) {
      for (const version of kind.versions) {
        const shown = fromStorage(kind, version, object(kind.storageVersion, kind.kind, { spec: {} }));
        expect(shown.apiVersion).toBe(`tekton.dev/${version}`);
      }
    }
  });
});
