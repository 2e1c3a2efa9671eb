// Which Tasks, Pipelines and StepActions a run or a definition refers to by name: they have to be stored before it.

import {
  PIPELINES,
  STEP_ACTIONS,
  TASKS,
  isDnsSubdomain,
  type KubeObject,
  type ObjectKey,
  type ResourceName,
} from '@slipway/contracts';

/** The kinds of definitions that are read in the cluster. */
export const DEFINITIONS: readonly ResourceName[] = [TASKS, PIPELINES, STEP_ACTIONS];

type Fields = Record<string, unknown>;

const RESOLVED = new Map([
  ['task', TASKS],
  ['pipeline', PIPELINES],
  ['stepaction', STEP_ACTIONS],
]);

/**
 * What the object names, each once: `taskRef`, `pipelineRef` and `ref` of its own namespace, and what they ask of the cluster
 * resolver in so many words. Names with variables in them are not known here.
 */
export function referencesOf({ metadata, ...object }: KubeObject): ObjectKey[] {
  const found = new Map<string, ObjectKey>();
  const namespace = metadata.namespace ?? '';
  const need = (resource: ResourceName | undefined, name: unknown, from = namespace): void => {
    if (resource === undefined || !isName(name) || !isName(from)) return;
    found.set(`${resource}/${from}/${name}`, { resource, namespace: from, name });
  };
  const refer = (value: unknown, resource: ResourceName): void => {
    if (!isFields(value)) return;
    const { resolver, name, bundle, kind, apiVersion } = value;
    if (resolver === 'cluster') {
      const of = literalParams(value['params']);
      return need(RESOLVED.get(of.get('kind') ?? 'task'), of.get('name'), of.get('namespace'));
    }
    const isOther = typeof apiVersion === 'string' && apiVersion !== '' && !apiVersion.startsWith('tekton.dev/');
    if (resolver !== undefined || bundle !== undefined || isOther) return;
    if (resource === TASKS && kind !== undefined && kind !== '' && kind !== 'Task') return;
    need(resource, name);
  };
  const read = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(read);
    if (!isFields(value)) return;
    refer(value['taskRef'], TASKS);
    refer(value['pipelineRef'], PIPELINES);
    for (const inner of ['spec', 'taskSpec', 'pipelineSpec', 'tasks', 'finally']) read(value[inner]);
    if (Array.isArray(value['steps']))
      for (const step of value['steps'] as unknown[]) if (isFields(step)) refer(step['ref'], STEP_ACTIONS);
  };
  read(object);
  return [...found.values()];
}

/** What stands in a path to the API server as it is; a name with variables is none. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && isDnsSubdomain(value);
}

function literalParams(params: unknown): Map<string, string> {
  if (!Array.isArray(params)) return new Map();
  const literal = params.filter(
    (param): param is { name: string; value: string } =>
      isFields(param) && typeof param['name'] === 'string' && typeof param['value'] === 'string',
  );
  return new Map(literal.map(({ name, value }) => [name, value]));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
