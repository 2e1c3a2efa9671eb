import type { ConditionCheck, KubeObject, PipelineSpec, TaskRun } from '@slipway/contracts';
import { NOW, ended, modelOf, noDefinitions, pipelineRun } from '../../test/builders.js';
import { ownerOf } from './child-metadata.js';
import { decide } from './decide.js';
import { copiedOutputs } from './from-copies.js';
import { claimsOf } from './workspaces.js';

const steps = [{ name: 's', image: 'busybox', script: 'true' }];
const makes = { inputs: [{ name: 'in', type: 'git' }], outputs: [{ name: 'out', type: 'git' }] };

/** `make` puts out what `take` takes from it, each by a name of its own. */
const pipeline = (type = 'git'): PipelineSpec => ({
  resources: [{ name: 'repo', type }],
  tasks: [
    {
      name: 'make',
      taskSpec: { steps, resources: makes },
      resources: { inputs: [{ name: 'in', resource: 'repo' }], outputs: [{ name: 'out', resource: 'repo' }] },
    },
    {
      name: 'take',
      taskSpec: { steps, resources: { inputs: [{ name: 'src', type }] } },
      resources: { inputs: [{ name: 'src', resource: 'repo', from: ['make'] }] },
    },
  ],
});
const bound = { resources: [{ name: 'repo', resourceSpec: { type: 'git', params: [] } }] };

function made(spec: PipelineSpec, definitions = noDefinitions): { runs: Map<string, TaskRun>; claims: KubeObject[] } {
  const run = pipelineRun(spec, bound);
  const model = modelOf(run, definitions);
  const runs = new Map<string, TaskRun>();
  for (let round = 0; round < 4; round++) {
    for (const object of decide(run, model, NOW)!.create as TaskRun[]) {
      runs.set(object.metadata.name, object);
      model.observe(ended(object, 'succeeded'));
    }
  }
  return { runs, claims: claimsOf(run, model.pipeline, ownerOf(run)) };
}

test('what a task takes from another is copied by the claim of the run, under the name that the pipeline has for it', () => {
  const { runs, claims } = made(pipeline());
  expect(runs.get('run-make')!.spec.resources).toMatchObject({
    inputs: [{ name: 'in' }],
    outputs: [{ name: 'out', paths: ['/pvc/make/repo'] }],
  });
  expect(runs.get('run-make')!.spec.resources?.inputs?.[0]?.paths).toBeUndefined();
  expect(runs.get('run-take')!.spec.resources?.inputs).toMatchObject([{ name: 'src', paths: ['/pvc/make/repo'] }]);
  expect(claims).toMatchObject([
    {
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'run-pvc', ownerReferences: [{ kind: 'PipelineRun', name: 'run' }] },
    },
  ]);
});

test('a Condition that takes a resource from a task gets the copy, too', () => {
  const condition: ConditionCheck = {
    apiVersion: 'tekton.dev/v1alpha1',
    kind: 'Condition',
    metadata: { name: 'holds' },
    spec: { check: steps[0]!, resources: [{ name: 'ws', type: 'git' }] },
  };
  const spec = pipeline();
  spec.tasks![1]!.conditions = [
    { conditionRef: 'holds', resources: [{ name: 'ws', resource: 'repo', from: ['make'] }] },
  ];
  const { runs } = made(spec, { ...noDefinitions, condition: () => condition });
  expect(runs.get('run-take-holds-0')!.spec.resources?.inputs).toMatchObject([
    { name: 'ws', paths: ['/pvc/make/repo'] },
  ]);
});

// prettier-ignore
const table: [given: string, spec: PipelineSpec, copied: string[]][] = [
  ['git', pipeline('git'), ['/pvc/make/repo']],
  ['storage', pipeline('storage'), ['/pvc/make/repo']],
  ['an image, which is nowhere to be copied from', pipeline('image'), []],
  ['nothing without from', { ...pipeline(), tasks: pipeline().tasks!.slice(0, 1) }, []],
];
test.each(table)('copiedOutputs has %s (F1)', (_given, spec, copied) => {
  expect([...copiedOutputs(spec)]).toEqual(copied);
});

test('a run without copies has no claim for them (F1)', () => {
  expect(made({ ...pipeline(), tasks: pipeline().tasks!.slice(0, 1) }).claims).toEqual([]);
});
