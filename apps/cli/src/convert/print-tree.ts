// Trees as YAML text again, byte for byte where nothing was changed (Y1).

import type { Flow, Line, MapEntry, MapTree, SeqEntry, SeqTree, Tree } from './tree.js';

/** The text of a document's tree, without a line break at its end. */
export function printTree(tree: MapTree, column = 0): string {
  return tree.flow === undefined ? begun(block(tree, column), column).join('\n') : inline(tree, column).join('\n');
}

/** Lines of a block, each with its indentation. */
function block(tree: MapTree | SeqTree, column: number): string[] {
  const entries: readonly (MapEntry | SeqEntry)[] = tree.entries;
  if (entries.length === 0) return [`${' '.repeat(column)}${tree.kind === 'map' ? '{}' : '[]'}`];
  return entries.flatMap((entry) => [
    ...entry.lead.map((line) => commented(line, column)),
    ...firstIndented('key' in entry ? pair(entry, column) : listed(entry, column), column),
    ...entry.trail.map((line) => commented(line, column)),
  ]);
}

function pair({ keyText, separator, value }: MapEntry, column: number): string[] {
  if (!isBlock(value)) return joined(`${keyText}${absolute(separator, column)}`, inline(value, column));
  if (value.entries.length === 0) {
    return [`${keyText}: ${value.kind === 'map' ? '{}' : '[]'}`];
  }
  const head = `${keyText}${separator === ': ' ? ':' : separator}`;
  const tail = value.flow === undefined ? '' : value.flow.tail;
  return [head + tail, ...block(value, column + value.indent)];
}

function listed({ gap, value }: SeqEntry, column: number): string[] {
  if (!isBlock(value)) return joined(`-${gap}`, inline(value, column));
  const inner = column + 1 + gap.length;
  return joined(`-${gap}`, begun(block(value, inner), inner));
}

/** Whether a tree takes lines of its own: a flow collection does when a part of it became a block (Y4). */
function isBlock(tree: Tree): tree is MapTree | SeqTree {
  if (tree.kind === 'leaf') return false;
  return tree.flow === undefined || tree.entries.some(({ value }) => isBlock(value));
}

function inline(tree: Tree, column: number): string[] {
  if (tree.kind === 'leaf') return `${absolute(tree.text, column)}${tree.tail}`.split('\n');
  return `${absolute(flowText(tree), column)}${tree.flow!.tail}`.split('\n');
}

/** The text of a flow collection with what changed in place. */
function flowText(tree: MapTree | SeqTree): string {
  const { text, places } = tree.flow as Flow;
  let done = '';
  let from = 0;
  const entries: readonly (MapEntry | SeqEntry)[] = tree.entries;
  entries.forEach((entry, i) => {
    const { key, value } = places[i]!;
    if (key !== undefined && 'keyText' in entry) {
      done += text.slice(from, key[0]) + entry.keyText;
      from = key[1];
    }
    done += text.slice(from, value[0]) + (entry.value.kind === 'leaf' ? entry.value.text : flowText(entry.value));
    from = value[1];
  });
  return done + text.slice(from);
}

function absolute(text: string, column: number): string {
  return text.includes('\n')
    ? text
        .split('\n')
        .map((line, i) => (i === 0 ? line : indented(line, column)))
        .join('\n')
    : text;
}

function indented(line: string, column: number): string {
  return line === '' ? '' : `${' '.repeat(column)}${line}`;
}

function commented({ text, by }: Line, column: number): string {
  return text === '' ? '' : `${' '.repeat(Math.max(0, column + by))}${text}`;
}

/** The same lines put behind something that stands in the first one's place. */
function begun([first = '', ...rest]: string[], column: number): string[] {
  const indent = first.length - first.trimStart().length;
  return [first.slice(Math.min(column, indent)), ...rest];
}

function firstIndented([first, ...rest]: string[], column: number): string[] {
  return [`${' '.repeat(column)}${first}`, ...rest];
}

function joined(head: string, [first, ...rest]: string[]): string[] {
  return [`${head}${first}`, ...rest];
}
