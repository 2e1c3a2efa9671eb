// Kubernetes' protobuf envelope, for the kinds that kubectl sends so (`create secret`, `auth can-i`, `delete`, …).
// Field numbers are those of k8s.io/api/core/v1, authorization/v1 and apimachinery meta/v1, release 1.32 generated.proto.

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { SlipwayError } from '@slipway/contracts';
import { DEPTH_LIMIT } from '@slipway/yaml';

type FieldType =
  | 'string'
  /** Bytes that JSON shows as base64. */
  | 'bytes'
  | 'int'
  | 'bool'
  | 'time'
  | 'microtime'
  /** `FieldsV1`: JSON inside. */
  | 'json'
  | { message: Message }
  | { mapOf: 'string' | 'bytes' };
interface Field {
  name: string;
  type: FieldType;
  repeated?: true;
}
type Message = Record<number, Field>;

const one = (name: string, type: FieldType): Field => ({ name, type });
const many = (name: string, type: FieldType): Field => ({ name, type, repeated: true });
const text = (...names: [number, string][]): Message =>
  Object.fromEntries(names.map(([n, name]) => [n, one(name, 'string')]));

const OBJECT_META: Message = {
  ...text([1, 'name'], [2, 'generateName'], [3, 'namespace'], [5, 'uid'], [6, 'resourceVersion']),
  7: one('generation', 'int'),
  8: one('creationTimestamp', 'time'),
  9: one('deletionTimestamp', 'time'),
  10: one('deletionGracePeriodSeconds', 'int'),
  11: one('labels', { mapOf: 'string' }),
  12: one('annotations', { mapOf: 'string' }),
  13: many('ownerReferences', {
    message: {
      ...text([1, 'kind'], [3, 'name'], [4, 'uid'], [5, 'apiVersion']),
      6: one('controller', 'bool'),
      7: one('blockOwnerDeletion', 'bool'),
    },
  }),
  14: many('finalizers', 'string'),
  17: many('managedFields', {
    message: {
      ...text([1, 'manager'], [2, 'operation'], [3, 'apiVersion'], [6, 'fieldsType'], [8, 'subresource']),
      4: one('time', 'time'),
      7: one('fieldsV1', 'json'),
    },
  }),
};
const metadata = one('metadata', { message: OBJECT_META });
const OBJECT_REFERENCE: Message = text(
  [1, 'kind'], [2, 'namespace'], [3, 'name'], [4, 'uid'], [5, 'apiVersion'], [6, 'resourceVersion'], [7, 'fieldPath'],
); // prettier-ignore

const SELECTOR_REQUIREMENTS: Message = {
  1: one('rawSelector', 'string'),
  2: many('requirements', { message: { ...text([1, 'key'], [2, 'operator']), 3: many('values', 'string') } }),
};

const DELETE_OPTIONS: Message = {
  1: one('gracePeriodSeconds', 'int'),
  2: one('preconditions', { message: text([1, 'uid'], [2, 'resourceVersion']) }),
  3: one('orphanDependents', 'bool'),
  4: one('propagationPolicy', 'string'),
  5: many('dryRun', 'string'),
};

const MESSAGES: Record<string, Message> = {
  'v1/Secret': {
    1: metadata,
    2: one('data', { mapOf: 'bytes' }),
    3: one('type', 'string'),
    4: one('stringData', { mapOf: 'string' }),
    5: one('immutable', 'bool'),
  },
  'v1/ConfigMap': {
    1: metadata,
    2: one('data', { mapOf: 'string' }),
    3: one('binaryData', { mapOf: 'bytes' }),
    4: one('immutable', 'bool'),
  },
  'v1/Namespace': {
    1: metadata,
    2: one('spec', { message: { 1: many('finalizers', 'string') } }),
    3: one('status', { message: { 1: one('phase', 'string') } }),
  },
  'v1/ServiceAccount': {
    1: metadata,
    2: many('secrets', { message: OBJECT_REFERENCE }),
    3: many('imagePullSecrets', { message: { 1: one('name', 'string') } }),
    4: one('automountServiceAccountToken', 'bool'),
  },
  'v1/Event': {
    1: metadata,
    2: one('involvedObject', { message: OBJECT_REFERENCE }),
    3: one('reason', 'string'),
    4: one('message', 'string'),
    5: one('source', { message: text([1, 'component'], [2, 'host']) }),
    6: one('firstTimestamp', 'time'),
    7: one('lastTimestamp', 'time'),
    8: one('count', 'int'),
    9: one('type', 'string'),
    10: one('eventTime', 'microtime'),
    11: one('series', { message: { 1: one('count', 'int'), 2: one('lastObservedTime', 'microtime') } }),
    12: one('action', 'string'),
    13: one('related', { message: OBJECT_REFERENCE }),
    14: one('reportingComponent', 'string'),
    15: one('reportingInstance', 'string'),
  },
  'authorization.k8s.io/v1/SelfSubjectAccessReview': {
    1: metadata,
    2: one('spec', {
      message: {
        1: one('resourceAttributes', {
          message: {
            ...text([1, 'namespace'], [2, 'verb'], [3, 'group'], [4, 'version'], [5, 'resource']),
            ...text([6, 'subresource'], [7, 'name']),
            8: one('fieldSelector', { message: SELECTOR_REQUIREMENTS }),
            9: one('labelSelector', { message: SELECTOR_REQUIREMENTS }),
          },
        }),
        2: one('nonResourceAttributes', { message: text([1, 'path'], [2, 'verb']) }),
      },
    }),
  },
  'authorization.k8s.io/v1/SelfSubjectRulesReview': {
    1: metadata,
    2: one('spec', { message: text([1, 'namespace']) }),
  },
  'authentication.k8s.io/v1/SelfSubjectReview': { 1: metadata },
};

/** `k8s\0`, which begins every protobuf body of Kubernetes. */
const MAGIC = [0x6b, 0x38, 0x73, 0x00];

/**
 * Decodes an envelope to the object that its JSON form would be.
 *
 * Errors: `invalid` for bytes that are no such envelope; 'UnsupportedMediaType' for kinds that clients send as JSON.
 */
export function decodeProtobuf(bytes: Uint8Array): Record<string, unknown> {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) throw malformed('it does not begin with the Kubernetes prefix');
  const unknown = read(bytes.subarray(MAGIC.length), UNKNOWN, 0) as {
    typeMeta?: { apiVersion?: string; kind?: string };
    raw?: string;
    contentEncoding?: string;
  };
  const { apiVersion = '', kind = '' } = unknown.typeMeta ?? {};
  if ((unknown.contentEncoding ?? '') !== '') throw malformed('its content is encoded');
  const message =
    kind === 'DeleteOptions'
      ? DELETE_OPTIONS
      : Object.hasOwn(MESSAGES, `${apiVersion}/${kind}`)
        ? MESSAGES[`${apiVersion}/${kind}`]
        : undefined;
  if (message === undefined) {
    throw new SlipwayError(
      'invalid',
      'UnsupportedMediaType',
      `${kind} in version "${apiVersion}" is not accepted as protobuf; send application/json`,
    );
  }
  return { apiVersion, kind, ...read(Buffer.from(unknown.raw ?? '', 'base64'), message, 0) };
}

const UNKNOWN: Message = {
  1: one('typeMeta', { message: text([1, 'apiVersion'], [2, 'kind']) }),
  2: one('raw', 'bytes'),
  3: one('contentEncoding', 'string'),
};

function malformed(why: string): SlipwayError {
  return new SlipwayError('invalid', 'BadRequest', `the body of the request is not valid protobuf: ${why}`);
}

function read(bytes: Uint8Array, message: Message, depth: number): Record<string, unknown> {
  if (depth > DEPTH_LIMIT) throw malformed('it is nested too deeply');
  const object: Record<string, unknown> = {};
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [number, wire] = reader.tag();
      const field = message[number];
      if (field === undefined) reader.skip(wire, number);
      else put(object, field, readValue(reader, wire, field.type, depth));
    }
  } catch (error) {
    throw error instanceof SlipwayError ? error : malformed((error as Error).message);
  }
  return object;
}

function put(object: Record<string, unknown>, field: Field, value: unknown): void {
  // Go writes every plain field, also those that its JSON leaves out because they are empty.
  if (value === undefined || (value === '' && !field.repeated) || (value === 0 && field.name === 'generation')) return;
  if (field.repeated) {
    const list = (object[field.name] ??= []) as unknown[];
    list.push(value);
  } else if (typeof field.type === 'object' && 'mapOf' in field.type) {
    const [key, entry] = value as [string, string];
    if (key === '__proto__') throw malformed('it has a key named "__proto__"');
    const map = (object[field.name] ??= {}) as Record<string, string>;
    map[key] = entry;
  } else {
    object[field.name] = value;
  }
}

function readValue(reader: BinaryReader, wire: WireType, type: FieldType, depth: number): unknown {
  const expected = type === 'int' || type === 'bool' ? WireType.Varint : WireType.LengthDelimited;
  if (wire !== expected) throw malformed(`a field has wire type ${wire}`);
  if (type === 'int') return Number(reader.int64());
  if (type === 'bool') return reader.bool();
  const bytes = reader.bytes();
  if (type === 'bytes') return Buffer.from(bytes).toString('base64');
  if (type === 'string') return utf8(bytes);
  if (type === 'json') {
    const raw = (read(bytes, { 1: one('raw', 'bytes') }, depth + 1) as { raw?: string }).raw;
    return raw === undefined ? undefined : (JSON.parse(utf8(Buffer.from(raw, 'base64'))) as unknown);
  }
  if (type === 'time' || type === 'microtime') return timeText(read(bytes, TIME, depth + 1), type);
  if ('message' in type) return read(bytes, type.message, depth + 1);
  const entry = read(bytes, { 1: one('key', 'string'), 2: one('value', type.mapOf) }, depth + 1);
  return [entry['key'] ?? '', entry['value'] ?? ''];
}

const TIME: Message = { 1: one('seconds', 'int'), 2: one('nanos', 'int') };
/** The last second of the year 9999: later ones have no RFC 3339 form. */
const MAX_SECONDS = 253_402_300_799;

/** Undefined for the zero time, which Go sends for "not set". */
function timeText(time: Record<string, unknown>, type: 'time' | 'microtime'): string | undefined {
  const seconds = (time['seconds'] as number | undefined) ?? 0;
  if (seconds < 0 || (seconds === 0 && time['nanos'] === undefined)) return undefined;
  if (seconds > MAX_SECONDS) throw malformed('a time is out of range');
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (type === 'time') return `${whole}Z`;
  const micros = Math.floor(((time['nanos'] as number | undefined) ?? 0) / 1000);
  return `${whole}.${String(micros).padStart(6, '0')}Z`;
}

const strict = new TextDecoder('utf-8', { fatal: true });

function utf8(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    throw malformed('a text is not valid UTF-8');
  }
}
