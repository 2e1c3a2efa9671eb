import type { KubeObject } from '@slipway/contracts';
import { referencesOf } from './references.js';

const of = (spec: object): string[] =>
  referencesOf({
    apiVersion: 'tekton.dev/v1',
    kind: 'Any',
    metadata: { name: 'any', namespace: 'ns' },
    spec,
  } as KubeObject).map(({ resource, namespace, name }) => `${resource.split('.')[0]} ${namespace}/${name}`);

const resolved = (...params: [string, unknown][]): object => ({
  resolver: 'cluster',
  params: params.map(([name, value]) => ({ name, value })),
});

// prettier-ignore
const table: [what: string, spec: object, references: string[]][] = [
  ['nothing', {}, []],
  ['the Pipeline of a run', { pipelineRef: { name: 'p' } }, ['pipelines ns/p']],
  ['the Task of a run', { taskRef: { name: 't' } }, ['tasks ns/t']],
  ['the Task of a run by its kind', { taskRef: { name: 't', kind: 'Task', apiVersion: 'tekton.dev/v1' } }, ['tasks ns/t']],
  ['no ClusterTask, which no Tekton with managedBy has', { taskRef: { name: 't', kind: 'ClusterTask' } }, []],
  ['no task of another controller', { taskRef: { name: 't', kind: 'Wait', apiVersion: 'example.com/v1' } }, []],
  ['nothing in a bundle', { taskRef: { name: 't', bundle: 'example.com/b' } }, []],
  ['nothing of a resolver', { taskRef: { resolver: 'git', params: [{ name: 'name', value: 't' }] } }, []],
  ['no name with variables', { taskRef: { name: '$(params.task)' } }, []],
  ['no name that is no text', { taskRef: { name: 7 }, pipelineRef: null }, []],
  ['tasks of a Pipeline, each once', { tasks: [{ taskRef: { name: 'a' } }, { taskRef: { name: 'a' } }], finally: [{ taskRef: { name: 'f' } }] }, ['tasks ns/a', 'tasks ns/f']],
  ['tasks of an inline pipeline in an inline pipeline', { pipelineSpec: { tasks: [{ pipelineSpec: { tasks: [{ taskRef: { name: 'a' } }] } }, { pipelineRef: { name: 'p' } }] } }, ['tasks ns/a', 'pipelines ns/p']],
  ['StepActions of steps', { steps: [{ ref: { name: 's' } }, { image: 'i' }], taskSpec: { steps: [{ ref: { name: 'u' } }] } }, ['stepactions ns/u', 'stepactions ns/s']],
  ['what the cluster resolver is asked for', { taskRef: resolved(['kind', 'task'], ['name', 't'], ['namespace', 'other']) }, ['tasks other/t']],
  ['a Task of the own namespace where it is not told otherwise', { pipelineRef: resolved(['name', 't']) }, ['tasks ns/t']],
  ['nothing that it is asked for in variables', { taskRef: resolved(['name', '$(params.n)']) }, []],
  ['no path instead of a name', { taskRef: { name: '../pipelines/p' }, pipelineRef: resolved(['name', 't'], ['namespace', '..']) }, []],
  ['nothing of a kind that everything has', { taskRef: resolved(['kind', 'constructor'], ['name', 's']) }, []],
  ['nothing of a kind that it does not know', { taskRef: resolved(['kind', 'secret'], ['name', 's']) }, []],
];

describe('referencesOf', () => {
  test.each(table)('finds %s', (_what, spec, references) => {
    expect(of(spec)).toEqual(references);
  });
});
