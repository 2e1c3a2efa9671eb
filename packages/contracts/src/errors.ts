/** What the receiver of an error does next. One table each turns it into an HTTP status, a bus answer, an exit code. */
export type ErrorKind =
  | 'invalid' //       the caller must change the request            HTTP 400/422, bus term
  | 'unauthorized' //  the caller is nobody we know                  HTTP 401, bus term
  | 'forbidden' //     the caller may not do this                    HTTP 403, bus term
  | 'not-found' //     the named object does not exist               HTTP 404, bus term
  | 'exists' //        an object of that name is already there       HTTP 409, bus term
  | 'conflict' //      somebody else wrote first; read again, retry  HTTP 409, bus nak
  | 'expired' //       that revision is gone; list again             HTTP 410, bus term
  | 'too-large' //     the request is over a size limit              HTTP 413, bus term
  | 'overloaded' //    too much at once; the same call may succeed   HTTP 429, bus nak
  | 'transient' //     a dependency is down; same call may succeed   HTTP 503, bus nak
  | 'internal'; //     our bug                                       HTTP 500, bus nak, then term

/** One problem of a request body: the field by path, in Kubernetes' words. */
export interface FieldProblem {
  /** `spec.tasks[1].taskRef.name`; empty for the object itself. */
  field: string;
  /** Kubernetes' cause reason: `FieldValueInvalid`, `FieldValueRequired`, `FieldValueDuplicate`, … */
  reason: string;
  message: string;
}

export interface ErrorDetails {
  /** What the user can do about it, as an instruction: "Rename one of the two tasks." */
  hint?: string;
  /** Wait at least this long before trying again. Milliseconds. Only for `conflict`, `overloaded` and `transient`. */
  retryAfterMs?: number;
  /** Every problem of a refused object, all at once. */
  problems?: readonly FieldProblem[];
  /** The lower-level error. Logged with its whole chain, never rendered into `message`. */
  cause?: unknown;
}

/**
 * The one error type that crosses a boundary (HTTP, bus, CLI).
 *
 * `kind` says what the receiver does next; everything else explains it. Only `reason`, `message`, `hint` and
 * `problems` may be shown to a user. `cause` is for the log.
 */
export class SlipwayError extends Error {
  override readonly name = 'SlipwayError';
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly problems: readonly FieldProblem[];

  constructor(
    readonly kind: ErrorKind,
    /** Stable CamelCase word that a program may compare: `CycleInPipeline`. */
    readonly reason: string,
    /** One sentence naming the object and the field; no stack, no class name. */
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.hint = details.hint;
    this.retryAfterMs = details.retryAfterMs;
    this.problems = details.problems ?? [];
  }
}

/** A SlipwayError as JSON, for an answer on the bus. */
export interface WireError {
  kind: ErrorKind;
  reason: string;
  message: string;
  hint?: string;
  retryAfterMs?: number;
  problems?: readonly FieldProblem[];
}

/** Anything thrown, seen as a SlipwayError. Unknown throws are our bug and say nothing to the user. */
export function asSlipwayError(thrown: unknown): SlipwayError {
  if (thrown instanceof SlipwayError) return thrown;
  return new SlipwayError('internal', 'InternalError', 'The server failed. The details are in its log.', {
    cause: thrown,
  });
}

export function toWireError(thrown: unknown): WireError {
  const { kind, reason, message, hint, retryAfterMs, problems } = asSlipwayError(thrown);
  return {
    kind,
    reason,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(problems.length === 0 ? {} : { problems }),
  };
}

export function fromWireError(wire: WireError): SlipwayError {
  return new SlipwayError(wire.kind, wire.reason, wire.message, wire);
}
