// Files as documents that can be changed: what nobody changes is printed as it was read, byte for byte.

import { LineCounter, isMap, parseAllDocuments, type Document } from 'yaml';
import { kubernetesTags } from '../input/documents.js';
import type { InputProblem, Place } from '../input/problems.js';
import { printTree } from './print-tree.js';
import { Unsupported, readTree } from './read-tree.js';
import { itemsAt, listsOf, textAt, valueOf, type MapTree } from './tree.js';

export interface TextFile {
  name: string;
  text: string;
}

/** An object of a file: a document, or an item of a List. */
export interface FileObject {
  group: string;
  version: string;
  kind: string;
  name: string;
  tree: MapTree;
  document: FileDocument;
  /** `left`: as it was written, whatever was done to the tree. */
  fate: 'untouched' | 'converted' | 'removed' | 'left';
}

export interface FileDocument {
  file: string;
  objects: FileObject[];
  placeAt: (offset: number) => Place;
  /** The document with what became of its objects. */
  print: () => string;
}

export interface ReadFile {
  name: string;
  documents: FileDocument[];
}

/** Thrown where an object cannot be converted: it stays as it was written. */
export class CannotConvert extends Error {
  constructor(
    message: string,
    readonly hint: string,
    /** Where in the text. */
    readonly offset: number,
  ) {
    super(message);
  }
}

/** Every document of a file; what is not YAML, or not readable as a tree, is a problem. */
export function readFile({ name, text }: TextFile, problems: InputProblem[], notYaml: InputProblem[]): ReadFile {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    version: '1.1',
    customTags: kubernetesTags,
    uniqueKeys: false, // ours, and not quadratic
    prettyErrors: false,
    keepSourceTokens: true,
    lineCounter: lines,
  }) as Document.Parsed[];
  const documents = parsed.map((document, index): FileDocument => {
    const placeAt = (offset: number): Place => {
      const { line, col } = lines.linePos(offset);
      return { file: name, document: index + 1, ...(line > 0 ? { line, column: col } : {}) };
    };
    for (const error of document.errors) {
      notYaml.push({ place: placeAt(error.pos[0]), message: error.message });
    }
    const from = index === 0 ? 0 : document.range[0];
    const own = text.slice(from, parsed[index + 1]?.range[0] ?? text.length);
    const untouched: FileDocument = { file: name, objects: [], placeAt, print: () => own };
    if (document.errors.length > 0 || !isMap(document.contents)) return untouched;
    if (!OURS.test(own)) return untouched;
    try {
      return documentOf(document, { text, from, own, file: name, placeAt });
    } catch (thrown) {
      if (!(thrown instanceof Unsupported)) throw thrown;
      const hint = 'Write it out by hand, then convert again.';
      problems.push({ place: placeAt(thrown.offset), message: `Left as it is: ${thrown.message}`, hint });
      return untouched;
    }
  });
  return { name, documents };
}

/** Documents of other groups are not even looked at. */
const OURS = /tekton\.dev|build\.knative\.dev/;

interface Origin {
  text: string;
  from: number;
  own: string;
  file: string;
  placeAt: (offset: number) => Place;
}

function documentOf(document: Document.Parsed, { text, from, own, file, placeAt }: Origin): FileDocument {
  const { tree, start, end } = readTree(document, text);
  const depth = [...listsOf(tree)].find(({ flow }) => flow === undefined)?.indent ?? 0;
  const isList = textAt(tree, 'kind') === 'List';
  const made: FileDocument = { file, objects: [], placeAt, print: () => own };
  const roots = isList ? itemsAt(tree, 'items') : [tree];
  made.objects = roots.map((root) => objectOf(root, made));
  const isJson = own.trimStart().startsWith('{');
  made.print = () => {
    const fates = made.objects.map(({ fate }) => fate);
    if (!fates.some((fate) => fate === 'converted' || fate === 'removed')) return own;
    if (isList && fates.includes('left')) return own; // one text, one fate
    const items = tree.entries.find(({ key }) => key === 'items')?.value;
    if (isList && items?.kind === 'seq') {
      items.entries = items.entries.filter(
        ({ value }) => !made.objects.some((o) => o.tree === value && o.fate === 'removed'),
      );
    }
    if (!isList && fates[0] === 'removed') return '';
    const before = text.slice(from, start);
    if (isJson) return `${before}${JSON.stringify(valueOf(tree), null, 2)}${own.endsWith('\n') ? '\n' : ''}`;
    for (const list of listsOf(tree)) if (list.isOwn === true) list.indent = depth;
    return before + printTree(tree) + text.slice(end, from + own.length);
  };
  return made;
}

function objectOf(tree: MapTree, document: FileDocument): FileObject {
  const apiVersion = textAt(tree, 'apiVersion') ?? '';
  const slash = apiVersion.indexOf('/');
  return {
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind: textAt(tree, 'kind') ?? '',
    name: textAt(tree, 'metadata', 'name') ?? textAt(tree, 'metadata', 'generateName') ?? '',
    tree,
    document,
    fate: 'untouched',
  };
}

/** The files' texts with what became of their documents. */
export function printFile({ name, documents }: ReadFile): TextFile {
  const texts = documents.map((document) => document.print());
  const kept = texts.filter((text, i) => text !== '' || documents[i]!.objects.length === 0);
  // A document that lost the one before it does not begin with a separator that separates nothing.
  const text = kept.join('');
  return { name, text: texts[0] === '' ? text.replace(/^---\n/, '') : text };
}
