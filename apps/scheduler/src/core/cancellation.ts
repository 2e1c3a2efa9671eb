// Children that are asked to end: which of a task's, and how.

import { isDone, type KubeObject } from '@slipway/contracts';
import {
  CUSTOM_RUN,
  childKindOf,
  strengthAsked,
  strengthOf,
  type CancelCause,
  type CancelMode,
  type ChildKind,
  type ChildObject,
} from './child-kind.js';
import { overdueAfterAsking } from './overdue.js';
import type { RunModel } from './run-model.js';
import type { TaskState } from './task-state.js';

/** One child to ask, by name. */
export interface Cancellation {
  kind: ChildKind;
  name: string;
  mode: CancelMode;
  cause: CancelCause;
}

/** All that a run started and that has not ended, of those objects; needs no pipeline. */
export function cancellationOfAll(owned: readonly KubeObject[], cause: CancelCause): Cancellation[] {
  return owned.flatMap((object): Cancellation[] => {
    const kind = childKindOf(object);
    if (kind === undefined || isDone(object as ChildObject)) return [];
    return [{ kind, name: object.metadata.name, mode: 'cancel', cause }];
  });
}

/** The children of a task that have not been asked as strongly yet, and know this way of being asked. */
export function cancellations(
  model: RunModel,
  { runs, checks }: TaskState,
  mode: CancelMode,
  cause: CancelCause,
  nowMs: number,
): Cancellation[] {
  return [...runs, ...checks.values()].flatMap((run) => {
    if (run?.outcome !== 'running' || run.asked >= strengthOf(mode)) return [];
    if (run.kind.asks[mode] === undefined) return [];
    run.asked = strengthAsked(run.kind, mode);
    if (run.kind === CUSTOM_RUN) run.overdue = overdueAfterAsking(run.name, nowMs);
    model.expect(run);
    return [{ kind: run.kind, name: run.name, mode, cause }];
  });
}
