// The decision: given one ResolutionRequest as it is stored, what should happen next?
//
//   D1. Level-triggered: the answer depends on the stored request, never on which event arrived.
//   D2. An answered request is never touched again.
//   D3. The time of a request runs from the moment that somebody took it up, which is stored: a process that is killed
//       in the middle, even by the request itself, leaves a request that ends.

import { RESOLVERS, RESOLVER_LABEL, formatDuration, isDone, msOf, succeeded } from '@slipway/contracts';
import type { ResolutionRequest, ResolverName } from '@slipway/contracts';

export type ResolutionDecision =
  | { kind: 'rest' }
  /** Say that it was taken up, and since when. */
  | { kind: 'begin' }
  | { kind: 'resolve'; resolver: ResolverName; deadlineMs: number }
  /** Nobody here has such a resolver; a controller outside may. Unix milliseconds. */
  | { kind: 'wait'; untilMs: number }
  | { kind: 'time-out'; message: string };

export function decideResolution(request: ResolutionRequest, timeoutMs: number, nowMs: number): ResolutionDecision {
  if (isDone(request)) return { kind: 'rest' }; // D2
  const begunMs = msOf(succeeded(request)?.lastTransitionTime);
  if (begunMs === undefined) return { kind: 'begin' };
  const type = request.metadata.labels?.[RESOLVER_LABEL] ?? '';
  const resolver = RESOLVERS.find((name) => name === type);
  const deadlineMs = begunMs + 999 + timeoutMs; // stored times are cut to their second
  if (nowMs >= deadlineMs) return { kind: 'time-out', message: timedOut(timeoutMs, resolver === undefined, type) }; // D3
  return resolver === undefined ? { kind: 'wait', untilMs: deadlineMs } : { kind: 'resolve', resolver, deadlineMs };
}

/** Tekton's words, and what to do. */
export function timedOut(timeoutMs: number, isUnknown = false, type = ''): string {
  const message = `resolution took longer than global timeout of ${formatDuration(timeoutMs)}`;
  if (!isUnknown) return message;
  return `${message}: nobody serves the resolver "${type}"; here are ${RESOLVERS.join(', ')}`;
}
