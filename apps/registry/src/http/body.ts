// Request bodies as plain values: JSON, YAML and Kubernetes' protobuf, none of which can hurt what reads the value.

import { SlipwayError } from '@slipway/contracts';
import { plainValue, plainYaml } from '@slipway/yaml';
import { duplicateKeys } from './json-duplicates.js';
import { decodeProtobuf } from './protobuf.js';

export interface Body {
  value: unknown;
  /** Paths of keys that came twice in one object; only the last value counts. */
  duplicates: string[];
}

const BODY = 'the body of the request';

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
  if (format === 'protobuf') return { value: plainValue(decodeProtobuf(bytes), BODY), duplicates: [] };
  const text = textOf(bytes);
  if (format === 'json' || text.trimStart().startsWith('{')) {
    const value = plainValue(parseJson(text), BODY);
    return { value, duplicates: duplicateKeys(text) };
  }
  return { value: plainYaml(text, BODY), duplicates: [] };
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
