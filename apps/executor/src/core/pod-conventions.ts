// What is customary in a pod, by who made its TaskRun: names, volumes, and what steps find that say nothing themselves.
//
//   C1. Which row holds follows from the TaskRun and its task alone, so every attempt and every executor chooses the same.
//   C2. What a step says itself wins over its row.

import {
  ANNOTATIONS,
  BUILD_GROUP,
  BUILD_PATHS,
  BUILD_VOLUMES,
  POD_PATHS,
  childName,
  stableSuffix,
  type Step,
  type TaskRun,
  type TaskSpec,
  type Volume,
} from '@slipway/contracts';

export type ImplicitVolume = Volume & { mountPath: string; readOnly?: true };

export interface PodConventions {
  /** Before the name of a step in that of its container. */
  stepPrefix: (typeof STEP_PREFIXES)[number];
  podName: (taskRun: Pick<TaskRun, 'metadata'>, attempt: number) => string;
  /** In every step, but where it mounts something itself. */
  volumes: readonly ImplicitVolume[];
  /** The home that a volume holds. */
  home: string;
  /** Whether steps are at home there; otherwise where their image says. */
  isHomeOfSteps: boolean;
  /** Where steps begin; absent: where their image says. */
  workingDir?: string;
  /** As which files credentials are laid out. */
  credentials: 'tekton' | 'knative-build';
  /** Whether a step is what a container engine runs: its message is its own, its arguments the image's, `$(…)` text. */
  isPlainContainer: boolean;
  annotations: Readonly<Record<string, string>>;
}

export const STEP_PREFIXES = ['step-', 'build-step-'] as const;

const WORKSPACE = { emptyDir: {}, mountPath: POD_PATHS.workspace };
const HOME = { emptyDir: {}, mountPath: POD_PATHS.home };

const TEKTON: PodConventions = {
  stepPrefix: 'step-',
  podName: ({ metadata }, attempt) => childName(metadata.name, attempt === 0 ? '-pod' : `-pod-retry${attempt}`),
  volumes: [
    { name: 'tekton-internal-workspace', ...WORKSPACE },
    { name: 'tekton-internal-home', ...HOME },
    { name: 'tekton-internal-results', emptyDir: {}, mountPath: POD_PATHS.results },
    { name: 'tekton-internal-steps', emptyDir: {}, mountPath: POD_PATHS.steps, readOnly: true },
    { name: 'tekton-internal-artifacts', emptyDir: {}, mountPath: POD_PATHS.artifacts },
  ],
  home: POD_PATHS.home,
  isHomeOfSteps: false,
  credentials: 'tekton',
  isPlainContainer: false,
  annotations: {},
};

/**
 * Until its v0.24 Tekton set working directory and home for every step that did not; today it leaves them to the image. Who
 * writes v1alpha1 or uses PipelineResources was written for the former.
 */
const TEKTON_OF_2020: PodConventions = { ...TEKTON, isHomeOfSteps: true, workingDir: POD_PATHS.workspace };

const KNATIVE_BUILD: PodConventions = {
  stepPrefix: 'build-step-',
  podName: ({ metadata }, attempt) =>
    childName(metadata.name, `-pod-${stableSuffix(`${metadata.uid ?? ''}/${attempt}`, 6)}`),
  volumes: [
    { name: BUILD_VOLUMES.workspace, ...WORKSPACE },
    { name: BUILD_VOLUMES.home, ...HOME, mountPath: BUILD_PATHS.home },
  ],
  home: BUILD_PATHS.home,
  isHomeOfSteps: true,
  workingDir: POD_PATHS.workspace,
  credentials: 'knative-build',
  isPlainContainer: true,
  annotations: { 'sidecar.istio.io/inject': 'false' },
};

type Row = readonly [holds: (taskRun: Pick<TaskRun, 'metadata'>, spec: TaskSpec) => boolean, then: PodConventions];

/** First match wins. */
const ROWS: readonly Row[] = [
  [isOfBuild, KNATIVE_BUILD],
  [isOf2020, TEKTON_OF_2020],
  [() => true, TEKTON],
];

/** The row of a run. Its pod's name is the same whatever its task. */
export function conventionsOf(taskRun: Pick<TaskRun, 'metadata'>, spec: TaskSpec = {}): PodConventions {
  return ROWS.find(([holds]) => holds(taskRun, spec))![1];
}

/** Name of the pod of one attempt. */
export function podNameOf(taskRun: Pick<TaskRun, 'metadata'>, attempt: number): string {
  return conventionsOf(taskRun).podName(taskRun, attempt);
}

/** The step with the home and the working directory that it has unless it says otherwise (C2). */
export function withCustoms(step: Step, { isHomeOfSteps, home, workingDir }: PodConventions): Step {
  const env = step.env ?? [];
  return {
    ...step,
    ...(workingDir === undefined ? {} : { workingDir: step.workingDir || workingDir }),
    ...(isHomeOfSteps ? { env: [{ name: 'HOME', value: home }, ...env] } : {}), // of two with one name the last counts
  };
}

function isOfBuild({ metadata }: Pick<TaskRun, 'metadata'>): boolean {
  return (
    metadata.ownerReferences?.some(
      ({ apiVersion, kind, controller }) =>
        controller === true && kind === 'Build' && apiVersion.startsWith(`${BUILD_GROUP}/`),
    ) === true
  );
}

/** Whether a run, or the Task that it inherits its annotations from, was written then. */
function isOf2020({ metadata }: Pick<TaskRun, 'metadata'>, spec: TaskSpec): boolean {
  return metadata.annotations?.[ANNOTATIONS.v1alpha1Form] !== undefined || spec.resources !== undefined;
}
