// PipelineResources of all files become params, and steps that fetch. All of them or none: a task whose pipeline still
// gives it resources would run with neither.

import type { PipelineResource, PipelineResourceSpec } from '@slipway/contracts';
import { CannotConvert, type FileObject } from './files.js';
import { item, listOf, treeEntry, treeOf } from './new-tree.js';
import { fetchStep, paramsOfResource, pathOfInput, valuesOfResource, variableOfResource } from './resource-types.js';
import { partsOf, type Part } from './shapes.js';
import {
  asBlock,
  at,
  commentsOf,
  entryOf,
  itemsAt,
  leavesOf,
  put,
  putItems,
  rewrite,
  take,
  textAt,
  valueOf,
  type MapTree,
  type SeqEntry,
} from './tree.js';

export interface Left {
  object: FileObject;
  error: CannotConvert;
}

/** Rewrites every object that has to do with resources, in place; or says why none can be. */
export function convertResources(objects: readonly FileObject[]): Left[] {
  const own = objects.filter(({ group, fate }) => group === 'tekton.dev' && fate !== 'left');
  const defined = new Map<string, PipelineResourceSpec>();
  for (const { kind, name, tree } of own) {
    if (kind === 'PipelineResource') defined.set(name, (valueOf(tree) as PipelineResource).spec);
  }
  const involved = own.filter((object) => object.kind === 'PipelineResource' || hasResources(object));
  if (involved.length === 0) return [];
  const left: Left[] = [];
  for (const object of involved) {
    try {
      convertObject(object, defined);
    } catch (thrown) {
      if (!(thrown instanceof CannotConvert)) throw thrown;
      left.push({ object, error: thrown });
    }
  }
  if (left.length > 0) {
    for (const object of involved) object.fate = 'left';
    return left;
  }
  for (const object of involved) object.fate = object.kind === 'PipelineResource' ? 'removed' : 'converted';
  return [];
}

function hasResources({ kind, tree }: FileObject): boolean {
  return partsOf(kind, tree).some(({ tree: part }) => {
    const conditions = itemsAt(part, 'conditions').some((one) => entryOf(one, 'resources') !== undefined);
    return conditions || (entryOf(part, 'resources') !== undefined && !isStep(part));
  });
}

/** `resources` of a step are those of its container. */
function isStep(part: MapTree): boolean {
  return entryOf(part, 'image') !== undefined;
}

function convertObject({ kind, tree }: FileObject, defined: ReadonlyMap<string, PipelineResourceSpec>): void {
  for (const part of partsOf(kind, tree)) {
    switch (part.definition) {
      case 'TaskSpec':
        taskSpec(part.tree, at(part.tree, 'resources', 'inputs'), at(part.tree, 'resources', 'outputs'));
        break;
      case 'ConditionSpec':
        taskSpec(part.tree, at(part.tree, 'resources'), undefined);
        break;
      case 'TaskRunSpec':
        bindings(
          part.tree,
          [...itemsAt(part.tree, 'resources', 'inputs'), ...itemsAt(part.tree, 'resources', 'outputs')],
          defined,
        );
        break;
      case 'PipelineRunSpec':
        bindings(part.tree, itemsAt(part.tree, 'resources'), defined);
        break;
      case 'PipelineSpec':
        pipelineSpec(part);
        break;
    }
  }
}

/** Declared resources become declared params; git inputs are fetched by a step before the others. */
function taskSpec(spec: MapTree, inputs: ReturnType<typeof at>, outputs: ReturnType<typeof at>): void {
  const declared = [
    ...itemsAt(inputs).map((tree) => ({ tree, isInput: true })),
    ...itemsAt(outputs).map((tree) => ({ tree, isInput: false })),
  ];
  const variables = new Map<string, (key: string) => string | undefined>();
  const params: SeqEntry[] = [];
  const steps: SeqEntry[] = [];
  for (const { tree, isInput } of declared) {
    const name = textAt(tree, 'name') ?? '';
    const type = textAt(tree, 'type') ?? '';
    const isOptional = (valueOf(tree) as { optional?: boolean }).optional === true;
    const made = paramsOfResource(name, type, isOptional, tree.offset);
    if (!isInput && type !== 'image') {
      throw new CannotConvert(
        `the output "${name}" of type ${type} is a folder for another task, which v1 does not copy`,
        'Give both tasks a workspace, and write into that.',
        tree.offset,
      );
    }
    if (variables.has(name))
      throw new CannotConvert(`the resource "${name}" is declared twice`, 'Rename one.', tree.offset);
    params.push(...made.map((param) => item(treeOf(described(param, textAt(tree, 'description'))))));
    const path = type === 'git' ? pathOfInput(name, textAt(tree, 'targetPath')) : undefined;
    if (type === 'git') steps.push(item(treeOf(fetchStep(name, path!))));
    variables.set(name, (key) => variableOfResource(name, type, key, path));
  }
  replaceVariables(spec, variables);
  addParams(spec, params, 'resources');
  const there = at(spec, 'steps');
  if (there?.kind === 'seq') putItems(there, steps, 0);
  else if (steps.length > 0) put(spec, [treeEntry('steps', listOf(steps))]);
}

function described(param: object, description: string | undefined): object {
  return description === undefined ? param : { ...param, description };
}

const VARIABLE =
  /\$\((?:(?:inputs|outputs)\.resources|resources\.(?:inputs|outputs)|resources)\.([^.()]+)\.([^.()]+)\)/g;

function replaceVariables(spec: MapTree, variables: ReadonlyMap<string, (key: string) => string | undefined>): void {
  for (const leaf of leavesOf(spec)) {
    if (!leaf.text.includes('resources.')) continue;
    rewrite(leaf, (text) =>
      text.replace(VARIABLE, (whole, name: string, key: string) => {
        const value = variables.get(name)?.(key);
        if (value !== undefined) return value;
        throw new CannotConvert(`nothing in v1 stands for ${whole}`, 'Write what it means.', leaf.offset);
      }),
    );
  }
}

/** Resources given to a run become its params. */
function bindings(spec: MapTree, given: readonly MapTree[], defined: ReadonlyMap<string, PipelineResourceSpec>): void {
  const params = given.flatMap((tree) => {
    const name = textAt(tree, 'name') ?? '';
    const plain = valueOf(tree) as {
      resourceRef?: { name?: string };
      resourceSpec?: PipelineResourceSpec;
      paths?: unknown;
    };
    const resource = plain.resourceSpec ?? defined.get(plain.resourceRef?.name ?? '');
    if (resource === undefined) {
      throw new CannotConvert(
        `the PipelineResource "${plain.resourceRef?.name ?? ''}" is in none of the files`,
        'Convert its file together with this one.',
        tree.offset,
      );
    }
    paramsOfResource(name, resource.type, false, tree.offset);
    return valuesOfResource(name, resource, tree.offset).map((param) => item(treeOf(param)));
  });
  addParams(spec, params, 'resources');
}

function pipelineSpec({ tree: spec }: Part): void {
  const types = new Map<string, string>();
  const params = itemsAt(spec, 'resources').flatMap((tree) => {
    const [name, type] = [textAt(tree, 'name') ?? '', textAt(tree, 'type') ?? ''];
    types.set(name, type);
    const isOptional = (valueOf(tree) as { optional?: boolean }).optional === true;
    return paramsOfResource(name, type, isOptional, tree.offset).map((param) => item(treeOf(param)));
  });
  for (const task of [...itemsAt(spec, 'tasks'), ...itemsAt(spec, 'finally')]) {
    const used = [...itemsAt(task, 'resources', 'inputs'), ...itemsAt(task, 'resources', 'outputs')];
    addParams(task, passed(task, used, types), 'resources');
    for (const condition of itemsAt(task, 'conditions')) {
      addParams(condition, passed(task, itemsAt(condition, 'resources'), types), 'resources');
    }
  }
  addParams(spec, params, 'resources');
}

/** What a pipeline gives on to a task; `from` of an image is only an order. */
function passed(task: MapTree, used: readonly MapTree[], types: ReadonlyMap<string, string>): SeqEntry[] {
  return used.flatMap((tree) => {
    const [name, resource] = [textAt(tree, 'name') ?? '', textAt(tree, 'resource') ?? ''];
    const type = types.get(resource);
    if (type === undefined)
      throw new CannotConvert(`the pipeline has no resource "${resource}"`, 'Declare it.', tree.offset);
    const from = (valueOf(tree) as { from?: string[] }).from ?? [];
    if (from.length > 0 && type !== 'image') {
      throw new CannotConvert(
        `it takes "${name}" from what another task made of it`,
        'Give both tasks a workspace, and write into that.',
        tree.offset,
      );
    }
    runAfter(task, from);
    return paramsOfResource(name, type, false, tree.offset).map((param) => {
      const value = `$(params.${resource}${param.name.slice(name.length)})`;
      return item(treeOf({ name: param.name, value }));
    });
  });
}

function runAfter(task: MapTree, names: readonly string[]): void {
  const there = at(task, 'runAfter');
  const known = there === undefined ? [] : (valueOf(there) as string[]);
  const more = names.filter((name) => !known.includes(name)).map((name) => item(treeOf(name)));
  if (there?.kind === 'seq') putItems(there, more);
  else if (more.length > 0) put(task, [treeEntry('runAfter', listOf(more))], 1);
}

/** Params behind those that are there, in the place of what they stand for. */
function addParams(owner: MapTree, params: readonly SeqEntry[], instead: string): void {
  const index = owner.entries.findIndex(({ key }) => key === instead);
  if (index < 0) return;
  asBlock(owner);
  const lead = commentsOf(take(owner, instead)!);
  if (params.length === 0) return;
  const there = at(owner, 'params');
  if (there?.kind === 'seq') {
    params[0]!.lead.unshift(...lead);
    putItems(there, params);
  } else put(owner, [treeEntry('params', listOf(params), lead)], index);
}
