// ClusterTasks are Tasks of one namespace that others reach through the cluster resolver.

import { rewriteText } from './build-template.js';
import { entry } from './new-tree.js';
import { partsOf } from './shapes.js';
import { entryOf, mapAt, put, take, textAt, type MapTree } from './tree.js';

/** Rewrites a ClusterTask, and every reference to one, in place. */
export function withoutClusterTasks(kind: string, tree: MapTree, sharedNamespace: string): void {
  for (const { definition, tree: ref } of partsOf(kind, tree)) {
    if (definition === 'ObjectRef' && textAt(ref, 'kind') === 'ClusterTask') throughResolver(ref, sharedNamespace);
  }
  if (kind !== 'ClusterTask') return;
  rewriteText(tree, 'kind', 'Task');
  const metadata = mapAt(tree, 'metadata');
  if (metadata === undefined || entryOf(metadata, 'namespace') !== undefined) return;
  const index = metadata.entries.findIndex(({ key }) => key === 'name') + 1;
  put(metadata, [entry('namespace', sharedNamespace)], index);
}

function throughResolver(ref: MapTree, namespace: string): void {
  const name = textAt(ref, 'name') ?? '';
  const params = [
    { name: 'kind', value: 'task' },
    { name: 'name', value: name },
    { name: 'namespace', value: namespace },
  ];
  const lead = ref.entries.flatMap((one) => one.lead);
  for (const key of ['name', 'kind', 'apiVersion']) take(ref, key);
  const resolver = entry('resolver', 'cluster');
  resolver.lead.push(...lead);
  put(ref, [resolver, entry('params', params)]);
}
