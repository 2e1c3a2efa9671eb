export { isNested, nestedPlaceholders, replacePlaceholders } from './build-substitution.js';
export { applyTemplates, templateRefusal, type FlatBuild, type UsedTemplate } from './build-template.js';
export { isCertificateFailure } from './certificate-failure.js';
export { durationMs, formatDuration } from './duration.js';
export {
  SlipwayError,
  asSlipwayError,
  fromWireError,
  toWireError,
  type ErrorDetails,
  type ErrorKind,
  type FieldProblem,
  type WireError,
} from './errors.js';
export {
  SHARD_LABEL,
  isDone,
  msOf,
  succeeded,
  timeOf,
  type Condition,
  type ConditionStatus,
  type KubeObject,
  type ObjectKey,
  type ObjectMeta,
  type OwnerReference,
  type ResourceName,
  type Time,
} from './kube.js';
export { mirrored, parseMirrors, type Mirror, type Mirrored } from './mirrors.js';
export {
  BUILD_API_VERSION,
  BUILD_CANCELLED,
  BUILD_GROUP,
  BUILD_PATHS,
  BUILD_VOLUMES,
  isBuildCancelled,
  sourcesOf,
  type Build,
  type BuildSource,
  type BuildSourceState,
  type BuildSpec,
  type BuildStatus,
  type BuildStep,
  type BuildStepState,
  type BuildTemplate,
  type BuildTemplateSpec,
  type Image,
  type ImageSpec,
  type TemplateUse,
} from './knative-build.js';
export { matchesLabels, parseLabelSelector, type LabelRequirement } from './label-selector.js';
export { ANNOTATIONS, LABELS, MANAGED_BY } from './labels.js';
export {
  LOGS_RPC,
  logChunkId,
  logsPeerRpc,
  type CopyLogReply,
  type CopyLogRequest,
  type ListLogsReply,
  type ListLogsRequest,
  type LogChunk,
  type LogLine,
  type LogPositionReply,
  type LogPositionRequest,
  type LogsPeerQuestion,
  type ReadLogReply,
  type ReadLogRequest,
  type StoredPod,
} from './logs-protocol.js';
export { MANAGED_BY_SLIPWAY, isManagedElsewhere } from './managed-by.js';
export { RENAMED_FIELDS } from './older-fields.js';
export { md5Hex } from './md5.js';
export {
  SHARD_COUNT,
  childName,
  isDnsLabel,
  isDnsSubdomain,
  shardOf,
  shardOfObject,
  stableSuffix,
  subjectToken,
} from './names.js';
export { buildGraph, type EdgeKind, type GraphProblem, type PipelineGraph } from './pipeline-graph.js';
export {
  DEFAULT_LOOP_LIMIT,
  DEFAULT_MAX_DEPTH,
  backoffMs,
  mergedPolicy,
  taskPolicyOf,
  type LoopPolicy,
  type Policy,
  type RetryPolicy,
  type TaskPolicy,
} from './policy.js';
export { asPolicy, policyProblems, type PolicyScope } from './policy-rules.js';
export { paramReplacements, substituteStep, substituteTaskSpec, typeOfSpec, typeOfValue } from './params.js';
export {
  type ConfigMap,
  type Container,
  type ContainerState,
  type ContainerStateTerminated,
  type ContainerStatus,
  type CoreEvent,
  type DownwardItem,
  type EnvFromSource,
  type EnvVar,
  type KeySelector,
  type KeyToPath,
  type PersistentVolumeClaim,
  type PersistentVolumeClaimSpec,
  type Pod,
  type PodSpec,
  type PodStatus,
  type Probe,
  type ResourceRequirements,
  type Secret,
  type SecurityContext,
  type LimitRange,
  type LimitRangeItem,
  type ServiceAccount,
  type Volume,
  type VolumeMount,
  type VolumeSource,
} from './pod.js';
export {
  APPROVALS,
  BUILDS,
  BUILD_TEMPLATES,
  CLUSTER_BUILD_TEMPLATES,
  RETENTION_POLICIES,
  CLUSTER_TASKS,
  CONDITIONS,
  CONFIG_MAPS,
  CUSTOM_RUNS,
  EVENTS,
  IMAGES,
  LIMIT_RANGES,
  NAMESPACES,
  PERSISTENT_VOLUME_CLAIMS,
  PIPELINES,
  PIPELINE_RESOURCES,
  PIPELINE_RUNS,
  PODS,
  RESOLUTION_REQUESTS,
  RESOURCE_KINDS,
  SECRETS,
  SERVICE_ACCOUNTS,
  STEP_ACTIONS,
  TASKS,
  TASK_RUNS,
  apiVersionOf,
  resourceKind,
  resourceKindOf,
  resourceNameOf,
  type ResourceKind,
} from './resource-kinds.js';
export {
  MAX_DOCUMENT_BYTES,
  RESOLVERS,
  remoteOwnerOf,
  remoteRefOf,
  resolutionOf,
  resolutionRequestFor,
  type RemoteKind,
  type RemoteOwner,
  type RemoteRef,
  type Resolution,
  type ResolverName,
} from './resolution.js';
export {
  RESOURCES_RPC,
  RESOURCE_COPIES_PATH,
  GIT_MIRROR_PATH,
  RESOURCE_STEPS_IMAGE,
  copiesClaimName,
  type CloudEvent,
  type CredentialPlan,
  type DeliverReply,
  type DeliverRequest,
  type ResourcePlan,
  type ResourcePlanRequest,
} from './resources-protocol.js';
export {
  looksLikeResultReference,
  parseResultReference,
  resultReferences,
  resultReferencesOf,
  variablesIn,
  variablesOfPipelineTask,
  variablesOfValue,
  variablesOfWhen,
  type ResultReference,
} from './result-references.js';
export { injectionText, scriptInjections, type ScriptInjection } from './script-injection.js';
export { ENTRYPOINT_IMAGE, POD_PATHS, orderSteps, type OrderedStep, type StepOrder } from './step-order.js';
export {
  STORE_RPC,
  type AdmitReply,
  type AdmitRequest,
  type Change,
  type CommitReply,
  type CommitRequest,
  type Fence,
  type GetReply,
  type GetRequest,
  type HeadsReply,
  type LeaseReply,
  type LeaseRequest,
  type LeasedService,
  type ListReply,
  type ListRequest,
  type Write,
} from './store-protocol.js';
export { type Approval, type ApprovalDecision, type ApprovalSpec, type ApprovalStatus } from './approval.js';
export { BACKUP_FORMAT, type BackupEnd, type BackupLog, type BackupPosition, type BackupRecord } from './backup.js';
export {
  KEEP_ANNOTATION,
  type KeptByOutcome,
  type KeptRuns,
  type RetentionPolicy,
  type RetentionPolicySpec,
} from './retention.js';
export {
  Endings,
  allowancesOf,
  problemsOfKept,
  type Allowance,
  type Allowances,
  type Ended,
  type KeptProblem,
  type Outcome,
} from './endings.js';
export {
  CUSTOM_RUN_CANCELLED,
  isCustomTask,
  type CustomRun,
  type CustomRunResult,
  type CustomRunSpec,
  type CustomRunStatus,
  type EmbeddedCustomSpec,
} from './custom-run.js';
export {
  CUSTOM_RUNS_RPC,
  type CustomRunListReply,
  type CustomRunListRequest,
  type CustomRunReply,
  type CustomRunRequest,
  type CustomRunStatusReply,
  type CustomRunStatusRequest,
} from './custom-runs-protocol.js';
export {
  RESOLVER_LABEL,
  type ResolutionRequest,
  type ResolutionRequestSpec,
  type ResolutionRequestStatus,
} from './resolution-request.js';
export { changeSubject, changesOf, deadLetterSubject, leasesSubject, logSubject } from './subjects.js';
export {
  emptyReplacements,
  layered,
  substitute,
  substituteDeep,
  substituteList,
  substituteValue,
  type Lookup,
  type MutableReplacements,
  type Replacements,
} from './substitution.js';
export { asTemplateUses, templateUsesOf, templateUsesProblems } from './template-uses.js';
export {
  type Artifact,
  type Artifacts,
  type ChildReference,
  type CloudEventDelivery,
  type ConditionCheck,
  type ConditionCheckReference,
  type EmbeddedTask,
  type Matrix,
  type ObjectRef,
  type Param,
  type ParamSpec,
  type ParamType,
  type ParamValue,
  type Pipeline,
  type PipelineResource,
  type PipelineResourceSpec,
  type PipelineRun,
  type PipelineRunSpec,
  type PipelineRunStatus,
  type PipelineSpec,
  type PipelineTask,
  type PipelineTaskCondition,
  type PipelineTaskRunSpec,
  type PodTemplate,
  type Provenance,
  type RefSource,
  type ResourceBinding,
  type ResourceResult,
  type ResultSpec,
  type Sidecar,
  type SidecarState,
  type SkippedTask,
  type Step,
  type StepAction,
  type StepActionSpec,
  type StepState,
  type StepTemplate,
  type Task,
  type TaskResource,
  type TaskRun,
  type TaskRunResult,
  type TaskRunSpec,
  type TaskRunStatus,
  type TaskSpec,
  type WhenExpression,
  type WorkspaceBinding,
  type WorkspaceDeclaration,
} from './tekton.js';
export {
  ENTRY_TYPES,
  formatTerminationMessage,
  parseTerminationMessage,
  type EntryType,
  type TerminationEntry,
  type TerminationMessage,
} from './termination.js';
export { failureEntries, toldFailure, type ToldFailure } from './told-failure.js';
export { compileGuard, evaluateGuard, substituteCel } from './cel/guard.js';
export { CelError, type CelNode } from './cel/node.js';
export { stepGuardTree } from './cel/step-guard.js';
export {
  artifactReferencesOf,
  artifactText,
  parseArtifactReference,
  type ArtifactReference,
} from './artifact-references.js';
export { FEATURE_FLAGS } from './feature-flags.js';
export { celOutcomes, substituteWhen, whenAllows } from './when.js';
