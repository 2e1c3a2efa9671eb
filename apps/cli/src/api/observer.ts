// Who is told what becomes of a run that is followed.

import type { TaskRun } from '@slipway/contracts';
import type { ChildOfRun } from '../core/run-rows.js';
import type { RunObject, RunRef } from './run-kind.js';

export interface LogLineOf {
  run: RunRef;
  /** Name of the pipeline task, with its number in a matrix or a loop, or of the TaskRun that stands alone. */
  task: string;
  step: string;
  text: string;
}

export interface Observer {
  onRun(ref: RunRef, run: RunObject): void;
  /** A run of a task, of whichever kind. */
  onTaskRun(ref: RunRef, taskRun: ChildOfRun): void;
  /** A run of a task of a pipeline that is nested in the run, however deep. */
  onNested(ref: RunRef, child: ChildOfRun): void;
  /** A TaskRun has its outcome and all its lines were given; `task` is the way to it, as in its lines. */
  onTaskEnd(ref: RunRef, taskRun: TaskRun, task: string): void;
  onLine(line: LogLineOf): void;
  /** Something worth telling that is no outcome: a log that is gone, a server that was lost for a while. */
  onNotice(text: string): void;
}

export interface Followed {
  run: RunObject;
  /** Of a PipelineRun or Build, in the order of their names. */
  taskRuns: TaskRun[];
}

export interface FollowOptions {
  timestamps?: boolean;
  /** Which steps' lines are wanted; all when absent. */
  wanted?: (task: string, step: string) => boolean;
}
