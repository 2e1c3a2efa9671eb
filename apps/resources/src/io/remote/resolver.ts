// What every resolver is: params in, a document and where it came from out.

import { SlipwayError, type RefSource } from '@slipway/contracts';
import type { ResolverParams } from '../../core/resolver-params.js';

export interface Fetched {
  data: Uint8Array;
  refSource: RefSource;
  /** Of the request's status: Tekton's `resolution.tekton.dev/…`. */
  annotations?: Record<string, string>;
}

export interface ResolverContext {
  /** Whose request it is: its secrets are the only ones that are looked at. */
  namespace: string;
  /** Aborted when the time is over or the request is gone. */
  signal: AbortSignal;
}

/** Throws `invalid`, `not-found` or `forbidden` for what the user can mend; the message becomes the request's. */
export type Resolver = (params: ResolverParams, context: ResolverContext) => Promise<Fetched>;

/** Why a reference leads nowhere. */
export function unresolvable(message: string, hint?: string, cause?: unknown): SlipwayError {
  return new SlipwayError('not-found', 'ResolutionFailed', message, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
