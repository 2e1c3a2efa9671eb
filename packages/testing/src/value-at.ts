// Fields by their path, for tables of them: `steps.2.env.0.value`.

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, key) => (at === undefined ? undefined : (at as Record<string, unknown>)[key]), value);
}

/** A copy with the value at the path; what is missing on the way is made, a list where the next key is a number. */
export function withValueAt<T>(value: T, path: string, leaf: unknown): T {
  const copy = structuredClone(value);
  const keys = path.split('.');
  let at = copy as Record<string, unknown>;
  keys.slice(0, -1).forEach((key, i) => {
    at[key] ??= /^\d+$/.test(keys[i + 1]!) ? [] : {};
    at = at[key] as Record<string, unknown>;
  });
  at[keys.at(-1)!] = leaf;
  return copy;
}
