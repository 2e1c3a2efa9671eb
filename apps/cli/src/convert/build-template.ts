// A BuildTemplate as a Task.
//
// Parameters are params, and `${X}` is `$(params.X)`: in the fields where a Build replaces it and for the names that it
// replaces, so that variables of a shell stay what they are. Sources come through a workspace at /workspace.

import { BUILD_PATHS, isNested, type Build } from '@slipway/contracts';
import { buildDefaults, containerAsStep, HOME_VOLUME } from './container-step.js';
import { CannotConvert, type FileObject } from './files.js';
import { entry, item, listOf, treeEntry, treeOf } from './new-tree.js';
import {
  at,
  entryOf,
  itemsAt,
  mapAt,
  put,
  putItems,
  rename,
  rewrite,
  take,
  type Leaf,
  type MapTree,
  type Tree,
} from './tree.js';

const STEP_FIELDS = ['name', 'image', 'args', 'command', 'workingDir'];
const MOUNT_FIELDS = ['name', 'mountPath', 'subPath'];
const VOLUME_FIELDS = [
  ['name'],
  ['persistentVolumeClaim', 'claimName'],
  ['configMap', 'name'],
  ['secret', 'secretName'],
];

/** Name of the workspace through which a Task that was a template gets its sources. */
export const SOURCE_WORKSPACE = 'source';

/** Rewrites a template in place. `builds` are those of all files: they may give arguments that it does not declare. */
export function templateAsTask(
  { tree, name, kind }: FileObject,
  builds: readonly Build[],
  sharedNamespace: string,
): void {
  const spec = mapAt(tree, 'spec');
  if (spec === undefined) throw new CannotConvert('it has no spec', 'Write one.', tree.offset);
  rewriteText(tree, 'apiVersion', 'tekton.dev/v1');
  rewriteText(tree, 'kind', 'Task');
  take(tree, 'status');
  const metadata = mapAt(tree, 'metadata');
  if (kind === 'ClusterBuildTemplate' && metadata !== undefined) {
    put(metadata, [entry('namespace', sharedNamespace)], metadata.entries.findIndex(({ key }) => key === 'name') + 1);
  }
  take(spec, 'generation');
  rename(spec, 'parameters', 'params');
  const declared = itemsAt(spec, 'params').map((param) => namedBy(param));
  const texts = replacedTexts(spec);
  for (const leaf of texts) refuseNested(leaf);
  const undeclared = undeclaredArguments(name, kind, builds, declared).filter((argument) =>
    texts.some(({ text }) => text.includes(`\${${argument}}`)),
  );
  const names = new Set([...declared, ...undeclared]);
  for (const leaf of texts) rewrite(leaf, (text) => withParams(text, names));
  if (undeclared.length > 0) declare(spec, undeclared);
  for (const step of itemsAt(spec, 'steps')) containerAsStep(step);
  put(
    spec,
    [buildDefaults()],
    spec.entries.findIndex(({ key }) => key === 'steps'),
  );
  addVolume(spec);
  put(spec, [entry('workspaces', [SOURCES])]);
}

const SOURCES = {
  name: SOURCE_WORKSPACE,
  description: 'What the steps find in their working directory.',
  mountPath: BUILD_PATHS.workspace,
  optional: true,
};

/** The volume of the home directory, behind those that are there. */
export function addVolume(spec: MapTree): void {
  const volumes = at(spec, 'volumes');
  if (volumes?.kind === 'seq') putItems(volumes, [item(treeOf(HOME_VOLUME))]);
  else put(spec, [treeEntry('volumes', listOf([item(treeOf(HOME_VOLUME))]))]);
}

export function rewriteText(tree: MapTree, key: string, to: string): void {
  const leaf = entryOf(tree, key)?.value;
  if (leaf?.kind !== 'leaf') return;
  const from = String(leaf.value);
  if (from !== to) rewrite(leaf, (text) => text.replace(from, to));
}

/** The texts in which a Build replaces `${X}`, and no others. */
function replacedTexts(spec: MapTree): Leaf[] {
  const found: Leaf[] = [];
  const add = (tree: Tree | undefined): void => {
    if (tree?.kind === 'leaf' && typeof tree.value === 'string') found.push(tree);
    else if (tree?.kind === 'seq') for (const { value } of tree.entries) add(value);
  };
  for (const step of itemsAt(spec, 'steps')) {
    for (const field of STEP_FIELDS) add(at(step, field));
    for (const variable of itemsAt(step, 'env')) add(at(variable, 'value'));
    for (const mount of itemsAt(step, 'volumeMounts')) for (const field of MOUNT_FIELDS) add(at(mount, field));
  }
  for (const volume of itemsAt(spec, 'volumes')) for (const path of VOLUME_FIELDS) add(at(volume, ...path));
  return found;
}

/** `${X}` of the names as `$(params.X)`; every other `${…}` stays: it is the shell's. */
export function withParams(text: string, names: ReadonlySet<string>): string {
  return text.replace(/\$\{([^${}]+)\}/g, (whole, name: string) => (names.has(name) ? variable(name) : whole));
}

function variable(name: string): string {
  return name.includes('.') ? `$(params['${name}'])` : `$(params.${name})`;
}

function namedBy(param: MapTree): string {
  const name = at(param, 'name');
  const text = name?.kind === 'leaf' ? String(name.value) : '';
  if (/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(text)) return text;
  throw new CannotConvert(
    `a param of a Task cannot be called ${JSON.stringify(text)}`,
    'Rename the parameter, here and in the Builds.',
    param.offset,
  );
}

function refuseNested(leaf: Leaf): void {
  if (!isNested(leaf.text)) return;
  const message = 'a placeholder stands in another, or in a default of a shell variable, which no Build may use';
  throw new CannotConvert(message, 'Write it without nesting.', leaf.offset);
}

/** What Builds give and the template does not declare is replaced all the same. */
function undeclaredArguments(
  name: string,
  kind: string,
  builds: readonly Build[],
  declared: readonly string[],
): string[] {
  const uses = builds.flatMap(({ spec: { template } }) => {
    return template?.name === name && (template.kind ?? 'BuildTemplate') === kind ? [template] : [];
  });
  const given = uses.flatMap((template) => (template.arguments ?? []).map((argument) => argument.name));
  return [...new Set(given)].filter((argument) => !declared.includes(argument));
}

/** Their default is the text that stays when a Build does not give them. */
function declare(spec: MapTree, names: readonly string[]): void {
  const params = names.map((name) => item(treeOf({ name, default: `\${${name}}` })));
  const there = at(spec, 'params');
  if (there?.kind === 'seq') putItems(there, params);
  else put(spec, [treeEntry('params', listOf(params))], 0);
}
