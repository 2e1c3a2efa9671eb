// What comes next of one Build. Pure: the Build and the TaskRun of its name as they are stored, and a time.
//
//   U1. Level-triggered: the answer depends on what is stored, never on what changed.
//   U2. A Build that has ended is never changed again.
//   U3. The TaskRun is made with the commit that says that the Build has begun: one that has begun and has none lost it,
//       and is never begun again.

import {
  isBuildCancelled,
  isDone,
  type Build,
  type BuildStatus,
  type KubeObject,
  type TaskRun,
} from '@slipway/contracts';
import { buildStatus, cancelledBuild, withOutcome, type BuildOutcome } from './build-status.js';

export type BuildTurn =
  | { kind: 'rest' }
  /** Nothing runs for it yet: put its templates in, and make its TaskRun. */
  | { kind: 'begin' }
  /** Ask its TaskRun to end. */
  | { kind: 'cancel' }
  /** That it stands so; nothing is to be written where its status says so already. */
  | { kind: 'say'; status: BuildStatus };

export function nextOfBuild(build: Build, taskRun: TaskRun | undefined, nowMs: number): BuildTurn {
  if (isDone(build) || build.metadata.deletionTimestamp !== undefined) return { kind: 'rest' }; // U2
  const end = (outcome: BuildOutcome): BuildTurn => ({
    kind: 'say',
    status: withOutcome(build, { ...build.status }, outcome, nowMs),
  });
  if (taskRun === undefined || !isOf(build, taskRun)) {
    if (isBuildCancelled(build)) return end(cancelledBuild(build));
    if (build.status?.startTime !== undefined) {
      return end(executeFailed(`TaskRun "${build.metadata.name}" was deleted before the Build had finished`)); // U3
    }
    if (taskRun !== undefined) {
      const taken = `a TaskRun called "${build.metadata.name}" exists and does not belong to the Build`;
      return end(executeFailed(taken));
    }
    return { kind: 'begin' };
  }
  if (isBuildCancelled(build) && !isDone(taskRun) && taskRun.spec.status === undefined) return { kind: 'cancel' };
  return { kind: 'say', status: buildStatus(build, taskRun, nowMs) };
}

export function executeFailed(message: string): BuildOutcome {
  return { status: 'False', reason: 'BuildExecuteFailed', message };
}

/** Whether a TaskRun is a Build's, of whichever. */
export function isOfBuild({ metadata }: KubeObject): boolean {
  return metadata.ownerReferences?.some(({ kind }) => kind === 'Build') === true;
}

function isOf(build: Build, taskRun: TaskRun): boolean {
  return taskRun.metadata.ownerReferences?.some(({ uid }) => uid === build.metadata.uid) === true;
}
