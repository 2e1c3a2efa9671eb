// From parsed JSON to an object of a kind and version: the one place where the shape of a request body is checked.
//
//   D1. Nothing of the input is shared with the result, and only known fields get into it: what a schema does not know is
//       left out and named, as Kubernetes prunes it.
//   D2. `__proto__` never becomes a key: as a field it is unknown, as a key of a free map it is refused.
//   D3. Linear in the input, and no deeper than DEPTH_MAX, so that no body can exhaust the stack.
//   D4. Every wrong type is reported, with its path, in one error.
//   D5. A required text is there, if only as the empty one, as in Go: rules look at names without asking first.

import { SlipwayError, durationMs, type FieldProblem, type KubeObject, type ResourceKind } from '@slipway/contracts';

import { definitionsOf, schemaFor } from '../openapi/definitions.js';
import type { Definition, Scalar, SchemaType } from '../openapi/schema.js';
import { paramValueOf } from './param-value.js';

/** Kubernetes' own limit is 10,000 levels of JSON; nothing that is written by hand or by a tool comes near this one. */
const DEPTH_MAX = 200;
/** More than this many problems help nobody, and an answer must stay small. */
const PROBLEMS_MAX = 100;

export interface Decoded {
  object: KubeObject;
  /** Paths of fields that the schema does not know, in Kubernetes' notation: `spec.tasks[0].foo`. At most 100. */
  unknownFields: string[];
  /** Filled by the reader of the text, which alone sees that a key stands twice. */
  duplicate?: string[];
}

/** Reads an object of a kind from parsed JSON. Throws `invalid` that names every field of a wrong type (D4). */
export function decode(kind: ResourceKind, version: string, body: unknown): Decoded {
  const schema = schemaFor(kind, version);
  if (schema === undefined) {
    throw new SlipwayError('invalid', 'BadRequest', `There is no ${kind.kind} in version ${version}.`);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new SlipwayError('invalid', 'BadRequest', `The ${kind.kind} must be an object, not ${nameOf(body)}.`);
  }
  const reader = new Reader(definitionsOf(kind.group, version));
  const object = reader.struct(schema, body as Json, '', 0) as unknown as KubeObject;
  if (reader.problems.length > 0) {
    const where = typeof object.metadata?.name === 'string' ? ` "${object.metadata.name}"` : '';
    throw new SlipwayError(
      'invalid',
      'BadRequest',
      `${kind.kind}${where} cannot be read: ${reader.problems.map(sentence).join('; ')}`,
      { problems: reader.problems },
    );
  }
  object.metadata ??= { name: '' };
  return { object, unknownFields: reader.unknownFields };
}

type Json = Record<string, unknown>;

class Reader {
  readonly problems: FieldProblem[] = [];
  readonly unknownFields: string[] = [];

  constructor(private readonly definitions: ReadonlyMap<string, Definition>) {}

  struct(definition: Definition, value: Json, path: string, depth: number): Json {
    const result: Json = {};
    if (this.tooDeep(path, depth)) return result;
    for (const key of Object.keys(value)) {
      const field = definition.fields.get(key);
      if (field === undefined) {
        if (this.unknownFields.length < PROBLEMS_MAX) this.unknownFields.push(joined(path, key)); // D1
        continue;
      }
      // Kubernetes drops nulls, but a param whose value is null has the empty string.
      if (value[key] === null && !(isParamValue(field.type) && key === 'value')) continue;
      const read = this.value(field.type, value[key], joined(path, key), depth + 1);
      if (read !== undefined) result[key] = read;
    }
    for (const [name, { required, type }] of definition.fields) {
      if (required && isText(type)) result[name] ??= ''; // D5
    }
    return result;
  }

  value(type: SchemaType, value: unknown, path: string, depth: number): unknown {
    switch (type.kind) {
      case 'scalar':
        return this.scalar(type.scalar, value, path, depth);
      case 'list': {
        if (!Array.isArray(value)) return this.wrong(path, 'a list', value);
        if (this.tooDeep(path, depth)) return undefined;
        return value.map((item, index) => this.item(type.items, item, `${path}[${index}]`, depth));
      }
      case 'map': {
        if (!isObject(value)) return this.wrong(path, 'an object', value);
        if (this.tooDeep(path, depth)) return undefined;
        const result: Json = {};
        for (const key of Object.keys(value)) {
          if (this.isForbiddenKey(key, path)) continue;
          result[key] = this.item(type.values, value[key], `${path}[${key}]`, depth);
        }
        return result;
      }
      case 'ref':
        if (!isObject(value)) return this.wrong(path, 'an object', value);
        return this.struct(this.definitions.get(type.name)!, value, path, depth);
    }
  }

  /** An element of a list or map: Go makes the empty value of a null there. */
  private item(type: SchemaType, value: unknown, path: string, depth: number): unknown {
    if (value === null && type.kind === 'scalar' && (type.scalar === 'string' || type.scalar === 'bytes')) return '';
    if (value === null && type.kind === 'ref') return this.value(type, {}, path, depth + 1); // with its names (D5)
    return this.value(type, value, path, depth + 1);
  }

  private scalar(scalar: Scalar, value: unknown, path: string, depth: number): unknown {
    switch (scalar) {
      case 'string':
        return typeof value === 'string' ? value : this.wrong(path, 'a string', value);
      case 'boolean':
        return typeof value === 'boolean' ? value : this.wrong(path, 'true or false', value);
      case 'integer':
        return Number.isSafeInteger(value) ? value : this.wrong(path, 'a whole number', value);
      case 'number':
        return typeof value === 'number' ? value : this.wrong(path, 'a number', value);
      case 'intOrString':
        if (typeof value === 'string' || Number.isSafeInteger(value)) return value;
        return this.wrong(path, 'a whole number or a string', value);
      case 'quantity':
        return this.quantity(value, path);
      case 'duration':
        if (typeof value !== 'string') return this.wrong(path, 'a duration such as "1h30m"', value);
        return durationMs(value) === undefined ? this.wrong(path, 'a duration such as "1h30m"', value) : value;
      case 'time':
        if (typeof value !== 'string') return this.wrong(path, 'a time such as "2026-01-31T12:00:00Z"', value);
        return TIME.test(value) ? value : this.wrong(path, 'a time such as "2026-01-31T12:00:00Z"', value);
      case 'bytes':
        return typeof value === 'string' && isBase64(value) ? value : this.wrong(path, 'a base64 text', value);
      case 'paramValue':
        return this.free(paramValueOf(value), path, depth);
      case 'object':
        return isObject(value) ? this.free(value, path, depth) : this.wrong(path, 'an object', value);
      case 'any':
        return this.free(value, path, depth);
    }
  }

  private quantity(value: unknown, path: string): unknown {
    if (typeof value === 'number' && Number.isFinite(value)) return String(value);
    // A variable stands where a task leaves the amount to a param.
    if (typeof value === 'string' && (QUANTITY.test(value) || value.includes('$('))) return value;
    return this.wrong(path, 'a quantity such as "500m" or "2Gi"', value);
  }

  /** A copy of free JSON (D1) without forbidden keys (D2). */
  private free(value: unknown, path: string, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (this.tooDeep(path, depth)) return undefined;
    if (Array.isArray(value)) return value.map((item, index) => this.free(item, `${path}[${index}]`, depth + 1));
    const result: Json = {};
    for (const [key, member] of Object.entries(value)) {
      if (!this.isForbiddenKey(key, path)) result[key] = this.free(member, joined(path, key), depth + 1);
    }
    return result;
  }

  private isForbiddenKey(key: string, path: string): boolean {
    if (key !== '__proto__') return false;
    this.report({ field: path, reason: 'FieldValueForbidden', message: 'the key "__proto__" is not allowed' });
    return true;
  }

  private tooDeep(path: string, depth: number): boolean {
    if (depth <= DEPTH_MAX) return false;
    const field = `${path.slice(0, 100)}…`;
    this.report({ field, reason: 'FieldValueTooMany', message: `nested more than ${DEPTH_MAX} levels deep` }); // D3
    return true;
  }

  private wrong(path: string, expected: string, value: unknown): undefined {
    this.report({
      field: path,
      reason: 'FieldValueTypeInvalid',
      message: `must be ${expected}, not ${nameOf(value)}`,
    });
    return undefined;
  }

  private report(problem: FieldProblem): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(problem);
  }
}

const TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
const QUANTITY = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+|[KMGTPE]i|[numkMGTPE])?$/;

function isBase64(text: string): boolean {
  const packed = text.replace(/[\r\n]/g, '');
  return packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(type: SchemaType): boolean {
  return type.kind === 'scalar' && type.scalar === 'string';
}

function isParamValue(type: SchemaType): boolean {
  return type.kind === 'scalar' && type.scalar === 'paramValue';
}

function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function sentence(problem: FieldProblem): string {
  return `${problem.field} ${problem.message}`;
}

/** A value as the user would recognise it, short. */
function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value) ?? typeof value;
  return `the ${typeof value} ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
}
