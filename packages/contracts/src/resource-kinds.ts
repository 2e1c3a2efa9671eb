// The kinds that the platform stores: the one table from which discovery, storage, routes and subjects follow.

import type { ResourceName } from './kube.js';

export interface ResourceKind {
  /** Empty for core v1. */
  group: string;
  kind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  namespaced: boolean;
  /** Served versions, preferred first. Every one reads and writes the same object. */
  versions: readonly string[];
  /** The version that services see and the store keeps. */
  storageVersion: string;
  /** Whether users may write `/status`. */
  statusSubresource: boolean;
  /** Objects whose content never travels in change events. */
  sensitive?: true;
  /** Objects that users may read and delete, but only services create. */
  createdByServices?: true;
}

const tekton = ['tekton', 'tekton-pipelines'] as const;
const knative = ['all', 'knative'] as const;
const v1Down = ['v1', 'v1beta1', 'v1alpha1'] as const;

// prettier-ignore
export const RESOURCE_KINDS: readonly ResourceKind[] = [
  { group: 'tekton.dev', kind: 'Task', plural: 'tasks', singular: 'task', shortNames: [], categories: tekton, namespaced: true, versions: v1Down, storageVersion: 'v1', statusSubresource: false },
  { group: 'tekton.dev', kind: 'TaskRun', plural: 'taskruns', singular: 'taskrun', shortNames: ['tr', 'trs'], categories: tekton, namespaced: true, versions: v1Down, storageVersion: 'v1', statusSubresource: true },
  { group: 'tekton.dev', kind: 'Pipeline', plural: 'pipelines', singular: 'pipeline', shortNames: [], categories: tekton, namespaced: true, versions: v1Down, storageVersion: 'v1', statusSubresource: false },
  { group: 'tekton.dev', kind: 'PipelineRun', plural: 'pipelineruns', singular: 'pipelinerun', shortNames: ['pr', 'prs'], categories: tekton, namespaced: true, versions: v1Down, storageVersion: 'v1', statusSubresource: true },
  { group: 'tekton.dev', kind: 'StepAction', plural: 'stepactions', singular: 'stepaction', shortNames: [], categories: tekton, namespaced: true, versions: ['v1beta1', 'v1alpha1'], storageVersion: 'v1beta1', statusSubresource: false },
  { group: 'tekton.dev', kind: 'CustomRun', plural: 'customruns', singular: 'customrun', shortNames: [], categories: tekton, namespaced: true, versions: ['v1beta1'], storageVersion: 'v1beta1', statusSubresource: true },
  { group: 'tekton.dev', kind: 'ClusterTask', plural: 'clustertasks', singular: 'clustertask', shortNames: [], categories: tekton, namespaced: false, versions: ['v1beta1', 'v1alpha1'], storageVersion: 'v1beta1', statusSubresource: false },
  { group: 'tekton.dev', kind: 'PipelineResource', plural: 'pipelineresources', singular: 'pipelineresource', shortNames: [], categories: tekton, namespaced: true, versions: ['v1alpha1'], storageVersion: 'v1alpha1', statusSubresource: false },
  { group: 'tekton.dev', kind: 'Condition', plural: 'conditions', singular: 'condition', shortNames: [], categories: tekton, namespaced: true, versions: ['v1alpha1'], storageVersion: 'v1alpha1', statusSubresource: false },
  { group: 'resolution.tekton.dev', kind: 'ResolutionRequest', plural: 'resolutionrequests', singular: 'resolutionrequest', shortNames: [], categories: tekton, namespaced: true, versions: ['v1beta1', 'v1alpha1'], storageVersion: 'v1beta1', statusSubresource: true },
  { group: 'slipway.dev', kind: 'Approval', plural: 'approvals', singular: 'approval', shortNames: [], categories: ['slipway'], namespaced: true, versions: ['v1alpha1'], storageVersion: 'v1alpha1', statusSubresource: true },
  { group: 'build.knative.dev', kind: 'Build', plural: 'builds', singular: 'build', shortNames: [], categories: knative, namespaced: true, versions: ['v1alpha1'], storageVersion: 'v1alpha1', statusSubresource: true },
  { group: 'build.knative.dev', kind: 'BuildTemplate', plural: 'buildtemplates', singular: 'buildtemplate', shortNames: [], categories: knative, namespaced: true, versions: ['v1alpha1'], storageVersion: 'v1alpha1', statusSubresource: true },
  { group: 'build.knative.dev', kind: 'ClusterBuildTemplate', plural: 'clusterbuildtemplates', singular: 'clusterbuildtemplate', shortNames: [], categories: knative, namespaced: false, versions: ['v1alpha1'], storageVersion: 'v1alpha1', statusSubresource: true },
  { group: 'caching.internal.knative.dev', kind: 'Image', plural: 'images', singular: 'image', shortNames: ['img'], categories: knative, namespaced: true, versions: ['v1alpha1'], storageVersion: 'v1alpha1', statusSubresource: true },
  { group: 'slipway.dev', kind: 'RetentionPolicy', plural: 'retentionpolicies', singular: 'retentionpolicy', shortNames: [], categories: ['slipway'], namespaced: true, versions: ['v1alpha1'], storageVersion: 'v1alpha1', statusSubresource: false },
  { group: 'rbac.authorization.k8s.io', kind: 'Role', plural: 'roles', singular: 'role', shortNames: [], categories: [], namespaced: true, versions: ['v1'], storageVersion: 'v1', statusSubresource: false },
  { group: 'rbac.authorization.k8s.io', kind: 'RoleBinding', plural: 'rolebindings', singular: 'rolebinding', shortNames: [], categories: [], namespaced: true, versions: ['v1'], storageVersion: 'v1', statusSubresource: false },
  { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', plural: 'clusterroles', singular: 'clusterrole', shortNames: [], categories: [], namespaced: false, versions: ['v1'], storageVersion: 'v1', statusSubresource: false },
  { group: 'rbac.authorization.k8s.io', kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', singular: 'clusterrolebinding', shortNames: [], categories: [], namespaced: false, versions: ['v1'], storageVersion: 'v1', statusSubresource: false },
  { group: '', kind: 'Namespace', plural: 'namespaces', singular: 'namespace', shortNames: ['ns'], categories: [], namespaced: false, versions: ['v1'], storageVersion: 'v1', statusSubresource: false },
  { group: '', kind: 'Secret', plural: 'secrets', singular: 'secret', shortNames: [], categories: [], namespaced: true, versions: ['v1'], storageVersion: 'v1', statusSubresource: false, sensitive: true },
  { group: '', kind: 'ConfigMap', plural: 'configmaps', singular: 'configmap', shortNames: ['cm'], categories: [], namespaced: true, versions: ['v1'], storageVersion: 'v1', statusSubresource: false },
  { group: '', kind: 'ServiceAccount', plural: 'serviceaccounts', singular: 'serviceaccount', shortNames: ['sa'], categories: [], namespaced: true, versions: ['v1'], storageVersion: 'v1', statusSubresource: false },
  { group: '', kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims', singular: 'persistentvolumeclaim', shortNames: ['pvc'], categories: [], namespaced: true, versions: ['v1'], storageVersion: 'v1', statusSubresource: true },
  { group: '', kind: 'LimitRange', plural: 'limitranges', singular: 'limitrange', shortNames: ['limits'], categories: [], namespaced: true, versions: ['v1'], storageVersion: 'v1', statusSubresource: false },
  { group: '', kind: 'Pod', plural: 'pods', singular: 'pod', shortNames: ['po'], categories: ['all'], namespaced: true, versions: ['v1'], storageVersion: 'v1', statusSubresource: true, createdByServices: true },
  { group: '', kind: 'Event', plural: 'events', singular: 'event', shortNames: ['ev'], categories: [], namespaced: true, versions: ['v1'], storageVersion: 'v1', statusSubresource: false },
];

export function resourceNameOf(kind: Pick<ResourceKind, 'plural' | 'group'>): ResourceName {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
}

const byResource = new Map(RESOURCE_KINDS.map((kind) => [resourceNameOf(kind), kind]));
const byKind = new Map(RESOURCE_KINDS.map((kind) => [`${kind.group}/${kind.kind}`, kind]));

export function resourceKind(resource: ResourceName): ResourceKind | undefined {
  return byResource.get(resource);
}

/** The kind that `apiVersion` and `kind` of a document name; undefined when it or that version is not served. */
export function resourceKindOf(apiVersion: string, kind: string): ResourceKind | undefined {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const found = byKind.get(`${group}/${kind}`);
  return found?.versions.includes(apiVersion.slice(slash + 1)) === true ? found : undefined;
}

/** `tekton.dev/v1`, or `v1` in the core group. */
export function apiVersionOf(kind: Pick<ResourceKind, 'group'>, version: string): string {
  return kind.group === '' ? version : `${kind.group}/${version}`;
}

/** The resources that code names. */
export const PIPELINE_RUNS = 'pipelineruns.tekton.dev';
export const TASK_RUNS = 'taskruns.tekton.dev';
export const PIPELINES = 'pipelines.tekton.dev';
export const TASKS = 'tasks.tekton.dev';
export const STEP_ACTIONS = 'stepactions.tekton.dev';
export const CUSTOM_RUNS = 'customruns.tekton.dev';
export const CLUSTER_TASKS = 'clustertasks.tekton.dev';
export const CONDITIONS = 'conditions.tekton.dev';
export const PIPELINE_RESOURCES = 'pipelineresources.tekton.dev';
export const RESOLUTION_REQUESTS = 'resolutionrequests.resolution.tekton.dev';
export const BUILDS = 'builds.build.knative.dev';
export const BUILD_TEMPLATES = 'buildtemplates.build.knative.dev';
export const CLUSTER_BUILD_TEMPLATES = 'clusterbuildtemplates.build.knative.dev';
export const IMAGES = 'images.caching.internal.knative.dev';
export const APPROVALS = 'approvals.slipway.dev';
export const RETENTION_POLICIES = 'retentionpolicies.slipway.dev';
export const PODS = 'pods';
export const SECRETS = 'secrets';
export const CONFIG_MAPS = 'configmaps';
export const SERVICE_ACCOUNTS = 'serviceaccounts';
export const PERSISTENT_VOLUME_CLAIMS = 'persistentvolumeclaims';
export const LIMIT_RANGES = 'limitranges';
export const EVENTS = 'events';
export const NAMESPACES = 'namespaces';
