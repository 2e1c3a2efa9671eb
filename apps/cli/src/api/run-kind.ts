// The kinds of run that commands find, follow and cancel, and what must be known of each: a row a kind.

import {
  BUILDS,
  BUILD_CANCELLED,
  LABELS,
  PIPELINE_RUNS,
  TASK_RUNS,
  resourceKind,
  type Build,
  type PipelineRun,
  type ResourceName,
  type TaskRun,
} from '@slipway/contracts';
import { objectPath } from './paths.js';

export type RunObject = PipelineRun | TaskRun | Build;

export interface RunRef {
  kind: 'PipelineRun' | 'TaskRun' | 'Build';
  namespace: string;
  name: string;
}

export interface RunKind {
  readonly resource: ResourceName;
  /** The version that it is read in. */
  readonly version: string;
  /** What users call it, before the slash of `KIND/NAME`. */
  readonly words: readonly string[];
  /** The label by which its TaskRuns name it; a TaskRun has none. */
  readonly childLabel?: string;
  /** `spec.status` by which it is asked to end. */
  readonly asks: Readonly<Record<'now' | 'finally' | 'after', string>>;
}

function alike(status: string): RunKind['asks'] {
  return { now: status, finally: status, after: status };
}

/** In the order in which a name without a kind is looked for: a Build and its TaskRun have the same. */
const ROWS: Readonly<Record<RunRef['kind'], RunKind>> = {
  PipelineRun: {
    resource: PIPELINE_RUNS,
    version: 'v1',
    words: ['pr', 'prs', 'pipelinerun', 'pipelineruns'],
    childLabel: LABELS.pipelineRun,
    asks: { now: 'Cancelled', finally: 'CancelledRunFinally', after: 'StoppedRunFinally' },
  },
  Build: {
    resource: BUILDS,
    version: 'v1alpha1',
    words: ['build', 'builds'],
    childLabel: LABELS.buildName,
    asks: alike(BUILD_CANCELLED),
  },
  TaskRun: {
    resource: TASK_RUNS,
    version: 'v1',
    words: ['tr', 'trs', 'taskrun', 'taskruns'],
    asks: alike('TaskRunCancelled'),
  },
};

export const RUN_KINDS = Object.keys(ROWS) as readonly RunRef['kind'][];

export function runKind(kind: RunRef['kind']): RunKind {
  return ROWS[kind];
}

/** The kind that a word such as `pr` or `taskruns.tekton.dev` names. */
export function runKindOfWord(word: string): RunRef['kind'] | undefined {
  const short = word.toLowerCase().replace(/\.(tekton|build\.knative)\.dev$/, '');
  return RUN_KINDS.find((kind) => ROWS[kind].words.includes(short));
}

/** The kind of run that is stored as this resource. */
export function runKindOfResource(resource: ResourceName): RunRef['kind'] | undefined {
  return RUN_KINDS.find((kind) => ROWS[kind].resource === resource);
}

/** Where a run is in the API; without a name, where all of its kind are. */
export function pathOf(ref: Pick<RunRef, 'kind' | 'namespace'>, name?: string): string {
  const { resource, version } = ROWS[ref.kind];
  return objectPath(resourceKind(resource)!, version, ref.namespace, name);
}
