// References to variables in one text, and what may be wrong with them.
//
//   V1. Linear in the text: every search goes on where the last one ended, so no text is scanned twice.
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

/** The references in a text that begin with a prefix such as `params` or `context.task`. */
export function referencesTo(text: string | undefined, prefix: string): VariableReference[] {
  const open = `$(${prefix}`;
  if (typeof text !== 'string' || !text.includes(open)) return [];
  const found: VariableReference[] = [];
  let position = text.indexOf(open);
  while (position >= 0) {
    const start = position + open.length;
    const opener = text[start] === '.' ? '.' : text.slice(start, start + 2);
    const closer = CLOSERS[opener];
    let next = start;
    if (closer !== undefined) {
      const from = start + opener.length;
      const line = text.indexOf('\n', from);
      const end = text.indexOf(closer, from);
      if (end < 0 && opener === '.') break; // V1: nothing after this can end either
      if (end >= 0 && (line < 0 || end < line)) {
        next = end + closer.length;
        found.push({ raw: text.slice(from, end), quoted: opener !== '.', text: text.slice(position, next) });
      } else if (line >= 0) {
        next = line; // no reference spans lines, so none begins before the next one
      }
    }
    position = text.indexOf(open, next);
  }
  return found;
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
  if (references.every((reference) => known.has(withoutIndex(nameOf(reference))))) return undefined;
  return `non-existent variable in ${quoted(text!)}`;
}

/** What Tekton says of a text that takes a whole array (or object) where only text can stand. */
export function prohibitedVariable(text: string | undefined, prefix: string, names: Names): string | undefined {
  const references = referencesTo(text, prefix);
  const malformed = tooManyParts(text, prefix, references);
  if (malformed !== undefined) return malformed;
  if (!references.some((reference) => names.has(withoutStar(nameOf(reference))))) return undefined;
  return `variable type invalid in ${quoted(text!)}`;
}

/** As `prohibitedVariable`, for whole objects: `$(params.o)`, while `$(params.o.key)` is fine. */
export function prohibitedObject(text: string | undefined, prefix: string, names: Names): string | undefined {
  if (!referencesTo(text, prefix).some((reference) => names.has(withoutStar(reference.raw)))) return undefined;
  return `variable type invalid in ${quoted(text!)}`;
}

/** What Tekton says of a text in which an array stands beside anything else. */
export function notIsolated(text: string | undefined, prefix: string, arrays: Names): string | undefined {
  const references = referencesTo(text, prefix);
  const malformed = tooManyParts(text, prefix, references);
  if (malformed !== undefined) return malformed;
  const [first] = references;
  if (first === undefined || first.text.length === text!.length) return undefined;
  if (!references.some((reference) => arrays.has(withoutStar(nameOf(reference))))) return undefined;
  return `variable is not properly isolated in ${quoted(text!)}`;
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
    return `non-existent variable in ${quoted(text!)}`;
  }
  return undefined;
}

/** A text as Go prints it with %q. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

function tooManyParts(
  text: string | undefined,
  prefix: string,
  references: readonly VariableReference[],
): string | undefined {
  if (!references.some((reference) => !reference.quoted && reference.raw.split('.', 3).length > 2)) return undefined;
  const rule = `Only two dot-separated components after the prefix ${quoted(prefix)} are allowed.`;
  return `Invalid referencing of parameters in ${quoted(text!)}! ${rule}`;
}

function withoutStar(name: string): string {
  return name.endsWith('[*]') ? name.slice(0, -3) : name;
}

function withoutIndex(name: string): string {
  return name.replace(/\[[0-9]*\*?\]/g, '');
}
