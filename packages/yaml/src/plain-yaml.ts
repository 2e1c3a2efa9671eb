// A YAML text that anybody may have written, as a plain value. What a bomb costs is bounded before it is composed.

import { SlipwayError } from '@slipway/contracts';
import { parseDocument } from 'yaml';
import { DEPTH_LIMIT, plainValue, tooDeep } from './plain-value.js';
import { mayBeDeeperThan } from './yaml-depth.js';

/** YAML is read a hundred times slower than JSON, in one go; clients of Kubernetes send JSON even where they say YAML. */
export const YAML_LIMIT_BYTES = 256 * 1024;
/** Aliases that YAML may resolve: what people write by hand stays far below, a bomb is far above. */
const MAX_ALIASES = 100;

/**
 * Reads one YAML document.
 *
 * Shape   acyclic, at most DEPTH_LIMIT deep, without a key `__proto__`, and sharing no part with itself.
 * Errors  `invalid`, about `what` ("the body of the request"), with the parser's line and reason; `too-large`.
 */
export function plainYaml(text: string, what: string): unknown {
  if (text.length > YAML_LIMIT_BYTES) {
    throw new SlipwayError('too-large', 'RequestEntityTooLarge', `${what} may have ${YAML_LIMIT_BYTES} bytes as YAML`, {
      hint: 'Send JSON.',
    });
  }
  if (mayBeDeeperThan(DEPTH_LIMIT, text)) throw tooDeep(what);
  try {
    // Not `uniqueKeys` and not `prettyErrors`: both take time that grows with the square of a hostile text.
    const options = { uniqueKeys: false, prettyErrors: false, stringKeys: true, logLevel: 'error' } as const;
    const document = withoutStacks(() => parseDocument(text, options));
    const [problem] = document.errors;
    if (problem !== undefined) {
      const line = text.slice(0, problem.pos[0]).split('\n').length;
      throw badYaml(what, `line ${line}: ${problem.message}`);
    }
    const composed: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    // Through JSON: aliases become copies, so that a change in one place cannot show in another.
    return JSON.parse(JSON.stringify(plainValue(composed, what)) ?? 'null');
  } catch (error) {
    throw error instanceof SlipwayError ? error : badYaml(what, (error as Error).message);
  }
}

/** A hostile text is one error a character, and the stack of each would be most of what it costs. */
function withoutStacks<T>(parse: () => T): T {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return parse();
  } finally {
    Error.stackTraceLimit = before;
  }
}

function badYaml(what: string, why: string): SlipwayError {
  return new SlipwayError('invalid', 'BadRequest', `${what} is not valid YAML: ${why}`);
}
