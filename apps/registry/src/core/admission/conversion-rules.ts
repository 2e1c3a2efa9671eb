// What differs between the older versions of tekton.dev and what is stored: one rule for each definition that changed.

import { SlipwayError, durationMs } from '@slipway/contracts';

export type Fields = Record<string, unknown>;

/** What an object as a whole is like, beside the fields of the definition at hand. */
export interface Form {
  /** The older version. */
  version: string;
  /** Whether tasks are written with `inputs` and `outputs`. Set while reading, asked while showing. */
  inputs: boolean;
}

/** Changes the fields of one definition; may modify and return `fields`, which are its own. `path` is for errors. */
export type Rule = (fields: Fields, form: Form, path: string) => Fields;

/** Fields that only changed their name: older name → stored name. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Step: { resources: 'computeResources' },
  StepTemplate: { resources: 'computeResources' },
  Sidecar: { resources: 'computeResources' },
  StepOverride: { resources: 'computeResources' },
  TaskRunStepSpec: { resources: 'computeResources' },
  TaskRunSidecarSpec: { resources: 'computeResources' },
  TaskRunSpec: { stepOverrides: 'stepSpecs', sidecarOverrides: 'sidecarSpecs' },
  TaskRunStatus: { taskResults: 'results' },
  PipelineTaskRunSpec: {
    taskServiceAccountName: 'serviceAccountName',
    taskPodTemplate: 'podTemplate',
    stepOverrides: 'stepSpecs',
    sidecarOverrides: 'sidecarSpecs',
  },
  PipelineRunStatus: { pipelineResults: 'results' },
};

function renamed(fields: Fields, names: Readonly<Record<string, string>>): Fields {
  const entries = Object.entries(fields);
  return Object.fromEntries(entries.map(([key, value]) => [Object.hasOwn(names, key) ? names[key]! : key, value]));
}

function inverted(names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([older, stored]) => [stored, older]));
}

// To storage ----------------------------------------------------------------------------------------------------------

/** `inputs` and `outputs` of a v1alpha1 task or its run become `params` and `resources`. */
function withoutInputs(fields: Fields, form: Form, path: string): Fields {
  const { inputs, outputs, ...others } = fields as { inputs?: Fields; outputs?: Fields } & Fields;
  if (inputs === undefined && outputs === undefined) return fields;
  if (inputs?.['params'] !== undefined && others['params'] !== undefined) throw both(path, 'inputs.params', 'params');
  const resources = compactOrNothing({
    inputs: inputs?.['resources'],
    outputs: outputs?.['resources'],
    results: outputs?.['results'],
  });
  if (resources !== undefined && others['resources'] !== undefined) throw both(path, 'inputs.resources', 'resources');
  form.inputs ||= inputs?.['params'] !== undefined || resources !== undefined;
  return compact({
    ...others,
    params: inputs?.['params'] ?? others['params'],
    resources: resources ?? others['resources'],
  });
}

function storedTaskRunSpec(fields: Fields, form: Form, path: string): Fields {
  const { serviceAccount, ...others } = fields;
  dropIgnored(others);
  const spec = withoutInputs(renamed(others, RENAMED['TaskRunSpec']!), form, path);
  if (serviceAccount !== undefined) spec['serviceAccountName'] ??= serviceAccount;
  return spec;
}

function storedPipelineRunSpec(fields: Fields, _form: Form, path: string): Fields {
  const { serviceAccount, serviceAccountName, podTemplate, timeout, serviceAccountNames, ...spec } = fields;
  dropIgnored(spec);
  const template = compactOrNothing({ serviceAccountName: serviceAccountName ?? serviceAccount, podTemplate });
  if (template !== undefined) spec['taskRunTemplate'] = template;
  if (timeout !== undefined) {
    const timeouts = (spec['timeouts'] ?? {}) as { pipeline?: string };
    // A patch may bring `timeout` to an object that is shown with `timeouts`: as long as both say the same, it may.
    if (timeouts.pipeline !== undefined && durationMs(timeouts.pipeline) !== durationMs(timeout as string)) {
      throw both(path, 'timeout', 'timeouts.pipeline');
    }
    spec['timeouts'] = { pipeline: timeout, ...timeouts };
  }
  if (spec['status'] === 'PipelineRunCancelled') spec['status'] = 'Cancelled';
  const accounts = serviceAccountNames as { taskName?: string; serviceAccountName?: string }[] | undefined;
  if (accounts !== undefined && accounts.length > 0) {
    spec['taskRunSpecs'] = withAccounts((spec['taskRunSpecs'] ?? []) as Fields[], accounts);
  }
  return spec;
}

/** Who started a run and where its results went, in the form of 2019: read, and of no effect. */
function dropIgnored(spec: Fields): void {
  delete spec['trigger'];
  delete spec['results'];
}

function withAccounts(
  specs: readonly Fields[],
  accounts: readonly { taskName?: string; serviceAccountName?: string }[],
): Fields[] {
  const result = specs.map((spec) => ({ ...spec }));
  for (const { taskName, serviceAccountName } of accounts) {
    const spec = result.find((candidate) => candidate['pipelineTaskName'] === taskName);
    if (spec !== undefined) spec['serviceAccountName'] ??= serviceAccountName;
    else result.push({ pipelineTaskName: taskName, serviceAccountName });
  }
  return result;
}

/** A reference into a bundle is one through the resolver of bundles. */
function storedRef(fields: Fields): Fields {
  const { bundle, name, kind, ...others } = fields as { bundle?: string; name?: string; kind?: string } & Fields;
  if (bundle === undefined || bundle === '') return fields;
  const params = [
    { name: 'bundle', value: bundle },
    { name: 'name', value: name ?? '' },
    { name: 'kind', value: kind ?? 'Task' },
  ];
  return { ...others, resolver: 'bundles', params };
}

function storedWhen(fields: Fields): Fields {
  const { Input, Operator, Values, ...when } = fields;
  return compact({
    ...when,
    input: when['input'] ?? Input,
    operator: when['operator'] ?? Operator,
    values: when['values'] ?? Values,
  });
}

/** `taskRuns` and `runs` by name become references; what they held of the children stands in the children. */
function storedPipelineRunStatus(fields: Fields): Fields {
  const { taskRuns, runs, ...status } = renamed(fields, RENAMED['PipelineRunStatus']!) as {
    taskRuns?: Record<string, { pipelineTaskName?: string }>;
    runs?: Record<string, { pipelineTaskName?: string }>;
  } & Fields;
  const children = [
    ...Object.entries(taskRuns ?? {}).map(([name, child]) => childReference('TaskRun', 'tekton.dev/v1', name, child)),
    ...Object.entries(runs ?? {}).map(([name, child]) => childReference('Run', 'tekton.dev/v1alpha1', name, child)),
  ];
  if (children.length > 0) status['childReferences'] ??= children;
  return status;
}

function childReference(kind: string, apiVersion: string, name: string, child: { pipelineTaskName?: string }): Fields {
  return compact({ apiVersion, kind, name, pipelineTaskName: child.pipelineTaskName });
}

/** The params of a v1alpha1 ResolutionRequest are a map. */
function storedRequestSpec(fields: Fields): Fields {
  const { params, ...others } = fields as { params?: Fields } & Fields;
  if (params === undefined) return fields;
  return { ...others, params: Object.entries(params).map(([name, value]) => ({ name, value })) };
}

export const TO_STORAGE: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...Object.entries(RENAMED).map(([name, names]): [string, Rule] => [name, (fields) => renamed(fields, names)]),
  ['TaskSpec', withoutInputs],
  ['EmbeddedTask', withoutInputs],
  ['TaskRunSpec', storedTaskRunSpec],
  ['PipelineRunSpec', storedPipelineRunSpec],
  ['PipelineRunStatus', storedPipelineRunStatus],
  ['ObjectRef', storedRef],
  ['WhenExpression', storedWhen],
  ['ResolutionRequestSpec', storedRequestSpec],
]);

// From storage --------------------------------------------------------------------------------------------------------

function withInputs(fields: Fields, form: Form): Fields {
  if (form.version !== 'v1alpha1' || !form.inputs) return fields;
  const { params, resources, ...others } = fields as { resources?: Fields } & Fields;
  const inputs = compactOrNothing({ params, resources: resources?.['inputs'] });
  const outputs = compactOrNothing({ resources: resources?.['outputs'], results: resources?.['results'] });
  return compact({ ...others, inputs, outputs });
}

function shownTaskRunSpec(fields: Fields, form: Form): Fields {
  return withInputs(renamed(fields, inverted(RENAMED['TaskRunSpec']!)), form);
}

function shownPipelineRunSpec(fields: Fields, form: Form): Fields {
  const { taskRunTemplate, timeouts, ...spec } = fields as { taskRunTemplate?: Fields; timeouts?: Fields } & Fields;
  const isOldest = form.version === 'v1alpha1';
  if (timeouts !== undefined) {
    // v1alpha1 knew one timeout; the finer ones are shown rather than lost.
    if (isOldest && Object.keys(timeouts).every((key) => key === 'pipeline')) spec['timeout'] = timeouts['pipeline'];
    else spec['timeouts'] = timeouts;
  }
  if (isOldest && spec['status'] === 'Cancelled') spec['status'] = 'PipelineRunCancelled';
  return compact({
    ...spec,
    serviceAccountName: taskRunTemplate?.['serviceAccountName'],
    podTemplate: taskRunTemplate?.['podTemplate'],
  });
}

function shownRequestSpec(fields: Fields): Fields {
  const { params, ...others } = fields as { params?: { name: string; value: unknown }[] } & Fields;
  if (params === undefined) return fields;
  return { ...others, params: Object.fromEntries(params.map(({ name, value }) => [name, value])) };
}

export const FROM_STORAGE: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...Object.entries(RENAMED).map(([name, names]): [string, Rule] => {
    const older = inverted(names);
    return [name, (fields) => renamed(fields, older)];
  }),
  ['TaskSpec', withInputs],
  ['EmbeddedTask', withInputs],
  ['TaskRunSpec', shownTaskRunSpec],
  ['PipelineRunSpec', shownPipelineRunSpec],
  ['ResolutionRequestSpec', shownRequestSpec],
]);

// ---------------------------------------------------------------------------------------------------------------------

/** Without the fields that are undefined. */
function compact(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** As `compact`; undefined when no field is left. */
function compactOrNothing(fields: Fields): Fields | undefined {
  const left = compact(fields);
  return Object.keys(left).length === 0 ? undefined : left;
}

function both(path: string, one: string, other: string): SlipwayError {
  const [first, second] = [one, other].map((name) => (path === '' ? name : `${path}.${name}`)) as [string, string];
  const message = `expected exactly one, got both: ${first}, ${second}`;
  return new SlipwayError('invalid', 'Invalid', message, {
    problems: [{ field: first, reason: 'FieldValueInvalid', message }],
  });
}
