// References to variables in one text, and what may be wrong with them.
//
//   V1. Linear in the text: what was searched once is not searched again.
//   V2. The messages are Tekton's, and so is what counts as a reference: `$(params.a)`, `$(params.a.b)`, `$(params["a.b"])`,
//       `$(params['a.b'])`, with an index or `[*]`.

/** One reference after a prefix: `$(params.<raw>)`. */
export interface VariableReference {
  /** What stands between the prefix and `)`: `a`, `a.b`, `a[*]`, or `a.b` of `["a.b"]`. */
  raw: string;
  /** Quoted names may hold dots; others name a key by one. */
  quoted: boolean;
  /** The whole expression, `$(` and `)` included. */
  text: string;
}

const CLOSERS: Readonly<Record<string, string>> = { '.': ')', '["': '"])', "['": "'])" };

/** The references in a text that begin with a prefix such as `params` or `context.task`. None spans lines. */
export function referencesTo(text: string | undefined, prefix: string): VariableReference[] {
  const open = `$(${prefix}`;
  if (typeof text !== 'string' || !text.includes(open)) return [];
  const found: VariableReference[] = [];
  const finder = new Finder(text);
  for (let position = text.indexOf(open); position >= 0;) {
    const start = position + open.length;
    const opener = text[start] === '.' ? '.' : text.slice(start, start + 2);
    const closer = CLOSERS[opener];
    const from = start + opener.length;
    const end = closer === undefined ? undefined : finder.sameLine(closer, from);
    if (end === undefined) {
      position = text.indexOf(open, start);
    } else {
      const next = end + closer!.length;
      found.push({ raw: text.slice(from, end), quoted: opener !== '.', text: text.slice(position, next) });
      position = text.indexOf(open, next);
    }
  }
  return found;
}

/** Finds texts after ever later positions, and scans no part twice for the same one (V1). */
class Finder {
  private readonly last = new Map<string, number>();

  constructor(private readonly text: string) {}

  sameLine(wanted: string, from: number): number | undefined {
    const end = this.next(wanted, from);
    return end < this.next('\n', from) ? end : undefined;
  }

  /** Where `wanted` comes next; Infinity when it does not. */
  private next(wanted: string, from: number): number {
    const before = this.last.get(wanted);
    if (before !== undefined && before >= from) return before;
    const found = this.text.indexOf(wanted, from);
    const position = found < 0 ? Infinity : found;
    this.last.set(wanted, position);
    return position;
  }
}

/** The name that a reference means: `a` of `a`, `a.b` and `a[*]`; the whole of a quoted one. */
export function nameOf(reference: VariableReference): string {
  return reference.quoted ? reference.raw : (reference.raw.split('.', 1)[0] ?? '');
}

/** A set of names, however it is made. */
export interface Names {
  has(name: string): boolean;
}

/** What Tekton says of a text with a variable that nobody declared; undefined when all are known. */
export function unknownVariable(text: string | undefined, prefix: string, known: Names): string | undefined {
  const references = referencesTo(text, prefix);
  const malformed = tooManyParts(text, prefix, references);
  if (malformed !== undefined) return malformed;
  const unknown = references.find((reference) => !known.has(withoutIndex(nameOf(reference))));
  return unknown === undefined ? undefined : `non-existent variable in ${around(text!, unknown)}`;
}

/** What Tekton says of a text that takes a whole array (or object) where only text can stand. */
export function prohibitedVariable(text: string | undefined, prefix: string, names: Names): string | undefined {
  const references = referencesTo(text, prefix);
  const malformed = tooManyParts(text, prefix, references);
  if (malformed !== undefined) return malformed;
  const wrong = references.find((reference) => names.has(withoutStar(nameOf(reference))));
  return wrong === undefined ? undefined : `variable type invalid in ${around(text!, wrong)}`;
}

/** As `prohibitedVariable`, for whole objects: `$(params.o)`, while `$(params.o.key)` is fine. */
export function prohibitedObject(text: string | undefined, prefix: string, names: Names): string | undefined {
  const wrong = referencesTo(text, prefix).find((reference) => names.has(withoutStar(reference.raw)));
  return wrong === undefined ? undefined : `variable type invalid in ${around(text!, wrong)}`;
}

/** What Tekton says of a text in which an array stands beside anything else. */
export function notIsolated(text: string | undefined, prefix: string, arrays: Names): string | undefined {
  const references = referencesTo(text, prefix);
  const malformed = tooManyParts(text, prefix, references);
  if (malformed !== undefined) return malformed;
  const [first] = references;
  if (first === undefined || first.text.length === text!.length) return undefined;
  const wrong = references.find((reference) => arrays.has(withoutStar(nameOf(reference))));
  return wrong === undefined ? undefined : `variable is not properly isolated in ${around(text!, wrong)}`;
}

/** The object params, each with its keys. */
export interface ObjectKeys extends Names {
  get(name: string): Names | undefined;
}

/** What Tekton says of a text with a key that an object param does not have. */
export function unknownKey(text: string | undefined, prefix: string, objects: ObjectKeys): string | undefined {
  for (const reference of referencesTo(text, prefix)) {
    const [, name, dotted, bracketed] = /^([^.[]+)(?:\.(.*)|\[["'](.*)["']\])$/.exec(reference.raw) ?? [];
    const key = dotted ?? bracketed;
    if (reference.quoted || name === undefined || key === undefined) continue;
    const keys = objects.get(name);
    if (keys === undefined || keys.has(withoutIndex(key.split('.', 1)[0] ?? ''))) continue;
    return `non-existent variable in ${around(text!, reference)}`;
  }
  return undefined;
}

/** A text as Go prints it with %q. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A text as Tekton shows it; of a long one, such as a script, only what stands around the reference. */
function around(text: string, { text: expression }: VariableReference): string {
  if (text.length <= SHOWN_MAX) return quoted(text);
  const at = text.indexOf(expression);
  const from = Math.max(0, at - 40);
  const to = Math.min(text.length, at + Math.min(expression.length, SHOWN_MAX) + 40);
  return quoted(`${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`);
}

/** Longer texts are not repeated in messages. */
const SHOWN_MAX = 300;

function tooManyParts(
  text: string | undefined,
  prefix: string,
  references: readonly VariableReference[],
): string | undefined {
  const wrong = references.find((reference) => !reference.quoted && reference.raw.split('.', 3).length > 2);
  if (wrong === undefined) return undefined;
  const rule = `Only two dot-separated components after the prefix ${quoted(prefix)} are allowed.`;
  return `Invalid referencing of parameters in ${around(text!, wrong)}! ${rule}`;
}

function withoutStar(name: string): string {
  return name.endsWith('[*]') ? name.slice(0, -3) : name;
}

function withoutIndex(name: string): string {
  return name.replace(/\[[0-9]*\*?\]/g, '');
}
