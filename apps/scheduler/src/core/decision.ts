// What is to happen next to one run, and the decisions that end it whatever its tasks do.

import type { KubeObject } from '@slipway/contracts';
import { cancellations, type Cancellation } from './cancellation.js';
import { causeTextOf, childKindOf, type CancelCause, type ChildObject } from './child-kind.js';
import type { ChildRun } from './child-run.js';
import type { RunCondition } from './condition.js';
import type { Refusal } from './refusal.js';
import type { RunModel } from './run-model.js';

export interface Decision {
  /** Runs of tasks to create. Names follow from run and task, so creating one twice is creating it once. */
  create: KubeObject[];
  cancel: Cancellation[];
  /** Children whose controller does not answer: they end as `overdue` says. */
  giveUp: ChildRun[];
  condition: RunCondition;
  /** The first finally task was decided on: `status.finallyStartTime` is now. */
  startsFinally: boolean;
  /** Unix milliseconds; look again then, even if nothing happens. */
  wakeAtMs: number | undefined;
}

/** A run that ends now: whatever runs of it is asked to end. */
export function stopAll(model: RunModel, cause: CancelCause, condition: RunCondition, nowMs: number): Decision {
  const cancel = model.states.flatMap((state) => cancellations(model, state, 'cancel', cause, nowMs));
  return { create: [], cancel, giveUp: [], condition, startsFinally: false, wakeAtMs: undefined };
}

/** A run that cannot go on: nothing of it does. What it would have started in this round is part of it already. */
export function failAll(model: RunModel, create: readonly KubeObject[], refusal: Refusal, nowMs: number): Decision {
  const unstarted = create.map((child) => {
    const kind = childKindOf(child)!;
    return kind.asked(child as ChildObject, kind.asks.cancel!, causeTextOf(kind, 'failed'), nowMs);
  });
  return { ...stopAll(model, 'failed', { status: 'False', ...refusal }, nowMs), create: unstarted };
}
