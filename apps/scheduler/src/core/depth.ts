// How deep a run is nested. Pipelines may start themselves; what ends them is a guard, and if that is missing, this limit.

import { ANNOTATIONS, DEFAULT_MAX_DEPTH, type PipelineRun, type Policy } from '@slipway/contracts';
import type { Refusal } from './refusal.js';

/** No policy allows more. */
export const HARD_MAX_DEPTH = 50;

/** A run at this depth still runs: so many runs stand above it. */
export function maxDepthOf({ maxDepth = DEFAULT_MAX_DEPTH }: Policy): number {
  return maxDepth;
}

/** The policy of a run with the limit that one above it set: a nested run may lower it, and not raise it. */
export function withMaxDepth({ metadata }: Pick<PipelineRun, 'metadata'>, policy: Policy): Policy {
  const text = metadata.annotations?.[ANNOTATIONS.maxDepth] ?? '';
  if (!/^\d{1,6}$/.test(text)) return policy;
  return { ...policy, maxDepth: Math.min(policy.maxDepth ?? Infinity, Number(text)) };
}

/** How many runs stand above a run. Written by the scheduler on each child; what a user writes there only costs depth. */
export function depthOf({ metadata }: Pick<PipelineRun, 'metadata'>): number {
  const text = metadata.annotations?.[ANNOTATIONS.depth] ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) : 0;
}

/** Why a run is nested too deep to start; its parent sees a task that failed, so its own `finally` and `onError` hold. */
export function depthRefusal(run: Pick<PipelineRun, 'metadata'>, maxDepth: number): Refusal | undefined {
  const depth = depthOf(run);
  if (depth <= maxDepth) return undefined;
  const name = `${run.metadata.namespace ?? ''}/${run.metadata.name}`;
  const message = `PipelineRun ${name} is nested ${depth} deep, the maximum is ${maxDepth}; a pipeline that starts itself needs a when expression that ends it`;
  return { reason: MAX_DEPTH_EXCEEDED, message };
}

/** Trying again would not make it less deep. */
export const MAX_DEPTH_EXCEEDED = 'MaxDepthExceeded';
