// Tekton's tables of variables and of the fields that accept them, every pair: those of Tasks and TaskRuns.

import { valueAt, withValueAt } from '@slipway/testing';
import type { TaskRun, TaskSpec } from '@slipway/contracts';
import { applyVariables, boundWorkspaces } from './variables.js';

const params = [
  { name: 's', value: 'text' },
  { name: 'list', value: ['one', 'two'] },
  { name: 'o', value: { key: 'of o' } },
];
const taskRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: 'tr', namespace: 'ns', uid: 'u1' },
  spec: { params },
  status: { retriesStatus: [{}, {}] },
} as unknown as TaskRun;

/** Variables that stand for text, and the text. */
const ANYWHERE: Record<string, string> = {
  'params.s': 'text',
  "params['s']": 'text',
  'params["s"]': 'text',
  'params.list[1]': 'two',
  "params['list'][1]": 'two',
  'params["list"][1]': 'two',
  'params.o.key': 'of o',
  'context.taskRun.name': 'tr',
  'context.taskRun.namespace': 'ns',
  'context.taskRun.uid': 'u1',
  'context.task.name': 'the-task',
  'context.task.retry-count': '2',
};
const IN_TASKS: Record<string, string> = {
  ...ANYWHERE,
  'results.r.path': '/tekton/results/r',
  "results['r'].path": '/tekton/results/r',
  'results["r"].path': '/tekton/results/r',
  'workspaces.w.path': '/workspace/w',
  'workspaces.w.bound': 'true',
  'workspaces.w.claim': 'claim',
  'workspaces.w.volume': 'ws-1',
  'workspaces.none.bound': 'false',
  'workspaces.none.path': '',
  'credentials.path': '/tekton/creds',
  'steps.step-first.exitCode.path': '/tekton/steps/step-first/exitCode',
  'steps.step-unnamed-1.exitCode.path': '/tekton/steps/step-unnamed-1/exitCode',
  'artifacts.path': '/tekton/artifacts/provenance.json',
};
/** Variables that stand for a list, as an element of one. */
const LISTS = ['params.list[*]', "params['list'][*]", 'params["list"][*]'];

const CONTAINER = [
  'name',
  'image',
  'imagePullPolicy',
  'script',
  'env.0.value',
  'env.0.valueFrom.secretKeyRef.name',
  'env.0.valueFrom.secretKeyRef.key',
  'env.0.valueFrom.configMapKeyRef.name',
  'env.0.valueFrom.configMapKeyRef.key',
  'volumeMounts.0.name',
  'volumeMounts.0.mountPath',
  'volumeMounts.0.subPath',
];
const FIELDS = [
  ...CONTAINER.map((field) => `steps.2.${field}`),
  'steps.2.onError',
  ...CONTAINER.map((field) => `sidecars.0.${field}`),
  'volumes.0.name',
  'volumes.0.configMap.name',
  'volumes.0.configMap.items.0.key',
  'volumes.0.configMap.items.0.path',
  'volumes.0.secret.secretName',
  'volumes.0.secret.items.0.key',
  'volumes.0.secret.items.0.path',
  'volumes.0.persistentVolumeClaim.claimName',
  'volumes.0.projected.sources.0.configMap.name',
  'volumes.0.projected.sources.0.secret.name',
  'volumes.0.projected.sources.0.serviceAccountToken.audience',
  'volumes.0.csi.nodePublishSecretRef.name',
  'volumes.0.csi.volumeAttributes.any',
  'workspaces.2.mountPath',
];
const LIST_FIELDS = ['steps.2.command', 'steps.2.args', 'sidecars.0.command', 'sidecars.0.args'];

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

const task: TaskSpec = {
  params: [{ name: 's' }, { name: 'list', type: 'array' }, { name: 'o', properties: { key: {} } }],
  results: [{ name: 'r' }],
  workspaces: [{ name: 'w' }, { name: 'none', optional: true }, { name: 'other' }],
  steps: [{ name: 'first' }, {}, { name: 'looked-at' }],
};

function applied(spec: TaskSpec): TaskSpec {
  return applyVariables(spec, {
    taskRun,
    taskName: 'the-task',
    workspaceVolumes: new Map([['w', 'ws-1']]),
    bindings: [{ name: 'w', persistentVolumeClaim: { claimName: 'claim' } }, { name: 'other' }],
    resources: {},
  });
}

const textOf = (variables: Record<string, string>): [given: string, wanted: string] => [
  Object.keys(variables)
    .map((name) => `$(${name})`)
    .join('|'),
  Object.values(variables).join('|'),
];

describe('variables of a Task', () => {
  test.each([...FIELDS, ...LIST_FIELDS.map((field) => `${field}.0`)])('are all replaced in spec.%s', (field) => {
    const [given, wanted] = textOf(IN_TASKS);
    expect(valueAt(applied(withValueAt(task, field, given)), field)).toBe(wanted);
  });

  test.each(LIST_FIELDS)('that are lists are spread out in spec.%s', (field) => {
    const list = LISTS.map((name) => `$(${name})`);
    const spec = withValueAt(task, field, ['before', ...list, 'after']);
    expect(valueAt(applied(spec), field)).toEqual(['before', ...LISTS.flatMap(() => ['one', 'two']), 'after']);
  });

  test('are left as they are in what declares', () => {
    const description = '$(params.s)';
    const spec = { ...task, description, params: [{ name: 's', description }] };
    expect(applied(spec)).toMatchObject({ description, params: [{ name: 's', description }] });
  });
});

describe('variables of a TaskRun', () => {
  test.each(BINDING_FIELDS)('are all replaced in spec.workspaces[].%s', (field) => {
    const [given, wanted] = textOf(ANYWHERE);
    const bound = withValueAt({ name: 'w' }, field, given);
    const run = { ...taskRun, spec: { ...taskRun.spec, workspaces: [bound] } };
    const [binding] = boundWorkspaces(run, { name: 'the-task', spec: task });
    expect(valueAt(binding, field)).toBe(wanted);
  });
});
