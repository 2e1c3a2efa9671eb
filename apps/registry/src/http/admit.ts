// From a request's body to an object that may be stored: decode, convert, default, validate. What the store owns
// (uid, resourceVersion, generation, …) is the store's business.

import { SlipwayError, apiVersionOf, type FieldProblem, type KubeObject, type ResourceKind } from '@slipway/contracts';
import { toStorage } from '../core/admission/convert.js';
import { decode } from '../core/admission/decode.js';
import { applyDefaults } from '../core/admission/defaults.js';
import type { AdmissionLimits } from '../core/admission/limits.js';
import { validate } from '../core/admission/validate.js';
import { isObject, sameJson, without } from '../core/patch/json-value.js';
import type { Body } from './body.js';
import { policyAnnotationProblems } from './policy-annotation.js';
import { templatesAnnotationProblems } from './templates-annotation.js';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface Admitted {
  /** In the storage version. */
  object: KubeObject;
  /** For `Warning:` headers. */
  warnings: string[];
}

/** `?fieldValidation=`; Warn when absent, as the API server. Errors: `invalid` for other values. */
export function fieldValidationOf(query: URLSearchParams): FieldValidation {
  const text = query.get('fieldValidation') ?? '';
  if (text === '') return 'Warn';
  if (text === 'Strict' || text === 'Warn' || text === 'Ignore') return text;
  throw new SlipwayError('invalid', 'Invalid', 'fieldValidation is invalid', {
    problems: [
      {
        field: 'fieldValidation',
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: "${text}": supported values: "Ignore", "Strict", "Warn"`,
      },
    ],
  });
}

/**
 * Reads a body as an object of `kind` in `version` and brings it to the storage version. Not validated yet.
 *
 * Errors: `invalid` when the body is of another kind, or, under Strict, has fields that nobody knows.
 */
export function decodeBody(kind: ResourceKind, version: string, body: Body, validation: FieldValidation): Admitted {
  const value = typed(kind, version, body.value);
  const { object, unknownFields, duplicate } = decode(kind, version, value);
  const complaints = validation === 'Ignore' ? [] : [
    ...unknownFields.map((field) => `unknown field "${field}"`),
    ...[...new Set([...body.duplicates, ...(duplicate ?? [])])].map((field) => `duplicate field "${field}"`),
  ]; // prettier-ignore
  if (validation === 'Strict' && complaints.length > 0) {
    throw new SlipwayError(
      'invalid',
      'BadRequest',
      `${kind.kind} in version "${version}" cannot be handled as a ${kind.kind}: strict decoding error: ${complaints.join(', ')}`,
    );
  }
  return { object: toStorage(kind, version, foldStringData(object)), warnings: complaints };
}

/** The body with `apiVersion` and `kind`, which a client may leave to the URL; never those of something else. */
function typed(kind: ResourceKind, version: string, value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw new SlipwayError('invalid', 'BadRequest', 'the body of the request must be an object');
  const apiVersion = apiVersionOf(kind, version);
  const given = { apiVersion: value['apiVersion'] ?? apiVersion, kind: value['kind'] ?? kind.kind };
  if (given.apiVersion !== apiVersion) {
    throw mismatch(
      `the API version in the data (${text(given.apiVersion)}) does not match the expected API version (${apiVersion})`,
    );
  }
  if (given.kind !== kind.kind) {
    throw mismatch(`the kind in the data (${text(given.kind)}) does not match the expected kind (${kind.kind})`);
  }
  const metadata = value['metadata'] ?? {};
  if (!isObject(metadata)) throw mismatch('the metadata of the object must be an object');
  return { ...value, ...given, metadata };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function mismatch(message: string): SlipwayError {
  return new SlipwayError('invalid', 'BadRequest', message);
}

/** A Secret's `stringData` is written, never read: it goes into `data`. */
function foldStringData(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret' || !('stringData' in object)) return object;
  const { stringData, ...secret } = object as KubeObject & {
    stringData?: Record<string, string>;
    data?: Record<string, string>;
  };
  const data = { ...secret.data };
  for (const [key, value] of Object.entries(stringData ?? {}))
    data[key] = Buffer.from(String(value)).toString('base64');
  return { ...secret, data } as KubeObject;
}

/** Fills in defaults and checks everything; all problems at once. */
export function validated(
  kind: ResourceKind,
  object: KubeObject,
  limits: AdmissionLimits,
  old?: KubeObject,
): KubeObject {
  // What services made may lack defaults: a label on it must not change its spec, which may be closed by now.
  const complete = old !== undefined && sameContent(object, old) ? object : applyDefaults(kind, object);
  refuse([
    ...validate(kind, complete, old, limits),
    ...policyAnnotationProblems(kind, complete, old),
    ...templatesAnnotationProblems(complete, old),
  ]);
  return complete;
}

/** Whether all but metadata and status is the same. */
function sameContent(object: KubeObject, old: KubeObject): boolean {
  const content = (whole: KubeObject): object =>
    without(whole as KubeObject & { status?: unknown }, 'metadata', 'status');
  return sameJson(content(object), content(old));
}

/** Errors: `invalid` with the problems, if there are any. */
export function refuse(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  const [first] = problems;
  const message = `${first!.field === '' ? '' : `${first!.field}: `}${first!.message}`;
  throw new SlipwayError('invalid', 'Invalid', message, { problems });
}
