// v1alpha1 and v1beta1 of tekton.dev as v1, where v1 has the same thing under another name or in another place. The
// registry does the same to objects; a test holds the two together.

import { RENAMED_FIELDS } from '@slipway/contracts';
import { rewriteText } from './build-template.js';
import { CannotConvert, type FileObject } from './files.js';
import { entry, treeEntry } from './new-tree.js';
import { partsOf, type Part } from './shapes.js';
import {
  asBlock,
  entryOf,
  itemsAt,
  leavesOf,
  mapAt,
  put,
  putItems,
  rename,
  rewrite,
  take,
  textAt,
  type MapEntry,
  type MapTree,
} from './tree.js';

/** Changes one part in place. */
type Rule = (part: Part) => void;

const RULES: Readonly<Record<string, Rule>> = {
  TaskSpec: ({ tree }) => withoutInputs(tree),
  TaskRunSpec: ({ tree }) => {
    oneAccount(tree);
    dropIgnored(tree);
    withoutInputs(tree);
  },
  PipelineRunSpec: ({ tree }) => pipelineRunSpec(tree),
  ObjectRef: (part) => withoutBundle(part),
  WhenExpression: ({ tree }) => smallLetters(tree),
};

/** Rewrites an object of an older version in the words of v1. What v1 cannot say stays as it is written. */
export function inWordsOfV1(kind: string, object: MapTree): void {
  for (const part of partsOf(kind, object)) {
    for (const [older, newer] of Object.entries(RENAMED_FIELDS[part.definition] ?? {})) rename(part.tree, older, newer);
    RULES[part.definition]?.(part);
  }
  for (const leaf of leavesOf(object)) if (/[({]inputs\.|{outputs\./.test(leaf.text)) rewrite(leaf, inNewVariables);
}

/** Kinds whose newest version is v1beta1, in their v1alpha1; a Run of 2020 is a CustomRun now. */
export function isRenamed({ group, version, kind }: FileObject): boolean {
  return group === 'tekton.dev' && version === 'v1alpha1' && (kind === 'StepAction' || kind === 'Run');
}

export function withNewKind({ kind, tree }: FileObject): void {
  const lost = kind === 'Run' ? entryOf(mapAt(tree, 'spec'), 'podTemplate') : undefined;
  if (lost !== undefined) {
    const hint = 'Give it to the controller of the custom task in a param.';
    throw new CannotConvert('a CustomRun has no podTemplate', hint, lost.offset);
  }
  if (kind === 'Run') rewriteText(tree, 'kind', 'CustomRun');
  rewriteText(tree, 'apiVersion', 'tekton.dev/v1beta1');
}

/** `${inputs.params.x}` of 2019 and `$(inputs.params.x)` of 2020. Resources are another matter (`resources.ts`). */
export function inNewVariables(text: string): string {
  return text
    .replace(/\$\{((?:inputs|outputs)\.(?:params|resources)\.[^${}]+)\}/g, '$($1)')
    .replace(/\$\(inputs\.params\./g, '$(params.');
}

/** `inputs` and `outputs` become `params` and `resources`, where they stood. */
function withoutInputs(spec: MapTree): void {
  const index = spec.entries.findIndex(({ key }) => key === 'inputs' || key === 'outputs');
  if (index < 0) return;
  const inputs = take(spec, 'inputs');
  const outputs = take(spec, 'outputs');
  const lead = [...(inputs?.lead ?? []), ...(outputs?.lead ?? [])];
  const made: MapEntry[] = [];
  const params = takenFrom(inputs, 'params');
  if (params !== undefined) made.push(params);
  const resources = [
    renamed(takenFrom(inputs, 'resources'), 'inputs'),
    renamed(takenFrom(outputs, 'resources'), 'outputs'),
    takenFrom(outputs, 'results'),
  ].filter((one) => one !== undefined);
  if (resources.length > 0) {
    made.push(treeEntry('resources', { kind: 'map', entries: resources, offset: resources[0]!.offset, indent: 2 }));
  }
  if (made[0] !== undefined) made[0].lead.unshift(...lead);
  made.at(-1)?.trail.push(...(inputs?.trail ?? []), ...(outputs?.trail ?? []));
  put(spec, made, index);
}

function takenFrom(owner: MapEntry | undefined, key: string): MapEntry | undefined {
  return owner?.value.kind === 'map' ? take(owner.value, key) : undefined;
}

function renamed(one: MapEntry | undefined, key: string): MapEntry | undefined {
  return one === undefined ? undefined : { ...one, key, keyText: one.keyText.replace(one.key, key) };
}

function oneAccount(spec: MapTree): void {
  if (entryOf(spec, 'serviceAccountName') !== undefined) take(spec, 'serviceAccount');
  else rename(spec, 'serviceAccount', 'serviceAccountName');
}

/** Who started a run and where its results went, in the form of 2019: read, and of no effect. */
function dropIgnored(spec: MapTree): void {
  take(spec, 'trigger');
  take(spec, 'results');
}

function pipelineRunSpec(spec: MapTree): void {
  dropIgnored(spec);
  oneAccount(spec);
  gather(spec, ['serviceAccountName', 'podTemplate'], 'taskRunTemplate');
  const timeouts = mapAt(spec, 'timeouts');
  if (timeouts === undefined) {
    rename(spec, 'timeout', 'pipeline');
    gather(spec, ['pipeline'], 'timeouts');
  } else {
    const one = take(spec, 'timeout');
    if (one !== undefined && entryOf(timeouts, 'pipeline') === undefined) put(timeouts, [renamed(one, 'pipeline')!], 0);
  }
  const status = entryOf(spec, 'status')?.value;
  if (status?.kind === 'leaf' && status.value === 'PipelineRunCancelled') {
    rewrite(status, (text) => text.replace('PipelineRunCancelled', 'Cancelled'));
  }
  accountsOfTasks(spec);
}

/** Entries that belong together in v1 go into a map of their own, where the first of them stood. */
function gather(spec: MapTree, keys: readonly string[], into: string): void {
  const index = spec.entries.findIndex(({ key }) => keys.includes(key));
  if (index < 0 || entryOf(spec, into) !== undefined) return;
  const taken = keys.flatMap((key) => take(spec, key) ?? []).sort((one, other) => one.offset - other.offset);
  const [first] = taken;
  const lead = first!.lead.splice(0);
  put(spec, [treeEntry(into, { kind: 'map', entries: taken, offset: first!.offset, indent: 2 }, lead)], index);
}

/** `serviceAccountNames` by task become entries of `taskRunSpecs`. */
function accountsOfTasks(spec: MapTree): void {
  const accounts = itemsAt(spec, 'serviceAccountNames');
  for (const account of accounts) rename(account, 'taskName', 'pipelineTaskName');
  const there = entryOf(spec, 'taskRunSpecs')?.value;
  if (there?.kind !== 'seq') {
    rename(spec, 'serviceAccountNames', 'taskRunSpecs');
    return;
  }
  const taken = take(spec, 'serviceAccountNames');
  if (taken?.value.kind !== 'seq') return;
  asBlock(taken.value);
  for (const listed of taken.value.entries) {
    const task = textAt(listed.value, 'pipelineTaskName');
    const spec = itemsAt(there).find((one) => textAt(one, 'pipelineTaskName') === task);
    if (spec === undefined) putItems(there, [listed]);
    else if (entryOf(spec, 'serviceAccountName') === undefined && listed.value.kind === 'map') {
      const name = take(listed.value, 'serviceAccountName');
      if (name !== undefined) put(spec, [name]);
    }
  }
}

/** A reference into a bundle is one through the resolver of bundles. */
function withoutBundle({ tree, field }: Part): void {
  const bundle = textAt(tree, 'bundle');
  if (bundle === undefined) return;
  const taken = take(tree, 'bundle')!;
  if (bundle === '') return;
  const name = textAt(tree, 'name') ?? '';
  const kind = textAt(tree, 'kind') ?? (field === 'pipelineRef' ? 'Pipeline' : 'Task');
  take(tree, 'name');
  take(tree, 'kind');
  const resolver = entry('resolver', 'bundles');
  resolver.lead.push(...taken.lead);
  put(tree, [
    resolver,
    entry('params', [
      { name: 'bundle', value: bundle },
      { name: 'name', value: name },
      { name: 'kind', value: kind },
    ]),
  ]);
}

function smallLetters(when: MapTree): void {
  for (const [capital, small] of [
    ['Input', 'input'],
    ['Operator', 'operator'],
    ['Values', 'values'],
  ] as const) {
    if (entryOf(when, small) !== undefined) take(when, capital);
    else rename(when, capital, small);
  }
}
