// Request bodies as plain values: JSON, YAML and Kubernetes' protobuf, none of which can hurt what reads the value.

import { SlipwayError } from '@slipway/contracts';
import { parseDocument } from 'yaml';
import { duplicateKeys } from './json-duplicates.js';
import { DEPTH_LIMIT, YAML_LIMIT_BYTES } from './limits.js';
import { decodeProtobuf } from './protobuf.js';
import { mayBeDeeperThan } from './yaml-depth.js';

export interface Body {
  value: unknown;
  /** Paths of keys that came twice in one object; only the last value counts. */
  duplicates: string[];
}

const MEDIA_TYPES = new Map<string, 'json' | 'yaml' | 'protobuf'>([
  ['', 'json'],
  ['application/json', 'json'],
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'json'],
  ['application/strategic-merge-patch+json', 'json'],
  ['application/yaml', 'yaml'],
  ['application/apply-patch+yaml', 'yaml'],
  ['application/x-yaml', 'yaml'],
  ['application/vnd.kubernetes.protobuf', 'protobuf'],
]);

export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]!.trim().toLowerCase();
}

/**
 * Parses a body. An empty body is `undefined`.
 *
 * Errors: `invalid` for what cannot be read, with the parser's place and reason; 'UnsupportedMediaType' for other types.
 * The value is acyclic, at most DEPTH_LIMIT deep, holds no key `__proto__`, and shares no part with itself.
 */
export function parseBody(contentType: string | undefined, bytes: Uint8Array): Body {
  const mediaType = mediaTypeOf(contentType);
  const format = MEDIA_TYPES.get(mediaType);
  if (format === undefined) {
    throw new SlipwayError(
      'invalid',
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf`,
    );
  }
  if (bytes.length === 0) return { value: undefined, duplicates: [] };
  if (format === 'protobuf') return { value: safe(decodeProtobuf(bytes)), duplicates: [] };
  const text = textOf(bytes);
  if (format === 'json' || text.trimStart().startsWith('{')) {
    const value = safe(parseJson(text));
    return { value, duplicates: duplicateKeys(text) };
  }
  return parseYaml(text);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new SlipwayError('invalid', 'BadRequest', 'the body of the request is not valid UTF-8');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SlipwayError(
      'invalid',
      'BadRequest',
      `the body of the request is not valid JSON: ${(error as Error).message}`,
    );
  }
}

/** Aliases that YAML may resolve: what people write by hand stays far below, a bomb is far above. */
const MAX_ALIASES = 100;

function parseYaml(text: string): Body {
  if (text.length > YAML_LIMIT_BYTES) {
    throw new SlipwayError('too-large', 'RequestEntityTooLarge', `a YAML body may have ${YAML_LIMIT_BYTES} bytes`, {
      hint: 'Send JSON.',
    });
  }
  if (mayBeDeeperThan(DEPTH_LIMIT, text)) throw tooDeep();
  try {
    // Not `uniqueKeys` and not `prettyErrors`: both take time that grows with the square of a hostile text.
    const options = { uniqueKeys: false, prettyErrors: false, stringKeys: true, logLevel: 'error' } as const;
    const document = withoutStacks(() => parseDocument(text, options));
    const [problem] = document.errors;
    if (problem !== undefined) {
      const line = text.slice(0, problem.pos[0]).split('\n').length;
      throw badYaml(`line ${line}: ${problem.message}`);
    }
    // Through JSON: aliases become copies, so that a change in one place cannot show in another.
    const value = JSON.parse(JSON.stringify(safe(document.toJS({ maxAliasCount: MAX_ALIASES }))) ?? 'null') as unknown;
    return { value, duplicates: [] };
  } catch (error) {
    throw error instanceof SlipwayError ? error : badYaml((error as Error).message);
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

function tooDeep(): SlipwayError {
  const message = `the body of the request is nested deeper than ${DEPTH_LIMIT} levels`;
  return new SlipwayError('invalid', 'BadRequest', message);
}

function badYaml(why: string): SlipwayError {
  return new SlipwayError('invalid', 'BadRequest', `the body of the request is not valid YAML: ${why}`);
}

/** Nodes of one body: a 3 MiB body has at most half as many, so more means aliases that multiply. */
const NODE_LIMIT = 2_000_000;

/** Refuses what is too deep, too much, or named `__proto__`; by a list of what is left, so that depth costs no stack. */
function safe<T>(value: T): T {
  const left: [node: unknown, depth: number][] = [[value, 0]];
  for (let nodes = 0; left.length > 0; nodes++) {
    const [node, depth] = left.pop()!;
    if (typeof node !== 'object' || node === null) continue;
    if (depth >= DEPTH_LIMIT) {
      throw tooDeep();
    }
    if (nodes > NODE_LIMIT) {
      throw new SlipwayError('invalid', 'BadRequest', 'the body of the request expands to too many values');
    }
    if (Array.isArray(node)) {
      for (const item of node) left.push([item, depth + 1]);
      continue;
    }
    for (const key of Object.keys(node)) {
      if (key === '__proto__') {
        throw new SlipwayError('invalid', 'BadRequest', 'the body of the request has a field named "__proto__"');
      }
      left.push([(node as Record<string, unknown>)[key], depth + 1]);
    }
  }
  return value;
}
