// What a type of PipelineResource is: the variables that it has, and what it adds to a task on either side.

import type { Step, Mirror, Volume } from '@slipway/contracts';
import type { BoundResource } from './bound-resource.js';
import type { GitConfig } from './git-source.js';

/** Steps before the task's own for an input, after them for an output, and the volumes that they mount. */
export interface Addition {
  steps: Step[];
  volumes?: Volume[];
}

/** What every resource of a plan shares. */
export interface PlanContext {
  /** Names follow from it: the same for every attempt to plan one TaskRun. */
  seed: string;
  gitConfig: GitConfig;
  /** Addresses that steps ask for elsewhere. */
  mirrors: readonly Mirror[];
  /** The run that the task belongs to, when there is one. */
  pipelineRunName: string | undefined;
}

export interface ResourceType {
  /** Variable of a task, behind the resource's name -> the param that it shows. Empty where the param is not given. */
  variables: Readonly<Record<string, string>>;
  input?: (resource: BoundResource, context: PlanContext) => Addition;
  output?: (resource: BoundResource, context: PlanContext) => Addition;
  /** Whether the output of one task may be copied to the input of another. */
  isCopied?: true;
  /** Whether the task has no folder for it. */
  hasNoFolder?: true;
}
