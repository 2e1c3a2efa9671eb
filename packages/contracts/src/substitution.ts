// Variable substitution, Tekton's: `$(name)` in text, whole arrays and objects as values.
//
//   V1. A single pass: replaced text is not looked at again.
//   V2. Names that nobody knows stay verbatim, `$(` and `)` included.
//   V3. Linear in the text, whatever the text is: users write it.
//   V4. What does not change is returned as it is, not copied: most of a spec has no variables.
//
// Source: tektoncd/pipeline pkg/substitution and ParamValue.ApplyReplacements.

import type { ParamValue } from './tekton.js';

/** Where values are found by variable name, without `$(` and `)`. A Map is one. */
export interface Lookup<V> {
  get(name: string): V | undefined;
}

/** Everything that variables can stand for at one place. */
export interface Replacements {
  strings: Lookup<string>;
  /** Replace a whole list element, or a whole value: `$(params.x)`, `$(params.x[*])`; keys without `[*]`. */
  arrays: Lookup<readonly string[]>;
  /** Replace a whole value: `$(params.x[*])`; keys without `[*]`. */
  objects: Lookup<Readonly<Record<string, string>>>;
}

/** Replacements that can be added to. */
export interface MutableReplacements extends Replacements {
  strings: Map<string, string>;
  arrays: Map<string, readonly string[]>;
  objects: Map<string, Readonly<Record<string, string>>>;
}

export function emptyReplacements(): MutableReplacements {
  return { strings: new Map(), arrays: new Map(), objects: new Map() };
}

/** Several layers seen as one; an earlier layer hides a later one. Nothing is copied. */
export function layered(...layers: readonly Replacements[]): Replacements {
  const over = <V>(of: (layer: Replacements) => Lookup<V>): Lookup<V> => ({
    get(name) {
      for (const layer of layers) {
        const found = of(layer).get(name);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  });
  return {
    strings: over((layer) => layer.strings),
    arrays: over((layer) => layer.arrays),
    objects: over((layer) => layer.objects),
  };
}

/** Replaces every `$(name)` that `strings` knows. */
export function substitute(text: string, { strings }: Pick<Replacements, 'strings'>): string {
  return substituteBetween('$(', ')', text, strings);
}

/** The same for variables that stand between other marks: `${` and `}`. */
export function substituteBetween(opening: string, closing: string, text: string, strings: Lookup<string>): string {
  let open = text.indexOf(opening);
  if (open < 0) return text;
  let done = '';
  let from = 0;
  for (;;) {
    const close = text.indexOf(closing, open + opening.length);
    if (close < 0) break;
    // The last `$(` before the first `)`: in `$(a.$(b))` the name is `b` (V3: every part is looked at once).
    const part = text.slice(open, close);
    const start = part.lastIndexOf(opening);
    const value = strings.get(part.slice(start + opening.length));
    if (value !== undefined) {
      done += text.slice(from, open + start) + value;
      from = close + closing.length;
    }
    open = text.indexOf(opening, close + closing.length);
    if (open < 0) break;
  }
  return from === 0 ? text : done + text.slice(from);
}

/** Replaces in every item; an item that is one array variable and nothing else becomes that array's items. */
export function substituteList(items: readonly string[], replacements: Replacements): string[] {
  if (!items.some((item) => item.includes('$('))) return items as string[];
  return items.flatMap((item) => {
    const whole = wholeVariable(item);
    const array = whole === undefined ? undefined : findWhole(whole, replacements.arrays);
    return array ?? substitute(item, replacements);
  });
}

/** Replaces in a param's value. A string that is one array or object variable and nothing else becomes that value. */
export function substituteValue(value: ParamValue, replacements: Replacements): ParamValue {
  if (Array.isArray(value)) return substituteList(value, replacements);
  if (typeof value === 'object') return substituteDeep(value, replacements);
  const whole = wholeVariable(value);
  if (whole === undefined) return substitute(value, replacements);
  const array = findWhole(whole, replacements.arrays);
  if (array !== undefined) return [...array];
  const object = findWhole(whole, replacements.objects);
  if (object !== undefined) return { ...object };
  return substitute(value, replacements);
}

/**
 * Replaces in every string inside `value`; in lists of strings, arrays expand. Keys stay as they are.
 *
 * Shape  the same type back: a lone string is never replaced by an array (see `substituteValue`).
 */
export function substituteDeep<T>(value: T, replacements: Replacements): T {
  return deep(value, replacements) as T;
}

function deep(value: unknown, replacements: Replacements): unknown {
  if (typeof value === 'string') return substitute(value, replacements);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every((item) => typeof item === 'string')) {
      return substituteList(value, replacements);
    }
    const items = value as unknown[];
    let copy: unknown[] | undefined;
    items.forEach((item, i) => {
      const replaced = deep(item, replacements);
      if (replaced !== item) (copy ??= [...items])[i] = replaced; // V4
    });
    return copy ?? value;
  }
  const record = value as Record<string, unknown>;
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(record)) {
    const replaced = deep(record[key], replacements);
    if (replaced !== record[key]) (copy ??= { ...record })[key] = replaced; // V4
  }
  return copy ?? value;
}

/** `params.x[*]` of `$(params.x[*])`; undefined when the text is anything but one variable. */
function wholeVariable(text: string): string | undefined {
  if (!text.startsWith('$(') || !text.endsWith(')')) return undefined;
  const name = text.slice(2, -1);
  return name.includes('$(') || name.includes(')') ? undefined : name;
}

function findWhole<V>(name: string, values: Lookup<V>): V | undefined {
  return values.get(name.endsWith('[*]') ? name.slice(0, -3) : name);
}
