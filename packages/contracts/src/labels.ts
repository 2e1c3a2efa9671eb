// Labels and annotations that code reads or writes.

export const LABELS = {
  pipeline: 'tekton.dev/pipeline',
  pipelineRun: 'tekton.dev/pipelineRun',
  pipelineRunUid: 'tekton.dev/pipelineRunUID',
  pipelineTask: 'tekton.dev/pipelineTask',
  memberOf: 'tekton.dev/memberOf',
  task: 'tekton.dev/task',
  clusterTask: 'tekton.dev/clusterTask',
  taskRun: 'tekton.dev/taskRun',
  taskRunUid: 'tekton.dev/taskRunUID',
  conditionCheck: 'tekton.dev/conditionCheck',
  conditionName: 'tekton.dev/conditionName',
  managedBy: 'app.kubernetes.io/managed-by',
  /** On a run of an installed Tekton's API and all that it makes: its uid there. */
  clusterRun: 'slipway.dev/cluster-run',
  /** On what a Build makes. */
  buildName: 'build.knative.dev/buildName',
} as const;

export const MANAGED_BY = 'tekton-pipelines';

export const ANNOTATIONS = {
  /** On pipelines, tasks and their runs: how the runs of tasks go on (docs/control-flow.md). */
  policy: 'slipway.dev/policy',
  /** On a PipelineRun: the run that it is once more. */
  rerunOf: 'slipway.dev/rerun-of',
  /** Beside `rerunOf`: `failed`, where what succeeded in that run is not to run again. */
  rerun: 'slipway.dev/rerun',
  /** In a PipelineRun's `status.annotations`: what it took over from the run that it repeats, as JSON. */
  takenOver: 'slipway.dev/taken-over',
  /** On a nested PipelineRun: how deep one above it lets runs nest. */
  maxDepth: 'slipway.dev/max-depth',
  /** On a run or its task: `init-containers`, where steps are to be ordered without an entrypoint (docs/step-order.md). */
  stepOrder: 'slipway.dev/step-order',
  /** On a stored claim: the cluster has been given it. */
  claimMade: 'slipway.dev/claim-made',
  /** On a run or its task: the names of the steps that get credentials, with commas; absent: every step does. */
  credentialsFor: 'slipway.dev/credentials-for',
  /** On a secret of type ssh-auth: `required`, where the key of the host must be in it. */
  knownHosts: 'slipway.dev/known-hosts',
  /** On a TaskRun and its pod: the images that could not be honoured, and what stood in for them. */
  imageNotice: 'slipway.dev/image-notice',
  /** On a pod: the script of step i, which a downward API volume turns into a file. */
  script: (index: number): string => `slipway.dev/script-${index}`,
  /** On a pod: the script of sidecar i. */
  sidecarScript: (index: number): string => `slipway.dev/sidecar-script-${index}`,
  /** On a pod: `READY` once every container runs; the first step of a pod with sidecars waits for it. */
  ready: 'tekton.dev/ready',
  /** On a TaskRun with breakpoints: what was decided, a line `<step> continue` or `<step> fail-continue` each. */
  debug: 'slipway.dev/debug',
  /** On a pod: the decisions about step i, a line each. */
  debugDecisions: (index: number): string => `slipway.dev/debug-decisions-${index}`,
  /** On a pod: a script of /tekton/debug/scripts. */
  debugScript: (name: string): string => `slipway.dev/${name}`,
  lastApplied: 'kubectl.kubernetes.io/last-applied-configuration',
  /** On tasks, pipelines and their runs that were written in v1alpha1: `inputs` or `params`, after how it names its params. */
  v1alpha1Form: 'slipway.dev/v1alpha1-form',
  /** On objects that were written in an older version: which of its words storage would not tell, by path. */
  olderForm: 'slipway.dev/older-form',
  /** On a PipelineRun that another one started: how many runs stand above it. */
  depth: 'slipway.dev/depth',
  /** On a child that a retry made: which attempt it is, from 1. */
  attempt: 'slipway.dev/attempt',
  /** On a PipelineRun that its parent asked to end: why, in the words of a TaskRun's `spec.statusMessage`. */
  cancelCause: 'slipway.dev/cancel-cause',
  /** On a CustomRun that was asked to end: when. */
  cancelledAt: 'slipway.dev/cancelled-at',
  /** On a Build: the templates that follow its own, as a list of what `spec.template` holds. */
  templates: 'slipway.dev/templates',
  /** On Builds and TaskRuns: Go duration for which a pod may wait until its first container starts. */
  pendingTimeout: 'slipway.dev/pending-timeout',
  /** On a pod: how often another took its place before a step had begun, and when last: `2 2026-01-01T00:00:00Z`. */
  restarts: 'slipway.dev/restarts',
  /** On a run that is shown in an installed Tekton's API: its uid here. */
  storedUid: 'slipway.dev/stored-uid',
  pipelineTaskOnError: 'pipeline.tekton.dev/pipeline-task-on-error',
} as const;
