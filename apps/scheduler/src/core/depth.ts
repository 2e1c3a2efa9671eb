// How deep a run is nested. Pipelines may start themselves; what ends them is a guard, and if that is missing, this limit.

import { ANNOTATIONS, type PipelineRun } from '@slipway/contracts';
import type { Refusal } from './refusal.js';

/** A run at this depth still runs: ten runs stand above it. */
export const MAX_DEPTH = 10;

/** How many runs stand above a run. Written by the scheduler on each child; what a user writes there only costs depth. */
export function depthOf({ metadata }: Pick<PipelineRun, 'metadata'>): number {
  const text = metadata.annotations?.[ANNOTATIONS.depth] ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) : 0;
}

/** Why a run is nested too deep to start; its parent sees a task that failed, so its own `finally` and `onError` hold. */
export function depthRefusal(run: PipelineRun, maxDepth: number): Refusal | undefined {
  const depth = depthOf(run);
  if (depth <= maxDepth) return undefined;
  const name = `${run.metadata.namespace ?? ''}/${run.metadata.name}`;
  const message = `PipelineRun ${name} is nested ${depth} deep, the maximum is ${maxDepth}; a pipeline that starts itself needs a when expression that ends it`;
  return { reason: MAX_DEPTH_EXCEEDED, message };
}

/** Trying again would not make it less deep. */
export const MAX_DEPTH_EXCEEDED = 'MaxDepthExceeded';
