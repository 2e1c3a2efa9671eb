// YAML documents become trees. Positions come from the parser's tokens, values from its nodes.

import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type CST,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import type { Flow, Leaf, Line, MapEntry, MapTree, SeqEntry, SeqTree, Tree } from './tree.js';

/** What a tree cannot hold: explicit keys (`? a`), merges and the like. Rare, and left to the author. */
export class Unsupported extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

/** The tree of a document that was parsed with `keepSourceTokens`, and where in the text it ends. Throws `Unsupported`. */
export function readTree(document: Document.Parsed, source: string): { tree: MapTree; start: number; end: number } {
  const contents = document.contents;
  if (!isMap(contents)) throw new Unsupported('It is not an object.', 0);
  const reader = new Reader(document, source);
  const start = contents.range[0];
  const tree = reader.collection(contents, reader.columnOf(start), 0) as MapTree;
  return { tree, start, end: reader.end };
}

/** The tree of a text of our own. */
export function treeOfText(text: string): Tree {
  const document = parseDocument(text, { version: '1.1', keepSourceTokens: true });
  return new Reader(document, text).collection(document.contents as Node, 0, 2);
}

class Reader {
  /** Where the content that was read last ends, with the rest of its line and its trailing comments. */
  end = 0;

  constructor(
    private readonly document: Document.Parsed | Document,
    private readonly source: string,
  ) {}

  columnOf(offset: number): number {
    return offset - (this.source.lastIndexOf('\n', offset - 1) + 1);
  }

  /** Any node in a collection at a column. */
  private node(node: Node, column: number): Tree {
    if (isCollection(node) && !node.flow) return this.collection(node, this.columnOf(node.range![0]), column);
    return isCollection(node) ? this.flow(node, column) : this.leaf(node, column);
  }

  collection(node: Node, column: number, parent: number): MapTree | SeqTree {
    if (isCollection(node) && node.flow === true) return this.flow(node, column);
    if (isMap(node)) return this.blockMap(node as never, column, parent);
    if (isSeq(node)) return this.blockSeq(node as never, column, parent);
    throw new Unsupported('It is not an object.', node.range?.[0] ?? 0);
  }

  private blockMap(
    node: { items: Pair<Node, Node | null>[]; range: [number, number, number] },
    column: number,
    parent: number,
  ): MapTree {
    const entries: MapEntry[] = [];
    node.items.forEach((pair, index) => {
      const { key } = pair;
      if (!isScalar(key) || key.range === undefined || key.range === null)
        throw new Unsupported('A key is no text.', node.range[0]);
      if (this.columnOf(key.range[0]) !== column && index > 0)
        throw new Unsupported('A key has an anchor or stands alone.', key.range[0]);
      if (key.source === '<<') throw new Unsupported('It merges another map (<<).', key.range[0]);
      if (entries.some((other) => other.key === String(key.value)))
        throw new Unsupported(`The key "${String(key.value)}" stands here twice.`, key.range[0]);
      const lead = index === 0 ? [] : this.leadOf(entries.at(-1)!, key.range[0], column);
      const made = this.pair(pair, column);
      entries.push({ ...made, lead: [...lead, ...made.lead] });
    });
    this.trail(entries.at(-1), column);
    return { kind: 'map', entries, offset: node.range[0], indent: column - parent };
  }

  private pair(pair: Pair<Node, Node | null>, column: number): MapEntry {
    const key = pair.key as Node & { value: unknown };
    const [keyStart, keyEnd] = key.range!;
    const keyText = this.source.slice(keyStart, keyEnd);
    const token = pair.srcToken as CST.BlockMap['items'][number] | undefined;
    const colon = token?.sep?.find(({ type }) => type === 'map-value-ind');
    if (colon === undefined) throw new Unsupported('A key has no value.', keyStart);
    const name = String(key.value);
    const base = { lead: [] as Line[], keyText, key: name, trail: [], offset: keyStart };
    const value = pair.value;
    if (value === null || value.range === undefined || value.range === null)
      throw new Unsupported('A key has no value.', keyStart);
    if (isCollection(value) && value.flow !== true) {
      const rest = this.lineEnd(colon.offset);
      const separator = this.source.slice(keyEnd, Math.min(rest, value.range[0]));
      const tree = this.collection(value, this.columnOf(value.range[0]), column);
      const lines = this.linesBetween(rest + 1, value.range[0], tree.indent + column);
      tree.entries[0]!.lead.unshift(...lines);
      return { ...base, separator, value: tree };
    }
    const separator = relative(this.source.slice(keyEnd, isNothing(value) ? colon.offset + 1 : value.range[0]), column);
    return { ...base, separator, value: this.node(value, column) };
  }

  private blockSeq(
    node: { items: Node[]; range: [number, number, number]; srcToken?: CST.Token },
    column: number,
    parent: number,
  ): SeqTree {
    const tokens = (node.srcToken as CST.BlockSequence).items.filter(({ start }) =>
      start.some(({ type }) => type === 'seq-item-ind'),
    );
    const entries: SeqEntry[] = [];
    node.items.forEach((value, index) => {
      const dash = tokens[index]!.start.find(({ type }) => type === 'seq-item-ind')!.offset;
      const lead = index === 0 ? [] : this.leadOf(entries.at(-1)!, dash, column);
      if (value.range === undefined || value.range === null) throw new Unsupported('An item is empty.', dash);
      const between = this.source.slice(dash + 1, isNothing(value) ? dash + 1 : value.range[0]);
      if (between.trim() !== '' && isCollection(value)) throw new Unsupported('An item has an anchor.', dash);
      const isOwnLine = between.includes('\n');
      const tree = this.node(value, column);
      if (isOwnLine && tree.kind !== 'leaf') {
        tree.indent = 2;
        entries.push({ lead, gap: ' ', value: tree, trail: [], offset: dash });
      } else entries.push({ lead, gap: between, value: tree, trail: [], offset: dash });
    });
    this.trail(entries.at(-1), column);
    return { kind: 'seq', entries, offset: node.range[0], indent: column - parent };
  }

  private leaf(node: Node, column: number): Leaf {
    const [start, valueEnd] = node.range!;
    const text = this.source.slice(start, valueEnd).replace(/\n+$/, '');
    const value: unknown = isAlias(node)
      ? node.resolve(this.document)?.toJS(this.document)
      : (node as { value?: unknown }).value;
    const tail = this.tailAfter(start + text.length);
    return { kind: 'leaf', text: relative(text, column), value, tail, offset: start };
  }

  private flow(node: Node, column: number): MapTree | SeqTree {
    const [start, end] = node.range!;
    const text = this.source.slice(start, end);
    const places: Flow['places'] = [];
    const flow: Flow = { text, places, tail: '' };
    const place = (range: readonly number[]): readonly [number, number] => [range[0]! - start, range[1]! - start];
    let tree: MapTree | SeqTree;
    if (isMap(node)) {
      const entries = (node.items as Pair<Node, Node | null>[]).map(({ key, value }): MapEntry => {
        if (!isScalar(key) || key.range == null || value?.range == null)
          throw new Unsupported('A key has no value.', start);
        if (key.source === '<<') throw new Unsupported('It merges another map (<<).', start);
        places.push({ key: place(key.range), value: place(value.range) });
        const keyText = this.source.slice(key.range[0], key.range[1]);
        const own = this.inFlow(value, column);
        return {
          lead: [],
          keyText,
          key: String(key.value),
          separator: ': ',
          value: own,
          trail: [],
          offset: key.range[0],
        };
      });
      tree = { kind: 'map', entries, offset: start, indent: 2, flow };
    } else if (isSeq(node)) {
      const entries = (node.items as Node[]).map((value): SeqEntry => {
        if (value.range == null) throw new Unsupported('An item of a list is a map without braces.', start);
        places.push({ value: place(value.range) });
        return { lead: [], gap: ' ', value: this.inFlow(value, column), trail: [], offset: value.range[0] };
      });
      tree = { kind: 'seq', entries, offset: start, indent: 0, flow };
    } else throw new Unsupported('It is not a collection.', start);
    flow.tail = this.tailAfter(end);
    // Lines after the first are relative like any other (Y3), which moves the places behind them.
    shift(flow, column);
    return tree;
  }

  /** Parts of a flow collection have no lines of their own behind them. */
  private inFlow(node: Node, column: number): Tree {
    const tree = this.node(node, column);
    if (tree.kind === 'leaf') tree.tail = '';
    else if (tree.flow !== undefined) tree.flow.tail = '';
    return tree;
  }

  /** Blanks and a comment up to the end of the line; remembers where the content ended. */
  private tailAfter(offset: number): string {
    const end = this.lineEnd(offset);
    const rest = this.source.slice(offset, end);
    if (!/^\s*(#.*)?$/.test(rest)) return ''; // something of a flow collection
    this.end = end;
    return rest;
  }

  private lineEnd(offset: number): number {
    const end = this.source.indexOf('\n', offset);
    return end < 0 ? this.source.length : end;
  }

  /** Comments and blanks between an entry and what comes next; what stands deeper than that stays with the entry (Y2). */
  private leadOf(before: MapEntry | SeqEntry, next: number, column: number): Line[] {
    const start = this.lineEnd(this.end) + 1;
    const lines = this.rawLines(start, next);
    const own = lines.findIndex((line) => line.trim() !== '' && indentOf(line) <= column);
    const hasDeeper = lines.some((line, i) => line.trim() !== '' && (own < 0 || i < own));
    const count = hasDeeper ? (own < 0 ? lines.length : own) : 0;
    before.trail.push(...lines.slice(0, count).map((line) => lineOf(line, column)));
    return lines.slice(count).map((line) => lineOf(line, column));
  }

  /** Comments behind the last entry that stand as deep as the entries or deeper belong to it. */
  private trail(last: MapEntry | SeqEntry | undefined, column: number): void {
    if (last === undefined || column === 0) return;
    let offset = this.lineEnd(this.end) + 1;
    const lines: Line[] = [];
    let kept = 0;
    let keptEnd = this.end;
    while (offset < this.source.length) {
      const end = this.lineEnd(offset);
      const line = this.source.slice(offset, end);
      const isComment = /^\s*#/.test(line);
      if (!isComment && line.trim() !== '') break;
      if (isComment && indentOf(line) < column) break;
      lines.push(lineOf(line, column));
      if (isComment) {
        kept = lines.length;
        keptEnd = end;
      }
      offset = end + 1;
    }
    if (kept === 0) return;
    last.trail.push(...lines.slice(0, kept));
    this.end = keptEnd;
  }

  private linesBetween(start: number, end: number, column: number): Line[] {
    return this.rawLines(start, end).map((line) => lineOf(line, column));
  }

  /** Whole lines from `start` up to the one that `end` is in. */
  private rawLines(start: number, end: number): string[] {
    const last = this.source.lastIndexOf('\n', end - 1) + 1;
    return last <= start ? [] : this.source.slice(start, last - 1).split('\n');
  }
}

function isNothing(node: Node): boolean {
  return isScalar(node) && (node.source === '' || node.source === undefined) && node.range?.[0] === node.range?.[1];
}

/** A text with the lines after the first relative to a column. */
function relative(text: string, column: number): string {
  return text.includes('\n')
    ? text
        .split('\n')
        .map((line, i) => (i === 0 ? line : dedent(line, column)))
        .join('\n')
    : text;
}

function lineOf(line: string, column: number): Line {
  const text = line.trimStart();
  return { text, by: text === '' ? 0 : indentOf(line) - column };
}

function dedent(line: string, column: number): string {
  return line.slice(Math.min(column, indentOf(line)));
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function shift(flow: Flow, column: number): void {
  if (column === 0 || !flow.text.includes('\n')) return;
  const moved: number[] = [];
  let gone = 0;
  let text = '';
  flow.text.split('\n').forEach((line, i) => {
    const kept = i === 0 ? line : dedent(line, column);
    const cut = line.length - kept.length;
    for (let n = 0; n <= line.length; n++) moved.push(text.length + (i === 0 ? 0 : 1) + Math.max(0, n - cut));
    text += i === 0 ? kept : `\n${kept}`;
    gone += cut;
  });
  if (gone === 0) return;
  const to = ([start, end]: readonly [number, number]): readonly [number, number] => [moved[start]!, moved[end]!];
  flow.text = text;
  flow.places = flow.places.map(({ key, value }) => ({
    ...(key === undefined ? {} : { key: to(key) }),
    value: to(value),
  }));
}
