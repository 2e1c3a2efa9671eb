// YAML text as a tree that keeps every byte nobody changed: what edits of other people's files need.
//
//   Y1. Printing a tree that was not changed gives the text it was read from, but for blanks in lines that have nothing else.
//   Y2. A comment belongs to what follows it, or, when it stands deeper than that, to what precedes it; it moves with it.
//   Y3. Lines are kept relative to the column of the collection that they are in, so that a part can be moved to any depth.
//   Y4. A flow collection stays one as long as its entries only change in place; else it is printed as a block.

/** A scalar, an alias or nothing: its own bytes, and what they mean. */
export interface Leaf {
  kind: 'leaf';
  /** As written, with quotes or the header of a block; lines after the first relative to the collection's column (Y3). */
  text: string;
  value: unknown;
  /** Blanks and comment behind it in its line. */
  tail: string;
  offset: number;
}

/** A line of comment or a blank one. */
export interface Line {
  text: string;
  /** Columns right of the collection's; negative for what stands left of it. */
  by: number;
}

export interface MapEntry {
  /** Lines of comments and blanks before it (Y2). */
  lead: Line[];
  /** The key as written. */
  keyText: string;
  key: string;
  /** From the key to the value: `: `, or `:` and the comment behind it for a block. */
  separator: string;
  value: Tree;
  /** Lines of comments after it that stand deeper (Y2). */
  trail: Line[];
  offset: number;
}

export interface SeqEntry {
  lead: Line[];
  /** Blanks after the dash. */
  gap: string;
  value: Tree;
  trail: Line[];
  offset: number;
}

interface Collection {
  offset: number;
  /** Columns between the collection and the one it is in. */
  indent: number;
  /** The text of a flow collection and where the parts of its entries are in it; undefined for a block. */
  flow?: Flow;
}

export interface Flow {
  text: string;
  /** Entry by entry: the key (maps only) and the value, as offsets in `text`. */
  places: { key?: readonly [number, number]; value: readonly [number, number] }[];
  /** Blanks and comment behind it in its line. */
  tail: string;
}

export interface MapTree extends Collection {
  kind: 'map';
  entries: MapEntry[];
}

export interface SeqTree extends Collection {
  kind: 'seq';
  /** Of our own making: as deep as the lists of the document it comes into. */
  isOwn?: true;
  entries: SeqEntry[];
}

export type Tree = Leaf | MapTree | SeqTree;

// Reading a tree -------------------------------------------------------------------------------------------------------

export function entryOf(tree: Tree | undefined, key: string): MapEntry | undefined {
  return tree?.kind === 'map' ? tree.entries.find((entry) => entry.key === key) : undefined;
}

export function at(tree: Tree | undefined, ...path: (string | number)[]): Tree | undefined {
  let found = tree;
  for (const step of path) {
    if (typeof step === 'string') found = entryOf(found, step)?.value;
    else found = found?.kind === 'seq' ? found.entries[step]?.value : undefined;
  }
  return found;
}

export function mapAt(tree: Tree | undefined, ...path: (string | number)[]): MapTree | undefined {
  const found = at(tree, ...path);
  return found?.kind === 'map' ? found : undefined;
}

/** The items of a list that are maps; none when it is no list. */
export function itemsAt(tree: Tree | undefined, ...path: (string | number)[]): MapTree[] {
  const found = at(tree, ...path);
  return found?.kind === 'seq' ? found.entries.flatMap(({ value }) => (value.kind === 'map' ? [value] : [])) : [];
}

export function textAt(tree: Tree | undefined, ...path: (string | number)[]): string | undefined {
  const found = at(tree, ...path);
  return found?.kind === 'leaf' && typeof found.value === 'string' ? found.value : undefined;
}

/** What the tree means, as plain values. */
export function valueOf(tree: Tree): unknown {
  switch (tree.kind) {
    case 'leaf':
      return tree.value;
    case 'seq':
      return tree.entries.map(({ value }) => valueOf(value));
    case 'map':
      return Object.fromEntries(tree.entries.map(({ key, value }) => [key, valueOf(value)]));
  }
}

/** Every list of the tree, in the order of the text. */
export function* listsOf(tree: Tree): Generator<SeqTree> {
  if (tree.kind === 'leaf') return;
  if (tree.kind === 'seq') yield tree;
  for (const { value } of tree.entries) yield* listsOf(value);
}

/** Every leaf of the tree, in the order of the text. */
export function* leavesOf(tree: Tree): Generator<Leaf> {
  if (tree.kind === 'leaf') yield tree;
  else for (const { value } of tree.entries) yield* leavesOf(value);
}

/** Every comment of an entry that is about to go, so that it can stay with what comes instead. */
export function commentsOf({ lead, value, trail }: MapEntry | SeqEntry): Line[] {
  const inner = value.kind === 'leaf' ? [] : value.entries.flatMap(commentsOf);
  const tail = value.kind === 'leaf' ? value.tail : (value.flow?.tail ?? '');
  const lines = [...lead, ...inner, ...trail].filter(({ text }) => text !== '');
  return [...lines, ...(tail.trim() === '' ? [] : [{ text: tail.trim(), by: 0 }])];
}

// Changing a tree ------------------------------------------------------------------------------------------------------

/** Another key for the same value, in place. */
export function rename(tree: MapTree, from: string, to: string): void {
  const entry = entryOf(tree, from);
  if (entry === undefined) return;
  entry.keyText = entry.keyText.replace(from, to);
  entry.key = to;
}

/** Takes an entry out. It can be put elsewhere with its comments. */
export function take(tree: MapTree, key: string): MapEntry | undefined {
  const index = tree.entries.findIndex((entry) => entry.key === key);
  if (index < 0) return undefined;
  asBlock(tree);
  return tree.entries.splice(index, 1)[0];
}

/** Puts entries in, at a place or at the end. */
export function put(tree: MapTree, entries: readonly MapEntry[], index = tree.entries.length): void {
  if (entries.length === 0) return;
  asBlock(tree);
  tree.entries.splice(index, 0, ...entries);
}

export function putItems(tree: SeqTree, items: readonly SeqEntry[], index = tree.entries.length): void {
  if (items.length === 0) return;
  asBlock(tree);
  tree.entries.splice(index, 0, ...items);
}

/** A scalar's value replaced in its own text: quotes and style stay. */
export function rewrite(leaf: Leaf, change: (text: string) => string): void {
  leaf.text = change(leaf.text);
  if (typeof leaf.value === 'string') leaf.value = change(leaf.value);
}

/** A flow collection whose entries come or go is printed as a block from now on (Y4). */
export function asBlock(tree: MapTree | SeqTree): void {
  if (tree.flow === undefined) return;
  const { tail } = tree.flow;
  delete tree.flow;
  // The comment behind `}` goes behind the first entry's lead: nothing is lost.
  const first = tree.entries[0];
  if (tail.trim() !== '' && first !== undefined) first.lead.unshift({ text: tail.trim(), by: 0 });
}
