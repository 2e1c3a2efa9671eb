// YAML and JSON files become objects that remember where they stand, so that every later problem can be shown there.
// Scalars are read as kubectl reads them (YAML 1.1 without dates and base-60 numbers: `0644` is octal, `yes` is true).

import { resourceKindOf, RESOURCE_KINDS, apiVersionOf, type KubeObject, type ResourceKind } from '@slipway/contracts';
import {
  LineCounter,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  type Document,
  type Node,
  type Tags,
} from 'yaml';
import type { InputProblem, Place } from './problems.js';

/** An object of a file: what it says, which kind that is, and where it says it. */
export interface SourceObject {
  object: KubeObject;
  kind: ResourceKind;
  /** `v1beta1` of `tekton.dev/v1beta1`. */
  version: string;
  place: Place;
  /** Line and value of a field such as `spec.tasks[1].name`, or of its nearest parent that is written in the file. */
  find: (field: string) => { place: Place; value?: string };
}

export interface Read {
  objects: SourceObject[];
  problems: InputProblem[];
}

/** The API takes a few megabytes an object; a file over this is not a list of pipelines. */
const MOST_BYTES = 32 * 1024 * 1024;
/** An alias may stand for a large part of a document; this many uses of them make a bomb. */
const MOST_ALIASES = 100;

/** Every object of one file, and everything that is wrong with it; never throws. */
export function readDocuments(file: string, text: string): Read {
  if (text.length > MOST_BYTES) {
    const message = `The file is larger than ${MOST_BYTES / 1024 / 1024} MB.`;
    return { objects: [], problems: [{ place: { file, document: 1 }, message, hint: 'Split it.' }] };
  }
  const lines = new LineCounter();
  const read: Read = { objects: [], problems: [] };
  let documents: Document.Parsed[];
  try {
    documents = parseAllDocuments(text, {
      version: '1.1',
      customTags: kubernetesTags,
      merge: true,
      uniqueKeys: false, // the library's check is quadratic; ours names the field
      prettyErrors: false,
      lineCounter: lines,
    }) as Document.Parsed[];
  } catch (error) {
    read.problems.push({ place: { file, document: 1 }, message: tooDeep(error) });
    return read;
  }
  documents.forEach((document, index) => readDocument(new Source(document, lines, file, index + 1), read));
  return read;
}

/** YAML 1.1 as kubectl reads it. */
export function kubernetesTags(tags: Tags): Tags {
  const kept = tags.filter((tag) => {
    if (typeof tag === 'string') return true;
    if (/:(binary|omap|pairs|set|timestamp)$/.test(tag.tag)) return false;
    return tag.format !== 'TIME'; // 1:30 is a string
  });
  return kept.map((tag) =>
    typeof tag === 'string' || tag.test === undefined ? tag : { ...tag, test: withDigits(tag.test) },
  );
}

/** The library takes `.` and `e5`, a branch's name, for numbers that are none. */
function withDigits(test: RegExp): RegExp {
  return test.source.includes('\\.[0-9_]*') ? new RegExp(`^(?=[-+]?\\.?[0-9])(?:${test.source})`) : test;
}

function readDocument(source: Source, read: Read): void {
  const { document } = source;
  for (const problem of [...document.errors, ...document.warnings]) {
    read.problems.push({ place: source.placeAt(problem.pos[0]), message: sentence(problem.message) });
  }
  if (document.errors.length > 0 || document.warnings.length > 0 || document.contents === null) return;
  if (isScalar(document.contents) && document.contents.value === null) return; // only comments
  const repeated = repeatedKeys(source);
  if (repeated.length > 0) {
    for (const problem of repeated) read.problems.push(problem); // more than a call takes arguments
    return;
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    read.problems.push({
      place: source.placeAt(0),
      message: error instanceof ReferenceError ? aliasBomb : tooDeep(error),
    });
    return;
  }
  collect(value, '', source, read);
}

const aliasBomb = 'Its aliases (*name) repeat so much of the document that it would grow without bounds.';

/** Items of a List are objects of their own, at their own place. */
function collect(value: unknown, at: string, source: Source, read: Read): void {
  if (isRecord(value) && value['kind'] === 'List' && Array.isArray(value['items'])) {
    value['items'].forEach((item, index) => collect(item, `${at}${at === '' ? '' : '.'}items[${index}]`, source, read));
    return;
  }
  const problem = (field: string, message: string, hint?: string): void => {
    const full = [at, field].filter((part) => part !== '').join('.');
    const found = source.find(full);
    const shown = field === '' || found.value === undefined ? {} : { value: found.value };
    read.problems.push({ place: found.place, field: full, message, ...shown, ...(hint === undefined ? {} : { hint }) });
  };
  if (!isRecord(value)) {
    problem('', `This is ${nameOf(value)}, not an object with apiVersion, kind and metadata.`);
    return;
  }
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string') return problem('apiVersion', `Must be a string such as "tekton.dev/v1".`);
  if (typeof kind !== 'string') return problem('kind', 'Must be a string such as "PipelineRun".');
  const known = resourceKindOf(apiVersion, kind);
  if (known === undefined) {
    const { field, message, hint } = unknownKind(apiVersion, kind);
    return problem(field, message, hint);
  }
  if (!isRecord(metadata)) return problem('metadata', 'Must be an object with a name.');
  for (const field of ['name', 'generateName', 'namespace']) {
    const text = metadata[field];
    if (text !== undefined && typeof text !== 'string') {
      return problem(`metadata.${field}`, 'Must be a string.', 'Put it in quotes.');
    }
  }
  if (!metadata['name'] && !metadata['generateName']) return problem('metadata.name', 'Is missing.');
  read.objects.push({
    object: value as unknown as KubeObject,
    kind: known,
    version: apiVersion.slice(apiVersion.indexOf('/') + 1),
    place: source.find(at).place,
    find: (field) => source.find([at, field].filter((part) => part !== '').join('.')),
  });
}

function unknownKind(apiVersion: string, kind: string): { field: string; message: string; hint: string } {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const named = RESOURCE_KINDS.filter((known) => known.kind === kind);
  const inGroup = named.find((known) => known.group === group);
  if (inGroup !== undefined) {
    const served = inGroup.versions.map((version) => apiVersionOf(inGroup, version)).join(', ');
    return {
      field: 'apiVersion',
      message: `"${apiVersion}" is not a version of ${kind}.`,
      hint: `There are ${served}.`,
    };
  }
  if (named[0] !== undefined) {
    const right = apiVersionOf(named[0], named[0].versions[0] ?? '');
    return { field: 'apiVersion', message: `There is no ${kind} in "${apiVersion}".`, hint: `Did you mean ${right}?` };
  }
  const kinds = RESOURCE_KINDS.filter((known) => known.group === group && known.createdByServices !== true);
  const all = kinds.length > 0 ? kinds : RESOURCE_KINDS.filter((known) => known.group !== '');
  const hint = `Known kinds of ${all[0]?.group || 'v1'}: ${all.map((known) => known.kind).join(', ')}.`;
  return { field: 'kind', message: `"${kind}" of "${apiVersion}" is not a kind that Slipway runs.`, hint };
}

/** Keys that stand twice in one map, which YAML forbids and JSON readers resolve each in their own way. */
function repeatedKeys(source: Source): InputProblem[] {
  const problems: InputProblem[] = [];
  const visit = (node: unknown, at: string): void => {
    if (isSeq(node)) node.items.forEach((item, index) => visit(item, `${at}[${index}]`));
    if (!isMap(node)) return;
    const seen = new Map<string, number>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      const field = at === '' ? name : `${at}.${name}`;
      const offset = (key as Node | null)?.range?.[0] ?? 0;
      const first = seen.get(name);
      if (first !== undefined && name !== '<<') {
        const message = `The key "${name}" stands here a second time; the first is in line ${source.lineAt(first)}.`;
        problems.push({ place: source.placeAt(offset), field, message, hint: 'Remove one of the two.' });
      }
      seen.set(name, first ?? offset);
      visit(value, field);
    }
  };
  try {
    visit(source.document.contents, '');
  } catch (error) {
    return [{ place: source.placeAt(0), message: tooDeep(error) }];
  }
  return problems;
}

/** One parsed document and the way from fields back to lines. */
class Source {
  constructor(
    readonly document: Document.Parsed,
    private readonly lines: LineCounter,
    private readonly file: string,
    private readonly number: number,
  ) {}

  placeAt(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, document: this.number, ...(line > 0 ? { line, column: col } : {}) };
  }

  lineAt(offset: number): number {
    return this.lines.linePos(offset).line;
  }

  find(field: string): { place: Place; value?: string } {
    let node: unknown = this.document.contents;
    let offset = this.document.contents?.range[0] ?? 0;
    const segments = field.match(/[^.[\]]+/g) ?? [];
    let found = true;
    for (const segment of segments) {
      if (isAlias(node)) node = node.resolve(this.document);
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === segment);
        if (pair === undefined) {
          found = false;
          break;
        }
        offset = (pair.key as Node).range?.[0] ?? offset;
        node = pair.value;
      } else if (isSeq(node) && /^\d+$/.test(segment) && Number(segment) < node.items.length) {
        node = node.items[Number(segment)];
        offset = (node as Node | null)?.range?.[0] ?? offset;
      } else {
        found = false;
        break;
      }
    }
    const place = this.placeAt(offset);
    const value = found && isScalar(node) ? clip(JSON.stringify(node.value) ?? 'null') : undefined;
    return value === undefined ? { place } : { place, value };
  }
}

function clip(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

function sentence(message: string): string {
  const first = message.split('\n', 1)[0] ?? message;
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

function tooDeep(error: unknown): string {
  return error instanceof RangeError ? 'It is nested too deeply to be read.' : sentence(String(error));
}

function nameOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${clip(JSON.stringify(value))}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
