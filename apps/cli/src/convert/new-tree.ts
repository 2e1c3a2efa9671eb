// Parts of a tree that no file had: written as one would write them by hand.

import { stringify } from 'yaml';
import { treeOfText } from './read-tree.js';
import { listsOf, type Line, type MapEntry, type MapTree, type SeqEntry, type SeqTree, type Tree } from './tree.js';

/** The tree of a value, as one would write it by hand. */
export function treeOf(value: unknown): Tree {
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  if (typeof value === 'object' && value !== null && !isEmpty) {
    return own(treeOfText(stringify(value, { version: '1.1', lineWidth: 0, indentSeq: false })));
  }
  // As the value of a key, so that the lines of a block stand where they would.
  const document = stringify({ k: value }, { version: '1.1', lineWidth: 0 });
  return (treeOfText(document) as MapTree).entries[0]!.value;
}

function own(tree: Tree): Tree {
  for (const list of listsOf(tree)) list.isOwn = true;
  return tree;
}

/** An entry of our own making. */
export function entry(key: string, value: unknown, comment?: string): MapEntry {
  const tree = treeOf(value);
  const isBlock = tree.kind !== 'leaf' && tree.flow === undefined;
  if (isBlock) tree.indent = tree.kind === 'map' ? 2 : 0;
  const separator = isBlock ? ':' : ': ';
  return { lead: commentLines(comment), keyText: key, key, separator, value: tree, trail: [], offset: 0 };
}

export function treeEntry(key: string, value: Tree, lead: Line[] = []): MapEntry {
  const isBlock = value.kind !== 'leaf' && value.flow === undefined;
  return { lead, keyText: key, key, separator: isBlock ? ':' : ': ', value, trail: [], offset: value.offset };
}

export function item(value: Tree, comment?: string): SeqEntry {
  return { lead: commentLines(comment), gap: ' ', value, trail: [], offset: value.offset };
}

function commentLines(comment: string | undefined): Line[] {
  return comment === undefined ? [] : comment.split('\n').map((line) => ({ text: `# ${line}`, by: 0 }));
}

/** A block of entries. */
export function mapOf(...entries: (MapEntry | undefined)[]): MapTree {
  const own = entries.filter((one) => one !== undefined);
  return { kind: 'map', entries: own, offset: own[0]?.offset ?? 0, indent: 2 };
}

export function listOf(items: readonly SeqEntry[]): SeqTree {
  return { kind: 'seq', entries: [...items], offset: items[0]?.offset ?? 0, indent: 0, isOwn: true };
}
