// Tekton's objects as services see them: v1, plus the fields of 2020 that v1 dropped (`resources`, `conditions`), which
// every served version converts to and from. A field that is not needed by code is still kept: objects are stored whole.

import type { Condition, KubeObject, Time } from './kube.js';
import type {
  Container,
  ContainerState,
  EnvVar,
  PersistentVolumeClaimSpec,
  ResourceRequirements,
  SecurityContext,
  Volume,
  VolumeSource,
} from './pod.js';

export type ParamType = 'string' | 'array' | 'object';
export type ParamValue = string | string[] | Record<string, string>;

export interface ParamSpec {
  name: string;
  type?: ParamType;
  description?: string;
  properties?: Record<string, { type?: ParamType }>;
  default?: ParamValue;
  enum?: string[];
}
export interface Param {
  name: string;
  value: ParamValue;
}
export interface ResultSpec {
  name: string;
  type?: ParamType;
  description?: string;
  properties?: Record<string, { type?: ParamType }>;
  value?: ParamValue;
}

// Tasks ---------------------------------------------------------------------------------------------------------------

export interface Step extends Omit<Container, 'resources' | 'name'> {
  name?: string;
  displayName?: string;
  computeResources?: ResourceRequirements;
  script?: string;
  /** Go duration, from the start of the step's own process. */
  timeout?: string;
  onError?: 'continue' | 'stopAndFail' | (string & {});
  stdoutConfig?: { path: string };
  stderrConfig?: { path: string };
  workspaces?: { name: string; mountPath?: string }[];
  ref?: ObjectRef;
  params?: Param[];
  results?: ResultSpec[];
  when?: WhenExpression[];
}
export interface Sidecar extends Omit<Container, 'resources' | 'name'> {
  name?: string;
  computeResources?: ResourceRequirements;
  script?: string;
  workspaces?: { name: string; mountPath?: string }[];
}
export interface StepTemplate extends Omit<Container, 'name' | 'resources'> {
  computeResources?: ResourceRequirements;
}
export interface WorkspaceDeclaration {
  name: string;
  description?: string;
  mountPath?: string;
  readOnly?: boolean;
  optional?: boolean;
}
export interface TaskSpec {
  displayName?: string;
  description?: string;
  params?: ParamSpec[];
  steps?: Step[];
  stepTemplate?: StepTemplate;
  sidecars?: Sidecar[];
  volumes?: Volume[];
  workspaces?: WorkspaceDeclaration[];
  results?: ResultSpec[];
  /** 2020: PipelineResources that the task takes and makes. */
  resources?: { inputs?: TaskResource[]; outputs?: TaskResource[] };
}
/** What a step does, to be referred to by steps of many tasks: `steps[].ref`. */
export interface StepActionSpec extends Pick<
  Container,
  'image' | 'command' | 'args' | 'env' | 'workingDir' | 'volumeMounts' | 'securityContext'
> {
  description?: string;
  script?: string;
  params?: ParamSpec[];
  results?: ResultSpec[];
}
export interface StepAction extends KubeObject {
  spec: StepActionSpec;
}
export interface TaskResource {
  name: string;
  type: string;
  description?: string;
  targetPath?: string;
  optional?: boolean;
}
export interface Task extends KubeObject {
  spec: TaskSpec;
}

/** `taskRef`, `pipelineRef`, `ref`: a name, or a remote reference by resolver. */
export interface ObjectRef {
  name?: string;
  kind?: string;
  apiVersion?: string;
  resolver?: string;
  params?: Param[];
  bundle?: string;
}

// Runs of tasks -------------------------------------------------------------------------------------------------------

export interface WorkspaceBinding extends Pick<
  VolumeSource,
  'emptyDir' | 'configMap' | 'secret' | 'projected' | 'csi' | 'persistentVolumeClaim'
> {
  name: string;
  subPath?: string;
  volumeClaimTemplate?: {
    metadata?: { name?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
    spec?: PersistentVolumeClaimSpec;
  };
}
export interface PodTemplate {
  env?: EnvVar[];
  volumes?: Volume[];
  securityContext?: SecurityContext;
  nodeSelector?: Record<string, string>;
  [other: string]: unknown;
}
/** 2020: one PipelineResource given to a run, by reference or inline. */
export interface ResourceBinding {
  name: string;
  resourceRef?: { name: string; apiVersion?: string };
  resourceSpec?: PipelineResourceSpec;
  paths?: string[];
}
export interface TaskRunSpec {
  params?: Param[];
  serviceAccountName?: string;
  taskRef?: ObjectRef;
  taskSpec?: TaskSpec;
  status?: 'TaskRunCancelled' | 'TaskRunPending' | (string & {});
  statusMessage?: string;
  retries?: number;
  /** Go duration; `0` means no limit. */
  timeout?: string;
  podTemplate?: PodTemplate;
  workspaces?: WorkspaceBinding[];
  stepSpecs?: { name: string; computeResources?: ResourceRequirements }[];
  sidecarSpecs?: { name: string; computeResources?: ResourceRequirements }[];
  computeResources?: ResourceRequirements;
  debug?: { breakpoints?: { onFailure?: string; beforeSteps?: string[] } };
  managedBy?: string;
  resources?: { inputs?: ResourceBinding[]; outputs?: ResourceBinding[] };
}
export interface StepState extends ContainerState {
  name: string;
  container: string;
  imageID?: string;
  results?: TaskRunResult[];
  /** Completed, Error, Skipped, Continued, TimeoutExceeded, Cancelled or OOMKilled. */
  terminationReason?: string;
  /** Where the StepAction of the step came from. */
  provenance?: Provenance;
  inputs?: Artifact[];
  outputs?: Artifact[];
}
/** Something a step took or made, named so that signers can vouch for it. */
export interface Artifact {
  name: string;
  values?: { uri?: string; digest?: Record<string, string> }[];
  buildOutput?: boolean;
}
export interface Artifacts {
  inputs?: Artifact[];
  outputs?: Artifact[];
}
/** Where a remote definition came from: its address, the digests of its content and the path in it. */
export interface RefSource {
  uri?: string;
  digest?: Record<string, string>;
  entryPoint?: string;
}
export interface Provenance {
  refSource?: RefSource;
  featureFlags?: Record<string, unknown>;
}
export interface SidecarState extends ContainerState {
  name: string;
  container: string;
  imageID?: string;
}
export interface TaskRunResult {
  name: string;
  type?: ParamType;
  value: ParamValue;
}
/** 2020: what a resource reported, `{key: 'commit', value: <sha>, resourceName: <input>}`. */
export interface ResourceResult {
  key: string;
  value: string;
  resourceName?: string;
  resourceRef?: { name: string };
}
/** 2020: what became of the event for one `cloudEvent` output. `Unknown` until it is sent or given up. */
export interface CloudEventDelivery {
  target: string;
  status: { condition: 'Unknown' | 'Sent' | 'Failed'; message: string; retryCount: number; sentAt?: Time };
}
export interface TaskRunStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  annotations?: Record<string, string>;
  podName?: string;
  startTime?: Time;
  completionTime?: Time;
  steps?: StepState[];
  sidecars?: SidecarState[];
  results?: TaskRunResult[];
  /** The status of each attempt before this one, oldest first, without its own `retriesStatus`. */
  retriesStatus?: TaskRunStatus[];
  taskSpec?: TaskSpec;
  resourcesResult?: ResourceResult[];
  cloudEvents?: CloudEventDelivery[];
  artifacts?: Artifacts;
  provenance?: Provenance;
  spanContext?: Record<string, string>;
}
export interface TaskRun extends KubeObject {
  spec: TaskRunSpec;
  status?: TaskRunStatus;
}

// Pipelines -----------------------------------------------------------------------------------------------------------

export interface WhenExpression {
  input?: string;
  operator?: 'in' | 'notin' | (string & {});
  values?: string[];
  cel?: string;
}
export interface Matrix {
  params?: Param[];
  include?: { name?: string; params?: Param[] }[];
}
export interface EmbeddedTask extends TaskSpec {
  apiVersion?: string;
  kind?: string;
  spec?: unknown;
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
}
export interface PipelineTask {
  name: string;
  displayName?: string;
  description?: string;
  taskRef?: ObjectRef;
  taskSpec?: EmbeddedTask;
  pipelineRef?: ObjectRef;
  pipelineSpec?: PipelineSpec;
  when?: WhenExpression[];
  retries?: number;
  runAfter?: string[];
  params?: Param[];
  matrix?: Matrix;
  workspaces?: { name: string; workspace?: string; subPath?: string }[];
  timeout?: string;
  onError?: 'continue' | 'stopAndFail' | (string & {});
  /** 2020. `from` names the tasks whose output resource this input takes: an edge of the graph. */
  resources?: {
    inputs?: { name: string; resource: string; from?: string[] }[];
    outputs?: { name: string; resource: string }[];
  };
  /** 2020: guards that run as TaskRuns of their own before the task. */
  conditions?: PipelineTaskCondition[];
}
export interface PipelineTaskCondition {
  conditionRef: string;
  params?: Param[];
  resources?: { name: string; resource: string; from?: string[] }[];
}
export interface PipelineSpec {
  displayName?: string;
  description?: string;
  params?: ParamSpec[];
  tasks?: PipelineTask[];
  finally?: PipelineTask[];
  workspaces?: { name: string; description?: string; optional?: boolean }[];
  results?: { name: string; type?: ParamType; description?: string; value: ParamValue }[];
  resources?: { name: string; type: string; optional?: boolean }[];
}
export interface Pipeline extends KubeObject {
  spec: PipelineSpec;
}

// Runs of pipelines ---------------------------------------------------------------------------------------------------

export interface PipelineTaskRunSpec {
  pipelineTaskName?: string;
  serviceAccountName?: string;
  podTemplate?: PodTemplate;
  stepSpecs?: { name: string; computeResources?: ResourceRequirements }[];
  sidecarSpecs?: { name: string; computeResources?: ResourceRequirements }[];
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  computeResources?: ResourceRequirements;
  timeout?: string;
}
export interface PipelineRunSpec {
  pipelineRef?: ObjectRef;
  pipelineSpec?: PipelineSpec;
  params?: Param[];
  status?: 'Cancelled' | 'CancelledRunFinally' | 'StoppedRunFinally' | 'PipelineRunPending' | (string & {});
  timeouts?: { pipeline?: string; tasks?: string; finally?: string };
  taskRunTemplate?: { serviceAccountName?: string; podTemplate?: PodTemplate };
  taskRunSpecs?: PipelineTaskRunSpec[];
  workspaces?: WorkspaceBinding[];
  managedBy?: string;
  /** 2020: the PipelineResources that the pipeline's `resources` are bound to. */
  resources?: ResourceBinding[];
}
/** 2020: what became of the check of one Condition of a task. */
export interface ConditionCheckReference {
  conditionName: string;
  /** The TaskRun that checked it. */
  conditionCheckName: string;
  status: { conditions: Condition[] };
}
export interface ChildReference {
  apiVersion: string;
  kind: string;
  name: string;
  displayName?: string;
  pipelineTaskName: string;
  whenExpressions?: WhenExpression[];
  conditionChecks?: ConditionCheckReference[];
}
export interface SkippedTask {
  name: string;
  reason: string;
  whenExpressions?: WhenExpression[];
  /** Tekton has it at the reference of a run that never was. */
  conditionChecks?: ConditionCheckReference[];
}
export interface PipelineRunStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  annotations?: Record<string, string>;
  startTime?: Time;
  completionTime?: Time;
  finallyStartTime?: Time;
  results?: { name: string; value: ParamValue }[];
  pipelineSpec?: PipelineSpec;
  skippedTasks?: SkippedTask[];
  childReferences?: ChildReference[];
  provenance?: Provenance;
  spanContext?: Record<string, string>;
}
export interface PipelineRun extends KubeObject {
  spec: PipelineRunSpec;
  status?: PipelineRunStatus;
}

// 2020 ----------------------------------------------------------------------------------------------------------------

export interface PipelineResourceSpec {
  type: string;
  description?: string;
  params?: { name: string; value: string }[];
  secrets?: { fieldName: string; secretName: string; secretKey: string }[];
  optional?: boolean;
}
export interface PipelineResource extends KubeObject {
  spec: PipelineResourceSpec;
}
/** Kind `Condition` of tekton.dev/v1alpha1: a check whose exit code decides whether a task runs. */
export interface ConditionCheck extends KubeObject {
  spec: {
    check?: Step;
    description?: string;
    params?: ParamSpec[];
    resources?: TaskResource[];
  };
}
