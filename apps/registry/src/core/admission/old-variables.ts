// The oldest variables, `${inputs.params.x}`, were replaced by `$(inputs.params.x)` in November 2019. Documents of
// v1alpha1 may hold either; stored is only the second.

const OLD = /\$\{((?:inputs|outputs)\.(?:params|resources)\.[^${}]+)\}/g;

/** A copy of an object with the oldest variables written in today's form, in every text of it. */
export function withDollarParentheses<T>(value: T): T {
  if (typeof value === 'string') return value.replace(OLD, '$($1)') as T;
  if (Array.isArray(value)) return value.map(withDollarParentheses) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withDollarParentheses(member)])) as T;
}
