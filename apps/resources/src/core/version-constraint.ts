// Version constraints as hub references have them: `>= 0.5.0`, `< 1.0`, several of them with commas between.

/** Whether a text is a constraint rather than a version. */
export function isConstraint(text: string): boolean {
  return /[<>=!~^*,]/.test(text);
}

/** The newest version that keeps every part of a constraint; undefined when there is none. */
export function newestMatching(versions: readonly string[], constraint: string): string | undefined {
  const parts = constraint.split(',').map((part) => /^\s*(>=|<=|!=|>|<|=|~|\^)?\s*v?([\d.]+)\s*$/.exec(part));
  if (parts.some((part) => part === null)) return undefined;
  const [newest] = versions
    .filter((version) => /^v?\d+(\.\d+)*$/.test(version)) // never one that is not finished
    .filter((version) => parts.every((part) => holds(version, part![1] ?? '=', part![2]!)))
    .sort((a, b) => compare(b, a));
  return newest;
}

function holds(version: string, operator: string, bound: string): boolean {
  const order = compare(version, bound);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    case '!=':
      return order !== 0;
    case '~':
      return order >= 0 && sameUpTo(version, bound, 2);
    case '^':
      return order >= 0 && sameUpTo(version, bound, numbers(bound)[0] === 0 ? 2 : 1);
    default:
      return order === 0;
  }
}

function sameUpTo(version: string, bound: string, count: number): boolean {
  const [a, b] = [numbers(version), numbers(bound)];
  return Array.from({ length: count }).every((_, i) => (a[i] ?? 0) === (b[i] ?? 0));
}

function compare(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = (left[i] ?? 0) - (right[i] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

function numbers(version: string): number[] {
  return version.replace(/^v/, '').split('.').map(Number);
}
