// Tekton's tables of variables and of the fields that accept them, every pair: those of Pipelines and PipelineRuns.

import type { PipelineRun, PipelineSpec, PipelineTask, TaskRun } from '@slipway/contracts';
import { valueAt, withValueAt } from '@slipway/testing';
import { decide } from '../src/core/decide.js';
import { substituteBindings } from '../src/core/substitute-pipeline.js';
import { NOW, ended, modelOf, pipelineRun } from './builders.js';

/** Variables that stand for text, and the text, when a Pipeline starts. */
const AT_START: Record<string, string> = {
  'params.s': 'text',
  "params['s']": 'text',
  'params["s"]': 'text',
  'params.list[1]': 'two',
  "params['list'][1]": 'two',
  'params["list"][1]': 'two',
  'params.o.key': 'of o',
  'context.pipelineRun.name': 'run',
  'context.pipelineRun.namespace': 'ns',
  'context.pipelineRun.uid': 'u1',
  'context.pipeline.name': 'run',
};
const IN_TASKS: Record<string, string> = {
  ...AT_START,
  'workspaces.w.bound': 'true',
  'workspaces.none.bound': 'false',
  'context.pipelineTask.retries': '3',
  'tasks.a.results.r': 'made',
  'tasks.a.results.list[0]': 'x',
  'tasks.a.results.o.key': 'of a',
  'tasks.m.matrix.length': '2',
  'tasks.m.matrix.r.length': '2',
  'tasks.m.results.r[1]': 'made',
};
const IN_FINALLY: Record<string, string> = {
  ...IN_TASKS,
  'tasks.a.status': 'Succeeded',
  'tasks.a.reason': 'Succeeded',
  'tasks.status': 'Succeeded',
};
/** Variables that stand for a list, as an element of one, and what becomes of them. */
const LISTS: Record<string, string[]> = {
  'params.list[*]': ['one', 'two'],
  "params['list'][*]": ['one', 'two'],
  'params["list"][*]': ['one', 'two'],
  'tasks.a.results.list[*]': ['x', 'y'],
  'tasks.m.results.r[*]': ['made', 'made'],
};

const FIELDS = [
  'params.0.value',
  'params.0.value.0',
  'params.0.value.key',
  'matrix.params.0.value.0',
  'matrix.include.0.params.0.value',
  'displayName',
  'workspaces.0.subPath',
  'when.0.input',
  'when.0.values.0',
  'taskRef.params.0.value',
  'taskRef.name',
  'onError',
];
const LIST_FIELDS = ['params.0.value', 'matrix.params.0.value', 'when.0.values'];

const projected = (source: string): string[] =>
  ['name', 'items.0.key', 'items.0.path'].map((field) => `projected.sources.0.${source}.${field}`);
const BINDING_FIELDS = [
  'subPath',
  'persistentVolumeClaim.claimName',
  'configMap.name',
  'configMap.items.0.key',
  'configMap.items.0.path',
  'secret.secretName',
  'secret.items.0.key',
  'secret.items.0.path',
  ...projected('secret'),
  ...projected('configMap'),
  'csi.driver',
  'csi.nodePublishSecretRef.name',
];
const POD_TEMPLATE_FIELDS = [
  'nodeSelector.any',
  'tolerations.0.key',
  'tolerations.0.operator',
  'tolerations.0.value',
  'tolerations.0.effect',
  'affinity.nodeAffinity.any',
  'securityContext.any',
  'volumes.0.name',
  'volumes.0.configMap.name',
  'volumes.0.secret.secretName',
  'runtimeClassName',
  'schedulerName',
  'priorityClassName',
  'imagePullSecrets.0.name',
  'hostAliases.0.ip',
  'hostAliases.0.hostnames.0',
  'topologySpreadConstraints.0.topologyKey',
  'topologySpreadConstraints.0.whenUnsatisfiable',
];

const results = [{ name: 'r' }, { name: 'list', type: 'array' as const }, { name: 'o', properties: { key: {} } }];
const taskSpec = { results, params: [{ name: 'v', default: '' }], steps: [] };
const spec: PipelineSpec = {
  params: [{ name: 's' }, { name: 'list', type: 'array' }, { name: 'o', properties: { key: {} } }],
  workspaces: [{ name: 'w' }, { name: 'none', optional: true }],
  tasks: [
    { name: 'a', taskSpec },
    { name: 'm', matrix: { params: [{ name: 'v', value: ['1', '2'] }] }, taskSpec },
  ],
};
const more: Partial<PipelineRun['spec']> = {
  params: [
    { name: 's', value: 'text' },
    { name: 'list', value: ['one', 'two'] },
    { name: 'o', value: { key: 'of o' } },
  ],
  workspaces: [{ name: 'w', emptyDir: {} }],
};

/** The task as it starts, once all others outside finally have ended. */
function started(section: 'tasks' | 'finally', task: PipelineTask): PipelineTask {
  const tasks = [...spec.tasks!, ...(section === 'tasks' ? [{ runAfter: ['a', 'm'], ...task }] : [])];
  const run = pipelineRun({ ...spec, tasks, ...(section === 'finally' ? { finally: [task] } : {}) }, more);
  const model = modelOf(run, {
    task: () => ({ steps: [] }),
    condition: () => undefined,
    resource: () => undefined,
  } as never);
  const made = [
    { name: 'r', value: 'made' },
    { name: 'list', value: ['x', 'y'] },
    { name: 'o', value: { key: 'of a' } },
  ];
  for (const taskRun of decide(run, model, NOW)!.create as TaskRun[]) {
    const { status, ...rest } = ended(taskRun, 'succeeded');
    model.observe({ ...rest, status: { ...status, results: made } });
  }
  return model.resolve(model.stateOf(task.name)!);
}

const textOf = (variables: Record<string, string>): [given: string, wanted: string] => [
  Object.keys(variables)
    .map((name) => `$(${name})`)
    .join('|'),
  Object.values(variables).join('|'),
];
const task = (field: string, leaf: unknown): PipelineTask =>
  withValueAt(
    {
      name: 't',
      retries: 3,
      taskRef: { name: 'task' },
      ...(field.startsWith('params') ? { params: [{ name: 'v', value: '' }] } : {}),
      ...(field.startsWith('matrix.params') ? { matrix: { params: [{ name: 'v', value: [] }] } } : {}),
    },
    field,
    leaf,
  );

describe.each([
  ['tasks', IN_TASKS],
  ['finally', IN_FINALLY],
] as const)('variables of a Pipeline, in spec.%s', (section, variables) => {
  test.each(FIELDS)('are all replaced in %s', (field) => {
    const [given, wanted] = textOf(variables);
    const value =
      field === 'params.0.value.0' || field === 'params.0.value.key' ? task(field.slice(0, 14), '') : undefined;
    const made = value === undefined ? task(field, given) : withKey(value, field, given);
    expect(valueAt(started(section, made), field)).toBe(wanted);
  });

  test.each(LIST_FIELDS)('that are lists are spread out in %s', (field) => {
    const list = Object.keys(LISTS).map((name) => `$(${name})`);
    const resolved = started(section, task(field, ['before', ...list, 'after']));
    expect(valueAt(resolved, field)).toEqual(['before', ...Object.values(LISTS).flat(), 'after']);
  });

  test('that are lists or objects become the whole of a value', () => {
    for (const [name, wanted] of Object.entries({
      ...LISTS,
      'params.o[*]': { key: 'of o' },
      'tasks.a.results.o[*]': { key: 'of a' },
    })) {
      expect([name, valueAt(started(section, task('params.0.value', `$(${name})`)), 'params.0.value')]).toEqual([
        name,
        wanted,
      ]);
    }
  });
});

describe('variables of a PipelineRun', () => {
  test.each(BINDING_FIELDS)('are all replaced in spec.workspaces[].%s', (field) => {
    const [given, wanted] = textOf(AT_START);
    const run = pipelineRun(spec, { ...more, workspaces: [withValueAt({ name: 'w' }, field, given)] });
    expect(valueAt(substituteBindings(run, spec, 'run')[0], field)).toBe(wanted);
  });

  test.each(POD_TEMPLATE_FIELDS)('are all replaced in spec.taskRunSpecs[].podTemplate.%s', (field) => {
    const [given, wanted] = textOf({ ...AT_START, 'params.v': 'of this run' });
    const podTemplate = withValueAt({}, field, given);
    const tasks = [
      { name: 'm', matrix: { params: [{ name: 'v', value: ['of this run', 'of the other'] }] }, taskSpec },
    ];
    const run = pipelineRun({ ...spec, tasks }, { ...more, taskRunSpecs: [{ pipelineTaskName: 'm', podTemplate }] });
    const [first] = decide(run, modelOf(run), NOW)!.create as TaskRun[];
    expect(valueAt(first!.spec.podTemplate, field)).toBe(wanted);
  });
});

/** A param whose value is a list or an object of one item. */
function withKey(made: PipelineTask, field: string, leaf: string): PipelineTask {
  const value = field.endsWith('.0') ? [leaf] : { key: leaf };
  return { ...made, params: [{ name: 'v', value }] };
}
