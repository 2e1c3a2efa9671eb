// What a script learns from the command line.

import type { ErrorKind } from '@slipway/contracts';

export const EXIT = {
  succeeded: 0,
  /** A run failed. */
  failed: 1,
  /** The command or its input is wrong; nothing was started. */
  badInput: 2,
  /** The platform could not do it: unreachable, broken, or no longer there. */
  platform: 3,
  /** Ctrl-C. */
  interrupted: 130,
  /** Nobody reads its output any more (`| head`): as of a program that SIGPIPE ends. */
  unread: 141,
} as const;

const BY_KIND: Record<ErrorKind, number> = {
  invalid: EXIT.badInput,
  unauthorized: EXIT.badInput,
  forbidden: EXIT.badInput,
  'not-found': EXIT.badInput,
  exists: EXIT.badInput,
  'too-large': EXIT.badInput,
  conflict: EXIT.platform,
  expired: EXIT.platform,
  overloaded: EXIT.platform,
  transient: EXIT.platform,
  internal: EXIT.platform,
};

export function exitCodeOf(kind: ErrorKind): number {
  return BY_KIND[kind];
}
