// A CEL expression as it is kept and sent: plain JSON, so that a step's entrypoint can evaluate it too.

/** What a node does; `args` are its operands. */
export type CelNode =
  | { op: 'null' }
  | { op: 'bool'; value: boolean }
  /** Decimal digits: a number of JSON cannot hold them all. */
  | { op: 'int' | 'uint' | 'double'; value: string }
  | { op: 'string'; value: string }
  | { op: 'variable'; name: string }
  | { op: 'list' | 'map'; args: CelNode[] }
  /** Operators go by their signs: `==`, `&&`, `?:`, `in`, `[]`, `!`, `-` with one operand or two. */
  | { op: 'call'; name: string; args: CelNode[] }
  | { op: 'field' | 'has'; name: string; args: [CelNode] }
  /** `all`, `exists`, `exists_one`, `filter`, `map`: the range, then what is done with each item, then map's result. */
  | { op: 'loop'; name: string; variable: string; args: CelNode[] };

/** How deep an expression may nest: every reader of it recurses. */
export const CEL_MAX_DEPTH = 64;
/** UTF-16 units of an expression. */
export const CEL_MAX_LENGTH = 16 * 1024;

/** Why an expression cannot be used; the message is for its author. */
export class CelError extends Error {
  override readonly name = 'CelError';
}
