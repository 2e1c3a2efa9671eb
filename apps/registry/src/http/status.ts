// Errors as Kubernetes' `Status` objects: one table from `SlipwayError` to code and reason, and the words kubectl prints.

import { asSlipwayError, type ErrorKind, type FieldProblem, type SlipwayError } from '@slipway/contracts';

/** What a request was about, as far as it is known; every message names it. */
export interface Subject {
  /** `pods`, or `pipelineruns` in `tekton.dev`. */
  resource: string;
  group: string;
  kind: string;
  name: string;
}

export interface StatusCause {
  reason: string;
  message: string;
  field?: string;
}

/** metav1.Status: the answer to every request that did not succeed, and to deletes that did. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: StatusCause[];
    retryAfterSeconds?: number;
  };
  code: number;
}

// prettier-ignore
const BY_KIND: Record<ErrorKind, { code: number; reason: string }> = {
  'invalid':      { code: 400, reason: 'BadRequest' },
  'unauthorized': { code: 401, reason: 'Unauthorized' },
  'forbidden':    { code: 403, reason: 'Forbidden' },
  'not-found':    { code: 404, reason: 'NotFound' },
  'exists':       { code: 409, reason: 'AlreadyExists' },
  'conflict':     { code: 409, reason: 'Conflict' },
  'expired':      { code: 410, reason: 'Expired' },
  'too-large':    { code: 413, reason: 'RequestEntityTooLarge' },
  'overloaded':   { code: 429, reason: 'TooManyRequests' },
  'transient':    { code: 503, reason: 'ServiceUnavailable' },
  'internal':     { code: 500, reason: 'InternalError' },
};

/** Refusals that HTTP or Kubernetes tells apart more finely than `ErrorKind`, by the error's own reason. */
// prettier-ignore
const BY_REASON: Record<string, { code: number; reason: string }> = {
  BadRequest:           { code: 400, reason: 'BadRequest' },
  MethodNotAllowed:     { code: 405, reason: 'MethodNotAllowed' },
  NotAcceptable:        { code: 406, reason: 'NotAcceptable' },
  UnsupportedMediaType: { code: 415, reason: 'UnsupportedMediaType' },
  Invalid:              { code: 422, reason: 'Invalid' },
  Timeout:              { code: 504, reason: 'Timeout' },
};

/**
 * The Status of anything thrown while `subject` was handled.
 *
 * Messages follow apimachinery's `errors` package, because people and scripts match on them. Where the store only says
 * "exists" or "conflict", the sentence is made here from the subject.
 */
export function statusOf(thrown: unknown, subject?: Subject): Status {
  const error = asSlipwayError(thrown);
  const { code, reason } = outcomeOf(error);
  const causes = causesOf(error);
  // kubectl prints the message of an invalid request only when there are no details to make one from.
  const isBare = reason === 'Invalid' && causes.length === 0;
  const details = {
    ...(subject === undefined || subject.name === '' ? {} : { name: subject.name }),
    ...(subject === undefined || subject.group === '' ? {} : { group: subject.group }),
    ...(subject === undefined ? {} : { kind: reason === 'Invalid' ? subject.kind : subject.resource }),
    ...(causes.length === 0 ? {} : { causes }),
    ...(code === 429 || code === 503 || (code === 504 && error.retryAfterMs !== undefined)
      ? { retryAfterSeconds: Math.max(1, Math.ceil((error.retryAfterMs ?? 1000) / 1000)) }
      : {}),
  };
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: messageOf(error, subject),
    reason,
    ...(isBare || Object.keys(details).length === 0 ? {} : { details }),
    code,
  };
}

function outcomeOf(error: SlipwayError): { code: number; reason: string } {
  const byReason = Object.hasOwn(BY_REASON, error.reason) ? BY_REASON[error.reason] : undefined;
  if (byReason !== undefined) return byReason;
  return error.kind === 'invalid' && error.problems.length > 0 ? BY_REASON['Invalid']! : BY_KIND[error.kind];
}

/** The Status of a delete that left nothing behind. */
export function deletedStatus(subject: Subject, uid: string | undefined): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: subject.name,
      ...(subject.group === '' ? {} : { group: subject.group }),
      kind: subject.resource,
      ...(uid === undefined ? {} : { uid }),
    },
    code: 200,
  };
}

/** `pipelineruns.tekton.dev`, `pods`: how messages name a resource. */
export function qualified(subject: Pick<Subject, 'resource' | 'group'>): string {
  return subject.group === '' ? subject.resource : `${subject.resource}.${subject.group}`;
}

/** Reasons of the store whose sentence depends on what was asked for; the API's own errors bring theirs. */
const STORE_REASONS = new Set(['AlreadyExists', 'NotFound', 'Conflict']);

function messageOf(error: SlipwayError, subject: Subject | undefined): string {
  const hint = error.hint === undefined ? '' : `. ${error.hint}`;
  if (subject === undefined) return error.message.replace(/\.$/, hint === '' ? '.' : '') + hint;
  const name = `${qualified(subject)} "${subject.name}"`;
  if (outcomeOf(error).code === 422 && error.problems.length > 0) {
    const kind = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
    const [first, ...more] = error.problems.map(problemText);
    return `${kind} "${subject.name}" is invalid: ${more.length === 0 ? first : `[${[first, ...more].join(', ')}]`}${hint}`;
  }
  if (STORE_REASONS.has(error.reason)) {
    if (error.kind === 'exists') return `${name} already exists`;
    if (error.kind === 'not-found') return `${name} not found`;
    if (error.kind === 'conflict') {
      return `Operation cannot be fulfilled on ${name}: the object has been modified; please apply your changes to the latest version and try again`;
    }
  }
  return error.message.replace(/\.$/, hint === '' ? '.' : '') + hint;
}

function problemText(problem: FieldProblem): string {
  return problem.field === '' ? problem.message : `${problem.field}: ${problem.message}`;
}

function causesOf(error: SlipwayError): StatusCause[] {
  return error.problems.map(({ field, reason, message }) => ({
    reason,
    message,
    ...(field === '' ? {} : { field }),
  }));
}
