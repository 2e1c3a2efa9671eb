// What differs between the older versions of tekton.dev and what is stored: one rule for each definition that changed.

import { RENAMED_FIELDS, durationMs, type FieldProblem } from '@slipway/contracts';

import type { Mark, OlderForm } from './older-form.js';

export type Fields = Record<string, unknown>;

/** What an object as a whole is like, beside the fields of the definition at hand. */
export interface Form {
  /** The older version. */
  version: string;
  /** Whether tasks are written with `inputs` and `outputs`. Set while reading, asked while showing. */
  inputs: boolean;
  /** Fields that exclude each other. Filled while reading. */
  problems: FieldProblem[];
  /** Which words were used where storage has one for two. Filled while reading, asked while showing. */
  older: OlderForm;
}

/** Changes the fields of one definition; may modify and return `fields`, which are its own. `path` is for errors. */
export type Rule = (fields: Fields, form: Form, path: string) => Fields;

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
  if (inputs?.['params'] !== undefined && others['params'] !== undefined) both(form, path, 'inputs.params', 'params');
  const resources = compactOrNothing({
    inputs: inputs?.['resources'],
    outputs: outputs?.['resources'],
    results: outputs?.['results'],
  });
  if (resources !== undefined && others['resources'] !== undefined) both(form, path, 'inputs.resources', 'resources');
  form.inputs ||= inputs?.['params'] !== undefined || resources !== undefined;
  if (inputs?.['params'] !== undefined) form.older.add('inputs.params', path);
  if (inputs?.['resources'] !== undefined) form.older.add('inputs.resources', path);
  if (outputs?.['resources'] !== undefined) form.older.add('outputs.resources', path);
  if (outputs?.['results'] !== undefined) form.older.add('outputs.results', path);
  return compact({
    ...others,
    params: inputs?.['params'] ?? others['params'],
    resources: resources ?? others['resources'],
  });
}

function storedTaskRunSpec(fields: Fields, form: Form, path: string): Fields {
  const { serviceAccount, ...others } = fields;
  dropIgnored(others);
  const spec = withoutInputs(renamed(others, RENAMED_FIELDS['TaskRunSpec']!), form, path);
  rememberAccount(fields, form, path);
  if (serviceAccount !== undefined) spec['serviceAccountName'] ??= serviceAccount;
  return spec;
}

function rememberAccount(fields: Fields, form: Form, path: string): void {
  if (fields['serviceAccount'] === undefined || fields['serviceAccountName'] !== undefined) return;
  form.older.add('serviceAccount', path);
}

function storedPipelineRunSpec(fields: Fields, form: Form, path: string): Fields {
  const { serviceAccount, serviceAccountName, podTemplate, timeout, serviceAccountNames, ...spec } = fields;
  dropIgnored(spec);
  rememberAccount(fields, form, path);
  // Of two words v1alpha1 shows the older without being told.
  const isOldest = form.version === 'v1alpha1';
  if (isOldest && spec['timeouts'] !== undefined) form.older.add('timeouts', path);
  if (!isOldest && timeout !== undefined && spec['timeouts'] === undefined) form.older.add('timeout', path);
  const template = compactOrNothing({ serviceAccountName: serviceAccountName ?? serviceAccount, podTemplate });
  if (template !== undefined) spec['taskRunTemplate'] = template;
  if (timeout !== undefined) {
    const timeouts = (spec['timeouts'] ?? {}) as { pipeline?: string };
    // A patch may bring `timeout` to an object that is shown with `timeouts`: as long as both say the same, it may.
    if (timeouts.pipeline !== undefined && durationMs(timeouts.pipeline) !== durationMs(timeout as string)) {
      both(form, path, 'timeout', 'timeouts.pipeline');
    }
    spec['timeouts'] = { pipeline: timeout, ...timeouts };
  }
  if (spec['status'] === 'PipelineRunCancelled') {
    spec['status'] = 'Cancelled';
    if (!isOldest) form.older.add('PipelineRunCancelled', path);
  }
  const accounts = serviceAccountNames as { taskName?: string; serviceAccountName?: string }[] | undefined;
  if (accounts !== undefined && accounts.length > 0) {
    spec['taskRunSpecs'] = withAccounts((spec['taskRunSpecs'] ?? []) as Fields[], accounts);
    for (const { taskName } of accounts) form.older.add(`serviceAccountNames:${taskName ?? ''}`, path);
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
    else result.push(compact({ pipelineTaskName: taskName, serviceAccountName }));
  }
  return result;
}

/** A reference into a bundle is one through the resolver of bundles. */
function storedRef(fields: Fields, form: Form, path: string): Fields {
  const { bundle, name, kind, ...others } = fields as { bundle?: string; name?: string; kind?: string } & Fields;
  if (bundle === undefined || bundle === '') return fields;
  for (const field of ['resolver', 'params']) if (others[field] !== undefined) both(form, path, 'bundle', field);
  form.older.add(kind === undefined ? 'bundle' : 'bundle+kind', path);
  const params = [
    { name: 'bundle', value: bundle },
    { name: 'name', value: name ?? '' },
    { name: 'kind', value: kind ?? (path.endsWith('pipelineRef') ? 'Pipeline' : 'Task') },
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

/** `taskRuns` and `runs` by name are kept, and become references too: services read nothing else. */
function storedPipelineRunStatus(fields: Fields): Fields {
  const status = renamed(fields, RENAMED_FIELDS['PipelineRunStatus']!);
  const { taskRuns, runs } = status as Record<'taskRuns' | 'runs', Record<string, { pipelineTaskName?: string }>>;
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
  ...Object.entries(RENAMED_FIELDS).map(([name, names]): [string, Rule] => [name, (fields) => renamed(fields, names)]),
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

function withInputs(fields: Fields, form: Form, path: string): Fields {
  if (form.version !== 'v1alpha1' || !form.inputs) return fields;
  const { params, resources, ...others } = fields as { resources?: Fields } & Fields;
  const was = (mark: Mark): boolean => form.older.isEmpty || form.older.has(mark, path);
  const areInputs = was('inputs.params');
  const areOld = was('inputs.resources') || was('outputs.resources') || was('outputs.results');
  const old = areOld ? resources : undefined;
  const inputs = compactOrNothing({ params: areInputs ? params : undefined, resources: old?.['inputs'] });
  const outputs = compactOrNothing({ resources: old?.['outputs'], results: old?.['results'] });
  const kept = { params: areInputs ? undefined : params, resources: areOld ? undefined : resources };
  return compact({ ...others, ...kept, inputs, outputs });
}

function shownTaskRunSpec(fields: Fields, form: Form, path: string): Fields {
  const shown = withInputs(renamed(fields, inverted(RENAMED_FIELDS['TaskRunSpec']!)), form, path);
  return withOldAccount(shown, form, path);
}

function withOldAccount(fields: Fields, form: Form, path: string): Fields {
  const { serviceAccountName, ...others } = fields;
  if (serviceAccountName === undefined || form.version !== 'v1alpha1' || !form.older.has('serviceAccount', path)) {
    return fields;
  }
  return { ...others, serviceAccount: serviceAccountName };
}

/** A bundle again, when that is what was written and nothing but a bundle is there. */
function shownRef(fields: Fields, form: Form, path: string): Fields {
  const hasKind = form.older.has('bundle+kind', path);
  if (!hasKind && !form.older.has('bundle', path)) return fields;
  const { resolver, params, ...others } = fields as { params?: { name: string; value: unknown }[] } & Fields;
  const [bundle, name, kind] = params ?? [];
  const names = (params ?? []).map((param) => param.name).join();
  if (resolver !== 'bundles' || names !== 'bundle,name,kind' || 'name' in others) return fields;
  const named = name!.value === '' ? {} : { name: name!.value };
  return { ...others, ...named, bundle: bundle!.value, ...(hasKind ? { kind: kind!.value } : {}) };
}

function shownPipelineRunSpec(fields: Fields, form: Form, path: string): Fields {
  const { taskRunTemplate, timeouts, ...spec } = fields as { taskRunTemplate?: Fields; timeouts?: Fields } & Fields;
  const isOldest = form.version === 'v1alpha1';
  if (timeouts !== undefined) {
    // v1alpha1 knew one timeout; the finer ones are shown rather than lost.
    const wasOne = form.older.has('timeout', path) || (isOldest && !form.older.has('timeouts', path));
    const isOne = Object.keys(timeouts).join() === 'pipeline';
    if (wasOne && isOne) spec['timeout'] = timeouts['pipeline'];
    else spec['timeouts'] = timeouts;
  }
  const wasCancelled = isOldest || form.older.has('PipelineRunCancelled', path);
  if (wasCancelled && spec['status'] === 'Cancelled') spec['status'] = 'PipelineRunCancelled';
  const shown = compact({
    ...spec,
    ...accountsByTask(spec['taskRunSpecs'] as Fields[] | undefined, form, path),
    serviceAccountName: taskRunTemplate?.['serviceAccountName'],
    podTemplate: taskRunTemplate?.['podTemplate'],
  });
  return withOldAccount(shown, form, path);
}

/** The accounts that were written as a list of their own leave the specs of their tasks again. */
function accountsByTask(specs: readonly Fields[] | undefined, form: Form, path: string): Fields {
  if (specs === undefined) return {};
  const accounts: Fields[] = [];
  const others = specs.flatMap((spec) => {
    const { taskServiceAccountName: serviceAccountName, ...rest } = spec;
    const taskName = spec['pipelineTaskName'];
    const name = typeof taskName === 'string' ? taskName : '';
    if (!form.older.has(`serviceAccountNames:${name}`, path)) return [spec];
    accounts.push(compact({ taskName, serviceAccountName }));
    return Object.keys(rest).some((field) => field !== 'pipelineTaskName') ? [rest] : [];
  });
  if (accounts.length === 0) return {};
  return { taskRunSpecs: others.length === 0 ? undefined : others, serviceAccountNames: accounts };
}

function shownRequestSpec(fields: Fields): Fields {
  const { params, ...others } = fields as { params?: { name: string; value: unknown }[] } & Fields;
  if (params === undefined) return fields;
  return { ...others, params: Object.fromEntries(params.map(({ name, value }) => [name, value])) };
}

export const FROM_STORAGE: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...Object.entries(RENAMED_FIELDS).map(([name, names]): [string, Rule] => {
    const older = inverted(names);
    return [name, (fields) => renamed(fields, older)];
  }),
  ['TaskSpec', withInputs],
  ['EmbeddedTask', withInputs],
  ['TaskRunSpec', shownTaskRunSpec],
  ['PipelineRunSpec', shownPipelineRunSpec],
  ['ObjectRef', shownRef],
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

function both(form: Form, path: string, one: string, other: string): void {
  const [first, second] = [one, other].map((name) => (path === '' ? name : `${path}.${name}`)) as [string, string];
  const message = `expected exactly one, got both: ${first}, ${second}`;
  form.problems.push({ field: first, reason: 'FieldValueInvalid', message });
}
