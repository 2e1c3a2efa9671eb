// Values that came from outside, refused where they could hurt what reads them.

import { SlipwayError } from '@slipway/contracts';

/** No object of any served kind nests deeper than some thirty levels; recursion over a stored object must be safe. */
export const DEPTH_LIMIT = 100;
/** Nodes of one value: a body of 3 MiB has at most half as many, so more means aliases that multiply. */
const NODE_LIMIT = 2_000_000;

/**
 * The value, if it is at most DEPTH_LIMIT deep, not too much, and holds no key `__proto__`. By a list of what is left, so
 * that depth costs no stack.
 *
 * Errors: `invalid`, about `what`: "the body of the request".
 */
export function plainValue<T>(value: T, what: string): T {
  const left: [node: unknown, depth: number][] = [[value, 0]];
  for (let nodes = 0; left.length > 0; nodes++) {
    const [node, depth] = left.pop()!;
    if (typeof node !== 'object' || node === null) continue;
    if (depth >= DEPTH_LIMIT) throw tooDeep(what);
    if (nodes > NODE_LIMIT) throw new SlipwayError('invalid', 'BadRequest', `${what} expands to too many values`);
    if (Array.isArray(node)) {
      for (const item of node) left.push([item, depth + 1]);
      continue;
    }
    for (const key of Object.keys(node)) {
      if (key === '__proto__') {
        throw new SlipwayError('invalid', 'BadRequest', `${what} has a field named "__proto__"`);
      }
      left.push([(node as Record<string, unknown>)[key], depth + 1]);
    }
  }
  return value;
}

export function tooDeep(what: string): SlipwayError {
  return new SlipwayError('invalid', 'BadRequest', `${what} is nested deeper than ${DEPTH_LIMIT} levels`);
}
